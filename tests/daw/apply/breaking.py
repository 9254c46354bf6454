"""A REAPER whose nth call fails, once. Everything else is passed on."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any


class CallFailed(RuntimeError):
    """What the chosen call raises."""


class NoUndoApi:
    """A REAPER whose undo has been switched off: there is never anything to undo."""

    def __init__(self, api: Any) -> None:
        self._api = api

    def __getattr__(self, name: str) -> Any:
        return getattr(self._api, name)

    def RPR_Undo_CanUndo2(self, project: Any) -> str:
        return ""


class BreakingApi:
    """``api`` with call number ``fails_at`` (from 1; 0: none) raising before it does anything. ``names`` is the log."""

    def __init__(self, api: Any, fails_at: int = 0) -> None:
        self._api = api
        self._fails_at = fails_at
        self.names: list[str] = []

    def __getattr__(self, name: str) -> Any:
        thing = getattr(self._api, name)
        return self._wrapped(name, thing) if name.startswith("RPR_") else thing

    def _wrapped(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any) -> Any:
            self.names.append(name)
            if len(self.names) == self._fails_at:
                raise CallFailed(f"call {self._fails_at}, {name}")
            return function(*args)

        return call

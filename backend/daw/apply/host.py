"""REAPER as one build sees it: reading is free, the first write opens the undo block."""
from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from typing import Any

_log = logging.getLogger(__name__)
_ALL_STATE = -1
_TAKEN_BACK = " (taken back)"


class Host:
    """``api`` is the module ``reaper_python``. ``counts`` says what was written, ``kept`` and ``lines`` are for people.

    As long as nothing is written REAPER is only read: no undo block, no redraw, no step in the undo list.
    """

    def __init__(self, api: Any, undo_name: str) -> None:
        self.api = api
        self.undo_name = undo_name
        self.counts: Counter[str] = Counter()
        self.kept: list[str] = []
        self.lines: list[str] = []
        self._functions: dict[str, Callable[..., Any]] = {}
        self._block = False
        self._drawing_held = False
        self._written = False
        self.after_undo: list[Callable[[], None]] = []
        """What REAPER's undo may leave behind, to be put back by hand."""

    def read(self, name: str, *args: Any) -> Any:
        """Call ``RPR_<name>``."""
        function = self._functions.get(name)
        if function is None:
            function = self._functions[name] = getattr(self.api, "RPR_" + name)
        return function(*args)

    def write(self, name: str, *args: Any) -> Any:
        """Call a function that changes the project."""
        self.open()
        result = self.read(name, *args)
        self._written = True
        return result

    def wrote(self, what: str, count: int = 1) -> None:
        """``what``: one of them, in the singular, and what was done with it: ``track``, ``item|removed``."""
        self.counts[what] += count

    def keep(self, line: str) -> None:
        if line not in self.kept:
            self.kept.append(line)

    def say(self, line: str) -> None:
        if line not in self.lines:
            self.lines.append(line)

    def open(self) -> None:
        """From here on everything is one undo step, and REAPER does not redraw."""
        if not self._block:
            self.read("Undo_BeginBlock2", 0)
            self._block = True
        if not self._drawing_held:
            self.read("PreventUIRefresh", 1)
            self._drawing_held = True

    @property
    def changed(self) -> int:
        return sum(self.counts.values()) or int(self._block)

    def finish(self) -> int:
        """Draw and close the undo block. Returns how much was written."""
        changed = self.changed
        if self._block:
            self.read("TrackList_AdjustWindows", False)
            self.read("UpdateTimeline")
            self._draw()
            self.read("UpdateArrange")
            self.read("Undo_EndBlock2", 0, self.undo_name, _ALL_STATE)
            self._block = False
        return changed

    def take_back(self) -> bool:
        """Close the block and undo it, and nothing but it. False when something was written and is still there."""
        try:
            self._draw()
            if not self._block:
                return True
            name = self.undo_name + _TAKEN_BACK
            self.read("Undo_EndBlock2", 0, name, _ALL_STATE)
            self._block = False
            undone = not self._written
            if self._last_step() == name:
                undone = bool(self.read("Undo_DoUndo2", 0))
            for put_back in reversed(self.after_undo):
                put_back()
            self.read("UpdateArrange")
        except Exception:
            _log.exception("taking the build back failed")
            return False
        return undone

    def _draw(self) -> None:
        if self._drawing_held:
            self.read("PreventUIRefresh", -1)
            self._drawing_held = False

    def _last_step(self) -> str:
        """The wrapper stumbles over REAPER's NULL when there is nothing to undo."""
        try:
            return str(self.read("Undo_CanUndo2", 0))
        except AttributeError:
            return ""


def address(pointer: Any) -> int:
    """The number in ``(MediaTrack*)0x0123456789ABCDEF``; 0 is NULL."""
    return int(str(pointer).rpartition("0x")[2] or "0", 16)


def is_null(pointer: Any) -> bool:
    return not pointer or not address(pointer)

"""REAPER as an action sees it: the one file that touches ``reaper_python`` and what REAPER puts into ``__main__``."""
from __future__ import annotations

import importlib
import itertools
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

from reaper_scripts._errors import ActionError
from reaper_scripts.actions import action

SECTION = "FilmComposer"
"""ExtState section: ``status`` and ``progress`` for panels, ``jobs`` for Cancel, ``serving`` for the daemon switch."""
_OLDEST = (3, 11)
_numbers = itertools.count(1)
_code: dict[int, Callable[[], None]] = {}
"""REAPER defers strings of code, not functions: the strings name an entry of this table."""


def start(name: str) -> None:
    """Run the action of the file ``name``.py; what goes wrong becomes one line for the user."""
    main = sys.modules["__main__"]
    host = Host(importlib.import_module("reaper_python"), main)
    host.defer(_nothing)
    host.guarded(lambda: _run(action(name).run, host))


def _nothing() -> None:
    """REAPER adds an undo point of its own after a script that never defers; an action that only says a line has
    changed nothing."""


def _run(where: str, host: Host) -> None:
    if sys.version_info < _OLDEST:
        raise ActionError(f"REAPER runs Python {sys.version.split()[0]}; FilmComposer needs 3.11 to 3.13. "
                          "Choose one under Preferences > Plug-ins > ReaScript, or run install.py reaper.")
    module, function = where.split(".")
    getattr(importlib.import_module(f"reaper_scripts.{module}"), function)(host)


class Host:
    """What an action may ask of REAPER besides the project: time slices, words on the screen, small memories."""

    def __init__(self, api: ModuleType, main: ModuleType) -> None:
        self.api: Any = api
        self._defer: Callable[[str], object] = getattr(main, "RPR_defer", None) or self.api.RPR_defer
        self._at_exit: Callable[[str], object] = getattr(main, "RPR_atexit", None) or self.api.RPR_atexit
        self._closers: list[Callable[[], None]] = []
        self._said = ""

    def defer(self, tick: Callable[[], None]) -> None:
        """Call ``tick`` once, on REAPER's next timer (about 30 times a second)."""
        self._defer(_stored(lambda: self.guarded(tick)))

    def at_exit(self, close: Callable[[], None]) -> None:
        """Call ``close`` when the script ends, however it ends."""
        if not self._closers:
            self._at_exit(_stored(self.close))
        self._closers.append(close)

    def close(self) -> None:
        closers, self._closers = self._closers, []
        for close in reversed(closers):
            close()

    def guarded(self, work: Callable[[], None]) -> None:
        """Run ``work``; a refusal or a mistake of ours becomes a line, closes what is open and ends the action."""
        try:
            work()
        except Exception as error:
            self.tell(_line_of(error))
            self.close()

    def show(self, line: str, fraction: float | None = None) -> None:
        """One line where REAPER shows help, and for panels as ExtState."""
        said = f"{line}|{fraction}"
        if said == self._said:
            return
        self._said = said
        self.api.RPR_Help_Set(f"FilmComposer: {line}", True)
        self.remember("status", line)
        self.remember("progress", "" if fraction is None else f"{fraction:.3f}")

    def tell(self, line: str, *more: str) -> None:
        """An outcome or an error: the line is shown and everything goes to REAPER's console."""
        self.show(line)
        self.api.RPR_ShowConsoleMsg("".join(f"{text}\n" for text in (f"FilmComposer: {line}", *more)))

    def ask(self, question: str) -> bool:
        """A yes/no box. REAPER waits for it, so never while a job runs."""
        return int(self.api.RPR_ShowMessageBox(question, "FilmComposer", 4)) == 6

    def remember(self, key: str, value: str) -> None:
        """Until REAPER quits, for every script."""
        self.api.RPR_SetExtState(SECTION, key, value, False)

    def recall(self, key: str) -> str:
        return str(self.api.RPR_GetExtState(SECTION, key))


def _stored(work: Callable[[], None]) -> str:
    number = next(_numbers)
    _code[number] = work
    return f"__import__('reaper_scripts._host')._host.run_stored({number})"


def run_stored(number: int) -> None:
    """What REAPER calls back."""
    _code.pop(number, lambda: None)()


def _line_of(error: Exception) -> str:
    """Imported late: a Python that is too old for the rest can still be told of."""
    if isinstance(error, ActionError):
        return str(error)
    from reaper_scripts._mistakes import line_of
    return line_of(error)

"""Scripts as REAPER runs Python: a fresh ``__main__`` for each, one thread, code strings run later by the timer.

``RPR_defer`` and ``RPR_atexit`` live in ``__main__`` only and take code, not functions. An error that a script does
not catch goes to the console and ends that script alone. A script that neither defers nor touches the undo history
gets a point of REAPER's own when it ends.
"""
from __future__ import annotations

import sys
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any

_OWN = ("reaper_scripts", "bridge", "backend")


class Script:
    """One running instance. ``waiting`` is what the timer runs next, ``modules`` what it imported for itself."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.module = ModuleType("__main__")
        self.waiting: list[str] = []
        self.at_exit: list[str] = []
        self.deferred = False
        self.modules: dict[str, ModuleType] = {}


class Scripts:
    def __init__(self, reaper: Any) -> None:
        self.reaper = reaper
        self.alive: list[Script] = []
        self.running: list[Script] = []
        """The script whose code runs now, and those that started it."""
        self.errors: list[str] = []

    def run(self, path: Path | str) -> Script:
        """Start a script; returns when its code has run once. Raises FileNotFoundError."""
        script = Script(Path(path))
        source = script.path.read_text(encoding="utf-8")
        code = compile(source, str(script.path), "exec")
        self._furnish(script)
        self.alive.append(script)
        self.reaper.undo_history.used = False
        if self._slice(script, code) and not script.deferred and not self.reaper.undo_history.used:
            self.reaper.undo_history.force(f"ReaScript: {script.path.name}")
        self._end_if_done(script)
        return script

    def _furnish(self, script: Script) -> None:
        def defer(code: str) -> None:
            if not isinstance(code, str):
                raise TypeError("RPR_defer takes a string of code")
            script.deferred = True
            script.waiting.append(code)

        def at_exit(code: str) -> None:
            if not isinstance(code, str):
                raise TypeError("RPR_atexit takes a string of code")
            script.at_exit.append(code)

        vars(script.module).update(
            __file__=str(script.path), obj=object(), RPR_defer=defer, RPR_runloop=defer, RPR_atexit=at_exit)

    def _slice(self, script: Script, code: Any) -> bool:
        """Run one piece of a script on the main thread. False when it ended the script."""
        before = sys.modules.get("__main__"), sys.modules.get("reaper_python"), list(sys.path)
        shared = _take_out() if self.reaper.isolated else {}
        sys.modules.update(script.modules)
        sys.modules["__main__"] = script.module
        sys.modules["reaper_python"] = self.reaper.api
        sys.path.insert(0, str(script.path.parent))
        self.running.append(script)
        try:
            exec(code, vars(script.module))
            return True
        except SystemExit:
            self._drop(script)
        except Exception:
            self._report(script, traceback.format_exc())
        finally:
            self.running.pop()
            self._restore(*before)
            script.modules = _take_out() if self.reaper.isolated else {}
            sys.modules.update(shared)
            self.reaper.undo_history.close_open_block()
        return False

    def _restore(self, main: Any, api: Any, path: list[str]) -> None:
        sys.path[:] = path
        for name, module in (("__main__", main), ("reaper_python", api)):
            if module is None:
                sys.modules.pop(name, None)
            else:
                sys.modules[name] = module

    def _report(self, script: Script, text: str) -> None:
        self.errors.append(text)
        self.reaper.window.ShowConsoleMsg(text)
        self._drop(script)

    def _drop(self, script: Script) -> None:
        script.waiting.clear()

    def tick(self) -> None:
        """What the timer does: every waiting piece of code once. What they defer waits for the next tick."""
        for script in list(self.alive):
            due, script.waiting = script.waiting, []
            for code in due:
                if not self._slice(script, compile(code, "<defer>", "exec")):
                    break
            self._end_if_done(script)

    def _end_if_done(self, script: Script) -> None:
        if script.waiting or script not in self.alive:
            return
        self.alive.remove(script)
        for code in script.at_exit:
            self._slice(script, compile(code, "<atexit>", "exec"))

    def stop_all(self) -> None:
        """REAPER closes: every script's atexit code runs."""
        for script in list(self.alive):
            script.waiting.clear()
            self._end_if_done(script)


def _take_out() -> dict[str, ModuleType]:
    """The product's modules, no longer known to this interpreter."""
    names = [name for name in sys.modules if name.split(".")[0] in _OWN]
    return {name: sys.modules.pop(name) for name in names}

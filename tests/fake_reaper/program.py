"""The fake REAPER as a program: a timer on the main thread, a control channel, on request a web interface."""
from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path
from typing import Any

from tests.fake_reaper import storage
from tests.fake_reaper.control import ControlServer
from tests.fake_reaper.plugins import EXTRA, STOCK
from tests.fake_reaper.reaper import FakeReaper
from tests.fake_reaper.web import WebInterface

_IDLE_S = 0.01
READY = "fake REAPER listens on"


class Program:
    """What the control channel may ask for are the methods that do not begin with an underscore."""

    def __init__(self, reaper: FakeReaper, hz: float) -> None:
        self._reaper = reaper
        self._period = 1.0 / hz if hz > 0 else 0.0
        self._open = True
        self._ticks = 0
        self._control = ControlServer(self._handle)
        self._web: WebInterface | None = None

    def _handle(self, name: str, args: list[Any]) -> Any:
        if name.startswith("_") or not callable(getattr(self, name, None)):
            raise NotImplementedError(f"the control channel has no '{name}'")
        return getattr(self, name)(*args)

    def _run(self) -> None:
        """Until ``quit``: requests between ticks, then what scripts deferred."""
        print(READY, self._control.port, flush=True)
        due = time.monotonic()
        while self._open:
            due = max(due + self._period, time.monotonic())
            while self._open and (left := due - time.monotonic()) > 0:
                self._control.answer_all(left)
            self._control.answer_all(0.0 if self._reaper.scripts.alive else _IDLE_S)
            self._reaper.tick()
            self._ticks += 1
        self._reaper.scripts.stop_all()
        self._control.close()

    def _serve_web(self, port: int) -> None:
        self._web = WebInterface(port, self._control.submit)

    # what the control channel may ask for

    def quit(self) -> bool:
        self._open = False
        return True

    def run_script(self, path: str) -> bool:
        """True when the script's first run ended without an uncaught error."""
        before = len(self._reaper.scripts.errors)
        self._reaper.run_script(path)
        return len(self._reaper.scripts.errors) == before

    def do(self, name: str, *args: Any) -> Any:
        """An API function in the user's place: what it changes is an undo point of its own."""
        function = getattr(self._reaper.api, name if name.startswith("RPR_") else f"RPR_{name}")
        result = function(*args)
        self._reaper.by_hand()
        return result

    def state(self) -> Any:
        return storage.plain(self._reaper.project)

    def hash(self) -> str:
        return self._reaper.project_hash()

    def undo(self) -> bool:
        return self._reaper.undo()

    def redo(self) -> bool:
        return self._reaper.redo()

    def undo_names(self) -> list[str]:
        return self._reaper.undo_history.names()

    def console(self) -> str:
        return self._reaper.window.console

    def help_text(self) -> str:
        return self._reaper.window.help

    def boxes(self) -> list[tuple[str, str, str]]:
        return self._reaper.window.boxes

    def answer_next(self, *answers: int) -> bool:
        """What the next message boxes answer."""
        self._reaper.window.answers.extend(answers)
        return True

    def answer_inputs(self, *inputs: str | None) -> bool:
        self._reaper.window.inputs.extend(inputs)
        return True

    def calls(self) -> dict[str, int]:
        return dict(self._reaper.calls)

    def stale(self) -> list[str]:
        return self._reaper.stale

    def errors(self) -> list[str]:
        """Tracebacks of scripts that ended with an error."""
        return self._reaper.scripts.errors

    def scripts(self) -> list[str]:
        """The scripts that are alive."""
        return [str(script.path) for script in self._reaper.scripts.alive]

    def ticks(self) -> int:
        return self._ticks

    def set_project(self, name: str, value: Any) -> bool:
        """A project setting that has no API here: timebase, offset, frame_rate, play_rate ..."""
        if not hasattr(self._reaper.project, name):
            raise AttributeError(f"the project has no '{name}'")
        setattr(self._reaper.project, name, value)
        self._reaper.tempo_changed()
        self._reaper.by_hand()
        return True

    def set_option(self, name: str, value: Any) -> bool:
        """How this REAPER behaves: ``ext_in_undo``, ``isolated``."""
        if name not in ("ext_in_undo", "isolated"):
            raise AttributeError(f"there is no option '{name}'")
        setattr(self._reaper, name, value)
        return True

    def set_source(self, take: str, source: dict[str, Any]) -> bool:
        """Give a take a source (fields of ``Source``, parents inside) without a file on disk."""
        found = self._reaper.pointers.find(take, "MediaItem_Take*")
        found.source = storage.source_from(source)
        self._reaper.by_hand()
        return True

    def save(self, file: str) -> bool:
        self._reaper.save(Path(file))
        return True


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.fake_reaper", description=__doc__)
    parser.add_argument("--home", type=Path, required=True, help="REAPER's resource folder")
    parser.add_argument("--hz", type=float, default=30.0, help="how often deferred code runs; 0: without waiting")
    parser.add_argument("--project", type=Path, help="a project saved by this program")
    parser.add_argument("--script", type=Path, action="append", default=[], help="run this action at the start")
    parser.add_argument("--all-plugins", action="store_true", help="more plug-ins than REAPER's own")
    parser.add_argument("--isolated", action="store_true", help="every script imports our own modules anew")
    parser.add_argument("--web-interface", type=int, metavar="PORT", help="reapy's handshake needs one")
    return parser


def main(words: list[str]) -> int:
    given = arguments().parse_args(words)
    given.home.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    reaper = FakeReaper(given.home, STOCK + EXTRA if given.all_plugins else STOCK)
    reaper.isolated = given.isolated
    if given.project:
        reaper.open(given.project)
    sys.modules["reaper_python"] = reaper.api
    program = Program(reaper, given.hz)
    if given.web_interface is not None:
        program._serve_web(given.web_interface)
    for script in given.script:
        program.run_script(str(script))
    program._run()
    return 0

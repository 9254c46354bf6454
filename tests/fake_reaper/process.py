"""A fake REAPER in another process, for tests."""
from __future__ import annotations

import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.fake_reaper.control import ControlClient
from tests.fake_reaper.program import READY

ROOT = Path(__file__).resolve().parents[2]
_START_S = 120.0
_ANSWER_S = 300.0
_PAUSE_S = 0.02


class FakeReaperProcess:
    """A context manager. ``hz`` is REAPER's timer; 0 runs deferred code without waiting.

    ``project`` opens what an earlier one saved; ``options`` go to the command line; ``environment`` is added to ours.
    What scripts print and their errors at start go to ``home/stdout.txt`` and ``home/stderr.txt``.
    """

    def __init__(self, home: Path, hz: float = 30, project: Path | None = None, options: tuple[str, ...] = (),
                 environment: dict[str, str] | None = None) -> None:
        self.home = home
        self._words = [sys.executable, "-m", "tests.fake_reaper", "--home", str(home), "--hz", str(hz)]
        self._words += ["--project", str(project)] if project else []
        self._words += options
        self._environment = {**os.environ, **(environment or {})}
        self._process: subprocess.Popen[str] | None = None
        self._client: ControlClient | None = None

    def __enter__(self) -> FakeReaperProcess:
        self.home.mkdir(parents=True, exist_ok=True)
        with open(self.home / "stderr.txt", "w", encoding="utf-8") as errors:
            self._process = subprocess.Popen(self._words, cwd=ROOT, env=self._environment, stdin=subprocess.DEVNULL,
                                             stdout=subprocess.PIPE, stderr=errors, text=True)
        try:
            self._client = ControlClient(self._port(), _ANSWER_S)
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()

    def _port(self) -> int:
        """Read what it prints, in a thread: it goes on printing later, and nobody must block on a full pipe."""
        assert self._process is not None and self._process.stdout is not None
        found: queue.Queue[int] = queue.Queue()
        threading.Thread(target=_drain, args=(self._process.stdout, found, self.home / "stdout.txt"),
                         daemon=True).start()
        end = time.monotonic() + _START_S
        while time.monotonic() < end:
            try:
                return found.get(timeout=_PAUSE_S * 5)
            except queue.Empty:
                if self._process.poll() is not None:
                    break
        told = (self.home / "stderr.txt").read_text(encoding="utf-8")
        raise RuntimeError(f"The fake REAPER did not start: {told[-2000:]}")

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def address(self) -> tuple[str, int]:
        """Of the control channel."""
        assert self._client is not None
        return self._client.address

    def ask(self, name: str, *args: Any) -> Any:
        """Any request of the control channel. Raises RuntimeError with its error, ConnectionError when it is gone."""
        assert self._client is not None
        return self._client.ask(name, *args)

    def run_script(self, path: Path | str) -> bool:
        """Start an action as REAPER would. False when it ended with an uncaught error (see ``errors``)."""
        return bool(self.ask("run_script", str(path)))

    def do(self, name: str, *args: Any) -> Any:
        """Call ``RPR_name`` in the user's place; a tuple comes back as a list."""
        return self.ask("do", name, *args)

    def state(self) -> dict[str, Any]:
        """The project as plain data, with the fields of ``tests.fake_reaper.state.Project``."""
        found: dict[str, Any] = self.ask("state")
        return found

    def hash(self) -> str:
        return str(self.ask("hash"))

    def undo(self) -> bool:
        return bool(self.ask("undo"))

    def redo(self) -> bool:
        return bool(self.ask("redo"))

    def undo_names(self) -> list[str]:
        return list(self.ask("undo_names"))

    def console(self) -> str:
        return str(self.ask("console"))

    def help_text(self) -> str:
        return str(self.ask("help_text"))

    def errors(self) -> list[str]:
        return list(self.ask("errors"))

    def scripts(self) -> list[str]:
        return list(self.ask("scripts"))

    def wait(self, predicate: Callable[[FakeReaperProcess], Any], timeout_s: float) -> Any:
        """Until ``predicate(self)`` is true; returns its value. Raises TimeoutError with what REAPER shows."""
        end = time.monotonic() + timeout_s
        while True:
            found = predicate(self)
            if found:
                return found
            if time.monotonic() > end:
                raise TimeoutError(f"console: {self.console()[-2000:]!r}; status: {self.help_text()!r}")
            time.sleep(_PAUSE_S)

    def kill(self) -> None:
        """kill -9: nothing is saved, no atexit code runs."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._forget()

    def close(self) -> None:
        """Quit as the user does: the scripts' atexit code runs."""
        if self.alive and self._client is not None:
            try:
                self.ask("quit")
                assert self._process is not None
                self._process.wait(timeout=_START_S)
            except (OSError, subprocess.TimeoutExpired):
                self.kill()
        self._forget()

    def _forget(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None


def _drain(stream: Any, found: queue.Queue[int], copy: Path) -> None:
    with stream, open(copy, "w", encoding="utf-8") as file:
        for line in stream:
            if line.startswith(READY):
                found.put(int(line.split()[-1]))
            else:
                file.write(line)
                file.flush()

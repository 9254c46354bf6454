"""The line to the daemon: starts it when none answers, never waits, says when it went away."""
from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bridge.client import DaemonClient, connect
from bridge.connection import state_folder
from bridge.errors import DaemonUnreachable
from bridge.messages import Reply, Request
from reaper_scripts._errors import ActionError

ROOT = Path(__file__).resolve().parents[1]
START_LOG = "daemon-start.log"
_START_S = 60.0
"""How long a daemon may take to come up: a slow disk, a first run after an update."""
_RETRY_S = 0.2


def python_of_daemon() -> Path:
    """The interpreter of the environment that install.py made. Raises ActionError when there is none."""
    named = os.environ.get("FILMCOMPOSER_PYTHON")
    inside = ("Scripts", "python.exe") if os.name == "nt" else ("bin", "python")
    python = Path(named) if named else ROOT.joinpath(".venv", *inside)
    if not python.is_file():
        raise ActionError(f"FilmComposer is not set up: there is no '{python}'. Run: python3 install.py reaper")
    return python


def start_daemon() -> subprocess.Popen[bytes]:
    """A daemon of its own, which outlives REAPER; what it says before its log opens goes to ``daemon-start.log``.

    Raises ActionError. A second daemon beside a running one ends by itself."""
    python = python_of_daemon()
    folder = state_folder()
    environment = {key: value for key, value in os.environ.items() if key not in ("PYTHONHOME", "PYTHONPATH")}
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(folder / START_LOG, "wb") as log:
            process: subprocess.Popen[bytes] = subprocess.Popen(
                [str(python), "-m", "backend", "daemon"], cwd=ROOT, env=environment, stdin=subprocess.DEVNULL,
                stdout=log, stderr=subprocess.STDOUT, **_detached())
            return process
    except OSError as error:
        raise ActionError(f"the daemon cannot be started ({error}). Run: python3 install.py reaper") from None


def _detached() -> dict[str, Any]:
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}


class DaemonLink:
    """One question at a time to the daemon. ``poll`` brings the answer, starting a daemon first where none listens.

    ``may_start`` False: DaemonUnreachable instead. ``clock`` counts seconds."""

    def __init__(self, may_start: bool = True, clock: Callable[[], float] = time.monotonic) -> None:
        self._may_start, self._clock = may_start, clock
        self._client: DaemonClient | None = None
        self._asked: Request | None = None
        self._sent = self._known = False
        self._retry_s = self._start_by_s = 0.0
        self._started: subprocess.Popen[bytes] | None = None

    @property
    def busy(self) -> bool:
        """Whether an answer is still to come."""
        return self._asked is not None

    @property
    def starting(self) -> bool:
        """Whether a daemon was started and has not answered yet."""
        return self._started is not None and not self._known

    def ask(self, message: Request) -> None:
        """Put a question; only when not ``busy``."""
        self._asked, self._sent, self._retry_s = message, False, 0.0

    def poll(self) -> Reply | None:
        """The answer, or None while it is on its way. Raises BridgeError or ActionError; then the line is down, and
        the next ``ask`` begins anew."""
        if self._asked is None or self._clock() < self._retry_s:
            return None
        try:
            reply = self._talk(self._asked)
        except DaemonUnreachable as error:
            if self._known or not self._may_start:
                self.close()
                raise
            self._nobody_there(error)
            return None
        except Exception:
            self.close()
            raise
        if reply is not None:
            self._asked, self._known, self._started = None, True, None
        return reply

    def close(self) -> None:
        """Hang up. May be called twice."""
        self._hang_up()
        self._asked, self._started, self._known = None, None, False

    def _talk(self, message: Request) -> Reply | None:
        if self._client is None:
            self._client = connect(state_folder())
        if not self._sent:
            self._client.send(message)
            self._sent = True
        return self._client.poll()

    def _hang_up(self) -> None:
        client, self._client, self._sent = self._client, None, False
        if client:
            client.close()

    def _nobody_there(self, error: DaemonUnreachable) -> None:
        """No daemon behind the connection file, or none that says a word: start one, then try until it answers.

        Raises ActionError when it does not come up."""
        self._hang_up()
        self._retry_s = self._clock() + _RETRY_S
        if self._started is None:
            self._started, self._start_by_s = start_daemon(), self._clock() + _START_S
        elif self._started.poll() not in (None, 0) or self._clock() > self._start_by_s:
            said = _last_line(state_folder() / START_LOG) or str(error)
            self.close()
            raise ActionError(f"the daemon does not come up ({said}). Run the action Support bundle and send the file "
                              "in.")


def _last_line(log: Path) -> str:
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").split("\n")
    except OSError:
        return ""
    return next((line.strip()[:300] for line in reversed(lines) if line.strip()), "")

"""The daemon's end of the worker: start it, hand it a job, hear its news, and be rid of it within a second."""
from __future__ import annotations

import logging
import multiprocessing
import signal
from contextlib import suppress
from pathlib import Path

from backend.jobs import JobEvent
from backend.worker import READY, STOP, Prepare, main, prepare
from bridge.messages import JobRequest

_log = logging.getLogger(__name__)
_TERMINATE_AFTER_S, _KILL_AFTER_S = 0.3, 0.6
"""Asked, then terminated, then killed: together well under the second a cancel may take."""


class WorkerProcess:
    """One worker. Nothing here waits, but :meth:`end`."""

    def __init__(self, folder: Path, prepare_work: Prepare = prepare) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=main, args=(theirs, str(folder), prepare_work), daemon=True,
                                        name="filmcomposer worker")
        self._process.start()
        theirs.close()
        self._ready = False
        self._waiting: JobRequest | None = None
        self._asked_s: float | None = None

    @property
    def pid(self) -> int:
        return self._process.pid or 0

    @property
    def is_gone(self) -> bool:
        return self._process.exitcode is not None

    @property
    def is_stopping(self) -> bool:
        return self._asked_s is not None

    def submit(self, request: JobRequest) -> None:
        """The job is sent when the worker listens: a pipe that nobody reads would block the daemon."""
        self._waiting = request
        self._send_waiting()

    def _send_waiting(self) -> None:
        if self._ready and self._waiting is not None:
            with suppress(OSError):  # it has died; is_gone tells
                self._pipe.send(self._waiting)
            self._waiting = None

    def events(self) -> list[JobEvent]:
        """What the worker said since the last call."""
        heard: list[JobEvent] = []
        try:
            while self._pipe.poll():
                said = self._pipe.recv()
                if said == READY:
                    self._ready = True
                    self._send_waiting()
                else:
                    heard.append(said)
        except (EOFError, OSError):
            if not self.is_gone:
                self._process.kill()  # a worker without a pipe is of no use
        return heard

    def ask_to_stop(self, now_s: float) -> None:
        """The first of three steps; :meth:`press` takes the others. ``now_s`` is a monotonic clock."""
        if self._asked_s is None:
            self._asked_s = now_s
            with suppress(OSError):
                self._pipe.send(STOP)

    def press(self, now_s: float) -> None:
        """Terminate, then kill, a worker that was asked to stop and is still there."""
        if self._asked_s is None or self.is_gone:
            return
        if now_s - self._asked_s > _KILL_AFTER_S:
            self._process.kill()
        elif now_s - self._asked_s > _TERMINATE_AFTER_S:
            self._process.terminate()

    def end(self) -> None:
        """The daemon leaves: the worker goes first, gently if it can. Returns when it is gone."""
        self._process.terminate()
        self._process.join(_KILL_AFTER_S)
        if not self.is_gone:
            self._process.kill()
            self._process.join()
        self._pipe.close()

    def last_words(self) -> str:
        """Why a worker that nobody asked to stop is gone, for people."""
        code = self._process.exitcode or 0
        if code >= 0:
            return f"the worker ended (exit code {code})"
        name = signal.Signals(-code).name if -code in {s.value for s in signal.Signals} else str(-code)
        memory = ", perhaps for lack of memory" if name == "SIGKILL" else ""
        return f"the worker was ended by {name}{memory}"

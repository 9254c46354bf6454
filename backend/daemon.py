"""The daemon: a loop that hears requests, changes the queue and watches one worker. It does no work itself.

No turn of the loop takes longer than about 50 ms, so a status is always fresh and a cancel always heard.
"""
from __future__ import annotations

import logging
import os
import secrets
import signal
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import version
from logging.handlers import RotatingFileHandler
from pathlib import Path

from backend.errors import FilmComposerError, InputError
from backend.instance import InstanceLock
from backend.jobs import JobFailed, JobQueue
from backend.worker import Prepare, prepare, report_defect
from backend.worker_process import WorkerProcess
from bridge.connection import read_connection, remove_connection
from bridge.messages import (
    Accepted,
    AskStatus,
    Cancel,
    Goodbye,
    Hello,
    JobList,
    JobRequest,
    JobStatus,
    ListJobs,
    ReaperAddress,
    Refused,
    RegisterReaper,
    Reply,
    Request,
    Shutdown,
    Submit,
    Welcome,
)
from bridge.server import Listener

_log = logging.getLogger(__name__)
IDLE_MINUTES = 30.0
REGISTERED = ReaperAddress(0, "", 0)
"""In a JobRequest: the REAPER that registered itself, whichever it is."""
_TURN_MS, _IDLE_TURN_MS = 25, 50
_FRAMES_A_TURN = 64
_KNOCK_S = 0.05
_LEAVING_S = 5.0
_FAREWELL_S = 0.2
_ASKED_TO = "asked to"


class Daemon:
    """``folder`` is the state folder; ``idle_s`` without a job or a message, and :meth:`run` returns. ``clock`` counts
    seconds."""

    def __init__(self, folder: Path, idle_s: float, prepare_work: Prepare = prepare,
                 clock: Callable[[], float] = time.monotonic) -> None:
        self._folder = folder
        self._idle_s = idle_s
        self._prepare = prepare_work
        self._queue = JobQueue(f"{secrets.token_hex(2)}-")
        self._worker: WorkerProcess | None = None
        self._job = ""
        self._reaper: RegisterReaper | None = None
        self._clock = clock
        self._last_active_s = clock()
        self._leaving = ""

    def leave(self, why: str) -> None:
        """Make :meth:`run` return within a turn."""
        self._leaving = self._leaving or why

    def run(self, listener: Listener) -> None:
        """Serve until told to leave or idle for too long. :meth:`end` must follow, whatever happens."""
        self._worker = self._new_worker()
        while not self._leaving:
            self.turn(listener)
        if self._leaving == _ASKED_TO:
            time.sleep(_FAREWELL_S)  # the socket is closed without lingering; the goodbye must be out by then

    def turn(self, listener: Listener) -> str:
        """Hear what has come in, look after the worker. Why :meth:`run` is to return, empty as long as it is not."""
        self._hear(listener)
        self._supervise(self._clock())
        return self._leaving

    def end(self) -> None:
        """The worker goes; returns when it is gone."""
        _log.info("leaving: %s", self._leaving or "a defect")
        if self._worker is not None:
            self._worker.end()

    def _hear(self, listener: Listener) -> None:
        received = listener.poll(_TURN_MS if self._job else _IDLE_TURN_MS)
        for _ in range(_FRAMES_A_TURN):
            if received is None:
                return
            peer, request = received
            self._last_active_s = self._clock()
            listener.reply(peer, self._answer_safely(request))
            received = listener.poll(0)

    # requests

    def _answer_safely(self, request: Request) -> Reply:
        try:
            return self.answer(request)
        except FilmComposerError as error:
            return Refused(str(error))
        except Exception as error:
            _log.exception("a request could not be answered: %s", type(request).__name__)
            return Refused(report_defect(error, self._folder))

    def answer(self, request: Request) -> Reply:
        """The reply to one request. Raises InputError for what becomes a refusal."""
        if isinstance(request, Submit):
            job = self._queue.submit(self._addressed(_checked(request.request)), request.reply_id)
            _log.info("job %s: %s", job, request.request.kind)
            return Accepted(job)
        if isinstance(request, AskStatus):
            return self._queue.status(request.job)
        if isinstance(request, ListJobs):
            return JobList(self._queue.statuses())
        if isinstance(request, Cancel):
            return self._cancel(request.job)
        if isinstance(request, RegisterReaper):
            self._reaper = request if request.address is not None else None
        if isinstance(request, Shutdown):
            self.leave(_ASKED_TO)
            return Goodbye()
        if not isinstance(request, (Hello, RegisterReaper)):
            raise InputError(f"{type(request).__name__} is no request. Use the same FilmComposer on both sides.")
        return Welcome(version("filmcomposer"), os.getpid(), self._queue.running, len(self._queue.waiting),
                       self._reaper is not None)

    def _cancel(self, job: str) -> JobStatus:
        name = self._queue.ask_stop(job)
        _log.info("job %s: to be cancelled", name)
        if name == self._job and self._worker is not None and self._queue.is_stopping(name):
            self._worker.ask_to_stop(self._clock())
        return self._queue.status(name)

    def _addressed(self, request: JobRequest) -> JobRequest:
        """The request with the registered REAPER where it asks for that. Raises InputError when there is none."""
        if request.reaper != REGISTERED:
            return request
        if self._reaper is None or self._reaper.address is None or not _listens(self._reaper.address.port):
            self._reaper = None
            raise InputError("No open REAPER is known to the daemon. Run the action \"FilmComposer: Start/stop daemon\""
                             " in REAPER, then the same command again.")
        return replace(request, reaper=self._reaper.address, project=request.project or self._reaper.project)

    # the worker

    def _supervise(self, now_s: float) -> None:
        worker = self._worker
        if worker is not None:
            self._hear_worker(worker)
            worker.press(now_s)
            if worker.is_gone:
                self._bury(worker)
        self._employ()
        if self._job:
            self._last_active_s = now_s
        elif now_s - self._last_active_s > self._idle_s:
            self.leave(f"idle for {self._idle_s / 60:g} minutes")

    def _hear_worker(self, worker: WorkerProcess) -> None:
        for event in worker.events():
            if self._job:
                self._queue.apply(self._job, event)
        if self._job and self._queue.status(self._job).state != "running":
            self._close_job()

    def _close_job(self) -> None:
        status = self._queue.status(self._job)
        _log.info("job %s: %s: %s", self._job, status.state, status.message)
        self._job = ""

    def _bury(self, worker: WorkerProcess) -> None:
        """A worker is gone: its job was cancelled, or failed with it. After a cancel the next one warms up."""
        self._hear_worker(worker)
        if self._job:
            if self._queue.is_stopping(self._job):
                self._queue.stopped(self._job)
            else:
                self._queue.apply(self._job, JobFailed(
                    f"The work broke off: {worker.last_words()}. Finished stages are kept; start the job again. "
                    f"Should it happen again, report it with {self._folder / 'worker.log'}"))
            self._close_job()
        self._worker = self._new_worker() if worker.is_stopping else None

    def _new_worker(self) -> WorkerProcess | None:
        """None when the system has no room for another process; the next job asks again."""
        try:
            return WorkerProcess(self._folder, self._prepare)
        except OSError as error:
            _log.warning("no worker: %s", error)
            return None

    def _employ(self) -> None:
        """Give the next job to the worker, to a new one if there is none."""
        if self._job or not self._queue.waiting or (self._worker is not None and self._worker.is_stopping):
            return
        self._worker = self._worker or self._new_worker()
        self._job = self._queue.start_next()
        if self._worker is None:
            self._queue.apply(self._job, JobFailed("The system has no room for a worker process. Close some programs, "
                                                   "then start the job again."))
            self._close_job()
        else:
            self._worker.submit(self._queue.request_of(self._job))


def _checked(request: JobRequest) -> JobRequest:
    """Raises InputError for a path that would mean something else in another process."""
    paths = (request.output, *request.files, *((request.video.file,) if request.video else ()))
    for path in paths:
        if path and not os.path.isabs(path):
            raise InputError(f"'{path[:80]}' is no absolute path. Save the project, then run the action again.")
    return request


def _listens(tcp_port: int) -> bool:
    """Whether anything answers on that port of this machine."""
    try:
        with socket.create_connection(("127.0.0.1", tcp_port), timeout=_KNOCK_S):
            return True
    except OSError:
        return False


def run_daemon(folder: Path, idle_minutes: float = IDLE_MINUTES, prepare_work: Prepare = prepare) -> str:
    """Be the daemon of this state folder until told to leave; one line about how it ended.

    When another daemon holds the folder, names it and returns. Raises OutputError, BridgeError.
    """
    lock = InstanceLock(folder)
    if not _take(lock, folder):
        other = read_connection(folder)
        return f"FilmComposer's daemon runs already{f' (process {other.pid})' if other else ''}."
    handler = _log_to(folder / "daemon.log")
    try:
        _serve(folder, idle_minutes * 60, prepare_work)
    except Exception:
        _log.exception("the daemon broke down")
        raise
    finally:
        lock.give_back()
        logging.getLogger().removeHandler(handler)
        handler.close()
    return "FilmComposer's daemon has ended."


def _take(lock: InstanceLock, folder: Path) -> bool:
    """Whether the folder is ours. A daemon that has withdrawn its connection is leaving: that one is waited for."""
    until_s = time.monotonic() + _LEAVING_S
    while not lock.take():
        if read_connection(folder) is not None or time.monotonic() > until_s:
            return False
        time.sleep(0.05)
    return True


def _serve(folder: Path, idle_s: float, prepare_work: Prepare) -> None:
    daemon = Daemon(folder, idle_s, prepare_work)
    for name in ("SIGTERM", "SIGINT", "SIGHUP", "SIGBREAK"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda number, _: daemon.leave(signal.Signals(number).name))
    listener = Listener(folder)
    _log.info("daemon %s, process %d", version("filmcomposer"), os.getpid())
    try:
        daemon.run(listener)
    finally:
        listener.close()
        remove_connection(folder, os.getpid())  # before the worker goes: who comes now starts the next daemon
        daemon.end()


def _log_to(file: Path) -> RotatingFileHandler:
    handler = RotatingFileHandler(file, maxBytes=500_000, backupCount=2, encoding="utf-8", delay=True)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    if sys.stderr is None or not sys.stderr.isatty():
        for other in logging.getLogger().handlers:  # nobody reads it there, and it would grow for ever
            other.setLevel(logging.WARNING)
    logging.getLogger().addHandler(handler)
    logging.getLogger().setLevel(logging.INFO)
    return handler

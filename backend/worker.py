"""The process that works: one job after another, told what to do through a pipe.

It stays warm between jobs, tells the news of each stage, and is gone at once when the daemon is: a thread watches the
pipe and ends the process at its end. Everything here but :func:`prepare` imports the standard library only, so the
daemon can name it without loading the models.
"""
from __future__ import annotations

import faulthandler
import os
import queue
import signal
import threading
import time
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

from backend.domain import serial
from backend.domain.live import BuildReport, LivePlan
from backend.errors import FilmComposerError
from backend.jobs import JobDone, JobEvent, JobFailed, JobNews
from bridge.errors import BridgeError, ReaperUnreachable
from bridge.messages import JobRequest, ReaperAddress

Tell = Callable[[JobNews], None]
Work = Callable[[JobRequest, Tell], JobDone]
Prepare = Callable[[], Work]
Build = Callable[[ReaperAddress, LivePlan], BuildReport]

READY, STOP = "ready", "stop"
_BUILD_TIMEOUT_S = 60.0
"""A REAPER with an open dialog answers when the user closes it; by ear."""
_NEWS_EVERY_S = 0.05
_REPORTS_KEPT = 20
_LOG_BYTES = 200_000


class NotBuilt(FilmComposerError):
    """The results stand in ``folder``, the session was left as it was. ``lines`` is the outcome of the work."""

    def __init__(self, message: str, folder: str, lines: tuple[str, ...]) -> None:
        super().__init__(message)
        self.folder = folder
        self.lines = lines


class Stopped(BaseException):
    """The job was asked to stop. Not an Exception: no stage may take it for a failure of its own."""


# what a job is

def prepare() -> Work:
    """Load everything a job needs and return what runs one. Raises MissingExtraError."""
    from backend.config import Options
    from backend.cue_job import CueJob
    from backend.estimating import expected_line
    from backend.live.run import run_request
    from backend.pipeline import StageNews
    from backend.ports import Services
    from backend.wiring import Setting, rewire, wire
    services = wire()

    def work(request: JobRequest, tell: Tell) -> JobDone:
        def news(stage: StageNews) -> None:
            tell(JobNews(stage.stage, stage.status, stage.fraction, stage.note))

        said: list[str] = []

        def say(text: str) -> None:
            if text:
                said.append(text.strip())
                tell(JobNews("ensemble", "said", 0.0, text.strip()))

        def for_cue(services: Services, options: Options, folder: Path) -> Services:
            return rewire(services, options, Setting(folder, say))

        def announce(job: CueJob, until: str) -> None:
            say(expected_line(job, until=until))
        try:
            outcome = run_request(request, services, news, for_cue, announce)
        except FilmComposerError as error:
            raise NotBuilt(str(error), "", tuple(said)) from None
        lines = (*outcome.lines, *said)
        if request.reaper is None or outcome.plan is None:
            return JobDone(outcome.title, f"{outcome.title} is done".strip(), outcome.folder, lines)
        tell(JobNews("build", "running"))
        done = put_into_session(request.reaper, outcome.plan, build_there,
                                JobDone(outcome.title, "", outcome.folder, lines))
        tell(JobNews("build", "made" if done.built else "kept", 1.0))
        return done
    return work


def build_there(address: ReaperAddress, plan: LivePlan) -> BuildReport:
    """One request to the REAPER at ``address``. Raises BridgeError."""
    from bridge.reapy_control import build_in_reaper
    report = build_in_reaper(address, serial.to_plain(plan), _BUILD_TIMEOUT_S)
    return serial.from_plain(BuildReport, report)  # type: ignore[no-any-return]


def put_into_session(address: ReaperAddress, plan: LivePlan, build: Build, done: JobDone) -> JobDone:
    """``done`` with what became of the session. A REAPER that has gone costs nothing: the results stand.

    Raises NotBuilt when the session refuses the plan, or when the build failed inside REAPER.
    """
    try:
        report = build(address, plan)
    except ReaperUnreachable as error:
        return JobDone(done.title, f"The results are in {done.folder}; run the action again to put them into the "
                       "session", done.folder, (*done.lines, str(error)))
    except BridgeError as error:
        raise NotBuilt(str(error), done.folder, done.lines) from None
    if report.refused:
        raise NotBuilt(report.refused, done.folder, done.lines)
    said = f"{done.title} is in the session" if report.changed else f"{done.title}: the session already holds all of it"
    if report.kept:
        said += f"; kept as you edited it: {', '.join(report.kept)}"
    return JobDone(done.title, said, done.folder, (*done.lines, *report.lines), report.kept, True)


# the process

def main(pipe: Connection, state_folder: str, prepare_work: Prepare = prepare) -> None:
    """The worker's whole life. Messages in: a JobRequest, or STOP; out: READY once, then JobEvents."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in a terminal reaches the daemon, and the daemon decides
    orders = _Orders(pipe)
    folder = Path(state_folder)
    _own_output(folder / "worker.log")
    work, trouble = _load(prepare_work, folder)
    _say(pipe, READY)
    while True:
        request = orders.next_job()
        try:
            _say(pipe, trouble or _run(work, request, _Teller(pipe, orders), folder))
        except Stopped:
            os._exit(0)
        if trouble:
            os._exit(0)  # the next job finds a process that has looked again


class _Orders:
    """Reads the pipe on a thread of its own, so that STOP and the daemon's death are seen during work."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._jobs: queue.SimpleQueue[JobRequest] = queue.SimpleQueue()
        self.stop = threading.Event()
        threading.Thread(target=self._listen, daemon=True).start()

    def next_job(self) -> JobRequest:
        return self._jobs.get()

    def _listen(self) -> None:
        while True:
            try:
                order = self._pipe.recv()
            except (EOFError, OSError):
                os._exit(1)
            if order == STOP:
                self.stop.set()
            else:
                self._jobs.put(order)


class _Teller:
    """Sends news, not more often than a person can see; the place where a job that should stop does."""

    def __init__(self, pipe: Connection, orders: _Orders) -> None:
        self._pipe = pipe
        self._orders = orders
        self._last = ("", "")
        self._sent_s = 0.0

    def __call__(self, news: JobNews) -> None:
        if self._orders.stop.is_set():
            raise Stopped
        same, now_s = self._last == (news.stage, news.status) != ("ensemble", "said"), time.monotonic()
        if same and now_s - self._sent_s < _NEWS_EVERY_S:
            return
        self._last, self._sent_s = (news.stage, news.status), now_s
        _say(self._pipe, news)


def _say(pipe: Connection, word: JobEvent | str) -> None:
    try:
        pipe.send(word)
    except OSError:  # the daemon has gone; not a defect of the job
        os._exit(1)


def _load(prepare_work: Prepare, folder: Path) -> tuple[Work, JobFailed | None]:
    def nothing(request: JobRequest, tell: Tell) -> JobDone:
        raise AssertionError("a worker that could not load runs no job")
    try:
        return prepare_work(), None
    except FilmComposerError as error:
        return nothing, JobFailed(str(error))
    except Exception as error:
        return nothing, JobFailed(report_defect(error, folder))


def _run(work: Work, request: JobRequest, tell: Tell, folder: Path) -> JobEvent:
    """The outcome of a job, whatever happens in it but a request to stop."""
    try:
        return work(request, tell)
    except NotBuilt as error:
        return JobFailed(str(error), error.folder, error.lines)
    except (FilmComposerError, BridgeError) as error:
        return JobFailed(str(error))
    except Exception as error:
        return JobFailed(report_defect(error, folder))


def report_defect(error: Exception, folder: Path) -> str:
    """Write what happened into the state folder; the one line that names the file. Older reports make room."""
    lines = traceback.format_exception(error)
    file = folder / f"defect-{time.time_ns()}.txt"
    what = f"A defect of this program ({type(error).__name__}: {str(error)[:120]})"
    try:
        file.write_text("".join(lines), encoding="utf-8", errors="replace")
        for old in sorted(folder.glob("defect-*.txt"))[:-_REPORTS_KEPT]:
            old.unlink(missing_ok=True)
    except OSError as trouble:
        return f"{what}, and no report could be written ({trouble.strerror}). Please report it"
    return f"{what}. Please report it with {file}"


def _own_output(log: Path) -> None:
    """What libraries and a crash of the interpreter say goes to a file: a daemon has no console. Workers share it, so
    that the last words of one are not lost with the start of the next."""
    log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    is_long = log.exists() and log.stat().st_size > _LOG_BYTES
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | (os.O_TRUNC if is_long else 0), 0o600)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.close(descriptor)
    faulthandler.enable()

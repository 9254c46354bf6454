"""The queue of jobs as a state machine: no clock, no process, no wire.

 waiting -> running -> done | failed | cancelled
    `------------------------------> cancelled

One job runs at a time. A job that is asked to stop stays ``running`` until its worker is gone.
"""
from __future__ import annotations

from dataclasses import dataclass, field, replace

from backend.config import STAGE_WORDS
from backend.errors import InputError
from bridge.messages import JobRequest, JobStatus

HISTORY = 100
"""Finished jobs that are remembered. By ear: a long day's work."""
MAX_WAITING = 64
MAX_LINES, MAX_LINE = 200, 500
"""An outcome's size, so that a list of jobs always fits a message."""
_OVER = ("done", "failed", "cancelled")


@dataclass(frozen=True)
class JobNews:
    """A stage is ``running`` (``fraction`` 0..1), or over: ``made``, ``unchanged``, ``kept``. What is ``said`` to
    people while it runs stands in ``note``."""

    stage: str
    status: str
    fraction: float = 0.0
    note: str = ""


@dataclass(frozen=True)
class JobDone:
    """The work is finished; ``built`` says whether it is in the session."""

    title: str
    message: str
    folder: str = ""
    lines: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    built: bool = False


@dataclass(frozen=True)
class JobFailed:
    """One line that says why; ``folder`` and ``lines`` when there are results all the same."""

    message: str
    folder: str = ""
    lines: tuple[str, ...] = ()


JobEvent = JobNews | JobDone | JobFailed


@dataclass
class _Entry:
    request: JobRequest
    reply_id: str
    status: JobStatus
    stopping: bool = False
    finished: dict[str, str] = field(default_factory=dict)


class JobQueue:
    """Jobs in the order they came. ``prefix`` keeps the names of this daemon's jobs apart from an earlier one's."""

    def __init__(self, prefix: str = "") -> None:
        self._prefix = prefix
        self._entries: dict[str, _Entry] = {}
        self._submitted = 0

    # questions

    @property
    def running(self) -> str:
        """The job that runs, or an empty text."""
        return next((name for name, entry in self._entries.items() if entry.status.state == "running"), "")

    @property
    def waiting(self) -> tuple[str, ...]:
        """Those that wait, the next one first."""
        return tuple(name for name, entry in self._entries.items() if entry.status.state == "waiting")

    def is_stopping(self, job: str) -> bool:
        return self._entry(job).stopping

    def request_of(self, job: str) -> JobRequest:
        return self._entry(job).request

    def status(self, job: str = "") -> JobStatus:
        """A snapshot; of the latest job without a name. Raises InputError when there is no such job."""
        if not job and not self._entries:
            raise InputError("There are no jobs yet. Start one in REAPER, or with: filmcomposer submit CLIP")
        name = job or next(reversed(self._entries))
        status = self._entry(name).status
        if status.state == "waiting":
            return replace(status, message=self._waiting_line(name))
        return status

    def statuses(self) -> tuple[JobStatus, ...]:
        """All of them, newest first."""
        return tuple(self.status(name) for name in reversed(self._entries))

    def _entry(self, job: str) -> _Entry:
        if job not in self._entries:
            raise InputError(f"There is no job '{job[:40]}'. It is too old, or the daemon was started anew since; "
                             "start it again: finished stages are kept.")
        return self._entries[job]

    def _waiting_line(self, job: str) -> str:
        before = self.waiting.index(job) + bool(self.running)
        return f"Waiting: {before} before it" if before else "Waiting"

    # changes

    def submit(self, request: JobRequest, reply_id: str) -> str:
        """The name of the job. The same ``reply_id`` twice is one job. Raises InputError when the queue is full."""
        if not reply_id:
            raise InputError("A job needs a reply_id of its own. Give a random text.")
        for name, entry in self._entries.items():
            if entry.reply_id == reply_id:
                return name
        if len(self.waiting) >= MAX_WAITING:
            raise InputError(f"{MAX_WAITING} jobs are waiting already. Wait for one to finish, or cancel some.")
        self._submitted += 1
        name = f"{self._prefix}{self._submitted}"
        self._entries[name] = _Entry(request, reply_id, JobStatus(name, request.kind, "waiting", title_of(request)))
        return name

    def start_next(self) -> str:
        """The oldest waiting job now runs; its name. Empty when one runs already or none waits."""
        if self.running or not self.waiting:
            return ""
        name = self.waiting[0]
        self._change(name, state="running", message="Starting")
        return name

    def apply(self, job: str, event: JobEvent) -> None:
        """What a worker said about the running job; of a job that is over, nothing is believed any more."""
        entry = self._entry(job)
        if entry.status.state != "running":
            return
        if isinstance(event, JobNews):
            self._note(entry, event)
        elif isinstance(event, JobDone):
            self._change(job, state="done", title=event.title or entry.status.title, message=_short(event.message),
                         stage="", fraction=1.0, lines=_bounded(event.lines), kept=_bounded(event.kept),
                         folder=event.folder, built=event.built)
        else:
            self._change(job, state="failed", message=_short(event.message), lines=_bounded(event.lines),
                         folder=event.folder)

    def ask_stop(self, job: str = "") -> str:
        """Stop a job: a waiting one at once, a running one when its worker is gone. Its name; without one, the job
        that runs, else the next. A job that is over stays as it is. Raises InputError when there is none."""
        name = job or self.running or next(iter(self.waiting), "")
        if not name:
            raise InputError("No job is running, so there is nothing to cancel.")
        entry = self._entry(name)
        if entry.status.state == "waiting":
            self._change(name, state="cancelled", message="Cancelled before it started")
        elif entry.status.state == "running":
            entry.stopping = True
            self._change(name, message="Cancelling")
        return name

    def stopped(self, job: str) -> None:
        """The worker of a job that was asked to stop is gone."""
        in_build = self._entry(job).status.stage == "build"
        said = ("Cancelled while REAPER was building: if tracks appeared, one undo takes them back" if in_build
                else "Cancelled; finished stages are kept")
        self._change(job, state="cancelled", message=said)

    def _note(self, entry: _Entry, news: JobNews) -> None:
        word = STAGE_WORDS.get(news.stage, news.stage.capitalize())
        fraction = min(1.0, max(0.0, news.fraction))
        if news.status == "said":
            entry.finished[f"{news.stage} {len(entry.finished)}"] = f"{news.stage} said: {news.note}"
        elif news.status != "running":
            entry.finished[news.stage] = f"{news.stage} {news.status}" + (f": {news.note}" if news.note else "")
        message = "Cancelling" if entry.stopping else f"{word} {fraction:.0%}" if fraction else word
        self._change(entry.status.job, stage=news.stage, fraction=fraction, message=_short(message),
                     finished=_bounded(tuple(entry.finished.values())))

    def _change(self, job: str, **changes: object) -> None:
        entry = self._entries[job]
        entry.status = replace(entry.status, **changes)  # type: ignore[arg-type]
        if entry.status.state in _OVER:
            entry.request = JobRequest(entry.request.kind)  # a history does not need what may be megabytes
        over = [name for name, e in self._entries.items() if e.status.state in _OVER]
        for name in over[:max(0, len(over) - HISTORY)]:
            del self._entries[name]


def title_of(request: JobRequest) -> str:
    """What to call a job before its work has said so: the cue, else the clip."""
    if request.span is not None:
        return f"{request.span.label} {request.span.title}".strip()
    options = request.options or {}
    named = f"{options.get('cue', '')} {options.get('title', '')}".strip()
    return named or (request.video.name if request.video else "")


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= MAX_LINE else line[:MAX_LINE - 3] + "..."


def _bounded(lines: tuple[str, ...]) -> tuple[str, ...]:
    cut = tuple(line if len(line) <= MAX_LINE else line[:MAX_LINE - 3] + "..." for line in lines[:MAX_LINES])
    return cut if len(lines) <= MAX_LINES else (*cut[:-1], f"... and {len(lines) - MAX_LINES + 1} more")

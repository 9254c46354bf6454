"""A job as an action lives it: submit, poll from defer, build what comes, show progress, end with a line."""
from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

from backend.daw.apply import apply_session
from backend.domain.live import BuildReport, LivePlan
from backend.domain.serial import from_plain, to_plain
from bridge.errors import BridgeError, DaemonUnreachable
from bridge.messages import Accepted, AskStatus, Cancel, JobRequest, JobStatus, ReaperAddress, Refused, Reply, Submit
from bridge.reaper_server import ReaperServer
from reaper_scripts._daemon import DaemonLink
from reaper_scripts._errors import ActionError
from reaper_scripts._host import Host
from reaper_scripts._timeline import this_project

Look = Callable[[], JobRequest]
_TICKS_BETWEEN_QUESTIONS = 4
CANCELLED, _PENDING = "cancelled", "1"
"""ExtState ``pending``: a job is on its way to the daemon and has no name yet; Cancel can still reach it."""
_ENDED = ("done", "failed", "cancelled")


class Builder:
    """Builds plans into the project tab that was in front at the start; another tab is refused, not built into."""

    def __init__(self, host: Host) -> None:
        self._host, self.project = host, this_project(host.api)

    def __call__(self, plain: dict[str, Any]) -> dict[str, Any]:
        if this_project(self._host.api) != self.project:
            return dict(to_plain(BuildReport(refused="Another project tab is in front. Go back to the one where the "
                                                     "action was started and run it again: the work is kept.")))
        return dict(to_plain(apply_session(from_plain(LivePlan, plain), self._host.api)))


def address_of(server: ReaperServer) -> ReaperAddress:
    return ReaperAddress(server.port, server.secret, os.getpid())


def run_jobs(host: Host, looks: list[Look], on_done: Callable[[JobStatus], None] | None = None) -> None:
    """Run one job after another, each as the session stands when its turn comes."""
    JobRun(host, looks, on_done).begin()


class JobRun:
    """The jobs of one action. Ends by itself: no more deferred ticks, everything closed."""

    def __init__(self, host: Host, looks: list[Look], on_done: Callable[[JobStatus], None] | None = None) -> None:
        self._host, self._looks, self._on_done = host, list(looks), on_done
        self._server = ReaperServer(Builder(host))
        self._link = DaemonLink()
        self._request: JobRequest | None = None
        self._reply_id = self._job = ""
        self._lost_once = False
        self._pause = 0
        self._number, self._count = 0, len(looks)

    def begin(self) -> None:
        self._host.at_exit(self._close)
        self._next_job()
        if self._request:
            self._host.defer(self._tick)

    def _next_job(self) -> None:
        """Submit the next cue that can be looked at; what is wrong with one does not stop the others."""
        while self._looks and self._request is None:
            look, self._number = self._looks.pop(0), self._number + 1
            try:
                self._request = replace(look(), reaper=address_of(self._server))
            except ActionError as error:
                self._host.tell(str(error))
        if self._request is None:
            self._host.close()
            return
        self._reply_id, self._job, self._lost_once = os.urandom(16).hex(), "", False
        self._host.remember("pending", _PENDING)
        self._host.show(self._counted("asking the daemon"), 0.0)
        self._link.ask(Submit(self._request, self._reply_id))

    def _tick(self) -> None:
        self._server.tick()
        if self._link.busy:
            self._hear()
        elif self._pause > 0:
            self._pause -= 1
        else:
            self._link.ask(AskStatus(self._job))
        if self._request:
            self._host.defer(self._tick)

    def _hear(self) -> None:
        try:
            reply = self._link.poll()
        except DaemonUnreachable:
            self._submit_again()
            return
        if reply is not None:
            self._pause = _TICKS_BETWEEN_QUESTIONS
            self._on_reply(reply)
        elif self._link.starting:
            if self._host.recall("pending") == CANCELLED:
                raise ActionError("cancelled before it started")
            self._host.show(self._counted("starting the daemon"), 0.0)

    def _submit_again(self) -> None:
        """The daemon went away with the job; another one goes on from the stages that are finished. Once."""
        assert self._request is not None
        if self._lost_once:
            raise ActionError("the daemon stopped twice during this job. What it finished is kept; run the action "
                              "Support bundle, then try again.")
        self._lost_once = True
        self._forget()
        self._job = ""
        self._host.show(self._counted("the daemon went away, going on with another"))
        self._link.ask(Submit(self._request, self._reply_id))

    def _on_reply(self, reply: Reply) -> None:
        if isinstance(reply, Refused):
            if not self._job:
                raise ActionError(reply.reason)
            self._submit_again()
        elif isinstance(reply, Accepted):
            self._on_accepted(reply.job)
        elif isinstance(reply, JobStatus):
            self._on_status(reply)

    def _on_accepted(self, job: str) -> None:
        self._job = job
        self._host.remember("jobs", " ".join([*self._host.recall("jobs").split(), job]))
        if self._host.recall("pending") == CANCELLED:
            self._link.ask(Cancel(job))
        self._host.remember("pending", "")

    def _on_status(self, status: JobStatus) -> None:
        if status.state not in _ENDED:
            self._host.show(self._counted(status.message), status.fraction)
            return
        self._forget()
        self._say_outcome(status)
        self._request = None
        if status.state == "done" and self._on_done:
            self._on_done(status)
        if status.state == "cancelled":
            self._looks.clear()
        self._next_job()

    def _say_outcome(self, status: JobStatus) -> None:
        kept = [f"kept as you left it: {name}" for name in status.kept]
        lines = dict.fromkeys([*status.lines, *kept])
        self._host.tell(status.message or status.state, *(f"  {line}" for line in lines))
        self._host.remember("progress", "1.000" if status.state == "done" else "")

    def _counted(self, what: str) -> str:
        of = f" ({self._number} of {self._count})" if self._count > 1 else ""
        label = self._request.span.label if self._request and self._request.span else ""
        return f"{label}{of}: {what}" if label else what

    def _forget(self) -> None:
        left = [job for job in self._host.recall("jobs").split() if job != self._job]
        self._host.remember("jobs", " ".join(left))

    def _close(self) -> None:
        """However the script ends: nobody listens for the build any more, so the job need not go on."""
        if self._request and not self._job:
            self._host.remember("pending", "")
        if self._request and self._job:
            self._forget()
            self._link.ask(Cancel(self._job))
            with suppress(BridgeError, ActionError):
                self._link.poll()
        self._request = None
        self._link.close()
        self._server.close()

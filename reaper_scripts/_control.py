"""Cancel and Status: short talks with a running daemon."""
from __future__ import annotations

import sys
from collections.abc import Callable

from bridge.errors import DaemonUnreachable
from bridge.messages import (
    PROTOCOL_VERSION,
    Cancel,
    Hello,
    JobList,
    JobStatus,
    ListJobs,
    Refused,
    Reply,
    Request,
    Welcome,
)
from reaper_scripts._daemon import DaemonLink
from reaper_scripts._errors import ActionError
from reaper_scripts._host import Host
from reaper_scripts._run_job import CANCELLED

CLIENT = "REAPER"
_SHOWN_JOBS = 5


class Talk:
    """Questions put one after another from defer; ``on_end`` gets the answers, None when no daemon runs."""

    def __init__(self, host: Host, questions: list[Request], on_end: Callable[[list[Reply] | None], None]) -> None:
        self._host, self._questions, self._on_end = host, questions, on_end
        self._link = DaemonLink(may_start=False)
        self._answers: list[Reply] = []

    def begin(self) -> None:
        self._host.at_exit(self._link.close)
        self._link.ask(self._questions[0])
        self._host.defer(self._tick)

    def _tick(self) -> None:
        try:
            reply = self._link.poll()
        except DaemonUnreachable:
            self._on_end(None)
            self._host.close()
            return
        if reply is not None:
            self._answers.append(reply)
            if len(self._answers) == len(self._questions):
                self._on_end(self._answers)
                self._host.close()
                return
            self._link.ask(self._questions[len(self._answers)])
        self._host.defer(self._tick)


def cancel(host: Host) -> None:
    """The jobs that this REAPER started; with none of those, the one that runs."""
    if host.recall("pending"):
        host.remember("pending", CANCELLED)
        host.show("cancelling")
        return
    jobs = host.recall("jobs").split() or [""]

    def on_end(answers: list[Reply] | None) -> None:
        host.remember("jobs", "")
        stopped = [a for a in answers or [] if isinstance(a, JobStatus) and a.state not in ("done", "failed")]
        refused = [a.reason for a in answers or [] if isinstance(a, Refused)]
        if stopped:
            host.show("cancelling")
        else:
            host.show(refused[0] if refused and jobs != [""] else "nothing is running")

    Talk(host, [Cancel(job) for job in jobs], on_end).begin()


def status(host: Host) -> None:
    """On the console: the daemon, its jobs, versions."""

    def on_end(answers: list[Reply] | None) -> None:
        if answers is None:
            host.tell("no daemon runs; the next action starts one", _versions(host))
            return
        host.tell(_welcome(answers[0]), *_rows(answers[1]), _versions(host))

    Talk(host, [Hello(CLIENT), ListJobs()], on_end).begin()


def _welcome(reply: Reply) -> str:
    if isinstance(reply, Refused):
        raise ActionError(reply.reason)
    assert isinstance(reply, Welcome)
    at_work = f"at work on {reply.running}" if reply.running else "idle"
    queue = f", {reply.waiting} waiting" if reply.waiting else ""
    serving = "; takes builds from the command line" if reply.reaper else ""
    return f"the daemon runs (version {reply.version}, process {reply.pid}), {at_work}{queue}{serving}"


def _rows(reply: Reply) -> list[str]:
    jobs = reply.jobs if isinstance(reply, JobList) else ()
    return [f"  {job.job} {job.kind} {job.title}: {_state(job)}" for job in jobs[:_SHOWN_JOBS]]


def _state(job: JobStatus) -> str:
    if job.state == "running":
        return f"{job.stage} {round(100 * job.fraction)} %"
    return f"{job.state}. {job.message}" if job.message else job.state


def _versions(host: Host) -> str:
    return (f"  REAPER {host.api.RPR_GetAppVersion()}, Python {sys.version.split()[0]}, "
            f"protocol {PROTOCOL_VERSION}")

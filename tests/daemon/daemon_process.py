"""A real daemon in a process of its own, and everything it starts ended by its pid when a test is over."""
from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import psutil

from bridge.client import connect
from bridge.connection import read_connection
from bridge.errors import DaemonUnreachable
from bridge.messages import Accepted, AskStatus, Hello, JobRequest, JobStatus, Reply, Request, Submit, Welcome

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 120.0
"""For a machine under heavy load; nothing is asserted about it."""
T = TypeVar("T")
_CODE = """
import sys; from importlib import import_module; from pathlib import Path
from backend.daemon import run_daemon
place, name = sys.argv[1].split(":")
print(run_daemon(Path(sys.argv[2]), float(sys.argv[3]), getattr(import_module(place), name)))
"""


def wait_until(look: Callable[[], T], what: str) -> T:
    """The first true answer of ``look``."""
    until_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < until_s:
        if answer := look():
            return answer
        time.sleep(0.02)
    raise AssertionError(f"waited in vain for {what}")


def is_gone(pid: int) -> bool:
    """Whether a process has ended (one that nobody has buried yet has)."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def odd(deed: str, **options: str) -> JobRequest:
    """A job of tests.daemon.odd_jobs."""
    return JobRequest("hits", options={"do": deed, **options})


class DaemonProcess:
    """``state`` is its state folder, ``prepare`` names what its worker loads."""

    def __init__(self, state: Path, prepare: str = "tests.daemon.odd_jobs:prepare", idle_minutes: float = 30) -> None:
        self.state = state
        self._arguments = (prepare, str(state), str(idle_minutes))
        self._started: set[psutil.Process] = set()
        self.process = self.start()

    def start(self) -> subprocess.Popen[str]:
        """Start it (again)."""
        self.process = subprocess.Popen([sys.executable, "-c", _CODE, *self._arguments], cwd=ROOT, text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                        env={**os.environ, "FILMCOMPOSER_STATE": str(self.state)})
        return self.process

    def __enter__(self) -> DaemonProcess:
        self.await_start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.note_children()
        self.process.kill()
        for process in self._started:
            if process.is_running():
                process.kill()
        said, _ = self.process.communicate()
        if error is not None:
            print(said)

    def await_start(self) -> None:
        """Until the daemon answers; its worker is known then."""
        wait_until(self._answers, "the daemon")
        self.note_children()

    def _answers(self) -> bool:
        assert self.process.poll() is None, self.process.communicate()[0]
        found = read_connection(self.state)
        if found is None or found.pid != self.process.pid:
            return False
        try:
            with connect(self.state) as client:
                return isinstance(client.request(Hello("test"), PATIENCE_S), Welcome)
        except DaemonUnreachable:
            return False

    def note_children(self) -> list[psutil.Process]:
        """The daemon's processes of now; all ever seen are ended with it."""
        try:
            children = psutil.Process(self.process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []
        self._started |= set(children)
        return children

    def worker(self) -> int:
        """The pid of the worker that runs, waited for."""
        def find() -> int:
            return next((child.pid for child in self.note_children() if _is_worker(child)), 0)
        return wait_until(find, "a worker")

    def ask(self, request: Request) -> Reply:
        """One reply, on a connection of its own."""
        try:
            with connect(self.state) as client:
                return client.request(request, PATIENCE_S)
        except DaemonUnreachable as error:
            raise AssertionError(f"no daemon: {error}") from None

    def submit(self, request: JobRequest, reply_id: str | None = None) -> str:
        """The job's name."""
        reply = self.ask(Submit(request, reply_id or os.urandom(8).hex()))
        assert isinstance(reply, Accepted), reply
        return reply.job

    def status(self, job: str) -> JobStatus:
        reply = self.ask(AskStatus(job))
        assert isinstance(reply, JobStatus), reply
        return reply

    def await_status(self, job: str, **expected: Any) -> JobStatus:
        """The first status whose fields are as expected; one that is over and is not fails at once."""
        def look() -> JobStatus | None:
            status = self.status(job)
            if all(getattr(status, name) == value for name, value in expected.items()):
                return status
            assert status.state in ("waiting", "running"), status
            return None
        status = wait_until(look, f"{job} to be {expected}")
        assert status is not None
        return status

    def result_of(self, request: JobRequest) -> JobStatus:
        """Submit, and wait until it is over."""
        return self.await_end(self.submit(request))

    def await_end(self, job: str) -> JobStatus:
        wait_until(lambda: self.status(job).state not in ("waiting", "running"), f"the end of {job}")
        return self.status(job)


def _is_worker(process: psutil.Process) -> bool:
    try:
        return any("spawn_main" in part for part in process.cmdline())
    except psutil.Error:
        return False

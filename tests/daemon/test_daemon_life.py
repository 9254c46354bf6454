"""How a daemon begins and ends: alone, idle, told to, killed; what it leaves behind never stands in the way."""
from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from backend.daemon import Daemon
from bridge.connection import read_connection
from bridge.messages import Accepted, AskStatus, Cancel, Hello, JobStatus, Submit, Welcome
from bridge.server import Listener
from tests.daemon.daemon_process import PATIENCE_S, ROOT, DaemonProcess, is_gone, odd, wait_until
from tests.daemon.odd_jobs import prepare

pytestmark = pytest.mark.posix


def _second(state: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "backend", "daemon"], cwd=ROOT, text=True, capture_output=True,
                          env={**os.environ, "FILMCOMPOSER_STATE": str(state)}, timeout=PATIENCE_S)


def test_a_second_daemon_says_so_and_leaves_the_first_alone(tmp_path: Path) -> None:
    with DaemonProcess(tmp_path) as daemon:
        before = read_connection(tmp_path)
        second = _second(tmp_path)
        assert (second.returncode, second.stderr) == (0, "")
        assert second.stdout == f"FilmComposer's daemon runs already (process {daemon.process.pid}).\n"
        assert read_connection(tmp_path) == before
        assert daemon.result_of(odd("finish")).state == "done"


def test_two_daemons_at_once_leave_one(tmp_path: Path) -> None:
    with ExitStack() as stack:
        started = []
        for _ in range(3):
            started.append(DaemonProcess(tmp_path))
            stack.push(started[-1])
        wait_until(lambda: sum(one.process.poll() is None for one in started) == 1, "all but one to leave")
        winner = next(one for one in started if one.process.poll() is None)
        winner.await_start()
        assert [one.process.returncode for one in started if one is not winner] == [0, 0]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_it_cleanly_in_the_middle_of_a_job(tmp_path: Path, number: int) -> None:
    with DaemonProcess(tmp_path) as daemon:
        worker = daemon.worker()
        daemon.await_status(daemon.submit(odd("hear nothing")), stage="hits")
        daemon.process.send_signal(number)
        assert daemon.process.wait(PATIENCE_S) == 0
        assert is_gone(worker)
        assert read_connection(tmp_path) is None
        assert signal.Signals(number).name in (tmp_path / "daemon.log").read_text(encoding="utf-8")


def test_it_leaves_when_nobody_needs_it(tmp_path: Path) -> None:
    with ExitStack() as stack:
        daemon = DaemonProcess(tmp_path, idle_minutes=0.001)
        stack.push(daemon)
        assert daemon.process.wait(PATIENCE_S) == 0
        assert "idle" in (tmp_path / "daemon.log").read_text(encoding="utf-8")
        assert read_connection(tmp_path) is None


def test_it_does_not_leave_during_a_job_nor_soon_after(tmp_path: Path) -> None:
    """An hour at a time, with the daemon in the test's own process and its worker in one of its own."""
    hour_s, now_s, go = 3600.0, [0.0], tmp_path / "go"
    daemon, listener = Daemon(tmp_path, hour_s, prepare, lambda: now_s[0]), Listener(tmp_path)
    try:
        accepted = daemon.answer(Submit(odd("wait", file=str(go)), "once"))
        assert isinstance(accepted, Accepted)

        def state() -> str:
            assert daemon.turn(listener) == ""
            status = daemon.answer(AskStatus(accepted.job))
            assert isinstance(status, JobStatus)
            return f"{status.state} {status.stage}"
        wait_until(lambda: state() == "running hits", "the job")
        now_s[0] += 5 * hour_s
        assert state() == "running hits"
        go.touch()
        wait_until(lambda: state().startswith("done"), "its end")
        now_s[0] += 0.9 * hour_s
        assert daemon.turn(listener) == ""
        now_s[0] += 0.2 * hour_s
        assert daemon.turn(listener) == "idle for 60 minutes"
    finally:
        listener.close()
        daemon.end()


@pytest.mark.parametrize("deed", ["go on", "hear nothing", "will not die"])
def test_a_killed_daemon_takes_its_worker_along_and_the_next_one_takes_over(tmp_path: Path, deed: str) -> None:
    with DaemonProcess(tmp_path) as daemon:
        worker = daemon.worker()
        children = daemon.note_children()
        daemon.await_status(daemon.submit(odd(deed)), stage="render" if deed == "will not die" else "hits")
        daemon.process.kill()
        daemon.process.wait(PATIENCE_S)
        wait_until(lambda: all(is_gone(child.pid) for child in children), "the end of everything it started")
        assert read_connection(tmp_path) is not None
        daemon.process.communicate()
        daemon.start()
        daemon.await_start()
        assert daemon.result_of(odd("finish")).state == "done"
        assert is_gone(worker)


def test_a_killed_worker_fails_its_job_and_the_next_job_has_a_new_one(tmp_path: Path) -> None:
    with DaemonProcess(tmp_path) as daemon:
        job = daemon.submit(odd("hear nothing"))
        daemon.await_status(job, stage="hits")
        psutil.Process(daemon.worker()).kill()
        status = daemon.await_end(job)
        assert status.state == "failed" and "SIGKILL" in status.message and "lack of memory" in status.message
        assert daemon.result_of(odd("finish")).state == "done"


def test_a_killed_idle_worker_is_replaced(tmp_path: Path) -> None:
    with DaemonProcess(tmp_path) as daemon:
        worker = daemon.worker()
        psutil.Process(worker).kill()
        assert daemon.result_of(odd("finish")).lines != (str(worker),)


def test_a_frozen_worker_is_cancelled_like_any_other(tmp_path: Path) -> None:
    with DaemonProcess(tmp_path) as daemon:
        job = daemon.submit(odd("go on"))
        daemon.await_status(job, stage="hits")
        worker = daemon.worker()
        psutil.Process(worker).suspend()
        daemon.ask(Cancel(job))
        daemon.await_status(job, state="cancelled")
        assert is_gone(worker)


@pytest.mark.parametrize("text", [b"", b"{", b"\x00\xff" * 100, b'{"port": 1}', b"[1, 2]"])
def test_a_garbage_connection_file_is_replaced(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "daemon.json").write_bytes(text)
    with DaemonProcess(tmp_path) as daemon:
        found = read_connection(tmp_path)
        assert found is not None and found.pid == daemon.process.pid


def test_a_connection_file_that_leads_to_somebody_else_is_replaced(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        plain = {"port": stranger.getsockname()[1], "key": "00" * 32, "pid": os.getpid(), "protocol": 1}
        (tmp_path / "daemon.json").write_text(json.dumps(plain), encoding="utf-8")
        with DaemonProcess(tmp_path) as daemon:
            assert isinstance(daemon.ask(Hello("test")), Welcome)


def test_a_state_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    done = _second(tmp_path / "file" / "state")
    assert done.returncode == 2
    assert done.stderr.startswith("filmcomposer: The state folder") and done.stderr.count("\n") == 1

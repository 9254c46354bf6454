"""A real daemon over real ZeroMQ, with jobs that behave and jobs that do not."""
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.messages import (
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
    SeenVideo,
    Shutdown,
    Submit,
    Welcome,
)
from tests.daemon.daemon_process import PATIENCE_S, DaemonProcess, is_gone, odd, wait_until

pytestmark = pytest.mark.posix


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaemonProcess]:
    with DaemonProcess(tmp_path_factory.mktemp("state")) as running:
        yield running


def test_a_job_runs_in_the_worker_which_stays_warm(daemon: DaemonProcess) -> None:
    first, second = daemon.result_of(odd("finish")), daemon.result_of(odd("finish"))
    assert (first.state, first.title, first.message) == ("done", "1M1 Odd", "1M1 Odd is done")
    assert first.finished == ("hits made",)
    assert first.lines == second.lines == (str(daemon.worker()),)


def test_the_same_submit_twice_is_one_job(daemon: DaemonProcess) -> None:
    assert daemon.submit(odd("finish"), "twice") == daemon.submit(odd("finish"), "twice")


def test_jobs_wait_for_each_other_and_the_list_is_newest_first(daemon: DaemonProcess, tmp_path: Path) -> None:
    held, next_ = daemon.submit(odd("wait", file=str(tmp_path / "go"))), daemon.submit(odd("finish"))
    daemon.await_status(held, state="running", stage="hits")
    listed = daemon.ask(ListJobs())
    assert isinstance(listed, JobList)
    assert [(job.job, job.state) for job in listed.jobs[:2]] == [(next_, "waiting"), (held, "running")]
    welcome = daemon.ask(Hello("test"))
    assert isinstance(welcome, Welcome) and (welcome.running, welcome.waiting) == (held, 1)
    (tmp_path / "go").touch()
    assert daemon.await_status(next_, state="done").state == "done"
    assert daemon.ask(AskStatus()) == daemon.status(next_)


@pytest.mark.parametrize("deed", ["go on", "hear nothing", "will not die"])
def test_a_cancelled_job_has_no_worker_any_more_and_the_next_one_finds_a_new_one(daemon: DaemonProcess,
                                                                               deed: str) -> None:
    worker = daemon.worker()
    job = daemon.submit(odd(deed))
    daemon.await_status(job, stage="render" if deed == "will not die" else "hits")
    asked = daemon.ask(Cancel(job))
    assert isinstance(asked, JobStatus) and asked.state == "running" and asked.message == "Cancelling"
    daemon.await_status(job, state="cancelled")
    assert is_gone(worker)
    assert daemon.result_of(odd("finish")).lines == (str(daemon.worker()),) != (str(worker),)


def test_a_waiting_job_is_cancelled_without_touching_the_running_one(daemon: DaemonProcess, tmp_path: Path) -> None:
    held, waiting = daemon.submit(odd("wait", file=str(tmp_path / "go"))), daemon.submit(odd("finish"))
    daemon.await_status(held, state="running")
    assert isinstance(asked := daemon.ask(Cancel(waiting)), JobStatus) and asked.state == "cancelled"
    (tmp_path / "go").touch()
    assert daemon.await_end(held).state == "done"


def test_a_refused_job_fails_with_its_line(daemon: DaemonProcess) -> None:
    status = daemon.result_of(odd("refuse"))
    assert (status.state, status.message) == ("failed", "The clip has no frame rate. Pass --frame-rate 24.")


def test_a_defect_fails_with_one_line_that_names_a_report(daemon: DaemonProcess) -> None:
    status = daemon.result_of(odd("raise"))
    assert status.state == "failed" and "ZeroDivisionError: a defect in two lines" in status.message
    report = Path(status.message.rpartition(" ")[2])
    assert report.parent == daemon.state and "Traceback" in report.read_text(encoding="utf-8")


@pytest.mark.parametrize(("deed", "said"), [("exit", "exit code 3"), ("crash", "SIGSEGV")])
def test_a_worker_that_dies_fails_its_job_only(daemon: DaemonProcess, deed: str, said: str) -> None:
    status = daemon.result_of(odd(deed))
    assert status.state == "failed" and said in status.message and "worker.log" in status.message
    if deed == "crash":
        assert "Segmentation fault" in (daemon.state / "worker.log").read_text(encoding="utf-8")
    assert daemon.result_of(odd("finish")).state == "done"


def test_what_cannot_be_carried_out_is_refused_in_one_line(daemon: DaemonProcess) -> None:
    assert daemon.ask(AskStatus("none-1")) == daemon.ask(Cancel("none-1"))
    refused = [daemon.ask(AskStatus("none-1")), daemon.ask(Cancel()),
               daemon.ask(Submit(JobRequest("score", SeenVideo("film.mp4", "", "", 0.0, 1.0, 0.0)), "relative"))]
    for reply, said in zip(refused, ("no job 'none-1'", "nothing to cancel", "no absolute path"), strict=True):
        assert isinstance(reply, Refused) and said in reply.reason and "\n" not in reply.reason


def test_a_job_for_the_registered_reaper_needs_one(daemon: DaemonProcess) -> None:
    for_it = JobRequest("hits", options={"do": "finish"}, reaper=ReaperAddress(0, "", 0))
    refused = daemon.ask(Submit(for_it, "no reaper"))
    assert isinstance(refused, Refused) and "No open REAPER" in refused.reason
    welcome = daemon.ask(RegisterReaper(ReaperAddress(9, "secret", 1)))
    assert isinstance(welcome, Welcome) and welcome.reaper
    assert isinstance(daemon.ask(Submit(for_it, "gone")), Refused)
    forgotten = daemon.ask(Hello("test"))
    assert isinstance(forgotten, Welcome) and not forgotten.reaper


def test_shutdown_ends_daemon_and_worker_and_takes_the_connection_file(tmp_path: Path) -> None:
    with DaemonProcess(tmp_path / "state") as daemon:
        worker = daemon.worker()
        daemon.await_status(daemon.submit(odd("hear nothing")), stage="hits")
        assert daemon.ask(Shutdown()) == Goodbye()
        assert daemon.process.wait(PATIENCE_S) == 0
        assert is_gone(worker)
        assert not (tmp_path / "state" / "daemon.json").exists()


@pytest.mark.parametrize(("prepare", "said"), [
    ("prepare_in_vain", "Install it with: python3 install.py vision"), ("prepare_to_die", "exit code 7")])
def test_a_worker_that_cannot_load_fails_each_job_with_the_reason(tmp_path: Path, prepare: str, said: str) -> None:
    with DaemonProcess(tmp_path, f"tests.daemon.odd_jobs:{prepare}") as daemon:
        for _ in range(2):
            status = daemon.result_of(odd("finish"))
            assert status.state == "failed" and said in status.message


def test_a_job_can_be_cancelled_while_its_worker_still_loads(tmp_path: Path) -> None:
    with DaemonProcess(tmp_path, "tests.daemon.odd_jobs:prepare_slowly") as daemon:
        worker = daemon.worker()
        job = daemon.submit(odd("finish"))
        daemon.await_status(job, state="running")
        daemon.ask(Cancel(job))
        daemon.await_status(job, state="cancelled")
        wait_until(lambda: is_gone(worker), "the worker's end")

"""kill -9 of worker, daemon and client at every stage of a real job: nothing is lost, half or left over, and the next
submit goes on."""
from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from backend.config import STAGES
from bridge.messages import JobRequest, JobStatus, SeenVideo
from tests.cue_folder import hashes
from tests.daemon.daemon_process import PATIENCE_S, ROOT, DaemonProcess, is_gone, wait_until
from tests.daemon.held_stages import FOLDER

pytestmark = pytest.mark.posix
_REAL = "backend.worker:prepare"
_HELD = "tests.daemon.held_stages:prepare"
_CLIENT = """
import sys, time; from pathlib import Path
from bridge.client import connect; from bridge.messages import *
client = connect(Path(sys.argv[1]))
request = JobRequest("score", SeenVideo(sys.argv[2], "", "film", 0.0, 0.0, 0.0), options={}, output=sys.argv[3])
job = client.request(Submit(request, "from the client"), 60).job
while True:
    status = client.request(AskStatus(job), 60)
    print(job, status.state, status.stage if status.state == "running" else status.state, flush=True)
    time.sleep(0.01)
"""


def _score(scored: Path, folder: Path) -> JobRequest:
    """A job on a copy of the film, which lies to its results as the scored one does."""
    film = Path(shutil.copy(scored / "film.mp4", folder))
    return JobRequest("score", SeenVideo(str(film), "", "film", 0.0, 0.0, 0.0), options={}, output=str(folder / "out"))


def _every_document_is_whole(out: Path) -> None:
    for file in out.glob("*.json"):
        json.loads(file.read_text(encoding="utf-8"))


def _is_at(daemon: DaemonProcess, job: str, stage: str) -> bool:
    status = daemon.status(job)
    behind = any(entry.split()[0] == stage for entry in status.finished)
    assert status.state in ("waiting", "running") or behind, status
    return status.stage == stage or behind


def _finish(daemon: DaemonProcess, request: JobRequest, expected: dict[str, str]) -> JobStatus:
    status = daemon.result_of(request)
    assert status.state == "done", status
    out = Path(request.output)
    assert hashes(out) == expected
    assert [p.name for p in out.rglob("*") if ".part" in p.name] == []
    return status


def _kill_worker(daemon: DaemonProcess, job: str) -> None:
    worker = daemon.worker()
    psutil.Process(worker).kill()
    status = daemon.await_end(job)
    assert (status.state, is_gone(worker)) == ("failed", True), status
    assert "SIGKILL" in status.message


def _kill_daemon(daemon: DaemonProcess, job: str) -> None:
    worker = daemon.worker()
    daemon.process.kill()
    daemon.process.wait(PATIENCE_S)
    wait_until(lambda: is_gone(worker), "the worker's end")
    daemon.process.communicate()
    daemon.start()
    daemon.await_start()


def test_worker_and_daemon_killed_at_every_stage(scored: Path, tmp_path: Path) -> None:
    """(Killed during the build: test_score_into_reaper.)"""
    request = _score(scored, tmp_path)
    kills = [(stage, kill) for stage in STAGES for kill in (_kill_worker, _kill_daemon)]
    with DaemonProcess(tmp_path / "state", _REAL) as daemon:
        for stage, kill in kills:
            job = daemon.submit(request)
            wait_until(lambda at=stage, of=job: _is_at(daemon, of, at), stage)
            kill(daemon, job)
            _every_document_is_whole(tmp_path / "out")
        _finish(daemon, request, hashes(scored / "out"))


def test_a_killed_client_loses_nothing_and_its_question_put_again_is_the_same_job(scored: Path, tmp_path: Path) -> None:
    """At every stage, in which the job is held until its client is gone."""
    request = _score(scored, tmp_path)
    hold = tmp_path / FOLDER
    hold.mkdir()
    for stage in STAGES:
        (hold / stage).touch()
    jobs = set()
    with DaemonProcess(tmp_path / "state", _HELD) as daemon:
        for stage in STAGES:
            with subprocess.Popen([sys.executable, "-c", _CLIENT, str(tmp_path / "state"), str(tmp_path / "film.mp4"),
                                   str(tmp_path / "out")], cwd=ROOT, text=True, stdout=subprocess.PIPE) as client:
                assert client.stdout is not None
                jobs.add(next(line.split()[0] for line in client.stdout if line.split()[-1] == stage))
                client.kill()
            (hold / stage).unlink()
        (job,) = jobs
        assert daemon.await_end(job).state == "done"
        status = _finish(daemon, request, hashes(scored / "out"))
        assert {entry.split()[1] for entry in status.finished} == {"unchanged"}


def test_ctrl_c_while_waiting_cancels_the_job_and_the_same_command_goes_on(scored: Path, tmp_path: Path) -> None:
    with DaemonProcess(tmp_path / "state", _REAL) as daemon:
        film = shutil.copy(scored / "film.mp4", tmp_path)
        command = [sys.executable, "-m", "backend", "submit", str(film), "-o", str(tmp_path / "out"), "--wait"]
        environment = {**os.environ, "FILMCOMPOSER_STATE": str(tmp_path / "state")}
        with subprocess.Popen(command, cwd=ROOT, text=True, stderr=subprocess.PIPE, env=environment) as client:
            assert client.stderr is not None
            worker = daemon.worker()
            assert any("Composing" in line for line in client.stderr)
            client.send_signal(signal.SIGINT)
            said = client.stderr.read()
        assert client.returncode == 130 and "stopped" in said and "Traceback" not in said
        assert is_gone(worker)
        done = subprocess.run(command, cwd=ROOT, text=True, capture_output=True, env=environment)
        assert done.returncode == 0, done.stderr
        assert "as before" in done.stderr and f"Results: {tmp_path / 'out'}" in done.stderr
    assert hashes(tmp_path / "out") == hashes(scored / "out")

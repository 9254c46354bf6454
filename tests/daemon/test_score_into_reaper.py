"""``filmcomposer score CLIP --reaper``: from the command line into the session of an open REAPER, a fake one here."""
from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from bridge.client import connect
from bridge.connection import read_connection
from bridge.errors import BridgeError
from bridge.messages import AskStatus, Hello, JobStatus, Welcome
from tests.cue_folder import hashes
from tests.daemon.daemon_process import PATIENCE_S, ROOT, is_gone, wait_until
from tests.fake_reaper import FakeReaperProcess

pytestmark = pytest.mark.posix
_SWITCH = ROOT / "reaper_scripts" / "start_stop_daemon.py"


class Desk:
    """A user with a REAPER that serves, a terminal, and a film."""

    def __init__(self, folder: Path, film: Path) -> None:
        self.film = Path(shutil.copy(film, folder))
        self.out, self.state = folder / "out", folder / "state"
        self.environment = {"FILMCOMPOSER_STATE": str(self.state)}
        self.reaper = FakeReaperProcess(folder / "reaper", 30, None, environment=self.environment)

    def open(self) -> None:
        self.reaper.__enter__()
        assert self.reaper.run_script(_SWITCH), self.reaper.errors()
        wait_until(lambda: self.welcome().reaper, "REAPER to be known")

    def close(self) -> None:
        self.reaper.close()
        self.kill_daemon()

    def welcome(self) -> Welcome:
        try:
            with connect(self.state) as client:
                reply = client.request(Hello("test"), PATIENCE_S)
        except BridgeError:
            return Welcome("", 0)
        assert isinstance(reply, Welcome)
        return reply

    def score(self) -> subprocess.Popen[str]:
        return subprocess.Popen([sys.executable, "-m", "backend", "score", str(self.film), "--reaper", "-o",
                                 str(self.out)], cwd=ROOT, text=True, stderr=subprocess.PIPE,
                                env={**os.environ, **self.environment})

    def latest(self) -> JobStatus:
        with connect(self.state) as client:
            reply = client.request(AskStatus(), PATIENCE_S)
        assert isinstance(reply, JobStatus)
        return reply

    def track_names(self) -> list[str]:
        return [track["name"] for track in self.reaper.state()["tracks"]]

    def kill_daemon(self) -> None:
        found = read_connection(self.state)
        if found is None or is_gone(found.pid):
            return
        daemon = psutil.Process(found.pid)
        family = [daemon, *daemon.children(recursive=True)]
        for process in family:
            process.kill()
        wait_until(lambda: all(is_gone(process.pid) for process in family), "the daemon's end")


@pytest.fixture
def desk(scored: Path, tmp_path: Path) -> Iterator[Desk]:
    place = Desk(tmp_path, scored / "film.mp4")
    try:
        place.open()
        yield place
    finally:
        place.close()


def test_it_appears_in_the_session_and_a_new_daemon_is_found_by_reaper(desk: Desk, scored: Path) -> None:
    before = desk.reaper.hash()
    with desk.score() as process:
        _, said = process.communicate()
    assert process.returncode == 0, said
    assert "1M1 Film is in the session" in said
    assert any(name.startswith("FilmComposer 1M1") for name in desk.track_names())
    assert hashes(desk.out) == hashes(scored / "out")
    after = desk.reaper.hash()
    assert desk.reaper.undo() and desk.reaper.hash() == before
    assert desk.reaper.redo() and desk.reaper.hash() == after

    desk.kill_daemon()
    with desk.score() as process:
        _, said = process.communicate()
    assert process.returncode == 0 and "the session already holds all of it" in said, said
    assert desk.reaper.hash() == after


def test_a_reaper_that_is_killed_during_the_job_costs_nothing(desk: Desk, scored: Path) -> None:
    with desk.score() as process:
        assert process.stderr is not None
        assert any("Composing" in line for line in process.stderr)
        desk.reaper.kill()
        said = process.stderr.read()
    assert process.returncode == 2
    assert said.splitlines()[-1] == (f"filmcomposer: The results are in {desk.out}; run the action again to put them "
                                     "into the session")
    assert hashes(desk.out) == hashes(scored / "out")
    with desk.score() as process:
        _, said = process.communicate()
    assert process.returncode == 2 and "No open REAPER is known" in said


def test_a_cancel_while_reaper_does_not_listen_builds_nothing_later(desk: Desk) -> None:
    before = desk.reaper.hash()
    host = psutil.Process(desk.reaper.pid)
    with desk.score() as process:
        assert process.stderr is not None
        assert any("Composing" in line for line in process.stderr)
        host.suspend()
        wait_until(lambda: desk.latest().stage == "build", "the build")
        process.send_signal(signal.SIGINT)
        process.stderr.read()
    assert process.returncode == 130
    status = desk.latest()
    assert (status.state, status.built) == ("cancelled", False) and "undo" in status.message
    host.resume()
    with desk.score() as process:
        _, said = process.communicate()
    assert process.returncode == 0 and "1M1 Film is in the session" in said, said
    assert desk.reaper.undo() and desk.reaper.hash() == before

"""``filmcomposer score CLIP --reaper``: from the command line into the session of an open REAPER, a fake one here."""
from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
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
        self.folder, self.film = folder, Path(shutil.copy(film, folder))
        self.out, self.state = folder / "out", folder / "state"
        self.environment = {"FILMCOMPOSER_STATE": str(self.state)}
        self.reaper = self._a_reaper()

    def _a_reaper(self) -> FakeReaperProcess:
        return FakeReaperProcess(self.folder / "reaper", 30, None, environment=self.environment)

    def make_ready(self) -> None:
        """An open REAPER with an empty project, whatever the test before has left."""
        if not self.reaper.alive:
            self.reaper = self._a_reaper()
            self.open()
        self.resume()
        while self.reaper.undo_names():
            assert self.reaper.undo()
        assert self.track_names() == []

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

    def score(self, out: Path | None = None) -> subprocess.Popen[str]:
        return subprocess.Popen([sys.executable, "-m", "backend", "score", str(self.film), "--reaper", "-o",
                                 str(out or self.out)], cwd=ROOT, text=True, stderr=subprocess.PIPE,
                                env={**os.environ, **self.environment})

    def latest(self) -> JobStatus:
        with connect(self.state) as client:
            reply = client.request(AskStatus(), PATIENCE_S)
        assert isinstance(reply, JobStatus)
        return reply

    def track_names(self) -> list[str]:
        return [track["name"] for track in self.reaper.state()["tracks"]]

    def score_to_the_end(self) -> str:
        """What a command that succeeds says."""
        with self.score() as process:
            _, said = process.communicate()
        assert process.returncode == 0, said
        return said

    def scoring_up_to_the_build(self) -> subprocess.Popen[str]:
        """A job whose plan REAPER was sent, but does not read: it hangs, until its process is resumed."""
        psutil.Process(self.reaper.pid).suspend()
        process = self.score()
        wait_until(lambda: self.is_building(), "the build")
        return process

    def is_building(self) -> bool:
        with suppress(BridgeError), connect(self.state) as client:
            status = client.request(AskStatus(), PATIENCE_S)
            return isinstance(status, JobStatus) and (status.state, status.stage) == ("running", "build")
        return False

    def resume(self) -> None:
        psutil.Process(self.reaper.pid).resume()

    def kill_daemon(self) -> None:
        found = read_connection(self.state)
        if found is None or is_gone(found.pid):
            return
        daemon = psutil.Process(found.pid)
        family = [daemon, *daemon.children(recursive=True)]
        for process in family:
            process.kill()
        wait_until(lambda: all(is_gone(process.pid) for process in family), "the daemon's end")


@pytest.fixture(scope="module")
def shared_desk(scored: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    place = Desk(tmp_path_factory.mktemp("desk"), scored / "film.mp4")
    try:
        place.open()
        yield place
    finally:
        place.close()


@pytest.fixture
def desk(shared_desk: Desk) -> Desk:
    """One REAPER and one daemon for all; the second score finds the first one's results."""
    shared_desk.make_ready()
    return shared_desk


def test_it_appears_in_the_session_and_a_new_daemon_is_found_by_reaper(desk: Desk, scored: Path) -> None:
    before = desk.reaper.hash()
    assert "1M1 Film is in the session" in desk.score_to_the_end()
    assert any(name.startswith("FilmComposer 1M1") for name in desk.track_names())
    assert hashes(desk.out) == hashes(scored / "out")
    after = desk.reaper.hash()
    assert desk.reaper.undo() and desk.reaper.hash() == before
    assert desk.reaper.redo() and desk.reaper.hash() == after

    desk.kill_daemon()
    assert "the session already holds all of it" in desk.score_to_the_end()
    assert desk.reaper.hash() == after


def test_a_cancel_while_reaper_does_not_listen_builds_nothing_later(desk: Desk) -> None:
    before = desk.reaper.hash()
    with desk.scoring_up_to_the_build() as process:
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        process.stderr.read()
    assert process.returncode == 130
    status = desk.latest()
    assert (status.state, status.built) == ("cancelled", False) and "undo" in status.message
    desk.resume()
    assert "1M1 Film is in the session" in desk.score_to_the_end()
    assert desk.reaper.undo() and desk.reaper.hash() == before


@pytest.mark.parametrize("who", ["worker", "daemon"])
def test_killed_during_the_build_the_session_is_whole_or_untouched(desk: Desk, who: str) -> None:
    """And the next score makes it whole, in one undo step."""
    before = desk.reaper.hash()
    with desk.scoring_up_to_the_build() as process:
        found = read_connection(desk.state)
        assert found is not None
        if who == "daemon":
            desk.kill_daemon()
        else:
            worker = next(child for child in psutil.Process(found.pid).children() if "spawn_main" in
                          " ".join(child.cmdline()))
            worker.kill()
        _, said = process.communicate()
    assert process.returncode == 2 and said.count("filmcomposer:") == 1 and "Traceback" not in said, said
    desk.resume()
    left = desk.reaper.hash()
    desk.score_to_the_end()
    steps, whole = desk.reaper.undo_names(), desk.reaper.hash()
    assert len(steps) == 1 and any(name.startswith("FilmComposer 1M1") for name in desk.track_names())
    assert left in (before, whole)
    assert desk.reaper.undo() and desk.reaper.hash() == before


def test_a_reaper_that_is_killed_during_the_job_costs_nothing(desk: Desk, scored: Path) -> None:
    out = desk.folder / "again"
    with desk.score(out) as process:
        assert process.stderr is not None
        assert any("Composing" in line for line in process.stderr)
        desk.reaper.kill()
        said = process.stderr.read()
    assert process.returncode == 2
    assert said.splitlines()[-1] == (f"filmcomposer: The results are in {out}; run the action again to put them "
                                     "into the session")
    assert hashes(out) == hashes(scored / "out")
    with desk.score() as process:
        _, said = process.communicate()
    assert process.returncode == 2 and "No open REAPER is known" in said

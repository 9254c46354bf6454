"""kill -9 of REAPER at every stage of a job, and while it has the plan: the project on the disk stays as it was saved,
the results come to an end all the same, and a REAPER opened anew gets the whole session in one undo step."""
from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from backend.config import STAGES
from backend.stage_table import STAGE_TABLE
from bridge.messages import JobRequest, JobStatus, ReaperAddress, SeenVideo
from tests.cue_folder import copy_of, hashes
from tests.daemon.daemon_process import PATIENCE_S, ROOT, DaemonProcess, wait_until
from tests.daemon.held_stages import FOLDER
from tests.fake_reaper import FakeReaperProcess
from tests.reaper_scripts.film_session import add_track

pytestmark = pytest.mark.posix
_HELD = "tests.daemon.held_stages:prepare"
_TITLE = "1M1 Film"
_REGISTERED = ReaperAddress(0, "", 0)


class Desk:
    """A film with its results, a saved project, and one daemon for every REAPER that opens it."""

    def __init__(self, folder: Path, scored: Path, daemon: DaemonProcess) -> None:
        self.out, self.daemon = copy_of(scored, folder / "film"), daemon
        self.hold = self.out.parent / FOLDER
        self.hold.mkdir()
        self.home, self.file = folder / "reaper", folder / "Film.rpp"
        film = SeenVideo(str(self.out.parent / "film.mp4"), "", "film", 0.0, 0.0, 0.0)
        self.request = JobRequest("score", film, options={}, output=str(self.out), reaper=_REGISTERED)

    def save_a_project(self) -> None:
        with FakeReaperProcess(self.home) as reaper:
            item = reaper.do("AddMediaItemToTrack", add_track(reaper.do, "Dialogue"))
            reaper.do("SetMediaItemInfo_Value", item, "D_POSITION", 1.25)
            reaper.do("SetMediaItemInfo_Value", item, "D_LENGTH", 2.5)
            reaper.do("Main_SaveProjectEx", 0, str(self.file), 8)

    @contextmanager
    def opened(self) -> Iterator[FakeReaperProcess]:
        """The saved project in a new REAPER that takes builds."""
        environment = {"FILMCOMPOSER_STATE": str(self.daemon.state)}
        with FakeReaperProcess(self.home, 0, self.file, environment=environment) as reaper:
            assert reaper.run_script(ROOT / "reaper_scripts" / "start_stop_daemon.py"), reaper.errors()
            reaper.wait(lambda here: "the daemon is on" in here.help_text(), PATIENCE_S)
            yield reaper

    def make_due(self, stage: str) -> list[Path]:
        """What the stage had written is lost."""
        outputs = next((entry.outputs for entry in STAGE_TABLE if entry.name == stage), ())
        lost = [self.out / name.replace("{name}", _TITLE) for name in outputs]
        for file in lost:
            file.unlink()
        return lost

    def at(self, job: str, stage: str) -> bool:
        status = self.daemon.status(job)
        assert status.state in ("waiting", "running"), status
        return status.stage == stage

    def killed_at(self, stage: str, reaper: FakeReaperProcess) -> JobStatus:
        """The end of a job during whose stage, which has written nothing yet, REAPER was killed."""
        lost = self.make_due(stage)
        (self.hold / stage).touch()
        job = self.daemon.submit(self.request)
        wait_until(lambda: self.at(job, stage), stage)
        assert not any(file.exists() for file in lost)
        reaper.kill()
        (self.hold / stage).unlink()
        return self.daemon.await_end(job)

    def killed_with_the_plan(self, reaper: FakeReaperProcess) -> JobStatus:
        """It does not read any more what it is sent, and is killed then."""
        psutil.Process(reaper.pid).suspend()
        job = self.daemon.submit(self.request)
        wait_until(lambda: self.at(job, "build"), "the build")
        reaper.kill()
        return self.daemon.await_end(job)

    def gets_all_of_it(self, reaper: FakeReaperProcess) -> None:
        before = reaper.hash()
        status = self.daemon.result_of(self.request)
        assert (status.state, status.built, status.message) == ("done", True, f"{_TITLE} is in the session")
        assert len(reaper.undo_names()) == 1
        names = [track["name"] for track in reaper.state()["tracks"]]
        assert "Dialogue" in names and any(name.startswith(f"FilmComposer {_TITLE[:3]}") for name in names), names
        assert reaper.undo() and reaper.hash() == before


@pytest.fixture(scope="module")
def desk(scored: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("killed reaper")
    with DaemonProcess(folder / "state", _HELD) as daemon:
        desk = Desk(folder, scored, daemon)
        desk.save_a_project()
        yield desk


def _cost_nothing(status: JobStatus, desk: Desk, on_disk: bytes) -> None:
    assert (status.state, status.built) == ("done", False), status
    assert status.message == f"The results are in {desk.out}; run the action again to put them into the session"
    assert desk.file.read_bytes() == on_disk


def test_killed_at_every_stage(desk: Desk, scored: Path) -> None:
    """Each REAPER gets what the one before it did not live to see, and is killed at the next stage."""
    on_disk = desk.file.read_bytes()
    for stage in (*STAGES, "build"):
        with desk.opened() as reaper:
            desk.gets_all_of_it(reaper)
            status = desk.killed_at(stage, reaper)
        _cost_nothing(status, desk, on_disk)
        assert hashes(desk.out) == hashes(scored / "out")


def test_killed_with_the_plan_in_its_hands(desk: Desk) -> None:
    on_disk = desk.file.read_bytes()
    with desk.opened() as reaper:
        status = desk.killed_with_the_plan(reaper)
    _cost_nothing(status, desk, on_disk)
    with desk.opened() as reaper:
        desk.gets_all_of_it(reaper)

"""A user at work: a fake REAPER in its own process with a film on its first track, actions, a daemon of their own."""
from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

import psutil

from bridge.connection import read_connection
from tests.fake_reaper import FakeReaperProcess
from tests.reaper_scripts.film_session import add_media, add_track

ACTIONS = Path(__file__).resolve().parents[2] / "reaper_scripts"
TIMEOUT_S = 240.0
"""For a machine that does many other things."""


class Studio:
    """``folder`` is the project's; REAPER's own lies in ``reaper``. ``project`` opens a saved one, or :meth:`lay_film`
    makes one. ``state_folder`` is the daemon's: with one given the daemon is shared and stays when this REAPER
    closes, else it is this studio's own."""

    def __init__(self, folder: Path, project: Path | None = None, state_folder: Path | None = None,
                 environment: dict[str, str] | None = None) -> None:
        self.folder, self.state_folder = folder, state_folder or folder / "state"
        self.shares_daemon = state_folder is not None
        self.file = project or folder / "Film.rpp"
        self.reaper = FakeReaperProcess(folder / "reaper", 30, project, environment={
            "FILMCOMPOSER_STATE": str(self.state_folder), **(environment or {})})
        self.call: Callable[..., Any] = self.reaper.do

    def __enter__(self) -> Studio:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.reaper.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.reaper.close()
        if not self.shares_daemon:
            self.kill_daemon()

    # what the user does

    def lay_film(self, film: Path, start_s: float, length_s: float) -> None:
        """The film on the first track, selected; sound of the user's on the second; saved."""
        picture = add_media(self.call, add_track(self.call, "Picture"), film, start_s, length_s)
        voice = self.call("AddMediaItemToTrack", add_track(self.call, "Dialogue"))
        self.call("SetMediaItemInfo_Value", voice, "D_POSITION", start_s + 1.25)
        self.call("SetMediaItemInfo_Value", voice, "D_LENGTH", 2.5)
        self.call("SetMediaItemSelected", picture, True)
        self.call("Main_SaveProjectEx", 0, str(self.file), 8)

    def start(self, action: str) -> int:
        """Start an action; the length of the console before it."""
        before = len(self.reaper.console())
        assert self.reaper.run_script(ACTIONS / f"{action}.py"), self.reaper.errors()
        return before

    def finish(self, action: str, before: int) -> str:
        """Wait until the action has ended; what it left on the console."""
        path = str(ACTIONS / f"{action}.py")
        self.reaper.wait(lambda reaper: path not in reaper.scripts(), TIMEOUT_S)
        return self.reaper.console()[before:]

    def act(self, action: str) -> str:
        return self.finish(action, self.start(action))

    def working(self) -> str:
        """Wait until the daemon works on the job; the status line."""
        return str(self.reaper.wait(lambda reaper: _at_work(reaper.help_text()), TIMEOUT_S))

    # what is there

    def tracks(self) -> list[dict[str, Any]]:
        return list(self.reaper.state()["tracks"])

    def track(self, name: str) -> Any:
        """REAPER's handle of the track with this name."""
        for index in range(self.call("CountTracks", 0)):
            track = self.call("GetTrack", 0, index)
            if self.call("GetSetMediaTrackInfo_String", track, "P_NAME", "", False)[3] == name:
                return track
        raise AssertionError(f"no track '{name}' among {[t['name'] for t in self.tracks()]}")

    def items(self, track: str) -> list[tuple[float, float]]:
        """Position and length of every item of a track."""
        rows = next(t["items"] for t in self.tracks() if t["name"] == track)
        return [(row["values"]["D_POSITION"], row["values"]["D_LENGTH"]) for row in rows]

    # accidents

    @property
    def daemon(self) -> psutil.Process:
        connection = read_connection(self.state_folder)
        assert connection is not None
        return psutil.Process(connection.pid)

    def worker(self) -> psutil.Process:
        """The daemon's child that works (another one is Python's own resource tracker)."""
        return next(child for child in self.daemon.children() if "spawn_main" in " ".join(child.cmdline()))

    def kill_daemon(self) -> None:
        kill_daemon_of(self.state_folder)


def kill_daemon_of(state_folder: Path) -> None:
    """kill -9, its worker with it: what a user does who ends everything. Returns when they are gone."""
    connection = read_connection(state_folder)
    if connection is None:
        return
    with suppress(psutil.NoSuchProcess):
        daemon = psutil.Process(connection.pid)
        family = [*daemon.children(recursive=True), daemon]
        for process in family:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        until_s = time.monotonic() + TIMEOUT_S
        while not all(map(is_gone, family)):
            assert time.monotonic() < until_s, "a killed process is still there"
            time.sleep(0.02)


def is_gone(process: psutil.Process) -> bool:
    """Ended, or a zombie: REAPER, whose child it was, does not look after it."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def _at_work(status: str) -> str:
    idle = ("asking the daemon", "starting the daemon", "Waiting", "Starting")
    return "" if any(word in status for word in idle) else status

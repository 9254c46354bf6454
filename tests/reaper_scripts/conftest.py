"""One scored session, made once: tests open copies of it."""
from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cue_folder import draw_small_film
from tests.reaper_scripts.studio import Studio, kill_daemon_of

START_S, LENGTH_S = 4.0, 8.0
"""Where the drawn film lies in the project."""


@pytest.fixture(scope="session")
def drawn_film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """8 s, three shots; the second falls dead at 6 s."""
    film = tmp_path_factory.mktemp("film") / "film.mp4"
    draw_small_film(film)
    return film


@pytest.fixture(scope="session")
def shared_daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The state folder of a daemon that serves many tests: its worker stays warm. The first action starts it."""
    folder = tmp_path_factory.mktemp("shared-daemon")
    yield folder
    kill_daemon_of(folder)


@pytest.fixture(scope="session")
def scored_session(drawn_film: Path, shared_daemon: Path, tmp_path_factory: pytest.TempPathFactory
                   ) -> tuple[Path, Path]:
    """A project in which *Score clip* was run on the drawn film, saved: its folder, and a copy of that."""
    folder, copy = tmp_path_factory.mktemp("scored") / "project", tmp_path_factory.mktemp("copy") / "project"
    with Studio(folder, state_folder=shared_daemon) as studio:
        studio.lay_film(drawn_film, START_S, LENGTH_S)
        assert "is in the session" in studio.act("score_clip")
        studio.call("Main_SaveProjectEx", 0, str(studio.file), 8)
    shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("state", "reaper"))
    return folder, copy


@pytest.fixture
def open_scored(scored_session: tuple[Path, Path], shared_daemon: Path) -> Callable[[], Studio]:
    """The scored project as it was, in a new REAPER. In its own place: the session names files by their full path."""
    folder, copy = scored_session
    shutil.rmtree(folder)
    shutil.copytree(copy, folder)
    return lambda: Studio(folder, folder / "Film.rpp", shared_daemon)

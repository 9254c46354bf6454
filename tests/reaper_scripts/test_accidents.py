"""Cancel and kill -9 in the middle of a job: nothing of the user's is lost or half built, the next run works."""
from __future__ import annotations

import os
from pathlib import Path

import pytest

from bridge.connection import Connection, new_key, read_connection, write_connection
from bridge.messages import PROTOCOL_VERSION
from tests.reaper_scripts.studio import TIMEOUT_S, Studio, is_gone

pytestmark = pytest.mark.posix


def _laid(studio: Studio, film: Path) -> tuple[str, bytes]:
    """The film in a saved project; hash of the session and the file on the disk."""
    studio.lay_film(film, 4.0, 8.0)
    return studio.reaper.hash(), studio.file.read_bytes()


def _works_after_all(studio: Studio, before: str, action: str = "find_hits") -> None:
    assert studio.reaper.hash() == before
    said = studio.act(action)
    assert "is in the session" in said, said
    assert studio.reaper.undo() and studio.reaper.hash() == before


def test_cancel_stops_the_worker_and_leaves_the_session(tmp_path: Path, drawn_film: Path,
                                                        shared_daemon: Path) -> None:
    with Studio(tmp_path / "project", state_folder=shared_daemon) as studio:
        before, _ = _laid(studio, drawn_film)
        console = studio.start("score_clip")
        studio.working()
        worker = studio.worker()
        studio.act("cancel")
        said = studio.finish("score_clip", console)
        assert "Cancelled" in said, said
        assert is_gone(worker)
        assert studio.reaper.do("GetExtState", "FilmComposer", "jobs") == ""
        _works_after_all(studio, before)


def test_cancel_reaches_a_job_whose_daemon_is_still_starting(tmp_path: Path, drawn_film: Path) -> None:
    with Studio(tmp_path / "project") as studio:
        before, _ = _laid(studio, drawn_film)
        console = studio.start("score_clip")
        studio.act("cancel")
        said = studio.finish("score_clip", console)
        assert "ancelled" in said and "in the session" not in said, said
        assert studio.reaper.hash() == before
        assert studio.reaper.do("GetExtState", "FilmComposer", "pending") == ""
        studio.reaper.wait(lambda _: read_connection(studio.state_folder), TIMEOUT_S)  # or it would outlive the test


def test_a_killed_worker_fails_the_job_and_nothing_else(tmp_path: Path, drawn_film: Path,
                                                        shared_daemon: Path) -> None:
    with Studio(tmp_path / "project", state_folder=shared_daemon) as studio:
        before, _ = _laid(studio, drawn_film)
        console = studio.start("score_clip")
        studio.working()
        studio.worker().kill()
        said = studio.finish("score_clip", console)
        assert "The work broke off: the worker was ended by SIGKILL" in said, said
        _works_after_all(studio, before)


def test_a_killed_daemon_is_replaced_and_the_job_goes_on(tmp_path: Path, drawn_film: Path) -> None:
    with Studio(tmp_path / "project") as studio:
        before, _ = _laid(studio, drawn_film)
        console = studio.start("score_clip")
        studio.working()
        first = studio.daemon.pid
        studio.kill_daemon()
        said = studio.finish("score_clip", console)
        assert "is in the session" in said, said
        assert studio.daemon.pid != first
        assert studio.reaper.undo() and studio.reaper.hash() == before


def test_a_killed_reaper_loses_nothing_that_was_saved(tmp_path: Path, drawn_film: Path) -> None:
    folder = tmp_path / "project"
    with Studio(folder) as studio:
        before, on_disk = _laid(studio, drawn_film)
        studio.start("spot_clip")
        studio.working()
        studio.reaper.kill()
        assert studio.file.read_bytes() == on_disk
        with Studio(folder, studio.file) as again:
            assert again.file.read_bytes() == on_disk
            _works_after_all(again, before, "spot_clip")


def test_reaper_that_quits_takes_its_job_back(tmp_path: Path, drawn_film: Path) -> None:
    """The scripts' atexit code runs: the daemon is told, and stays for the next one."""
    folder = tmp_path / "project"
    with Studio(folder) as studio:
        before, on_disk = _laid(studio, drawn_film)
        studio.start("score_clip")
        studio.working()
        daemon = studio.daemon
        studio.reaper.close()
        assert daemon.is_running() and studio.file.read_bytes() == on_disk
        with Studio(folder, studio.file) as again:
            again.reaper.wait(lambda _: "cancelled" in again.act("status"), TIMEOUT_S)
            assert again.daemon.pid == daemon.pid
            _works_after_all(again, before)


def test_without_the_environment_one_line_says_what_to_run(tmp_path: Path, drawn_film: Path) -> None:
    with Studio(tmp_path / "project", environment={"FILMCOMPOSER_PYTHON": str(tmp_path / "no python")}) as studio:
        before, _ = _laid(studio, drawn_film)
        said = studio.act("score_clip")
        assert "FilmComposer is not set up: there is no" in said and "Run: python3 install.py reaper" in said
        assert studio.reaper.hash() == before and studio.reaper.errors() == []


def test_a_daemon_that_cannot_start_is_told_of_with_its_own_words(tmp_path: Path, drawn_film: Path) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho 'no module named numpy' >&2\nexit 1\n", encoding="ascii")
    broken.chmod(0o755)
    with Studio(tmp_path / "project", environment={"FILMCOMPOSER_PYTHON": str(broken)}) as studio:
        _laid(studio, drawn_film)
        said = studio.act("score_clip")
        assert "the daemon does not come up (no module named numpy)" in said, said
        assert studio.reaper.errors() == []


def test_a_daemon_of_another_version_is_named(tmp_path: Path, drawn_film: Path) -> None:
    folder = tmp_path / "project"
    write_connection(folder / "state", Connection(9, new_key(), os.getpid(), PROTOCOL_VERSION + 1))
    with Studio(folder, state_folder=folder / "state") as studio:
        _laid(studio, drawn_film)
        said = studio.act("score_clip")
        assert f"the daemon speaks protocol {PROTOCOL_VERSION + 1}, this side {PROTOCOL_VERSION}" in said, said
        assert studio.reaper.errors() == [] and studio.reaper.scripts() == []

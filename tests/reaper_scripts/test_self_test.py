"""The self-test for a user's own REAPER, run in the fake one, which plays no MIDI."""
from __future__ import annotations

from pathlib import Path

import pytest

from reaper_scripts._errors import ActionError
from reaper_scripts._smoke import REPORT, live_smoke
from reaper_scripts._smoke_imports import ATTEMPTS
from tests.fake_reaper import FakeReaper
from tests.reaper_scripts.film_session import FilmSession, add_track, calls_of, host_of

NO, YES = 7, 6


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FILMCOMPOSER_STATE", str(tmp_path / "state"))
    return tmp_path / "state"


def _run(reaper: FakeReaper, state: Path) -> list[str]:
    live_smoke(host_of(reaper))
    return (state / REPORT).read_text(encoding="utf-8").splitlines()


def test_the_report_says_what_reaper_did(tmp_path: Path, state: Path) -> None:
    reaper = FakeReaper(tmp_path / "reaper")
    before = reaper.project_hash()
    lines = _run(reaper, state)
    assert lines[0] == "import zmq: 3 not made"
    assert lines[1].startswith("interpreter: ")
    assert [line for line in lines if line.startswith("FAIL")] == [
        "FAIL the note is heard: silence: is ReaSynth there, and its track not muted?"]
    assert lines[3] == "10 of 11 checks passed"
    assert "ok   beats of the tempo map within 1 ms: worst 0.000000 ms" in lines
    assert any(line.startswith("ok   one undo gives the project back exactly") for line in lines)
    state_now = reaper.project_hash()
    reaper.project.settings.clear()
    reaper.project.texts.clear()
    assert reaper.project_hash() == before, state_now


def test_a_project_with_something_in_it_is_asked_about(tmp_path: Path, state: Path) -> None:
    session = FilmSession(tmp_path)
    before = session.reaper.project_hash()
    with pytest.raises(ActionError, match="no test was made. Open a new project tab"):
        live_smoke(session.host)
    assert session.reaper.project_hash() == before and not state.exists()
    session.reaper.window.answers = [YES, NO]
    live_smoke(session.host)
    assert "10 of 11 checks passed" in (state / REPORT).read_text(encoding="utf-8")
    assert [track.name for track in session.reaper.project.tracks] == ["Picture"]


def test_an_attempt_that_brought_reaper_down_is_known_and_not_made_again(tmp_path: Path, state: Path) -> None:
    state.mkdir(parents=True)
    (state / ATTEMPTS).write_text("ok (pyzmq 27.0)\nbegun\n", encoding="utf-8")
    reaper = FakeReaper(tmp_path / "reaper")
    assert _run(reaper, state)[0] == "import zmq: run 1 ok (pyzmq 27.0); run 2 REAPER ended during it; 1 not made"
    assert reaper.window.boxes == []


def test_what_the_user_moves_meanwhile_is_found(tmp_path: Path, state: Path) -> None:
    """The checks can fail: a project whose master is muted renders silence, one with another metre is refused."""
    reaper = FakeReaper(tmp_path / "reaper")
    call = calls_of(reaper)
    call("SetTempoTimeSigMarker", 0, -1, 3.0, -1, -1, 77.0, 4, 4, False)
    add_track(call, "Mine")
    reaper.window.answers = [YES, NO]
    lines = _run(reaper, state)
    assert lines[3] != "10 of 11 checks passed"
    assert any(line.startswith("FAIL the test cue is built: ") for line in lines)
    assert any(line.startswith("FAIL one undo gives the project back exactly") for line in lines)

"""The self-test for a user's own REAPER, run in the fake one, which plays no MIDI."""
from __future__ import annotations

from pathlib import Path

import pytest

from backend.daw.apply import apply_session
from reaper_scripts import _smoke_edits as edits
from reaper_scripts import _smoke_users as users
from reaper_scripts._errors import ActionError
from reaper_scripts._smoke import REPORT, live_smoke
from reaper_scripts._smoke_imports import ATTEMPTS
from reaper_scripts._smoke_plan import other_music, smoke_plan
from tests.fake_reaper import FakeReaper
from tests.reaper_scripts.film_session import FilmSession, add_track, calls_of, host_of

NO, YES = 7, 6
_SAID = (
    "ok   RPR_ValidatePtr knows a track by its number: as a track True, as an item False",
    "ok   RPR_ValidatePtr2 knows a track by its number: as a track True, as an item False",
    "ok   the first metre is at 2.3 s, off the bar line, where it was put: 3/4 at 90 in force there, the point at "
    "2.300000 s says 3/4",
    "ok   an item on beats stays where it was, and on beats: 4.900000 s, 0.600000 s long, attached 1",
    "ok   a marker stays where it was, whatever the project's time base: 5.100000 s",
    "ok   a volume set by hand stays: 0.700000 of 0.7",
    "ok   a note changed by hand stays: ",
    "ok   the new idea is a second take, and yours plays: takes Smoke note, 9M99 Smoke synth (new idea); yours plays",
    "ok   one undo gives the project back exactly",
    "ok   the project is as the test found it")


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
    assert lines[3] == "19 of 20 checks passed"
    assert "ok   beats of the tempo map within 1 ms: worst 0.000000 ms" in lines
    for line in _SAID:
        assert sum(said.startswith(line) for said in lines) == 1, line
    assert lines[-1].startswith("not checked: MIDI hash after saving and opening the project again")
    assert reaper.undo_history.names() == []
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
    assert "19 of 20 checks passed" in (state / REPORT).read_text(encoding="utf-8")
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
    assert lines[3] != "19 of 20 checks passed"
    assert any(line.startswith("FAIL the test cue is built: ") for line in lines)
    assert any(line.startswith("FAIL one undo gives the project back exactly") for line in lines)
    assert "FAIL an edit by hand stays: there is no note to edit" in lines
    assert reaper.undo_history.names() == ["Edited by hand"]
    assert [track.name for track in reaper.project.tracks] == ["Mine"]


def test_a_reaper_that_moves_things_with_the_beats_or_metres_to_bar_lines_is_found_out(tmp_path: Path) -> None:
    """A tempo map laid without nailing anything down, and its first metre on the bar line at 2 s."""
    reaper = FakeReaper(tmp_path / "reaper")
    call = calls_of(reaper)
    _, item = users.lay(reaper.api)
    assert [check.passed for check in users.unmoved(reaper.api, item)] == [True, True]
    call("SetTempoTimeSigMarker", 0, -1, 2.0, -1, -1, 90.0, 3, 4, False)
    assert [check.line() for check in users.unmoved(reaper.api, item)] == [
        "FAIL an item on beats stays where it was, and on beats: 5.866667 s, 0.800000 s long, attached 1",
        "FAIL a marker stays where it was, whatever the project's time base: 6.133333 s"]
    assert users.first_metre(reaper.api).line() == (
        "FAIL the first metre is at 2.3 s, off the bar line, where it was put: 3/4 at 90 in force there, the point at "
        "2.000000 s says 3/4")


def test_a_handle_of_nothing_is_no_track(tmp_path: Path) -> None:
    reaper = FakeReaper(tmp_path / "reaper")
    track, _ = users.lay(reaper.api)
    assert reaper.undo()
    assert [users.handle(reaper.api, track).passed, users.handle_in_project(reaper.api, track).passed] == [False, False]


def test_music_that_is_not_new_makes_no_second_take(tmp_path: Path) -> None:
    """The check sees whether a take was added: none is when the build before had the same music."""
    reaper = FakeReaper(tmp_path / "reaper")
    apply_session(smoke_plan(), reaper.api)
    assert [check.passed for check in edits.kept(reaper.api)] == [True, True, True]
    assert reaper.undo() and reaper.undo()
    apply_session(other_music(), reaper.api)
    assert [check.line().split(":")[0] for check in edits.kept(reaper.api) if not check.passed] == [
        "FAIL the new idea is a second take, and yours plays"]

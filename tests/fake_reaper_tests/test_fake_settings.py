"""Settings, ExtState, windows, saving and opening."""
from __future__ import annotations

from pathlib import Path

import pytest

from tests.fake_reaper import FakeReaper
from tests.fake_reaper.settings import timecode


def test_time_selection_and_loop_are_two() -> None:
    api = FakeReaper().api
    api.RPR_GetSet_LoopTimeRange2(0, True, False, 4.0, 2.0, False)
    assert api.RPR_GetSet_LoopTimeRange2(0, False, False, 0, 0, False) == (0, False, False, 2.0, 4.0, False)
    assert api.RPR_GetSet_LoopTimeRange2(0, False, True, 0, 0, False)[3:5] == (0.0, 0.0)


def test_ext_state_lives_on_disk_when_asked(tmp_path: Path) -> None:
    first = FakeReaper(tmp_path)
    first.api.RPR_SetExtState("FilmComposer", "kept", "a=b; c", True)
    first.api.RPR_SetExtState("FilmComposer", "lost", "1", False)
    second = FakeReaper(tmp_path)
    assert second.api.RPR_GetExtState("FilmComposer", "kept") == "a=b; c"
    assert second.api.RPR_HasExtState("FilmComposer", "lost") == 0
    second.api.RPR_DeleteExtState("FilmComposer", "kept", True)
    assert FakeReaper(tmp_path).api.RPR_HasExtState("FilmComposer", "kept") == 0


def test_the_projects_ext_state() -> None:
    api = FakeReaper().api
    assert api.RPR_SetProjExtState(0, "FilmComposer", "cues", "{}") == 2
    assert api.RPR_GetProjExtState(0, "FilmComposer", "cues", "", 64) == (2, 0, "FilmComposer", "cues", "{}", 64)
    assert api.RPR_EnumProjExtState(0, "FilmComposer", 0, "", 64, "", 64)[4::2] == ("cues", "{}")
    assert api.RPR_EnumProjExtState(0, "FilmComposer", 1, "", 64, "", 64)[0] == 0
    api.RPR_SetProjExtState(0, "FilmComposer", "cues", "")
    assert api.RPR_GetProjExtState(0, "FilmComposer", "cues", "", 64)[0] == 0


def test_message_boxes_are_recorded_and_answered() -> None:
    reaper = FakeReaper()
    assert reaper.api.RPR_ShowMessageBox("Go on?", "FilmComposer", 4) == 7
    reaper.window.answers.append(6)
    assert reaper.api.RPR_MB("Go on?", "FilmComposer", 4) == 6
    assert reaper.window.boxes == [("message", "FilmComposer", "Go on?")] * 2
    assert reaper.api.RPR_GetUserInputs("Bars", 1, "Bars:", "3-4", 64)[::4] == (0, "3-4")
    reaper.window.inputs.append("5-6")
    assert reaper.api.RPR_GetUserInputs("Bars", 1, "Bars:", "3-4", 64)[::4] == (1, "5-6")


def test_console_and_status_line() -> None:
    reaper = FakeReaper()
    reaper.api.RPR_ShowConsoleMsg("one\n")
    reaper.api.RPR_ShowConsoleMsg("!SHOW:two\n")
    reaper.api.RPR_Help_Set("composing 40%", False)
    assert (reaper.window.console, reaper.window.help) == ("one\ntwo\n", "composing 40%")
    reaper.api.RPR_ClearConsole()
    assert reaper.window.console == ""


def test_a_copy_keeps_the_projects_name(tmp_path: Path) -> None:
    reaper = FakeReaper()
    api = reaper.api
    api.RPR_InsertTrackAtIndex(0, False)
    assert api.RPR_IsProjectDirty(0) == 1
    api.RPR_Main_SaveProjectEx(0, str(tmp_path / "film.rpp"), 8)
    assert api.RPR_GetProjectName(0, "", 64)[1] == "film.rpp" and api.RPR_IsProjectDirty(0) == 0
    assert api.RPR_EnumProjects(-1, "", 512)[2] == str(tmp_path / "film.rpp")
    assert api.RPR_GetProjectPathEx(0, "", 512)[1] == str(tmp_path)
    api.RPR_Main_SaveProjectEx(0, str(tmp_path / "copy.rpp"), 0)
    assert api.RPR_GetProjectName(0, "", 64)[1] == "film.rpp"
    assert (tmp_path / "copy.rpp").read_text() == (tmp_path / "film.rpp").read_text()


def test_what_was_saved_opens_the_same_without_a_history(tmp_path: Path) -> None:
    reaper = FakeReaper()
    api = reaper.api
    api.RPR_InsertTrackAtIndex(0, False)
    item = api.RPR_CreateNewMIDIItemInProj(api.RPR_GetTrack(0, 0), 0.0, 4.0, False)[0]
    api.RPR_MIDI_InsertNote(api.RPR_GetActiveTake(item), False, False, 0.0, 960.0, 0, 60, 90, False)
    api.RPR_SetTempoTimeSigMarker(0, -1, 0.0, -1, -1, 96.0, 4, 4, False)
    reaper.save(tmp_path / "film.rpp")
    other = FakeReaper()
    other.open(tmp_path / "film.rpp")
    assert other.project_hash() == reaper.project_hash() and other.project == reaper.project
    assert not other.undo() and other.api.RPR_TimeMap2_timeToQN(0, 1.0) == pytest.approx(1.6)


def test_opening_over_changes_asks_first(tmp_path: Path) -> None:
    reaper = FakeReaper()
    reaper.save(tmp_path / "film.rpp")
    reaper.api.RPR_InsertTrackAtIndex(0, False)
    reaper.api.RPR_Main_openProject(str(tmp_path / "film.rpp"))
    assert len(reaper.project.tracks) == 1 and reaper.window.boxes[0][0] == "save"
    reaper.api.RPR_Main_openProject("noprompt:" + str(tmp_path / "film.rpp"))
    assert reaper.project.tracks == []


def test_render_settings_keep_numbers_and_texts() -> None:
    api = FakeReaper().api
    assert api.RPR_GetSetProjectInfo(0, "RENDER_BOUNDSFLAG", 0.0, False) == 1.0
    assert api.RPR_GetSetProjectInfo(0, "RENDER_SRATE", 48000.0, True) == 48000.0
    assert api.RPR_GetSetProjectInfo(0, "RENDER_SRATE", 0.0, False) == 48000.0
    api.RPR_GetSetProjectInfo_String(0, "RENDER_FORMAT", "evaw", True)
    assert api.RPR_GetSetProjectInfo_String(0, "RENDER_FORMAT", "", False)[3] == "ZXZhdw=="


@pytest.mark.parametrize(("time", "rate", "drop", "told"), [
    (3661.5, 24.0, False, "01:01:01:12"), (1.0, 30000 / 1001, True, "00:00:00:29"),
    (3600.0, 30000 / 1001, True, "01:00:00:00"), (600.0, 30000 / 1001, True, "00:10:00:00"),
    (60.06, 30000 / 1001, True, "00:01:00:02"), (10.0, 24000 / 1001, False, "00:00:09:23")])
def test_timecode(time: float, rate: float, drop: bool, told: str) -> None:
    assert timecode(time, rate, drop) == told


def test_positions_as_text_count_from_the_start_offset() -> None:
    reaper = FakeReaper()
    reaper.project.offset, reaper.project.frame_rate = 3600.0, 25.0
    assert reaper.api.RPR_format_timestr_pos(1.5, "", 64, 5) == (1.5, "01:00:01:12", 64, 5)
    assert reaper.api.RPR_format_timestr_pos(1.5, "", 64, 0)[1] == "1:00:01.500"
    assert reaper.api.RPR_GetProjectTimeOffset(0, False) == 3600.0
    with pytest.raises(NotImplementedError, match="mode 2"):
        reaper.api.RPR_format_timestr_pos(1.5, "", 64, 2)


def test_colours() -> None:
    api = FakeReaper().api
    assert api.RPR_ColorToNative(1, 2, 3) == 0x030201
    assert api.RPR_ColorFromNative(0x030201, 0, 0, 0) == (0x030201, 1, 2, 3)


def test_every_change_moves_the_change_counter() -> None:
    api = FakeReaper().api
    before = api.RPR_GetProjectStateChangeCount(0)
    api.RPR_CountTracks(0)
    assert api.RPR_GetProjectStateChangeCount(0) == before
    api.RPR_InsertTrackAtIndex(0, False)
    assert api.RPR_GetProjectStateChangeCount(0) > before

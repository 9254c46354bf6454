"""Undo points, blocks, and what they do to pointers."""
from __future__ import annotations

from collections.abc import Callable

from tests.fake_reaper import FakeReaper


def _build(reaper: FakeReaper, name: str = "FilmComposer: build") -> None:
    api = reaper.api
    api.RPR_Undo_BeginBlock2(0)
    api.RPR_InsertTrackAtIndex(0, False)
    track = api.RPR_GetTrack(0, 0)
    api.RPR_GetSetMediaTrackInfo_String(track, "P_NAME", "Violins", True)
    api.RPR_CreateNewMIDIItemInProj(track, 0.0, 4.0, False)
    api.RPR_SetTempoTimeSigMarker(0, -1, 0.0, -1, -1, 90.0, 3, 4, False)
    api.RPR_AddProjectMarker2(0, False, 1.0, 0.0, "hit", 1, 0)
    api.RPR_SetProjExtState(0, "FilmComposer", "cues", "{}")
    api.RPR_Undo_EndBlock2(0, name, -1)


def test_a_block_is_one_point_and_undo_restores_the_hash() -> None:
    reaper = FakeReaper()
    before = reaper.project_hash()
    _build(reaper)
    after = reaper.project_hash()
    assert reaper.undo_history.names() == ["FilmComposer: build"]
    assert reaper.api.RPR_Undo_CanUndo2(0) == "FilmComposer: build"
    assert reaper.undo() and reaper.project_hash() == before
    assert reaper.api.RPR_TimeMap2_timeToQN(0, 1.0) == 2.0
    assert reaper.api.RPR_Undo_CanRedo2(0) == "FilmComposer: build"
    assert reaper.redo() and reaper.project_hash() == after
    assert not reaper.redo()


def test_a_block_in_which_nothing_changed_leaves_no_point() -> None:
    reaper = FakeReaper()
    _build(reaper)
    reaper.api.RPR_Undo_BeginBlock2(0)
    reaper.api.RPR_SetMediaTrackInfo_Value(reaper.api.RPR_GetTrack(0, 0), "D_VOL", 1.0)
    reaper.api.RPR_Undo_EndBlock2(0, "nothing", -1)
    assert reaper.undo_history.names() == ["FilmComposer: build"]


def test_nested_blocks_are_one_point_with_the_outer_name() -> None:
    reaper = FakeReaper()
    reaper.api.RPR_Undo_BeginBlock2(0)
    _build(reaper, "inner")
    reaper.api.RPR_InsertTrackAtIndex(0, False)
    reaper.api.RPR_Undo_EndBlock2(0, "outer", -1)
    assert reaper.undo_history.names() == ["outer"]
    reaper.undo()
    assert reaper.project.tracks == []


def test_what_the_user_did_before_a_block_is_a_point_of_its_own() -> None:
    reaper = FakeReaper()
    reaper.api.RPR_InsertTrackAtIndex(0, False)
    before = reaper.project_hash()
    _build(reaper)
    assert reaper.undo_history.names() == ["Edited by hand", "FilmComposer: build"]
    assert reaper.undo() and reaper.project_hash() == before


def test_a_new_point_cuts_what_could_be_redone() -> None:
    reaper = FakeReaper()
    _build(reaper)
    reaper.undo()
    _build(reaper, "again")
    assert reaper.undo_history.names() == ["again"] and not reaper.redo()


def test_after_an_undo_tracks_keep_their_pointers_and_items_do_not() -> None:
    reaper = FakeReaper()
    _build(reaper)
    track = reaper.api.RPR_GetTrack(0, 0)
    item = reaper.api.RPR_GetTrackMediaItem(track, 0)
    reaper.api.RPR_Undo_BeginBlock2(0)
    reaper.api.RPR_SetMediaTrackInfo_Value(track, "D_VOL", 0.5)
    reaper.api.RPR_Undo_EndBlock2(0, "volume", -1)
    reaper.undo()
    assert reaper.api.RPR_GetMediaTrackInfo_Value(track, "D_VOL") == 1.0
    assert reaper.api.RPR_GetMediaItemInfo_Value(item, "D_LENGTH") == 0.0
    assert len(reaper.stale) == 1


def test_the_projects_ext_state_goes_back_unless_told_otherwise() -> None:
    for included, left in ((True, ""), (False, "{}")):
        reaper = FakeReaper()
        reaper.ext_in_undo = included
        _build(reaper)
        reaper.undo()
        assert reaper.api.RPR_GetProjExtState(0, "FilmComposer", "cues", "", 64)[4] == left


def test_the_hash_sees_every_kind_of_change() -> None:
    reaper = FakeReaper()
    _build(reaper)
    api, track = reaper.api, reaper.api.RPR_GetTrack(0, 0)
    item = api.RPR_GetTrackMediaItem(track, 0)
    take = api.RPR_GetActiveTake(item)
    seen = {reaper.project_hash()}
    changes: tuple[Callable[[], object], ...] = (
        lambda: api.RPR_SetMediaTrackInfo_Value(track, "D_PAN", 0.1),
        lambda: api.RPR_SetMediaItemInfo_Value(item, "C_LOCK", 1),
        lambda: api.RPR_GetSetMediaItemTakeInfo_String(take, "P_NAME", "x", True),
        lambda: api.RPR_MIDI_InsertNote(take, False, False, 0.0, 960.0, 0, 60, 90, False),
        lambda: api.RPR_GetSetMediaTrackInfo_String(track, "P_EXT:filmcomposer", "x", True),
        lambda: api.RPR_GetSetProjectInfo(0, "RENDER_SRATE", 48000.0, True),
        lambda: api.RPR_GetSet_LoopTimeRange2(0, True, False, 1.0, 2.0, False),
        lambda: api.RPR_TrackFX_AddByName(track, "ReaSynth", False, -1))
    for change in changes:
        change()
        seen.add(reaper.project_hash())
    assert len(seen) == 9


def test_the_cursor_is_not_undone() -> None:
    reaper = FakeReaper()
    _build(reaper)
    reaper.api.RPR_SetEditCurPos(7.0, False, False)
    reaper.undo()
    assert reaper.api.RPR_GetCursorPosition() == 7.0


def test_undo_waits_for_an_open_block() -> None:
    reaper = FakeReaper()
    _build(reaper)
    reaper.api.RPR_Undo_BeginBlock2(0)
    assert not reaper.undo()

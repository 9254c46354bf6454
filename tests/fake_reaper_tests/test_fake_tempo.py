"""The tempo map, and what a change of it moves."""
from __future__ import annotations

import pytest

from tests.fake_reaper import FakeReaper
from tests.fake_reaper.state import BEATS, BEATS_POSITION, TIME, Source

GET = (0, 0, 0, 0, 0, 0, 0)


def _set(reaper: FakeReaper, time: float, bpm: float, numerator: int = 0, denominator: int = 0,
         linear: bool = False) -> int:
    return int(reaper.api.RPR_SetTempoTimeSigMarker(0, -1, time, -1, -1, bpm, numerator, denominator, linear))


def _picture(reaper: FakeReaper, position: float = 4.0, length: float = 10.0) -> str:
    reaper.api.RPR_InsertTrackAtIndex(0, False)
    track = reaper.api.RPR_GetTrack(0, 0)
    item = reaper.api.RPR_AddMediaItemToTrack(track)
    reaper.api.RPR_SetMediaItemInfo_Value(item, "D_POSITION", position)
    reaper.api.RPR_SetMediaItemInfo_Value(item, "D_LENGTH", length)
    take = reaper.pointers.find(reaper.api.RPR_AddTakeToMediaItem(item), "MediaItem_Take*")
    take.source = Source("VIDEO", "clip.mp4", length_s=60.0)
    return str(item)


def _place(reaper: FakeReaper, item: str) -> tuple[float, float]:
    return (reaper.api.RPR_GetMediaItemInfo_Value(item, "D_POSITION"),
            reaper.api.RPR_GetMediaItemInfo_Value(item, "D_LENGTH"))


def test_without_markers_the_projects_own_tempo() -> None:
    api = FakeReaper().api
    assert api.RPR_CountTempoTimeSigMarkers(0) == 0
    assert api.RPR_TimeMap2_timeToQN(0, 3.0) == 6.0
    assert api.RPR_TimeMap2_QNToTime(0, 6.0) == 3.0
    assert api.RPR_TimeMap_GetTimeSigAtTime(0, 1.0, 0, 0, 0) == (0, 1.0, 4, 4, 120.0)
    assert api.RPR_TimeMap_curFrameRate(0, 0) == (30.0, 0, 0)


def test_the_first_marker_behind_zero_brings_one_at_zero() -> None:
    reaper = FakeReaper()
    assert _set(reaper, 8.0, 60.0, 3, 4) == 1
    rows = [reaper.api.RPR_GetTempoTimeSigMarker(0, i, *GET) for i in range(3)]
    assert rows[0] == (1, 0, 0, 0.0, 0, 0.0, 120.0, 4, 4, 0)
    assert rows[1] == (1, 0, 1, 8.0, 4, 0.0, 60.0, 3, 4, 0)
    assert rows[2][0] == 0


def test_square_tempo_is_exact() -> None:
    reaper = FakeReaper()
    _set(reaper, 0.0, 96.0, 4, 4)
    _set(reaper, 10.0, 60.0)
    api = reaper.api
    assert api.RPR_TimeMap2_timeToQN(0, 10.0) == pytest.approx(16.0, abs=1e-12)
    assert api.RPR_TimeMap2_timeToQN(0, 13.5) == pytest.approx(19.5, abs=1e-12)
    assert api.RPR_TimeMap2_QNToTime(0, 19.5) == pytest.approx(13.5, abs=1e-12)
    assert api.RPR_TimeMap2_timeToQN(0, -1.0) == pytest.approx(-1.6)


def test_linear_tempo_changes_evenly_in_time() -> None:
    reaper = FakeReaper()
    _set(reaper, 0.0, 60.0, 4, 4, linear=True)
    _set(reaper, 10.0, 120.0)
    api = reaper.api
    assert api.RPR_TimeMap_GetTimeSigAtTime(0, 5.0, 0, 0, 0)[4] == pytest.approx(90.0)
    quarters = api.RPR_TimeMap2_timeToQN(0, 10.0)
    assert api.RPR_TimeMap2_QNToTime(0, quarters) == pytest.approx(10.0)
    for time in (0.5, 3.3, 9.9, 12.0):
        assert api.RPR_TimeMap2_QNToTime(0, api.RPR_TimeMap2_timeToQN(0, time)) == pytest.approx(time, abs=1e-9)
    assert quarters == pytest.approx(15.0)


def test_bars_and_beats_with_a_new_metre() -> None:
    reaper = FakeReaper()
    _set(reaper, 0.0, 120.0, 4, 4)
    _set(reaper, 4.0, 120.0, 6, 8)
    api = reaper.api
    assert api.RPR_TimeMap2_timeToBeats(0, 3.0, 0, 0, 0, 0) == (2.0, 0, 3.0, 1, 4, 6.0, 4)
    assert api.RPR_TimeMap2_timeToBeats(0, 6.0, 0, 0, 0, 0) == (2.0, 0, 6.0, 3, 6, 16.0, 8)
    assert api.RPR_TimeMap2_beatsToTime(0, 2.0, 3) == (6.0, 0, 2.0, 3)
    assert api.RPR_TimeMap2_beatsToTime(0, 1.0, 1)[0] == pytest.approx(2.5)
    assert api.RPR_TimeMap_GetMeasureInfo(0, 3, 0, 0, 0, 0, 0) == (5.5, 0, 3, 11.0, 14.0, 6, 8, 120.0)
    assert api.RPR_TimeMap2_GetNextChangeTime(0, 1.0) == 4.0
    assert api.RPR_TimeMap2_GetNextChangeTime(0, 4.0) == -1.0


def test_a_metre_inside_a_bar_cuts_the_bar_short() -> None:
    reaper = FakeReaper()
    _set(reaper, 0.0, 120.0, 4, 4)
    _set(reaper, 3.0, 120.0, 4, 4)
    assert reaper.api.RPR_TimeMap2_timeToBeats(0, 3.0, 0, 0, 0, 0)[:4] == (0.0, 0, 3.0, 2)


def test_a_marker_can_be_placed_by_bar_and_replaced_by_place() -> None:
    reaper = FakeReaper()
    assert reaper.api.RPR_SetTempoTimeSigMarker(0, -1, -1.0, 2, 0.0, 90.0, 0, 0, False) == 1
    assert [marker.time for marker in reaper.project.tempo] == [0.0, 4.0]
    _set(reaper, 4.0, 80.0)
    assert [(marker.time, marker.bpm) for marker in reaper.project.tempo] == [(0.0, 120.0), (4.0, 80.0)]
    assert reaper.api.RPR_FindTempoTimeSigMarker(0, 5.0) == 1
    assert reaper.api.RPR_SetTempoTimeSigMarker(0, 7, 4.0, -1, -1, 90.0, 0, 0, False) == 0
    assert reaper.api.RPR_DeleteTempoTimeSigMarker(0, 1) == 1
    assert reaper.api.RPR_DeleteTempoTimeSigMarker(0, 1) == 0


# what a change of tempo moves

def test_a_naive_tempo_change_moves_and_stretches_the_picture() -> None:
    reaper = FakeReaper()
    item = _picture(reaper)
    _set(reaper, 0.0, 60.0, 4, 4)
    assert _place(reaper, item) == (8.0, 20.0)
    assert reaper.project.tracks[0].items[0].takes[0].values["D_PLAYRATE"] == 0.5


def test_a_picture_attached_to_time_stays() -> None:
    reaper = FakeReaper()
    item = _picture(reaper)
    reaper.api.RPR_SetMediaItemInfo_Value(item, "C_BEATATTACHMODE", TIME)
    _set(reaper, 0.0, 60.0, 4, 4)
    assert _place(reaper, item) == (4.0, 10.0)
    assert reaper.project.tracks[0].items[0].takes[0].values["D_PLAYRATE"] == 1.0


def test_a_track_or_a_project_attached_to_time_holds_its_items() -> None:
    reaper = FakeReaper()
    item = _picture(reaper)
    reaper.api.RPR_SetMediaTrackInfo_Value(reaper.api.RPR_GetTrack(0, 0), "C_BEATATTACHMODE", TIME)
    _set(reaper, 0.0, 60.0, 4, 4)
    assert _place(reaper, item) == (4.0, 10.0)
    reaper.api.RPR_SetMediaTrackInfo_Value(reaper.api.RPR_GetTrack(0, 0), "C_BEATATTACHMODE", -1)
    reaper.project.timebase = TIME
    _set(reaper, 0.0, 90.0, 4, 4)
    assert _place(reaper, item) == (4.0, 10.0)


def test_position_only_leaves_the_length() -> None:
    reaper = FakeReaper()
    item = _picture(reaper)
    reaper.project.timebase = BEATS_POSITION
    _set(reaper, 0.0, 60.0, 4, 4)
    assert _place(reaper, item) == (8.0, 10.0)


def test_midi_keeps_its_rate_and_its_beats() -> None:
    reaper = FakeReaper()
    reaper.api.RPR_InsertTrackAtIndex(0, False)
    item = reaper.api.RPR_CreateNewMIDIItemInProj(reaper.api.RPR_GetTrack(0, 0), 2.0, 4.0, False)[0]
    _set(reaper, 0.0, 60.0, 4, 4)
    assert _place(reaper, item) == (4.0, 4.0)
    assert reaper.project.tracks[0].items[0].takes[0].values["D_PLAYRATE"] == 1.0


def test_markers_regions_and_points_move_with_the_beats() -> None:
    reaper = FakeReaper()
    api = reaper.api
    api.RPR_AddProjectMarker2(0, False, 3.0, 0.0, "hit", 1, 0)
    api.RPR_AddProjectMarker2(0, True, 2.0, 6.0, "cue", 1, 0)
    api.RPR_InsertTrackAtIndex(0, False)
    api.RPR_SetOnlyTrackSelected(api.RPR_GetTrack(0, 0))
    api.RPR_Main_OnCommand(40406, 0)
    api.RPR_InsertEnvelopePoint(api.RPR_GetTrackEnvelope(api.RPR_GetTrack(0, 0), 0), 5.0, 1.0, 0, 0.0, False, False)
    _set(reaper, 0.0, 60.0, 4, 4)
    assert [(one.start, one.end) for one in reaper.project.markers] == [(4.0, 12.0), (6.0, 0.0)]
    assert [point.time for point in reaper.project.tracks[0].envelopes[0].points] == [0.0, 10.0]


def test_with_the_project_in_time_nothing_moves() -> None:
    reaper = FakeReaper()
    reaper.project.timebase = TIME
    reaper.api.RPR_AddProjectMarker2(0, False, 3.0, 0.0, "hit", 1, 0)
    _set(reaper, 0.0, 60.0, 4, 4)
    assert reaper.project.markers[0].start == 3.0


def test_later_tempo_markers_keep_their_beat_or_their_time() -> None:
    for timebase, wanted in ((BEATS, [0.0, 20.0]), (TIME, [0.0, 10.0])):
        reaper = FakeReaper()
        _set(reaper, 0.0, 120.0, 4, 4)
        _set(reaper, 10.0, 90.0)
        reaper.project.tempo_timebase = timebase
        reaper.api.RPR_SetTempoTimeSigMarker(0, 0, 0.0, -1, -1, 60.0, 4, 4, False)
        assert [marker.time for marker in reaper.project.tempo] == pytest.approx(wanted)


def test_a_marker_put_in_between_moves_the_later_ones() -> None:
    reaper = FakeReaper()
    _set(reaper, 0.0, 120.0, 4, 4)
    _set(reaper, 10.0, 90.0)
    _set(reaper, 5.0, 60.0)
    assert [marker.time for marker in reaper.project.tempo] == pytest.approx([0.0, 5.0, 15.0])


def test_deleting_puts_things_back() -> None:
    reaper = FakeReaper()
    item = _picture(reaper, 20.0)
    _set(reaper, 0.0, 120.0, 4, 4)
    before = _place(reaper, item)
    _set(reaper, 5.0, 77.0)
    assert _place(reaper, item)[0] > 25.0
    reaper.api.RPR_DeleteTempoTimeSigMarker(0, 1)
    assert _place(reaper, item) == pytest.approx(before)

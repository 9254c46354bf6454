"""Envelopes: NULL until shown, scaled volume, pan turned round."""
from __future__ import annotations

import pytest

from tests.fake_reaper import FakeReaper
from tests.fake_reaper.pointers import null

VOLUME, PAN = 40406, 40407
NOBODY = null("TrackEnvelope*")


def _track(reaper: FakeReaper) -> str:
    reaper.api.RPR_InsertTrackAtIndex(reaper.api.RPR_CountTracks(0), False)
    return str(reaper.api.RPR_GetTrack(0, reaper.api.RPR_CountTracks(0) - 1))


def _shown(reaper: FakeReaper, track: str, action: int, name: str) -> str:
    reaper.api.RPR_SetOnlyTrackSelected(track)
    reaper.api.RPR_Main_OnCommand(action, 0)
    return str(reaper.api.RPR_GetTrackEnvelopeByName(track, name))


def test_naive_points_go_nowhere_because_the_envelope_is_null() -> None:
    reaper = FakeReaper()
    track = _track(reaper)
    envelope = reaper.api.RPR_GetTrackEnvelopeByName(track, "Volume")
    assert envelope == NOBODY == reaper.api.RPR_GetTrackEnvelopeByChunkName(track, "<VOLENV2")
    assert reaper.api.RPR_InsertEnvelopePoint(envelope, 1.0, 0.5, 0, 0.0, False, True)[0] == 0
    assert reaper.project.tracks[0].envelopes == []


def test_the_toggle_shows_it_on_selected_tracks_only_and_hides_it_again() -> None:
    reaper = FakeReaper()
    first, second = _track(reaper), _track(reaper)
    envelope = _shown(reaper, first, VOLUME, "Volume")
    assert reaper.api.RPR_ValidatePtr2(0, envelope, "TrackEnvelope*") == 1
    assert reaper.api.RPR_GetTrackEnvelopeByName(second, "Volume") == NOBODY
    reaper.api.RPR_InsertEnvelopePoint(envelope, 1.0, 0.5, 0, 0.0, False, False)
    reaper.api.RPR_Main_OnCommand(VOLUME, 0)
    assert reaper.api.RPR_GetSetEnvelopeInfo_String(envelope, "VISIBLE", "", False)[3] == "0"
    assert reaper.api.RPR_CountEnvelopePoints(envelope) == 2


def test_a_chunk_brings_it_too_with_amplitudes_in_the_text() -> None:
    reaper = FakeReaper()
    track = _track(reaper)
    chunk = reaper.api.RPR_GetTrackStateChunk(track, "", 1 << 20, False)[2].rstrip()
    block = "<VOLENV2\nACT 1 -1\nVIS 1 1 1\nVOLTYPE 1\nPT 0 1 0\nPT 2 0.5 0\n>\n>"
    assert reaper.api.RPR_SetTrackStateChunk(track, chunk[:-1] + block, False) == 1
    envelope = reaper.api.RPR_GetTrackEnvelopeByName(track, "Volume")
    mode = reaper.api.RPR_GetEnvelopeScalingMode(envelope)
    value = reaper.api.RPR_GetEnvelopePoint(envelope, 1, 0, 0, 0, 0, 0)[4]
    assert mode == 1
    assert value > 500.0
    assert reaper.api.RPR_ScaleFromEnvelopeMode(mode, value) == pytest.approx(0.5)


def test_an_amplitude_that_is_not_scaled_is_nearly_silence() -> None:
    reaper = FakeReaper()
    envelope = _shown(reaper, _track(reaper), VOLUME, "Volume")
    mode = reaper.api.RPR_GetEnvelopeScalingMode(envelope)
    reaper.api.RPR_InsertEnvelopePoint(envelope, 1.0, 0.5, 0, 0.0, False, False)
    assert reaper.project.tracks[0].envelopes[0].points[1].value < 1e-9
    scaled = reaper.api.RPR_ScaleToEnvelopeMode(mode, 0.5)
    reaper.api.RPR_InsertEnvelopePoint(envelope, 2.0, scaled, 0, 0.0, False, False)
    assert reaper.project.tracks[0].envelopes[0].points[2].value == pytest.approx(0.5)


def test_pan_is_not_scaled() -> None:
    reaper = FakeReaper()
    envelope = _shown(reaper, _track(reaper), PAN, "Pan")
    assert reaper.api.RPR_GetEnvelopeScalingMode(envelope) == 0
    assert reaper.api.RPR_GetEnvelopeName(envelope, "", 64)[2] == "Pan"


def test_unsorted_points_stay_unsorted_until_sorted() -> None:
    reaper = FakeReaper()
    envelope = _shown(reaper, _track(reaper), PAN, "Pan")
    for time in (3.0, 1.0, 2.0):
        reaper.api.RPR_InsertEnvelopePoint(envelope, time, 0.0, 0, 0.0, False, True)
    assert [point.time for point in reaper.project.tracks[0].envelopes[0].points] == [0.0, 3.0, 1.0, 2.0]
    reaper.api.RPR_Envelope_SortPoints(envelope)
    assert [point.time for point in reaper.project.tracks[0].envelopes[0].points] == [0.0, 1.0, 2.0, 3.0]


def test_a_range_is_deleted_without_its_end() -> None:
    reaper = FakeReaper()
    envelope = _shown(reaper, _track(reaper), PAN, "Pan")
    for time in (1.0, 2.0, 3.0):
        reaper.api.RPR_InsertEnvelopePoint(envelope, time, 0.0, 0, 0.0, False, False)
    assert reaper.api.RPR_DeleteEnvelopePointRange(envelope, 1.0, 3.0) == 1
    assert [point.time for point in reaper.project.tracks[0].envelopes[0].points] == [0.0, 3.0]
    assert reaper.api.RPR_DeleteEnvelopePointRange(envelope, 1.0, 3.0) == 0


def test_between_points_a_line_in_the_scaling_of_the_envelope() -> None:
    reaper = FakeReaper()
    envelope = _shown(reaper, _track(reaper), VOLUME, "Volume")
    reaper.api.RPR_InsertEnvelopePoint(envelope, 2.0, 0.0, 0, 0.0, False, False)
    top = reaper.api.RPR_ScaleToEnvelopeMode(1, 1.0)
    assert reaper.api.RPR_Envelope_Evaluate(envelope, 1.0, 48000.0, 1, 0, 0, 0, 0)[5] == pytest.approx(top / 2)
    assert reaper.api.RPR_Envelope_Evaluate(envelope, 9.0, 48000.0, 1, 0, 0, 0, 0)[5] == 0.0


def test_envelope_chunk_comes_back_the_same() -> None:
    reaper = FakeReaper()
    envelope = _shown(reaper, _track(reaper), VOLUME, "Volume")
    reaper.api.RPR_InsertEnvelopePoint(envelope, 1.25, 333.0, 5, 0.25, True, False)
    text = reaper.api.RPR_GetEnvelopeStateChunk(envelope, "", 1 << 20, False)[2]
    before = reaper.project_hash()
    assert reaper.api.RPR_SetEnvelopeStateChunk(envelope, text, False) == 1
    assert reaper.project_hash() == before

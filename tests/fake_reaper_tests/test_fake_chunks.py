"""State chunks: everything comes back, limits cut, what is set is made anew."""
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fake_reaper import FakeReaper
from tests.fake_reaper.state import Source

BIG = 1 << 22


def _add(reaper: FakeReaper, name: str) -> str:
    count = reaper.api.RPR_CountTracks(0)
    reaper.api.RPR_InsertTrackAtIndex(count, False)
    track = reaper.api.RPR_GetTrack(0, count)
    reaper.api.RPR_GetSetMediaTrackInfo_String(track, "P_NAME", name, True)
    return str(track)


def _full(reaper: FakeReaper) -> tuple[str, str]:
    """A track with something of everything, and one it sends to."""
    api = reaper.api
    track, room = _add(reaper, "Violins \"I\" & 'II'"), _add(reaper, "Room")
    for name, value in (("D_VOL", 0.7071067811865476), ("D_PAN", -0.3), ("D_WIDTH", 0.8), ("B_MUTE", 1), ("I_SOLO", 2),
                        ("I_FOLDERDEPTH", 1), ("I_CUSTOMCOLOR", 0x1000000 | 77), ("C_BEATATTACHMODE", 0),
                        ("I_SELECTED", 1), ("I_NCHAN", 4), ("B_SHOWINTCP", 0), ("I_RECARM", 1)):
        assert api.RPR_SetMediaTrackInfo_Value(track, name, value) == 1
    reaper.project.tracks[0].locked = True
    api.RPR_SetMediaTrackInfo_Value(room, "I_FOLDERDEPTH", -1)
    api.RPR_GetSetMediaTrackInfo_String(track, "P_EXT:filmcomposer", '{"cue": "1M1", "title": "Don\'t"}', True)
    send = api.RPR_CreateTrackSend(track, room)
    api.RPR_SetTrackSendInfo_Value(track, 0, send, "D_VOL", 0.25)
    fx = api.RPR_TrackFX_AddByName(track, "ReaSamplOmatic5000", False, -1)
    api.RPR_TrackFX_SetNamedConfigParm(track, fx, "FILE0", "/samples/a b.wav")
    api.RPR_TrackFX_SetParamNormalized(track, fx, 3, 0.25)
    api.RPR_TrackFX_SetEnabled(track, fx, False)
    api.RPR_TrackFX_AddByName(track, "JS: Volume Adjustment", False, -1)
    for action in (40406, 40407):
        api.RPR_Main_OnCommand(action, 0)
    volume = api.RPR_GetTrackEnvelopeByName(track, "Volume")
    api.RPR_InsertEnvelopePoint(volume, 1.1, 333.3, 0, 0.0, False, False)
    _items(reaper, track)
    return track, room


def _items(reaper: FakeReaper, track: str) -> None:
    api = reaper.api
    midi = api.RPR_CreateNewMIDIItemInProj(track, 1.0, 3.0, False)[0]
    take = api.RPR_GetActiveTake(midi)
    api.RPR_MIDI_InsertNote(take, True, False, 0.0, 480.0, 2, 60, 99, False)
    api.RPR_MIDI_InsertCC(take, False, True, 10.0, 0xC0, 2, 48, 0)
    api.RPR_MIDI_InsertTextSysexEvt(take, False, False, 20.0, 1, "hit 1", 5)
    api.RPR_GetSetMediaItemTakeInfo_String(take, "P_EXT:filmcomposer", "tag", True)
    second = api.RPR_AddTakeToMediaItem(midi)
    api.RPR_GetSetMediaItemTakeInfo_String(second, "P_NAME", "another idea", True)
    api.RPR_SetMediaItemTakeInfo_Value(second, "D_PLAYRATE", 1.5)
    api.RPR_SetActiveTake(second)
    picture = api.RPR_AddMediaItemToTrack(track)
    for name, value in (("D_POSITION", 1 / 3), ("D_LENGTH", 8.0), ("C_BEATATTACHMODE", 0), ("C_LOCK", 1),
                        ("B_UISEL", 1), ("B_LOOPSRC", 0), ("D_FADEINLEN", 0.25)):
        api.RPR_SetMediaItemInfo_Value(picture, name, value)
    api.RPR_GetSetMediaItemInfo_String(picture, "P_NOTES", "first\nsecond", True)
    shown = reaper.pointers.find(api.RPR_AddTakeToMediaItem(picture), "MediaItem_Take*")
    shown.source = Source("SECTION", offset=2.5, length=8.0, reverse=True, parent=Source("VIDEO", "media/a clip.mp4"))


def test_a_track_comes_back_whole() -> None:
    reaper = FakeReaper()
    track, room = _full(reaper)
    for one in (track, room):
        before = reaper.project_hash()
        found, _, text, _, _ = reaper.api.RPR_GetTrackStateChunk(one, "", BIG, False)
        assert found == 1
        assert reaper.api.RPR_SetTrackStateChunk(one, text, False) == 1
        assert reaper.project_hash() == before
        assert reaper.api.RPR_GetTrackStateChunk(one, "", BIG, False)[2] == text


def test_a_chunk_carries_a_track_to_another_project() -> None:
    first, second = FakeReaper(), FakeReaper()
    for track in _full(first):
        text = first.api.RPR_GetTrackStateChunk(track, "", BIG, False)[2]
        second.api.RPR_SetTrackStateChunk(_add(second, "x"), text, False)
    assert second.project_hash() == first.project_hash()


def test_items_come_back_whole() -> None:
    reaper = FakeReaper()
    track, _room = _full(reaper)
    for index in range(2):
        item = reaper.api.RPR_GetTrackMediaItem(track, index)
        before = reaper.project_hash()
        text = reaper.api.RPR_GetItemStateChunk(item, "", BIG, False)[2]
        assert text.startswith("<ITEM\n  POSITION ") and text.endswith(">\n")
        assert reaper.api.RPR_SetItemStateChunk(item, text, False) == 1
        assert reaper.project_hash() == before


def test_setting_a_chunk_makes_items_anew() -> None:
    reaper = FakeReaper()
    track, _room = _full(reaper)
    item = reaper.api.RPR_GetTrackMediaItem(track, 0)
    text = reaper.api.RPR_GetTrackStateChunk(track, "", BIG, False)[2]
    reaper.api.RPR_SetTrackStateChunk(track, text, False)
    assert reaper.api.RPR_ValidatePtr2(0, item, "MediaItem*") == 0
    assert reaper.api.RPR_GetMediaItemInfo_Value(item, "D_LENGTH") == 0.0
    assert reaper.api.RPR_ValidatePtr2(0, track, "MediaTrack*") == 1


def test_a_buffer_too_small_cuts_the_chunk_and_says_so() -> None:
    reaper = FakeReaper()
    track, _room = _full(reaper)
    found, _, text, _, _ = reaper.api.RPR_GetTrackStateChunk(track, "", 512, False)
    assert (found, len(text)) == (0, 511)
    before = reaper.project_hash()
    assert reaper.api.RPR_SetTrackStateChunk(track, text, False) == 0
    assert reaper.project_hash() == before


@pytest.mark.parametrize("text", ["", "TRACK", "<TRACK\n", "<TRACK\n>\n>", "<ITEM\n>", "<TRACK\n>\nNAME x"])
def test_broken_text_changes_nothing(text: str) -> None:
    reaper = FakeReaper()
    track = _add(reaper, "mine")
    before = reaper.project_hash()
    assert reaper.api.RPR_SetTrackStateChunk(track, text, False) == 0
    assert reaper.project_hash() == before


def test_sends_stand_in_the_chunk_of_their_destination() -> None:
    reaper = FakeReaper()
    track, room = _full(reaper)
    assert "AUXRECV" not in reaper.api.RPR_GetTrackStateChunk(track, "", BIG, False)[2]
    text = reaper.api.RPR_GetTrackStateChunk(room, "", BIG, False)[2]
    assert "  AUXRECV 0 0 0.25 0 0 0 0 0 0 -1:U 0 -1 ''\n" in text
    without = "\n".join(line for line in text.splitlines() if "AUXRECV" not in line)
    reaper.api.RPR_SetTrackStateChunk(room, without, False)
    assert reaper.api.RPR_GetTrackNumSends(track, 0) == 0


def _track_chunks(text: str) -> Iterator[str]:
    rows: list[str] = []
    depth = start = 0
    for row in text.splitlines():
        word = row.strip()
        depth += word.startswith("<")
        if word.startswith("<TRACK") and not rows:
            start = depth
        if start:
            rows.append(row)
        depth -= word == ">"
        if rows and depth < start:
            yield "\n".join(rows)
            rows, start = [], 0


def test_tracks_of_real_projects_come_back_whole(shared_data: Path) -> None:
    """Every track of every project there is, read, written, read again."""
    count = 0
    for file in sorted((shared_data / "reaper").glob("*.[rR]*")):
        reaper = FakeReaper()
        for chunk in _track_chunks(file.read_bytes().decode("utf-8", "replace")):
            track = _add(reaper, "")
            assert reaper.api.RPR_SetTrackStateChunk(track, chunk, False) == 1, file.name
            before = reaper.project_hash()
            text = reaper.api.RPR_GetTrackStateChunk(track, "", BIG, False)[2]
            assert reaper.api.RPR_SetTrackStateChunk(track, text, False) == 1
            assert reaper.project_hash() == before, file.name
            count += 1
    assert count > 100

"""MIDI: bytes through the function table, corruption through the wrapper, ticks against the tempo map."""
from __future__ import annotations

import ctypes as ct
import struct

import pytest

from tests.fake_reaper import FakeReaper

CLOSE = b"\xb0\x7b\x00"


def events(*rows: tuple[int, int, bytes]) -> bytes:
    return b"".join(struct.pack("<iBi", delta, flags, len(message)) + message for delta, flags, message in rows)


def notes(count: int) -> bytes:
    rows = [(240 * bool(i or k), 0, bytes((0x90 - 0x10 * k, 60 + i % 12, 100 * (1 - k))))
            for i in range(count) for k in (0, 1)]
    return events(*rows, (0, 0, CLOSE))


def take_of(reaper: FakeReaper, start: float = 0.0, end: float = 10.0) -> str:
    reaper.api.RPR_InsertTrackAtIndex(0, False)
    item = reaper.api.RPR_CreateNewMIDIItemInProj(reaper.api.RPR_GetTrack(0, 0), start, end, False)[0]
    return str(reaper.api.RPR_GetActiveTake(item))


def set_all(reaper: FakeReaper, take: str, data: bytes) -> int:
    call = ct.CFUNCTYPE(ct.c_byte, ct.c_uint64, ct.c_char_p, ct.c_int)(reaper.api._ft["MIDI_SetAllEvts"])
    return int(call(reaper.api.rpr_packp("MediaItem_Take*", take), data, len(data)))


def get_all(reaper: FakeReaper, take: str, size: int) -> tuple[int, bytes]:
    call = ct.CFUNCTYPE(ct.c_byte, ct.c_uint64, ct.c_char_p, ct.c_void_p)(reaper.api._ft["MIDI_GetAllEvts"])
    buffer, length = ct.create_string_buffer(size), ct.c_int(size)
    found = call(reaper.api.rpr_packp("MediaItem_Take*", take), buffer, ct.byref(length))
    return int(found), buffer.raw[:length.value]


def test_bytes_arrive_whole_through_the_function_table() -> None:
    reaper = FakeReaper()
    take, data = take_of(reaper), notes(200)
    assert set_all(reaper, take, data) == 1
    assert reaper.api.RPR_MIDI_CountEvts(take, 0, 0, 0) == (200, take, 200, 0, 0)
    assert get_all(reaper, take, 1 << 16) == (1, data)
    assert get_all(reaper, take, 100)[0] == 0


def test_the_wrapper_corrupts_what_is_above_127() -> None:
    reaper = FakeReaper()
    take, data = take_of(reaper), notes(200)
    reaper.api.RPR_MIDI_SetAllEvts(take, data.decode("latin-1"), len(data))
    assert reaper.api.RPR_MIDI_CountEvts(take, 0, 0, 0)[2] < 20


def test_the_wrapper_reads_up_to_the_first_zero() -> None:
    reaper = FakeReaper()
    take = take_of(reaper)
    set_all(reaper, take, notes(2))
    assert reaper.api.RPR_MIDI_GetAllEvts(take, "", 1 << 16)[2] == ""


def test_a_dead_take_takes_nothing() -> None:
    reaper = FakeReaper()
    take = take_of(reaper)
    reaper.api.RPR_DeleteTrack(reaper.api.RPR_GetTrack(0, 0))
    assert reaper.api.rpr_packp("MediaItem_Take*", take) == 0
    assert set_all(reaper, take, notes(1)) == 0


def test_notes_in_and_out() -> None:
    reaper = FakeReaper()
    take = take_of(reaper)
    reaper.api.RPR_MIDI_InsertNote(take, False, False, 960.0, 1920.0, 0, 64, 90, True)
    reaper.api.RPR_MIDI_InsertNote(take, True, False, 0.0, 480.0, 3, 60, 80, False)
    assert reaper.api.RPR_MIDI_GetNote(take, 0, 0, 0, 0, 0, 0, 0, 0) == (1, take, 0, 1, 0, 0.0, 480.0, 3, 60, 80)
    assert reaper.api.RPR_MIDI_GetNote(take, 1, 0, 0, 0, 0, 0, 0, 0) == (1, take, 1, 0, 0, 960.0, 1920.0, 0, 64, 90)
    assert reaper.api.RPR_MIDI_GetNote(take, 2, 0, 0, 0, 0, 0, 0, 0)[0] == 0
    reaper.api.RPR_MIDI_SetNote(take, 1, False, True, 960.0, 1440.0, 0, 67, 90, False)
    assert reaper.api.RPR_MIDI_GetNote(take, 1, 0, 0, 0, 0, 0, 0, 0)[4:9] == (1, 960.0, 1440.0, 0, 67)
    assert reaper.api.RPR_MIDI_DeleteNote(take, 0) == 1
    assert reaper.api.RPR_MIDI_CountEvts(take, 0, 0, 0) == (1, take, 1, 0, 0)


def test_controllers_programs_and_texts() -> None:
    reaper = FakeReaper()
    take = take_of(reaper)
    assert reaper.api.RPR_MIDI_InsertCC(take, False, False, 480.0, 0xB0, 0, 11, 90) == 1
    assert reaper.api.RPR_MIDI_InsertCC(take, False, False, 0.0, 0xC0, 2, 48, 0) == 1
    assert reaper.api.RPR_MIDI_InsertCC(take, False, False, 0.0, 0x90, 2, 48, 0) == 0
    assert reaper.api.RPR_MIDI_InsertTextSysexEvt(take, False, False, 0.0, 1, "hit", 3) == 1
    assert reaper.api.RPR_MIDI_CountEvts(take, 0, 0, 0) == (3, take, 0, 2, 1)
    assert reaper.api.RPR_MIDI_GetCC(take, 1, 0, 0, 0, 0, 0, 0, 0)[5:] == (480.0, 0xB0, 0, 11, 90)
    assert reaper.api.RPR_MIDI_GetTextSysexEvt(take, 0, 0, 0, 0, 0, "", 64)[6:8] == (1, "hit")
    assert reaper.api.RPR_MIDI_DeleteCC(take, 0) == 1
    assert reaper.api.RPR_MIDI_CountEvts(take, 0, 0, 0)[3] == 1


def test_the_hash_follows_the_notes_and_not_the_selection() -> None:
    reaper = FakeReaper()
    take = take_of(reaper)
    set_all(reaper, take, notes(20))
    first = reaper.api.RPR_MIDI_GetHash(take, True, "", 64)[3]
    reaper.api.RPR_MIDI_SelectAll(take, True)
    assert reaper.api.RPR_MIDI_GetHash(take, True, "", 64)[3] == first
    reaper.api.RPR_MIDI_InsertCC(take, False, False, 0.0, 0xB0, 0, 1, 1)
    assert reaper.api.RPR_MIDI_GetHash(take, True, "", 64)[3] == first
    assert reaper.api.RPR_MIDI_GetHash(take, False, "", 8)[3] != first[:7]
    reaper.api.RPR_MIDI_DeleteNote(take, 0)
    assert reaper.api.RPR_MIDI_GetHash(take, True, "", 64)[3] != first


def test_the_hash_through_the_table_is_the_same() -> None:
    reaper = FakeReaper()
    take = take_of(reaper)
    set_all(reaper, take, notes(3))
    call = ct.CFUNCTYPE(ct.c_byte, ct.c_uint64, ct.c_byte, ct.c_char_p, ct.c_int)(reaper.api._ft["MIDI_GetHash"])
    buffer = ct.create_string_buffer(64)
    assert call(reaper.api.rpr_packp("MediaItem_Take*", take), 1, buffer, 64) == 1
    assert buffer.value.decode() == reaper.api.RPR_MIDI_GetHash(take, True, "", 64)[3]


def test_ticks_count_from_the_item_and_follow_the_tempo() -> None:
    reaper = FakeReaper()
    api = reaper.api
    reaper.project.timebase = 0
    api.RPR_SetTempoTimeSigMarker(0, -1, 4.0, -1, -1, 60.0, 0, 0, False)
    take = take_of(reaper, 2.0, 8.0)
    assert api.RPR_MIDI_GetPPQPosFromProjTime(take, 2.0) == pytest.approx(0.0)
    assert api.RPR_MIDI_GetPPQPosFromProjTime(take, 4.0) == pytest.approx(4 * 960)
    assert api.RPR_MIDI_GetPPQPosFromProjTime(take, 6.0) == pytest.approx(6 * 960)
    assert api.RPR_MIDI_GetProjTimeFromPPQPos(take, 6 * 960.0) == pytest.approx(6.0)
    assert api.RPR_MIDI_GetProjQNFromPPQPos(take, 960.0) == pytest.approx(5.0)
    assert api.RPR_MIDI_GetPPQPosFromProjQN(take, 5.0) == pytest.approx(960.0)


def test_an_item_in_quarters() -> None:
    reaper = FakeReaper()
    reaper.api.RPR_InsertTrackAtIndex(0, False)
    made = reaper.api.RPR_CreateNewMIDIItemInProj(reaper.api.RPR_GetTrack(0, 0), 4.0, 8.0, True)
    assert made[1:] == (reaper.api.RPR_GetTrack(0, 0), 4.0, 8.0, 1)
    assert reaper.project.tracks[0].items[0].values["D_POSITION"] == pytest.approx(2.0)
    take = reaper.api.RPR_GetActiveTake(made[0])
    assert reaper.api.RPR_GetMediaSourceLength(reaper.api.RPR_GetMediaItemTake_Source(take), 0)[::2] == (4.0, 1)


def test_an_audio_take_has_no_midi() -> None:
    reaper = FakeReaper()
    reaper.api.RPR_InsertTrackAtIndex(0, False)
    item = reaper.api.RPR_AddMediaItemToTrack(reaper.api.RPR_GetTrack(0, 0))
    take = reaper.api.RPR_AddTakeToMediaItem(item)
    assert reaper.api.RPR_TakeIsMIDI(take) == 0
    assert reaper.api.RPR_MIDI_CountEvts(take, 0, 0, 0) == (0, take, 0, 0, 0)
    assert reaper.api.RPR_MIDI_InsertNote(take, False, False, 0.0, 1.0, 0, 60, 90, True)[0] == 0

"""How calls get in and out: counts as documented, the wrapper's habits, refusal by name."""
from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.fake_reaper import FakeReaper
from tests.fake_reaper.calls import BIG_BUFFER, WrongThread, signatures
from tests.fake_reaper.pointers import null

BY_REFERENCE = {"CreateNewMIDIItemInProj", "MIDI_InsertNote", "MIDI_SetNote", "TimeMap2_beatsToTime"}
"""The help shows one value; REAPER's generated wrapper gives the arguments back as well (reapy takes [0])."""


def _track(reaper: FakeReaper) -> str:
    reaper.api.RPR_InsertTrackAtIndex(0, False)
    return str(reaper.api.RPR_GetTrack(0, 0))


def _values(fact: dict[str, Any]) -> int:
    return len(fact["outs"]) + (fact["returns"] != "none") if fact["outs"] else 1


def test_every_function_has_facts_and_every_fact_a_function() -> None:
    api = FakeReaper().api
    assert {name[4:] for name in vars(api) if name.startswith("RPR_")} == set(signatures())


def test_counts_are_the_documented_ones() -> None:
    for name, fact in signatures().items():
        values = 1 if name in BY_REFERENCE else _values(fact)
        assert [len(fact["args"]), values] == fact["documented"], name


def test_functions_by_reference_give_their_arguments_back() -> None:
    facts = signatures()
    assert {name: _values(facts[name]) for name in sorted(BY_REFERENCE)} == {
        "CreateNewMIDIItemInProj": 5, "MIDI_InsertNote": 10, "MIDI_SetNote": 11, "TimeMap2_beatsToTime": 4}


def test_facts_agree_with_the_reference(shared_data: Path) -> None:
    reference = json.loads((shared_data.parent / "reference" / "reascript_signatures.json").read_text("utf-8"))
    assert {name: fact["documented"] for name, fact in signatures().items()} == {
        name: reference[f"RPR_{name}"][:2] for name in signatures()}


def test_a_wrong_number_of_arguments_is_refused() -> None:
    api = FakeReaper().api
    for name, fact in signatures().items():
        with pytest.raises(TypeError, match=f"RPR_{name}"):
            getattr(api, f"RPR_{name}")(*[0] * (len(fact["args"]) + 1))


def _arguments(kinds: list[str]) -> list[Any]:
    plain = {"int": 0, "bool": 0, "float": 0.0, "str": "", "buf": "", "ReaProject*": 0, "char**": "", "void*": 0}
    return [plain[kind] if kind in plain else null(kind) for kind in kinds]


OBJECTS = sorted(name for name, fact in signatures().items() if fact["args"] and fact["args"][0] not in
                 ("int", "bool", "float", "str", "buf", "ReaProject*", "void*"))


def test_null_does_nothing_and_gives_zeros_in_the_documented_shape() -> None:
    reaper = FakeReaper()
    before = reaper.project_hash()
    for name in OBJECTS:
        fact = signatures()[name]
        arguments = _arguments(fact["args"])
        result = getattr(reaper.api, f"RPR_{name}")(*arguments)
        outs = [arguments[int(out.lstrip("="))] for out in fact["outs"]]
        assert (list(result)[-len(outs):] if outs else outs) == outs, name
        assert len(result) == _values(fact) if outs else not isinstance(result, tuple), name
    assert reaper.project_hash() == before


def test_unknown_names_are_refused_by_name() -> None:
    reaper = FakeReaper()
    track = _track(reaper)
    with pytest.raises(AttributeError, match="RPR_GetTouchedOrFocusedFX"):
        reaper.api.RPR_GetTouchedOrFocusedFX  # noqa: B018
    with pytest.raises(KeyError, match="GetMainHwnd"):
        reaper.api._ft["GetMainHwnd"]
    with pytest.raises(NotImplementedError, match="I_WHATEVER"):
        reaper.api.RPR_GetMediaTrackInfo_Value(track, "I_WHATEVER")
    with pytest.raises(NotImplementedError, match="P_WHATEVER"):
        reaper.api.RPR_GetSetMediaTrackInfo_String(track, "P_WHATEVER", "", False)
    with pytest.raises(NotImplementedError, match="RENDER_WHATEVER"):
        reaper.api.RPR_GetSetProjectInfo(0, "RENDER_WHATEVER", 0.0, False)
    with pytest.raises(NotImplementedError, match="RENDER_METADATA"):
        reaper.api.RPR_GetSetProjectInfo_String(0, "RENDER_METADATA", "", False)
    with pytest.raises(NotImplementedError, match="action 40000"):
        reaper.api.RPR_Main_OnCommand(40000, 0)
    with pytest.raises(NotImplementedError, match="WOBBLE"):
        reaper.api.RPR_SetTrackStateChunk(track, "<TRACK\nWOBBLE 1\n>", False)


def test_pointers_look_like_the_wrappers_and_die_with_their_object() -> None:
    reaper = FakeReaper()
    track = _track(reaper)
    assert track == f"(MediaTrack*)0x{int(track[-16:], 16):016X}"
    assert reaper.api.RPR_GetTrack(0, 5) == "(MediaTrack*)0x0000000000000000"
    assert reaper.api.RPR_ValidatePtr2(0, track, "MediaTrack*") == 1
    assert reaper.api.RPR_ValidatePtr2(0, track, "MediaItem*") == 0
    assert reaper.api.RPR_ValidatePtr(int(track[-16:], 16), "MediaTrack*") == 1
    reaper.api.RPR_DeleteTrack(track)
    assert reaper.api.RPR_ValidatePtr2(0, track, "MediaTrack*") == 0
    assert reaper.api.RPR_SetMediaTrackInfo_Value(track, "D_VOL", 0.5) == 0
    assert len(reaper.stale) == 1 and track in reaper.stale[0]


def test_a_pointer_of_another_kind_arrives_as_null() -> None:
    reaper = FakeReaper()
    track = _track(reaper)
    assert reaper.api.RPR_GetMediaItemInfo_Value(track, "D_LENGTH") == 0.0
    assert reaper.stale == [f"RPR_GetMediaItemInfo_Value, argument 1: {track} is no live MediaItem*"]


def test_an_integer_refuses_a_float_and_a_float_takes_an_integer() -> None:
    api = FakeReaper().api
    with pytest.raises(TypeError, match="integer"):
        api.RPR_GetTrack(0, 0.0)
    api.RPR_SetEditCurPos(3, False, False)
    assert api.RPR_GetCursorPosition() == 3.0


def test_null_texts_cannot_be_decoded() -> None:
    api = FakeReaper().api
    with pytest.raises(AttributeError, match="decode"):
        api.RPR_Undo_CanUndo2(0)
    with pytest.raises(AttributeError, match="decode"):
        api.RPR_ReverseNamedCommandLookup(40029)


def test_buffers_cut_at_the_size_given() -> None:
    reaper = FakeReaper()
    track = _track(reaper)
    reaper.api.RPR_GetSetMediaTrackInfo_String(track, "P_NAME", "Violins äöü", True)
    assert reaper.api.RPR_GetTrackName(track, "", 64) == (1, track, "Violins äöü", 64)
    assert reaper.api.RPR_GetTrackName(track, "", 5)[2] == "Viol"
    assert reaper.api.RPR_GetTrackName(track, "", 10)[2] == "Violins "
    reaper.api.RPR_SetProjExtState(0, "FilmComposer", "cues", "x" * 5000)
    naive = reaper.api.RPR_GetProjExtState(0, "FilmComposer", "cues", "", 512)
    assert (naive[0], len(naive[4])) == (5000, 511)
    assert len(reaper.api.RPR_GetProjExtState(0, "FilmComposer", "cues", "", 1 << 20)[4]) == 5000


def test_the_guid_function_gives_an_address() -> None:
    reaper = FakeReaper()
    track = _track(reaper)
    assert reaper.api.RPR_GetTrackGUID(track).startswith("(GUID*)0x")
    guid = reaper.api.RPR_GetSetMediaTrackInfo_String(track, "GUID", "", False)[3]
    assert guid == reaper.project.tracks[0].guid and len(guid) == 38


def test_other_threads_are_refused() -> None:
    api = FakeReaper().api
    caught: list[BaseException] = []

    def call() -> None:
        try:
            api.RPR_CountTracks(0)
        except WrongThread as error:
            caught.append(error)

    thread = threading.Thread(target=call)
    thread.start()
    thread.join()
    assert len(caught) == 1 and "RPR_CountTracks" in str(caught[0])


def test_calls_are_counted() -> None:
    reaper = FakeReaper()
    reaper.api.RPR_CountTracks(0)
    reaper.api.RPR_CountTracks(0)
    assert reaper.calls == {"CountTracks": 2}


def test_texts_larger_than_the_wrappers_buffer() -> None:
    reaper = FakeReaper()
    track = _track(reaper)
    with pytest.raises(ValueError, match="too long"):
        reaper.api.RPR_GetSetMediaTrackInfo_String(track, "P_EXT:x", "x" * (BIG_BUFFER + 1), True)
    with pytest.raises(MemoryError, match="past the wrapper"):
        reaper.api.RPR_GetTrackStateChunk(track, "", BIG_BUFFER + 1, False)
    assert reaper.api.RPR_SetTrackStateChunk(track, "<TRACK\n" + " " * BIG_BUFFER + "\n>", False) == 1


def test_what_is_no_text_is_written_as_python_writes_it() -> None:
    api = FakeReaper().api
    api.RPR_SetExtState("a", "b", 2306, False)
    assert api.RPR_GetExtState("a", "b") == "2306"
    with pytest.raises(TypeError, match="as text"):
        api.RPR_SetExtState("a", "b", b"x", False)

"""Spots and melody read out of their MIDI items, in quarters from the cue's start, whatever the tempo does."""
from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import pytest

from backend.daw.apply.host import Host as Reading
from backend.daw.apply.midi import set_events
from bridge.messages import SeenNote, Span
from reaper_scripts._notes import seen_notes
from tests.reaper_scripts.film_session import FilmSession, add_track

CUE = Span("1M1", "Film", 10.0, 30.0)


@pytest.fixture
def session(tmp_path: Path) -> FilmSession:
    """90 quarters a minute from 10 s on, so 20 s hold 30 quarters."""
    session = FilmSession(tmp_path)
    session.call("SetTempoTimeSigMarker", 0, -1, 10.0, -1, -1, 90.0, 3, 4, False)
    return session


def _tagged(session: FilmSession, kind: str, cue: str = "1M1") -> Any:
    track = add_track(session.call, kind)
    tag = json.dumps({"cue": cue, "id": kind, "kind": kind})
    session.call("GetSetMediaTrackInfo_String", track, "P_EXT:filmcomposer", tag, True)
    return track


def _item(session: FilmSession, track: Any, start_s: float, end_s: float) -> tuple[Any, Any]:
    item = session.call("CreateNewMIDIItemInProj", track, start_s, end_s, False)[0]
    return item, session.call("GetActiveTake", item)


def _note(session: FilmSession, take: Any, start_q: float, length_q: float, pitch: int, **flags: bool) -> None:
    """Quarters from the item's left edge."""
    session.call("MIDI_InsertNote", take, False, flags.get("muted", False), start_q * 960.0,
                 (start_q + length_q) * 960.0, 0, pitch, 90, False)


def _rows(notes: tuple[SeenNote, ...] | None) -> list[tuple[float, float, int, int]]:
    assert notes is not None
    return [(round(n.onset_q, 6), round(n.length_q, 6), n.pitch, n.velocity) for n in notes]


def test_no_such_item_is_not_an_empty_one(session: FilmSession) -> None:
    assert seen_notes(session.host, CUE, "spots") is None
    track = _tagged(session, "spots")
    assert seen_notes(session.host, CUE, "spots") is None
    _item(session, track, 10.0, 30.0)
    assert seen_notes(session.host, CUE, "spots") == ()


def test_notes_count_from_the_cue_not_from_the_item(session: FilmSession) -> None:
    _, take = _item(session, _tagged(session, "spots"), 12.0, 30.0)
    _note(session, take, 0.0, 0.5, 62)
    _note(session, take, 4.25, 1.0, 64)
    assert _rows(seen_notes(session.host, CUE, "spots")) == [(3.0, 0.5, 62, 90), (7.25, 1.0, 64, 90)]


def test_repeated_and_overlapping_pitches_keep_their_ends(session: FilmSession) -> None:
    _, take = _item(session, _tagged(session, "melody"), 10.0, 30.0)
    for start_q, length_q, pitch in ((0.0, 1.0, 60), (1.0, 1.0, 60), (1.5, 2.0, 64)):
        _note(session, take, start_q, length_q, pitch)
    assert _rows(seen_notes(session.host, CUE, "melody")) == [
        (0.0, 1.0, 60, 90), (1.0, 1.0, 60, 90), (1.5, 2.0, 64, 90)]


def test_what_is_not_heard_is_not_there(session: FilmSession) -> None:
    """Muted notes, notes outside the item's edges, muted items, takes that do not play."""
    track = _tagged(session, "spots")
    item, take = _item(session, track, 10.0, 20.0)
    _note(session, take, 1.0, 1.0, 60)
    _note(session, take, 2.0, 1.0, 61, muted=True)
    _note(session, take, 14.0, 4.0, 62)
    _note(session, take, 16.0, 1.0, 63)
    assert _rows(seen_notes(session.host, CUE, "spots")) == [(1.0, 1.0, 60, 90), (14.0, 1.0, 62, 90)]
    session.call("SetMediaItemInfo_Value", item, "B_MUTE", 1.0)
    assert seen_notes(session.host, CUE, "spots") is None


def test_the_take_that_plays_counts(session: FilmSession) -> None:
    item, take = _item(session, _tagged(session, "melody"), 10.0, 20.0)
    _note(session, take, 1.0, 1.0, 60)
    other = session.call("AddTakeToMediaItem", item)
    session.call("SetMediaItemTake_Source", other, session.call("PCM_Source_CreateFromType", "MIDI"))
    _note(session, other, 2.0, 1.0, 72)
    assert _rows(seen_notes(session.host, CUE, "melody")) == [(1.0, 1.0, 60, 90)]
    session.call("SetActiveTake", other)
    assert _rows(seen_notes(session.host, CUE, "melody")) == [(2.0, 1.0, 72, 90)]


def test_other_cues_and_other_kinds_are_left_alone(session: FilmSession) -> None:
    for kind, cue in (("spots", "1M2"), ("melody", "1M1")):
        _, take = _item(session, _tagged(session, kind, cue), 10.0, 20.0)
        _note(session, take, 1.0, 1.0, 60)
    assert seen_notes(session.host, CUE, "spots") is None


def test_many_notes_come_in_one_piece(session: FilmSession) -> None:
    """More than the first buffer holds: one call that says so, one that fits."""
    _, take = _item(session, _tagged(session, "melody"), 10.0, 30.0)
    pairs = (struct.pack("<iBi3BiBi3B", 5 * (number > 0), 0, 3, 0x90, 60 + number % 12, 90, 3, 0, 3, 0x80,
                         60 + number % 12, 0) for number in range(3600))
    set_events(Reading(session.reaper.api, ""), take, b"".join([*pairs, struct.pack("<iBi3B", 1, 0, 3, 0xB0, 123, 0)]))
    notes = seen_notes(session.host, CUE, "melody")
    assert notes is not None and len(notes) == 3600 and notes[-1].onset_q == pytest.approx(3599 * 8 / 960, abs=1e-6)
    assert session.reaper.calls["MIDI_GetAllEvts"] == 2

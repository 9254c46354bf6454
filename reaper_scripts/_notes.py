"""Notes of MIDI items, read in one piece, in quarters from the cue's start."""
from __future__ import annotations

import ctypes
import struct
from collections.abc import Iterator
from typing import Any, NamedTuple

from bridge.messages import SeenNote, Span
from reaper_scripts._errors import ActionError
from reaper_scripts._host import Host
from reaper_scripts._ours import items_between, our_tracks
from reaper_scripts._picture import bounds, is_null

_FIRST_SIZE = 1 << 16
_LARGEST_SIZE = 1 << 24
_MUTED = 2


class _RawNote(NamedTuple):
    start_ppq: float
    end_ppq: float
    pitch: int
    velocity: int


def seen_notes(host: Host, span: Span, kind: str) -> tuple[SeenNote, ...] | None:
    """The notes on the cue's track of a ``kind`` (spots, melody), inside the cue; None when there is no such item.

    Of every item the active take counts, and of its notes those that are heard: not muted ones, none outside the
    item's edges."""
    api = host.api
    tracks = [t.track for t in our_tracks(api) if t.cue == span.label and t.kind == kind]
    items = [item for track in tracks for item in items_between(api, track, span.start_s, span.end_s)]
    takes = [(item, api.RPR_GetActiveTake(item)) for item in items]
    midi = [(item, take) for item, take in takes if not is_null(take) and api.RPR_TakeIsMIDI(take)]
    if not midi:
        return None
    start_q = api.RPR_TimeMap2_timeToQN(0, span.start_s)
    notes = [note for item, take in midi for note in _notes_of(api, item, take, start_q)]
    return tuple(sorted(notes, key=lambda note: (note.onset_q, note.pitch)))


def _notes_of(api: Any, item: Any, take: Any, start_q: float) -> Iterator[SeenNote]:
    left_s, right_s = bounds(api, item)
    left_q, right_q = (api.RPR_TimeMap2_timeToQN(0, time_s) for time_s in (left_s, right_s))
    for raw in _raw_notes(_events(api, take)):
        onset_q = api.RPR_MIDI_GetProjQNFromPPQPos(take, raw.start_ppq)
        if left_q - 1e-6 <= onset_q < right_q - 1e-6:
            end_q = min(right_q, api.RPR_MIDI_GetProjQNFromPPQPos(take, raw.end_ppq))
            yield SeenNote(onset_q - start_q, end_q - onset_q, raw.pitch, raw.velocity)


def _raw_notes(events: bytes) -> Iterator[_RawNote]:
    """Note pairs of REAPER's event list: int32 ticks since the event before, uint8 flags, int32 size, message."""
    tick, place = 0, 0
    open_notes: dict[tuple[int, int], tuple[int, int]] = {}
    while place + 9 <= len(events):
        offset, flags, size = struct.unpack_from("<iBi", events, place)
        message = events[place + 9:place + 9 + size]
        place += 9 + size
        tick += offset
        if len(message) != 3 or flags & _MUTED or message[0] & 0xE0 != 0x80:
            continue
        key = (message[0] & 0x0F, message[1])
        if key in open_notes:
            start, velocity = open_notes.pop(key)
            yield _RawNote(start, tick, message[1], velocity)
        if message[0] & 0xF0 == 0x90 and message[2]:
            open_notes[key] = (tick, message[2])


def _events(api: Any, take: Any) -> bytes:
    """Through REAPER's table of functions: the wrapper of the same name reads the bytes as text and damages them."""
    call = ctypes.CFUNCTYPE(ctypes.c_byte, ctypes.c_uint64, ctypes.c_char_p, ctypes.c_void_p)(
        api._ft["MIDI_GetAllEvts"])
    pointer = api.rpr_packp("MediaItem_Take*", take)
    size = _FIRST_SIZE
    while True:
        buffer, filled = ctypes.create_string_buffer(size), ctypes.c_int(size)
        done = call(pointer, buffer, ctypes.addressof(filled))
        if done and filled.value < size:
            return buffer.raw[:filled.value]
        if size >= _LARGEST_SIZE:
            raise ActionError("a MIDI item of the cue cannot be read. Split it, or take out its controllers.")
        size *= 4

"""The notes of a take, and whether it already plays what the plan wants: a plan is often made from what the user has
just edited."""
from __future__ import annotations

import ctypes
from typing import Any, NamedTuple

from backend.daw.apply.host import Host
from backend.daw.apply.midi import unpacked

_NEAR_TICKS = 2
"""A millisecond at 125 quarters a minute: what rounding to ticks and back may cost."""
_SIZE = 1 << 16
_ON, _OFF = 0x90, 0x80
_MUTED = 2


class Note(NamedTuple):
    """``start`` and ``end`` in ticks."""

    start: int
    pitch: int
    end: int
    velocity: int


def same_notes(one: bytes, other: bytes, with_ends: bool) -> bool:
    """Equal pitches at equal places, ends too where they count; velocities and controllers may differ."""
    first, second = notes_of(one), notes_of(other)
    return len(first) == len(second) and all(
        a.pitch == b.pitch and abs(a.start - b.start) <= _NEAR_TICKS
        and (not with_ends or abs(a.end - b.end) <= _NEAR_TICKS) for a, b in zip(first, second, strict=True))


def notes_of(events: bytes) -> list[Note]:
    """Those that are heard, in order; one that never ends is left out, one that begins anew has ended."""
    found: list[Note] = []
    sounding: dict[tuple[int, int], tuple[int, int]] = {}
    for tick, flags, message in unpacked(events):
        if len(message) != 3 or flags & _MUTED or message[0] & 0xF0 not in (_ON, _OFF):
            continue
        key = (message[0] & 0x0F, message[1])
        if key in sounding:
            start, velocity = sounding.pop(key)
            found.append(Note(start, message[1], tick, velocity))
        if message[0] & 0xF0 == _ON and message[2]:
            sounding[key] = (tick, message[2])
    return sorted(found)


def events_of(host: Host, take: Any) -> bytes | None:
    """Every event of a take, as bytes: through REAPER's table of functions, for the wrapper reads them as text. None
    when there are more than can be read."""
    call = ctypes.CFUNCTYPE(ctypes.c_byte, ctypes.c_uint64, ctypes.c_void_p, ctypes.c_void_p)(
        host.api._ft["MIDI_GetAllEvts"])
    pointer, size = host.api.rpr_packp("MediaItem_Take*", take), _SIZE
    while True:
        buffer, filled = ctypes.create_string_buffer(size), ctypes.c_int(size)
        if call(pointer, ctypes.addressof(buffer), ctypes.addressof(filled)) and filled.value < size:
            return buffer.raw[:filled.value]
        if size >= _SIZE << 8:
            return None
        size *= 4

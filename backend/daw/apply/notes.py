"""Whether a take already plays what the plan wants: a plan is often made from what the user has just edited."""
from __future__ import annotations

import ctypes
from typing import Any

from backend.daw.apply.host import Host
from backend.daw.apply.midi import unpacked

_NEAR_TICKS = 2
"""A millisecond at 125 quarters a minute: what rounding to ticks and back may cost."""
_SIZE = 1 << 16
_ON, _OFF = 0x90, 0x80


def same_notes(one: bytes, other: bytes, with_ends: bool) -> bool:
    """Equal pitches at equal places, ends too where they count; velocities and controllers may differ."""
    first, second = notes_of(one), notes_of(other)
    return len(first) == len(second) and all(
        a[1] == b[1] and abs(a[0] - b[0]) <= _NEAR_TICKS and (not with_ends or abs(a[2] - b[2]) <= _NEAR_TICKS)
        for a, b in zip(first, second, strict=True))


def notes_of(events: bytes) -> list[tuple[int, int, int]]:
    """(start, pitch, end) in ticks, in order; a note that never ends is left out."""
    found: list[tuple[int, int, int]] = []
    sounding: dict[tuple[int, int], list[int]] = {}
    for tick, _, message in unpacked(events):
        if len(message) < 3 or message[0] & 0xF0 not in (_ON, _OFF):
            continue
        key = (message[0] & 0x0F, message[1])
        if message[0] & 0xF0 == _ON and message[2]:
            sounding.setdefault(key, []).append(tick)
        elif sounding.get(key):
            found.append((sounding[key].pop(0), message[1], tick))
    return sorted(found)


def events_of(host: Host, take: Any) -> bytes:
    """Every event of a take, as bytes: through REAPER's table of functions, for the wrapper reads them as text."""
    call = ctypes.CFUNCTYPE(ctypes.c_byte, ctypes.c_uint64, ctypes.c_void_p, ctypes.c_void_p)(
        host.api._ft["MIDI_GetAllEvts"])
    pointer, size = host.api.rpr_packp("MediaItem_Take*", take), _SIZE
    while True:
        buffer, filled = ctypes.create_string_buffer(size), ctypes.c_int(size)
        if call(pointer, ctypes.addressof(buffer), ctypes.addressof(filled)) and filled.value < size:
            return buffer.raw[:filled.value]
        if size >= _SIZE << 8:
            return b""
        size *= 4

"""MIDI bytes into a take, and what tells whether they were touched.

Through REAPER's table of functions: the wrapper of the same name takes the bytes for text and doubles every one above
127.
"""
from __future__ import annotations

import base64
import ctypes
import struct
from typing import Any

from backend.daw.apply.host import Host
from backend.daw.apply.prints import crc_text
from backend.daw.apply.refusal import Refused

_HASH_SIZE = 128
_HEAD = struct.Struct("<iBi")
"""Ticks since the event before, flags, size of the message."""


def set_events(host: Host, take: Any, events: bytes) -> None:
    """Replace everything in the take. ``events`` as MIDI_SetAllEvts takes them. Raises Refused when REAPER does not."""
    host.open()
    call = ctypes.CFUNCTYPE(ctypes.c_byte, ctypes.c_uint64, ctypes.c_char_p, ctypes.c_int)(
        host.api._ft["MIDI_SetAllEvts"])
    if not call(host.api.rpr_packp("MediaItem_Take*", take), events, len(events)):
        raise Refused("REAPER did not take the notes of an item; nothing was changed. Please send the support bundle.")


def decoded(events: str) -> bytes:
    return base64.b64decode(events)


def shifted(events: bytes, ticks: int) -> bytes:
    """The same events ``ticks`` later; earlier when negative. What would begin before the item is cut: a note that
    has ended by then goes, one that still sounds begins with the item, and so do controllers."""
    if not ticks:
        return events
    rows = [(max(0, tick + ticks), flags, message) for tick, flags, message in unpacked(events)]
    gone = _silent(rows) if ticks < 0 else set()
    return _packed([row for i, row in enumerate(rows) if i not in gone])


def _silent(rows: list[tuple[int, int, bytes]]) -> set[int]:
    """Places of the events of notes that begin and end at 0."""
    gone: set[int] = set()
    sounding: dict[tuple[int, int], int] = {}
    for i, (tick, _, message) in enumerate(rows):
        if tick or message[0] & 0xE0 != 0x80:
            continue
        key = (message[0] & 0x0F, message[1])
        begins = message[0] & 0xF0 == 0x90 and message[2] > 0
        if begins:
            sounding[key] = i
        elif key in sounding:
            gone |= {sounding.pop(key), i}
    return gone


def unpacked(events: bytes) -> list[tuple[int, int, bytes]]:
    """(tick, flags, message) of every event."""
    found, place, tick = [], 0, 0
    while place + _HEAD.size <= len(events):
        step, flags, size = _HEAD.unpack_from(events, place)
        place += _HEAD.size + size
        tick += step
        found.append((tick, flags, events[place - size:place]))
    return found


def _packed(rows: list[tuple[int, int, bytes]]) -> bytes:
    out, now = [], 0
    for tick, flags, message in rows:
        out.append(_HEAD.pack(tick - now, flags, len(message)) + message)
        now = tick
    return b"".join(out)


def hash_of(host: Host, take: Any) -> int:
    """A number that changes with the MIDI data of the take, and with nothing else."""
    return crc_text(str(host.read("MIDI_GetHash", take, False, "", _HASH_SIZE)[3]))

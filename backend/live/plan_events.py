"""A MIDI item as the bytes that REAPER's MIDI_SetAllEvts takes.

Every event is a little-endian int32 offset in ticks from the event before, a flag byte (0: neither selected nor muted),
an int32 size and the MIDI message itself. The last event is all notes off (CC 123): it has no sound and says where the
item's source ends.
"""
from __future__ import annotations

import base64
import struct
from collections.abc import Iterable
from dataclasses import dataclass

from backend.domain.session import MidiItem

_HEAD = struct.Struct("<iBi")
_OFF, _SWITCH, _PROGRAM, _CONTROL, _ON = range(5)
"""Order at one tick: what ends, what is selected, what sounds, how loud, what begins."""
_ALL_NOTES_OFF = 123


@dataclass(frozen=True, order=True)
class Event:
    """``rank`` and ``place`` order events of one tick; ``message`` is the MIDI message."""

    tick: int
    rank: int
    place: int
    message: bytes


def switch_event(tick: int, place: int, message: bytes) -> Event:
    """A message that selects how the next notes are played; ``place`` is its turn among those of one tick."""
    return Event(tick, _SWITCH, place, message)


def release_event(tick: int, channel: int, pitch: int) -> Event:
    """The end of a held key."""
    return Event(tick, _OFF, pitch, bytes((0x80 | channel, pitch, 0)))


def item_events(item: MidiItem, programs: bool = True) -> list[Event]:
    """Notes, controllers and (where wanted) programs of an item, unsorted, in ticks of the cue."""
    events = []
    for note in item.notes:
        events.append(Event(note.tick, _ON, note.pitch, bytes((0x90 | note.channel, note.pitch, note.velocity))))
        events.append(release_event(note.tick + note.length_ticks, note.channel, note.pitch))
    for control in item.controls:
        message = bytes((0xB0 | control.channel, control.number, control.value))
        events.append(Event(control.tick, _CONTROL, control.number, message))
    for program in item.programs if programs else ():
        message = bytes((0xC0 | program.channel, program.program))
        events.append(Event(program.tick, _PROGRAM, program.program, message))
    return events


def event_bytes(events: Iterable[Event], start_tick: int, end_tick: int) -> bytes:
    """The buffer of an item that begins at ``start_tick``; it ends at ``end_tick`` or with its last event."""
    buffer, now = bytearray(), start_tick
    ordered = sorted(events)
    for event in ordered:
        buffer += _HEAD.pack(event.tick - now, 0, len(event.message)) + event.message
        now = event.tick
    buffer += _HEAD.pack(max(0, end_tick - now), 0, 3) + bytes((0xB0, _ALL_NOTES_OFF, 0))
    return bytes(buffer)


def encoded(buffer: bytes) -> str:
    """Base64 text, as it crosses to REAPER."""
    return base64.b64encode(buffer).decode("ascii")

"""The MIDI of one source: REAPER's event bytes, read into a list only when somebody looks inside.

An event is (tick, flags, message): ticks of 1/960 quarter from the source's start, flags 1 selected and 2 muted. In the
bytes it is an int32 distance from the event before, uint8 flags, int32 size and the message; the last event is
CC 123, whose place is the source's length.
"""
from __future__ import annotations

import struct
from dataclasses import dataclass

PPQ = 960
_HEAD = struct.Struct("<iBi")
Event = tuple[int, int, bytes]
END = b"\xb0\x7b\x00"


@dataclass(frozen=True)
class Note:
    """``on`` and ``off`` are the places of its two events in the list of events."""

    start: int
    end: int
    channel: int
    pitch: int
    velocity: int
    flags: int
    on: int
    off: int


class MidiEvents:
    """Equal when the bytes are. ``disabled_sort`` holds until the next sort."""

    def __init__(self, data: bytes = b"") -> None:
        self._data: bytes | None = data or pack([(0, 0, END)])
        self._events: list[Event] | None = None
        self._notes: list[Note] | None = None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, MidiEvents) and self.data == other.data

    def __reduce__(self) -> tuple[type[MidiEvents], tuple[bytes]]:
        return MidiEvents, (self.data,)

    @property
    def data(self) -> bytes:
        if self._data is None:
            self._data = pack(self._events or [])
        return self._data

    @data.setter
    def data(self, data: bytes) -> None:
        self._data, self._events, self._notes = data, None, None

    @property
    def events(self) -> list[Event]:
        """In order, with the closing CC 123."""
        if self._events is None:
            self._events = unpack(self._data or b"")
        return self._events

    def replace(self, events: list[Event]) -> None:
        self._events, self._data, self._notes = events, None, None

    def add(self, *events: Event) -> None:
        """Events at their places; the source grows when they lie behind its end."""
        rows = self.events
        end = rows.pop() if rows and rows[-1][2][:2] == END[:2] else (0, 0, END)
        rows.extend(events)
        rows.append((max(end[0], *(event[0] for event in events)), end[1], END))
        self._data, self._notes = None, None

    def sort(self) -> None:
        """By tick, what ends before what begins, the closing event last."""
        rows = self.events
        keys = [(event[0], event[2][:1] >= b"\x90" or event[2][:1] < b"\x80") for event in rows[:-1]]
        if all(one <= other for one, other in zip(keys, keys[1:], strict=False)):
            return
        order = sorted(range(len(keys)), key=keys.__getitem__)
        rows[:-1] = [rows[i] for i in order]
        self._data, self._notes = None, None

    @property
    def length(self) -> int:
        return self.events[-1][0] if self.events else 0

    @property
    def notes(self) -> list[Note]:
        """By start. A note that is never ended lasts to the end."""
        if self._notes is None:
            self._notes = _notes(self.events)
        return self._notes

    def of_kind(self, *statuses: int) -> list[int]:
        """Places of the events whose status (upper four bits, or 0xF0 for texts) is one of these, but not the end."""
        rows = self.events
        return [i for i, row in enumerate(rows[:-1]) if row[2] and (row[2][0] & 0xF0) in statuses]


def pack(events: list[Event]) -> bytes:
    out, now = [], 0
    for tick, flags, message in events:
        out.append(_HEAD.pack(tick - now, flags, len(message)) + message)
        now = tick
    return b"".join(out)


def unpack(data: bytes) -> list[Event]:
    """Raises ValueError when the bytes do not come out even."""
    out: list[Event] = []
    at, now, end = 0, 0, len(data)
    while at < end:
        if at + 9 > end:
            raise ValueError("an event is cut off")
        delta, flags, size = _HEAD.unpack_from(data, at)
        at += 9
        if size < 0 or at + size > end:
            raise ValueError("a message is cut off")
        now += delta
        out.append((now, flags, data[at:at + size]))
        at += size
    return out


def _notes(events: list[Event]) -> list[Note]:
    out: list[Note] = []
    sounding: dict[tuple[int, int], list[int]] = {}
    for i, (tick, _, message) in enumerate(events):
        status = message[0] & 0xF0 if message else 0
        if status == 0x90 and message[2]:
            sounding.setdefault((message[0] & 0x0F, message[1]), []).append(i)
        elif status in (0x80, 0x90):
            starts = sounding.get((message[0] & 0x0F, message[1]))
            if starts:
                out.append(_note(events, starts.pop(0), i, tick))
    last = events[-1][0] if events else 0
    out += [_note(events, start, -1, last) for starts in sounding.values() for start in starts]
    return sorted(out, key=lambda note: (note.start, note.pitch, note.channel))


def _note(events: list[Event], on: int, off: int, end: int) -> Note:
    tick, flags, message = events[on]
    return Note(tick, end, message[0] & 0x0F, message[1], message[2], flags, on, off)

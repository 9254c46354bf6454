"""The notes of a MIDI source.

Events are lines ``E <ticks since the last event> <status> <data> <data>`` (``e`` selected, ``Em`` muted) and, for
texts and system exclusive, chunks ``<X <ticks> ...`` that move the clock as well.
"""
from __future__ import annotations

from dataclasses import dataclass

from backend.daw.rpp.tree import Node
from backend.errors import EditError

_EVENTS = ("E", "e", "Em", "em")
_TEXTS = ("X", "x", "Xm", "xm")
_OFF, _ON = 0x80, 0x90


@dataclass(frozen=True)
class SourceNote:
    """In ticks of the source from its start. A note that is never ended lasts to the source's last event."""

    tick: int
    length_ticks: int
    pitch: int
    velocity: int
    channel: int


def source_notes(source: Node) -> tuple[SourceNote, ...]:
    """Notes sorted by tick, pitch and channel. Raises EditError for a line that is no MIDI event."""
    now = 0
    notes: list[SourceNote] = []
    sounding: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for row in source.rows:
        event = _event(row, source)
        if event is None:
            continue
        delta, status, pitch, velocity = event
        now += delta
        key = (status & 0x0F, pitch)
        if status & 0xF0 == _ON and velocity:
            sounding.setdefault(key, []).append((now, velocity))
        elif status & 0xF0 in (_ON, _OFF) and sounding.get(key):
            notes.append(_note(key, sounding[key].pop(0), now))
    notes += [_note(key, start, now) for key, started in sounding.items() for start in started]
    return tuple(sorted(notes, key=lambda note: (note.tick, note.pitch, note.channel)))


def _note(key: tuple[int, int], start: tuple[int, int], end: int) -> SourceNote:
    return SourceNote(start[0], end - start[0], key[1], start[1], key[0])


def _event(row: str | Node, source: Node) -> tuple[int, int, int, int] | None:
    """Delta, status, two data bytes; status 0 for texts; None for what is no event."""
    if isinstance(row, Node):
        words, digits = [row.name, *row.params], 0
        if row.name not in _TEXTS:
            return None
    else:
        words, digits = row.split(), 3
        if not words or words[0] not in _EVENTS:
            return None
    try:
        data = [int(word, 16) for word in words[2:2 + digits]]
        return int(words[1]), *[*data, 0, 0, 0][:3]  # type: ignore[return-value]
    except (ValueError, IndexError):
        raise EditError(f"Line {source.line}, <SOURCE MIDI: '{' '.join(words)[:40]}' is no MIDI event. "
                        "The project is damaged; save it again in REAPER.") from None

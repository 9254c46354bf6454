"""Doublings: the melody or the bass once more, in another instrument and octave, in the bars the plan names."""
from __future__ import annotations

from dataclasses import replace

from backend.domain.scheme import Duplicate
from backend.domain.score import Note
from backend.music.layers.canvas import Canvas, Seat

_SOFTER = 58


def plan_of(canvas: Canvas, seat: Seat) -> tuple[Duplicate, ...]:
    """The doublings this seat's instrument was asked for; a recast seat takes over those of the same rank."""
    asked = list(dict.fromkeys(item.instrument for item in canvas.arrange.duplicates))
    name = seat.track.instrument
    if name not in asked and seat.rank < len(asked):
        name = asked[seat.rank]
    return tuple(item for item in canvas.arrange.duplicates if item.instrument == name)


def write(canvas: Canvas, seat: Seat, sources: dict[str, tuple[Note, ...]]) -> tuple[Note, ...]:
    """Notes of the source role in the named bars, moved by octaves. ``sources``: role -> its notes."""
    out: list[Note] = []
    for item in plan_of(canvas, seat):
        for note in sources.get(item.source, ()):
            bar = canvas.bar_at(note.onset_q).number
            pitch = note.pitch + 12 * item.octave
            if item.from_bar <= bar <= item.to_bar and bar in seat.bars and 0 <= pitch <= 127:
                out.append(replace(note, pitch=pitch, velocity=_SOFTER))
    unique = {(note.onset_q, note.pitch): note for note in out}
    return tuple(unique[key] for key in sorted(unique))

"""Room in the low register: what lies too close above a low note moves up an octave."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

from backend.domain.instruments import Instrument
from backend.domain.score import Note
from backend.music.voicing import LOW_INTERVAL_LIMITS

_TOUCH_Q = Fraction(1, 8)
"""Notes that overlap by less are heard one after the other."""
_HIGHEST_LOW = max(LOW_INTERVAL_LIMITS.values())


def _is_muddy(low: int, high: int) -> bool:
    return 0 < high - low and low < LOW_INTERVAL_LIMITS.get(high - low, 0)


def _together(a: Note, b: Note) -> bool:
    return min(a.end_q, b.end_q) - max(a.onset_q, b.onset_q) > _TOUCH_Q


def open_spacing(notes: tuple[Note, ...], instrument: Instrument, below: Mapping[str, tuple[Note, ...]],
                 optional: bool) -> tuple[Note, ...]:
    """``notes`` with every tone that would be muddy over the ``below`` lines an octave higher.

    Where the instrument ends, an ``optional`` (filling) tone is left out and any other stays.
    """
    if not instrument.pitched:
        return notes
    ground = sorted((note for line in below.values() for note in line if note.pitch <= _HIGHEST_LOW),
                    key=lambda note: note.onset_q)
    out: list[Note] = []
    for note in sorted(notes, key=lambda n: (n.onset_q, n.pitch)):
        near = [other.pitch for other in (*ground, *out) if _together(other, note)]
        pitch = note.pitch
        while any(_is_muddy(low, pitch) or _is_muddy(pitch, low) for low in near) \
                and pitch + 12 <= instrument.practical_range[1]:
            pitch += 12
        muddy = any(_is_muddy(low, pitch) or _is_muddy(pitch, low) for low in near)
        if muddy and optional and out:
            continue
        out.append(replace(note, pitch=note.pitch if muddy else pitch))
    return tuple(out)

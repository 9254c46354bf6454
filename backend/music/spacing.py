"""Room in the low register: what lies too close above a low note moves up an octave."""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from backend.domain.instruments import Instrument
from backend.domain.score import Note
from backend.music.voicing import LOW_INTERVAL_LIMITS

_TOUCH_Q = 0.125
"""Notes that overlap by less are heard one after the other."""
_HIGHEST_ASKED = max(LOW_INTERVAL_LIMITS.values()) + 12


def _is_muddy(low: int, high: int) -> bool:
    return 0 < high - low and low < LOW_INTERVAL_LIMITS.get(high - low, 0)


class _Ground:
    """What sounds below, for quick asking: pitches by time, floats in quarters."""

    def __init__(self, notes: Iterable[Note]) -> None:
        self._notes = [(float(note.onset_q), float(note.end_q), note.pitch) for note in notes
                       if note.pitch <= _HIGHEST_ASKED]

    def add(self, note: Note) -> None:
        self._notes.append((float(note.onset_q), float(note.end_q), note.pitch))

    def with_note(self, note: Note) -> set[int]:
        """Pitches that sound together with a note for longer than a touch."""
        start, end = float(note.onset_q), float(note.end_q)
        return {pitch for other, stop, pitch in self._notes
                if (stop if stop < end else end) - (other if other > start else start) > _TOUCH_Q}


def open_spacing(notes: tuple[Note, ...], instrument: Instrument, below: Mapping[str, tuple[Note, ...]],
                 optional: bool) -> tuple[Note, ...]:
    """``notes`` with every tone that would be muddy over the ``below`` lines an octave higher.

    Where the instrument ends, an ``optional`` (filling) tone is left out and any other stays.
    """
    if not instrument.pitched:
        return notes
    ground = _Ground(note for line in below.values() for note in line)
    out: list[Note] = []
    for note in sorted(notes, key=lambda n: (n.onset_q, n.pitch)):
        if note.pitch > _HIGHEST_ASKED:
            out.append(note)
            continue
        near = ground.with_note(note)
        pitch = note.pitch
        while _clashes(pitch, near) and pitch + 12 <= instrument.practical_range[1]:
            pitch += 12
        if _clashes(pitch, near):
            if optional and out:
                continue
            pitch = note.pitch
        out.append(replace(note, pitch=pitch))
        ground.add(out[-1])
    return tuple(out)


def lower_ground(notes: tuple[Note, ...], instrument: Instrument, above: tuple[Note, ...]) -> tuple[Note, ...]:
    """A bass line with every tone that would be muddy under the ``above`` line an octave lower, where it goes."""
    ground = _Ground(above)
    out = []
    for note in notes:
        near = ground.with_note(note)
        lower = note.pitch - 12
        move = _clashes(note.pitch, near) and not _clashes(lower, near) and lower >= instrument.practical_range[0]
        out.append(replace(note, pitch=lower) if move else note)
    return tuple(out)


def _clashes(pitch: int, near: set[int]) -> bool:
    return any(_is_muddy(low, pitch) or _is_muddy(pitch, low) for low in near)

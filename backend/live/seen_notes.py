"""Notes of the session's items, in ticks, beside the notes that were put there."""
from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from backend.domain.session import TICKS_PER_QUARTER, MidiNote
from backend.errors import InputError
from bridge.messages import SeenNote

STILL_TICKS = 2
"""REAPER keeps 960 ticks a quarter as well; two allow for its rounding."""
MOST_NOTES = 20_000
_FARTHEST_Q = 1e6


@dataclass(frozen=True)
class NotePair:
    """``told`` is an index into the notes that were put there, None for a new note; ``seen`` None: it is gone."""

    told: int | None
    seen: MidiNote | None


def notes_in_ticks(seen: Sequence[SeenNote]) -> tuple[MidiNote, ...]:
    """Sorted, inside the cue, each lasting a tick at least. Raises InputError for what are no notes."""
    if len(seen) > MOST_NOTES:
        raise InputError(f"{len(seen)} notes are more than a melody has. Check the item on the cue's track.")
    out = []
    for note in seen:
        numbers = (note.onset_q, note.length_q)
        if not all(math.isfinite(number) and abs(number) <= _FARTHEST_Q for number in numbers):
            raise InputError("A note of the session lies nowhere. Check the item on the cue's track.")
        if not (0 <= note.pitch <= 127 and 0 < note.velocity <= 127):
            raise InputError("A note of the session has no pitch or velocity that MIDI knows. Check the item.")
        start, end = (round(q * TICKS_PER_QUARTER) for q in (note.onset_q, note.onset_q + note.length_q))
        out.append(MidiNote(start, max(1, end - start), note.pitch, note.velocity))
    return tuple(sorted(out, key=lambda note: (note.tick, -note.pitch)))


def shifted(seen: Sequence[MidiNote], ticks: int) -> tuple[MidiNote, ...]:
    """Counted from another place; what would begin before 0 (by more than rounding) is left out."""
    moved = (MidiNote(note.tick - ticks, note.length_ticks, note.pitch, note.velocity) for note in seen)
    return tuple(MidiNote(max(0, note.tick), note.length_ticks, note.pitch, note.velocity) for note in moved
                 if note.tick >= -STILL_TICKS)


def usual_shift(told: Sequence[MidiNote], seen: Sequence[MidiNote]) -> int:
    """By how many ticks most notes are later than they were told: the cue's start was moved since, not the notes.

    0 unless that explains at least half of the notes, and more of them than staying put does.
    """
    if len(told) * len(seen) > 1_000_000:
        return 0
    shifts = Counter(note.tick - other.tick for note in seen for other in told if note.pitch == other.pitch)
    near = {shift: sum(shifts[shift + i] for i in range(-1, 2)) for shift in shifts}
    if not near:
        return 0
    best = min(near, key=lambda shift: (-near[shift], -shifts[shift], abs(shift), shift))
    return best if near[best] * 2 >= len(seen) and near[best] > near.get(0, 0) else 0


def paired(told: Sequence[MidiNote], seen: Sequence[MidiNote]) -> tuple[NotePair, ...]:
    """Notes that begin at the same tick belong together, those of one pitch first. In order of time."""
    free = list(range(len(told)))
    pairs: list[tuple[int, NotePair]] = []
    for note in seen:
        near = [i for i in free if abs(told[i].tick - note.tick) <= STILL_TICKS]
        match = min(near, key=lambda i: (told[i].pitch != note.pitch, abs(told[i].tick - note.tick)), default=None)
        if match is not None:
            free.remove(match)
        pairs.append((note.tick, NotePair(match, note)))
    pairs += [(told[i].tick, NotePair(i, None)) for i in free]
    return tuple(pair for _, pair in sorted(pairs, key=lambda timed: timed[0]))

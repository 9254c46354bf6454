"""Durations and velocities, and the splice into a melody that is kept."""
from __future__ import annotations

import math
from fractions import Fraction

from backend.domain.brief import CueBrief
from backend.domain.score import Note
from backend.music.phrases import Phrase
from backend.music.rule_melody.slots import Slot

_SHARES = (Fraction(3, 8), Fraction(1, 2), Fraction(3, 4), Fraction(1))
"""Shares of the spot a note may sound: they notate as dots and rests."""
_LEGATO = 0.875
_SHORTEST_Q = Fraction(1, 8)
READABLE_UNITS = 48
"""Fractions of a quarter that notation knows: 64ths and 64th triplets."""
_LIFT_Q = Fraction(1, 4)
"""A phrase's last note makes room for a breath where the next phrase follows at once."""


def note_duration(slots: tuple[Slot, ...], index: int, phrases: tuple[Phrase, ...], articulation: float) -> Fraction:
    """How long the note sounds, never past its spot; the last note of all rings for the whole spot."""
    slot = slots[index]
    if index == len(slots) - 1:
        return _readable(slot.duration_q)
    gap = slots[index + 1].onset_q - slot.onset_q
    if index == phrases[slot.phrase].last and slot.duration_q == gap and gap > 2 * _LIFT_Q:
        return _readable(slot.duration_q - _LIFT_Q)
    if articulation >= _LEGATO or slot.duration_q <= _SHORTEST_Q:
        return slot.duration_q
    share = min(_SHARES, key=lambda s: (abs(float(s) - articulation), s))
    grid = _readable_grid(slot.duration_q)
    return max(grid, slot.duration_q * share // grid * grid)


def _readable(duration_q: Fraction) -> Fraction:
    """The length itself where a player can read it, else the next shorter one in sixteenths."""
    if READABLE_UNITS % duration_q.denominator == 0 or duration_q < _LIFT_Q:
        return duration_q
    return duration_q // _LIFT_Q * _LIFT_Q


def _readable_grid(duration_q: Fraction) -> Fraction:
    """What a shortened note is rounded to, so that note and rest stay easy to read."""
    for grid, least in ((Fraction(1, 2), Fraction(1)), (Fraction(1, 4), Fraction(1, 2)), (_SHORTEST_Q, Fraction(0))):
        if duration_q > least and duration_q % grid == 0:
            return grid
    return duration_q / 4


def note_velocity(slot: Slot, brief: CueBrief) -> int:
    """``28 + 92 L^.9`` for dynamic L 0..1, plus metre, phrase arch and the spot's accent."""
    level = 28 + 92 * float((brief.dynamic / 7) ** 0.9)
    metre = 6 if slot.metric >= 1 else 3 if slot.metric >= 0.5 else -4
    accent = {1: 0, 2: 3, 3: 8}.get(slot.strength, 0)
    return max(1, min(127, round(level + metre + accent + 6 * math.sin(math.pi * slot.phase))))


def splice(kept: tuple[Note, ...], fresh: tuple[Note, ...], span: tuple[Fraction, Fraction]) -> tuple[Note, ...]:
    """Kept notes outside the half-open span of onsets, fresh ones inside."""
    outside = [note for note in kept if not span[0] <= note.onset_q < span[1]]
    inside = [note for note in fresh if span[0] <= note.onset_q < span[1]]
    return tuple(sorted([*outside, *inside], key=lambda note: note.onset_q))

"""The theme's return: where a later section begins, the head motif is drawn to come back, moved into the harmony.

The model repeats bars by itself, but does not know which of them is the theme. Nothing here is learned: the pull is
added to what the model would write.
"""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from backend.domain.spotting import RhythmSpots
from backend.domain.tempo import TempoMap
from backend.models.melody_events import (
    HOME,
    METRE_WEIGHTS,
    NOTE,
    PITCHES,
    Events,
    Ints,
    chord_tones,
)
from backend.music.phrases import whole_form

HEAD_NOTES = 5
"""As many as a listener, and backend.evaluation.development, goes by."""
LEAST_NOTES = 3
"""A shorter section has no room for a return."""
NEARLY = 0.7
"""Of the pull, for an interval a semitone off in the same direction: the motif in another place of the scale."""
IN_CHORD, IN_SCALE = 0.6, 0.4
"""What a beginning gains when all of the motif would lie in the chords, and in the scale."""
OUT_OF_RANGE = 1.0


def heads_of(events: Events, spots: RhythmSpots, tempo_map: TempoMap) -> tuple[tuple[int, ...], ...]:
    """Note events of the head motif, then of its return at the start of every later section that has room for one;
    empty where nothing can return. A return ends where the next one begins, that note included."""
    sections = whole_form(spots, tempo_map)
    notes = [event for event, kind in enumerate(events.classes["kind"]) if kind == NOTE]
    onsets = [events.onsets_q[event] for event in notes]
    starts = [Fraction(0), *(tempo_map.bars[min(s.first_bar, tempo_map.bar_count) - 1].start_q for s in sections[1:])]
    firsts = [next((i for i, onset in enumerate(onsets) if onset >= start), len(notes)) for start in starts]
    counts = [after - first for first, after in zip(firsts, [*firsts[1:], len(notes)], strict=True)]
    if not counts or len(notes) < 2 * HEAD_NOTES:
        return ()
    returns = [first for first, count in zip(firsts, counts, strict=True)
               if count >= LEAST_NOTES and first >= HEAD_NOTES]
    if not returns:
        return ()
    nexts = [*returns[1:], len(notes)]
    ends = [min(first + HEAD_NOTES, after + 1) for first, after in zip(returns, nexts, strict=True)]
    found = [tuple(notes[first:end]) for first, end in zip(returns, ends, strict=True)]
    return (tuple(notes[:HEAD_NOTES]), *found)


@dataclass(frozen=True)
class Wish:
    """``strength`` of the pull in nats, the scale in semitones above the tonic (None: free)."""

    strength: float
    mode_pcs: tuple[int, ...] | None


def returned(tokens: Ints, heads: tuple[tuple[int, ...], ...]) -> float:
    """Share of the returns in which every interval of the motif comes back within a semitone, the same way up; 1 where
    nothing is to return. ``tokens`` [events]."""
    found = []
    for group in heads[1:]:
        wished, made = (np.diff(tokens[list(events)]) for events in (heads[0][:len(group)], group))
        found.append(bool(((np.abs(wished - made) <= 1) & (np.sign(wished) == np.sign(made))).all()))
    return float(np.mean(found)) if found else 1.0


class Theme:
    """``heads`` as heads_of gives them; ``fixed`` tokens by event (the chords planned are among them); ``limits`` the
    lowest and highest pitch class."""

    def __init__(self, events: Events, heads: tuple[tuple[int, ...], ...], fixed: Mapping[int, int],
                 limits: tuple[int, int], wish: Wish) -> None:
        self._limits, self._strength = limits, wish.strength
        self._scale = frozenset(range(12) if wish.mode_pcs is None else wish.mode_pcs)
        self._head = heads[0] if heads and wish.strength else ()
        later = heads[1:] if self._head else ()
        self._starts = {event[0]: event for event in later}
        self._places = {event: place for group in later for place, event in enumerate(group) if place}
        self._weights = {event: METRE_WEIGHTS[int(events.classes["metric"][event])] for group in later
                         for event in group}
        self._chords = _chords_at(events, fixed)

    def pull(self, event: int, written: Ints, before: Ints) -> NDArray[np.float64]:
        """What is added to the pitches of ``event`` [lines, PITCHES], after ``written`` tokens [lines, events] with
        ``before`` as the last note of each line."""
        out = np.zeros((len(before), PITCHES))
        if event in self._places:
            out += self._interval(self._places[event], written, before)
        if event in self._starts:
            out += self._beginning(self._starts[event], written)
        return out

    def _interval(self, place: int, written: Ints, before: Ints) -> NDArray[np.float64]:
        wished = written[:, self._head[place]] - written[:, self._head[place - 1]]
        moves = np.arange(PITCHES)[None] - before[:, None]
        off = np.abs(moves - wished[:, None])
        same_way = np.sign(moves) == np.sign(wished)[:, None]
        return self._strength * np.where(off == 0, 1.0, np.where((off == 1) & same_way, NEARLY, 0.0))

    def _beginning(self, group: tuple[int, ...], written: Ints) -> NDArray[np.float64]:
        """How well the whole motif would lie from every pitch."""
        low, high = self._limits
        out = np.zeros((len(written), PITCHES))
        total = sum(self._weights[event] for event in group) or 1.0
        for place, event in enumerate(group):
            tones = np.arange(PITCHES)[None] + (written[:, self._head[place]] - written[:, self._head[0]])[:, None]
            chord = self._chords[event]
            degrees = (tones - HOME) % 12
            out += IN_CHORD * self._weights[event] / total * np.isin(degrees, list(chord))
            out += IN_SCALE / len(group) * np.isin(degrees, list(self._scale | chord))
            out -= OUT_OF_RANGE * ((tones < low) | (tones > high))
        return self._strength * out


def _chords_at(events: Events, fixed: Mapping[int, int]) -> dict[int, frozenset[int]]:
    """Tones of the chord that is known to hold at every note; none where it is not known."""
    holding: frozenset[int] = frozenset()
    out = {}
    for event, kind in enumerate(events.classes["kind"]):
        if kind == NOTE:
            out[event] = holding
        else:
            holding = frozenset(chord_tones(fixed[event])) if event in fixed else frozenset()
    return out

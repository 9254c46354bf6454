"""Putting a line into an instrument's range: whole phrases move by octaves, no note is ever lost.

Craft 4.6: a path over phrases chooses octave shifts with few changes; what is left outside the practical range is
folded to the octave nearest its neighbour, short passing notes inside the full range stay.
"""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache

import numpy as np

from backend.domain.instruments import Instrument
from backend.domain.score import Note
from backend.music.instruments import instruments
from backend.music.voicing import LOW_INTERVAL_LIMITS

_OCTAVES = np.arange(-4, 5) * 12
_OUTSIDE_FULL, _OUTSIDE_PRACTICAL, _OUTSIDE_SWEET = 50.0, 8.0, 0.3
_CHANGE, _CHANGE_MORE = 6.0, 3.0
_PHRASE_REST_Q, _PHRASE_NOTES, _PHRASE_LONG_Q = 0.9, 16, 1.0
_EXCURSION_Q = Fraction(1, 2)


@dataclass(frozen=True)
class RangeFit:
    """``octaves`` the shift of every phrase, ``folded`` how many notes left their phrase, ``cost_per_q`` how badly the
    line lies (0 all sweet, > 4: find another instrument)."""

    notes: tuple[Note, ...]
    octaves: tuple[int, ...]
    folded: int
    cost_per_q: float


def phrases(notes: Sequence[Note]) -> list[list[Note]]:
    """A phrase ends at a rest of .9 quarters, or after 16 notes at a long one."""
    out: list[list[Note]] = []
    for note in notes:
        if out:
            before = out[-1][-1]
            rested = note.onset_q - before.end_q >= _PHRASE_REST_Q
            full = len(out[-1]) >= _PHRASE_NOTES and before.duration_q >= _PHRASE_LONG_Q
        if not out or rested or full:
            out.append([note])
        else:
            out[-1].append(note)
    return out


def _pitch_cost(instrument: Instrument) -> np.ndarray:
    """[256] cost of a quarter note at pitch index - 64."""
    pitch = np.arange(256) - 64
    full, practical, sweet = instrument.full_range, instrument.practical_range, instrument.sweet_range
    distance = np.maximum(np.maximum(sweet[0] - pitch, pitch - sweet[1]), 0)
    cost = np.where(distance > 0, _OUTSIDE_SWEET + distance / 12, 0.0)
    cost = np.where((pitch < practical[0]) | (pitch > practical[1]), _OUTSIDE_PRACTICAL, cost)
    return np.where((pitch < full[0]) | (pitch > full[1]), _OUTSIDE_FULL, cost)


def _shift_costs(lines: list[list[Note]], instrument: Instrument) -> np.ndarray:
    """[phrases, 9] cost of every octave shift."""
    table = _pitch_cost(instrument)
    out = np.zeros((len(lines), len(_OCTAVES)))
    for row, line in enumerate(lines):
        pitches = np.array([note.pitch for note in line])
        durations = np.array([float(note.duration_q) for note in line])
        out[row] = (table[pitches[None, :] + _OCTAVES[:, None] + 64] * durations[None, :]).sum(axis=1)
    return out


def _shift_path(costs: np.ndarray) -> list[int]:
    """Cheapest octave index per phrase; changing costs 6, and 3 for every further octave."""
    steps = np.abs(np.arange(len(_OCTAVES))[:, None] - np.arange(len(_OCTAVES))[None, :])
    change = np.where(steps == 0, 0.0, _CHANGE + _CHANGE_MORE * (steps - 1))
    value = costs[0] + 0.01 * np.abs(_OCTAVES)
    back = []
    for row in costs[1:]:
        reached = value[:, None] + change
        back.append(reached.argmin(axis=0))
        value = reached.min(axis=0) + row
    path = [int(value.argmin())]
    for pointer in reversed(back):
        path.append(int(pointer[path[-1]]))
    return path[::-1]


@lru_cache(maxsize=512)
def fit_cost_per_q(notes: tuple[Note, ...], instrument_id: str) -> float:
    """How badly a line lies on an instrument after the best octave shifts (``RangeFit.cost_per_q``)."""
    if not notes:
        return 0.0
    costs = _shift_costs(_cached_phrases(notes), instruments()[instrument_id])
    path = _shift_path(costs)
    return float(sum(costs[row, index] for row, index in enumerate(path))) / sum(float(n.duration_q) for n in notes)


@lru_cache(maxsize=4)
def _cached_phrases(notes: tuple[Note, ...]) -> list[list[Note]]:
    return phrases(notes)


def nearest_octave(pitch: int, low: int, high: int, near: int) -> int | None:
    """The octave of ``pitch`` within low..high nearest to ``near``; None when there is none."""
    options = [p for p in range(low + (pitch - low) % 12, high + 1, 12)]
    return min(options, key=lambda p: (abs(p - near), p)) if options else None


def _is_passing(line: Sequence[Note], i: int) -> bool:
    """Short, with a step on either side: folding it would tear a scale apart."""
    if not 0 < i < len(line) - 1 or line[i].duration_q > _EXCURSION_Q:
        return False
    return abs(line[i].pitch - line[i - 1].pitch) <= 2 and abs(line[i].pitch - line[i + 1].pitch) <= 2


def _placed(line: Sequence[Note], i: int, pitch: int, instrument: Instrument, near: int) -> int:
    low, high = instrument.practical_range
    full_low, full_high = instrument.full_range
    if low <= pitch <= high:
        return pitch
    if full_low <= pitch <= full_high and _is_passing(line, i):
        return pitch
    folded = nearest_octave(pitch, low, high, near)
    if folded is None:
        folded = nearest_octave(pitch, full_low, full_high, near)
    return folded if folded is not None else min(max(pitch, low), high)


def fit(notes: Sequence[Note], instrument: Instrument) -> RangeFit:
    """Move a line into an instrument's range. Every note stays; pitch classes stay where the range spans an octave."""
    if not notes or not instrument.pitched:
        return RangeFit(tuple(notes), (), 0, 0.0)
    lines = phrases(notes)
    costs = _shift_costs(lines, instrument)
    path = _shift_path(costs)
    out: list[Note] = []
    folded = 0
    for line, index in zip(lines, path, strict=True):
        for i, note in enumerate(line):
            moved = note.pitch + int(_OCTAVES[index])
            pitch = _placed(line, i, moved, instrument, out[-1].pitch if out else moved)
            folded += pitch != moved
            out.append(replace(note, pitch=pitch))
    total = sum(float(note.duration_q) for note in notes)
    cost = float(sum(costs[row, index] for row, index in enumerate(path))) / total
    return RangeFit(tuple(out), tuple(int(_OCTAVES[i]) // 12 for i in path), folded, cost)


def practical_share(notes: Sequence[Note], instrument: Instrument) -> float:
    """Share of notes within the practical range, 1 when there are none."""
    low, high = instrument.practical_range
    inside = [low <= note.pitch <= high for note in notes]
    return sum(inside) / len(inside) if inside else 1.0


def full_share(notes: Sequence[Note], instrument: Instrument) -> float:
    """Share of notes the instrument can play at all, 1 when there are none."""
    low, high = instrument.full_range
    inside = [low <= note.pitch <= high for note in notes]
    return sum(inside) / len(inside) if inside else 1.0


def polyphony(notes: Sequence[Note]) -> int:
    """Most notes sounding at once."""
    events = sorted([(note.onset_q, 1) for note in notes] + [(note.end_q, -1) for note in notes])
    most = now = 0
    for _, change in events:
        now += change
        most = max(most, now)
    return most


def muddy_pairs(notes: Sequence[Note]) -> int:
    """Pairs struck together that lie closer than the low interval limits allow."""
    at: dict[object, list[int]] = {}
    for note in notes:
        at.setdefault(note.onset_q, []).append(note.pitch)
    found = 0
    for pitches in at.values():
        pitches.sort()
        found += sum(low < LOW_INTERVAL_LIMITS.get(high - low, 0) for low, high in zip(pitches, pitches[1:],
                                                                                     strict=False))
    return found

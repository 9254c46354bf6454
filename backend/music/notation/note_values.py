"""Lengths as note heads, flags, dots and triplets. Everything counts in units of 1/48 quarter.

A beat is written either in halves (down to a 64th) or in triplets (down to a 64th of a triplet), never in both:
that is what a player reads at sight.
"""
from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from backend.domain.tempo import Bar

UNITS_PER_QUARTER = 48
_PLAIN_STEP, _TRIPLET_STEP = 3, 2
_TYPES = {192: "whole", 96: "half", 48: "quarter", 24: "eighth", 12: "16th", 6: "32nd", 3: "64th"}
_PLAIN = {units: (name, 0) for units, name in _TYPES.items()} | {
    units * 3 // 2: (name, 1) for units, name in _TYPES.items() if units > 3}
_TRIPLET = {units * 2 // 3: (name, 0) for units, name in _TYPES.items() if units <= 48} | {
    units: (name, 1) for units, name in _TYPES.items() if 6 < units < 48}


@dataclass(frozen=True)
class Value:
    """A written length: ``units`` long, note ``type`` with ``dots``, inside a triplet or not."""

    units: int
    type: str
    dots: int
    triplet: bool


@dataclass(frozen=True)
class BeatGrid:
    """Beats of a part's bars: where each starts (units), and whether it is written in triplets."""

    edges: tuple[int, ...]
    triplets: frozenset[int]

    def snap(self, position_q: Fraction) -> int:
        """Nearest place that can be written."""
        beat = self.beat_of(int(position_q * UNITS_PER_QUARTER // 1))
        step = _TRIPLET_STEP if beat in self.triplets else _PLAIN_STEP
        return beat + _nearest(position_q * UNITS_PER_QUARTER - beat, step)

    def beat_of(self, units: int) -> int:
        """Start of the beat that holds a place."""
        return self.edges[max(0, bisect_right(self.edges, units) - 1)]

    def next_edge(self, units: int) -> int:
        """End of the beat that holds a place."""
        index = bisect_right(self.edges, units)
        return self.edges[index] if index < len(self.edges) else units + UNITS_PER_QUARTER


def _nearest(value: Fraction, step: int) -> int:
    return int((value / step + Fraction(1, 2)) // 1) * step


def beat_grid(bars: tuple[Bar, ...], places_q: Iterable[Fraction]) -> BeatGrid:
    """Quarters from every bar line on; a beat is in triplets where that moves its note starts and ends less."""
    edges: list[int] = []
    for bar in bars:
        start, end = int(bar.start_q * UNITS_PER_QUARTER), int(bar.end_q * UNITS_PER_QUARTER)
        edges += range(start, end, UNITS_PER_QUARTER)
    grid = BeatGrid(tuple(edges), frozenset())
    moved: dict[int, list[Fraction]] = {}
    for place in places_q:
        units = place * UNITS_PER_QUARTER
        beat = grid.beat_of(int(units // 1))
        plain = abs(units - beat - _nearest(units - beat, _PLAIN_STEP))
        triplet = abs(units - beat - _nearest(units - beat, _TRIPLET_STEP))
        total = moved.setdefault(beat, [Fraction(0), Fraction(0)])
        total[0] += plain
        total[1] += triplet
    return BeatGrid(tuple(edges), frozenset(beat for beat, (plain, triplet) in moved.items() if triplet < plain))


def values(start: int, end: int, grid: BeatGrid) -> list[Value]:
    """The written lengths, in order, that fill a stretch inside one bar."""
    out: list[Value] = []
    while start < end:
        beat = grid.beat_of(start)
        stop = grid.next_edge(start)
        if beat in grid.triplets and not (start == beat and end >= stop):
            units = max(u for u in _TRIPLET if u <= min(end, stop) - start)
            out.append(Value(units, *_TRIPLET[units], True))
        else:
            limit = _plain_limit(start, end, grid)
            room = limit if start == beat or limit in _PLAIN else min(limit, stop - start)
            units = max(u for u in _PLAIN if u <= room)
            out.append(Value(units, *_PLAIN[units], False))
        start += out[-1].units
    return out


def _plain_limit(start: int, end: int, grid: BeatGrid) -> int:
    """How far a plain value may reach: to the end, or to the first triplet beat that is only partly filled."""
    edge = grid.next_edge(start)
    while edge < end:
        following = grid.next_edge(edge)
        if edge in grid.triplets and end < following:
            return edge - start
        edge = following
    return end - start

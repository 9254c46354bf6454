"""The tempo map: where beats and bars fall on the picture's clock, exactly.

Tempo is held as whole microseconds per quarter, MIDI's own unit, so a map survives a MIDI file bit for bit and
every time is an exact fraction. Square tempo only: each point holds until the next.
"""
from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import backend.domain.time  # noqa: F401  (teaches the documents to hold fractions)
from backend.domain.limits import positive, within

FASTEST_US, SLOWEST_US = 5_000, 16_000_000
"""Microseconds a quarter: a fitted map may rush through a single unit; MIDI counts in 24 bits."""
MOST_BARS = 4_000
"""More than two hours of 4/4 at 120."""


@dataclass(frozen=True)
class TempoPoint:
    """From ``position_q`` (quarters from the cue's start) on, a quarter lasts ``us_per_quarter`` microseconds."""

    position_q: Fraction
    us_per_quarter: int

    def __post_init__(self) -> None:
        within("us_per_quarter", self.us_per_quarter, FASTEST_US, SLOWEST_US)

    @property
    def tempo_qpm(self) -> float:
        return 60_000_000 / self.us_per_quarter


@dataclass(frozen=True)
class Meter:
    """From bar number ``bar`` (1 = first) on, bars are ``numerator``/``denominator``."""

    bar: int
    numerator: int
    denominator: int = 4

    def __post_init__(self) -> None:
        within("numerator", self.numerator, 1, 64)
        positive("denominator", self.denominator)

    @property
    def length_q(self) -> Fraction:
        return Fraction(4 * self.numerator, self.denominator)


@dataclass(frozen=True)
class Bar:
    """One measure: ``number`` from 1, start and length in quarters, metre."""

    number: int
    start_q: Fraction
    length_q: Fraction
    numerator: int
    denominator: int

    @property
    def end_q(self) -> Fraction:
        return self.start_q + self.length_q


@dataclass(frozen=True)
class SyncPoint:
    """A hit that the map meets: index into the hit points, its position, and how far off the map is.

    ``anchored`` hits are exact (<= 1 ms); others are listed with the error of the nearest half-beat.
    """

    hit: int
    position_q: Fraction
    error_s: float
    anchored: bool

    def __post_init__(self) -> None:
        if self.hit < 0:
            raise ValueError(f"hit: {self.hit} is not the number of a hit (the first is 0)")
        if self.position_q < 0:
            raise ValueError("position_q: it lies before the cue")


@dataclass(frozen=True)
class TempoMap:
    """Points sorted by position, the first at 0; meters sorted by bar, the first at 1; ``bars`` full bars.

    ``end_q`` is where the music ends (the last onset lies at or before it); the last bar may reach past it.
    """

    points: tuple[TempoPoint, ...]
    meters: tuple[Meter, ...]
    bar_count: int
    end_q: Fraction
    sync: tuple[SyncPoint, ...] = ()
    beat_q: Fraction = Fraction(1)
    made_by: str = ""

    def __post_init__(self) -> None:
        if not self.points or self.points[0].position_q != 0:
            raise ValueError("points: the first tempo point must lie at 0")
        if any(a.position_q >= b.position_q for a, b in zip(self.points, self.points[1:], strict=False)):
            raise ValueError("points: tempo points must be sorted by position")
        if not self.meters or self.meters[0].bar != 1:
            raise ValueError("meters: the first metre must start at bar 1")
        if any(a.bar >= b.bar for a, b in zip(self.meters, self.meters[1:], strict=False)):
            raise ValueError("meters: metres must be sorted by bar")
        within("bar_count", self.bar_count, 1, MOST_BARS)
        positive("beat_q", self.beat_q)
        within("beat_q", self.beat_q, 0, 16)
        if self.end_q < 0:
            raise ValueError("end_q: the music ends before the cue starts")

    @cached_property
    def _knots(self) -> tuple[tuple[Fraction, ...], tuple[Fraction, ...]]:
        times = [Fraction(0)]
        for a, b in zip(self.points, self.points[1:], strict=False):
            times.append(times[-1] + (b.position_q - a.position_q) * a.us_per_quarter / 1_000_000)
        return tuple(p.position_q for p in self.points), tuple(times)

    def time_s(self, position_q: Fraction) -> Fraction:
        """Exact cue time of a position (positions before 0 continue the first tempo backwards)."""
        positions, times = self._knots
        i = max(0, bisect_right(positions, position_q) - 1)
        return times[i] + (position_q - positions[i]) * self.points[i].us_per_quarter / 1_000_000

    def position_q(self, time_s: Fraction) -> Fraction:
        """Exact position of a cue time."""
        positions, times = self._knots
        i = max(0, bisect_right(times, time_s) - 1)
        return positions[i] + (time_s - times[i]) * 1_000_000 / self.points[i].us_per_quarter

    def tempo_qpm(self, position_q: Fraction) -> float:
        positions, _ = self._knots
        return self.points[max(0, bisect_right(positions, position_q) - 1)].tempo_qpm

    @cached_property
    def bars(self) -> tuple[Bar, ...]:
        """Every measure in order."""
        out: list[Bar] = []
        start = Fraction(0)
        meter = self.meters[0]
        changes = {m.bar: m for m in self.meters}
        for number in range(1, self.bar_count + 1):
            meter = changes.get(number, meter)
            out.append(Bar(number, start, meter.length_q, meter.numerator, meter.denominator))
            start += meter.length_q
        return tuple(out)

    def bar_at(self, position_q: Fraction) -> Bar:
        """The measure that contains a position (clamped to the first and last)."""
        starts = [bar.start_q for bar in self.bars]
        return self.bars[min(len(starts) - 1, max(0, bisect_right(starts, position_q) - 1))]

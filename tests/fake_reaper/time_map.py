"""Seconds, quarters and bars under the tempo markers, exactly.

Tempo is quarters a minute. Between a linear marker and the next one the tempo changes evenly in time. A marker that
carries a metre begins a bar, wherever it stands.
"""
from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass

from tests.fake_reaper.state import Project, TempoMarker

_SAME_BAR = 1e-9


@dataclass(frozen=True)
class Segment:
    """From ``time``/``quarter`` on; ``slope`` in bpm a second. ``bar`` counts from 0 at ``bar_quarter``, the place
    where the metre was last set; ``beats`` is the count of beats up to there."""

    time: float
    quarter: float
    bpm: float
    slope: float
    numerator: int
    denominator: int
    bar: int
    bar_quarter: float
    beats: float

    @property
    def bar_length(self) -> float:
        return self.numerator * 4.0 / self.denominator

    def quarter_at(self, time: float) -> float:
        passed = time - self.time
        return self.quarter + (self.bpm * passed + 0.5 * self.slope * passed * passed) / 60.0

    def time_at(self, quarter: float) -> float:
        """The stable root of the quadratic: it does not lose digits when the slope is small."""
        wanted = (quarter - self.quarter) * 60.0
        inside = self.bpm * self.bpm + 2.0 * self.slope * wanted
        return self.time + 2.0 * wanted / (self.bpm + math.sqrt(max(inside, 0.0)))


class TimeMap:
    """Built once from the tempo markers; build a new one when they change."""

    def __init__(self, project: Project) -> None:
        self.segments = segments(project)
        self._times = [segment.time for segment in self.segments]
        self._quarters = [segment.quarter for segment in self.segments]

    def at_time(self, time: float) -> Segment:
        return self.segments[max(0, bisect_right(self._times, time) - 1)]

    def at_quarter(self, quarter: float) -> Segment:
        return self.segments[max(0, bisect_right(self._quarters, quarter) - 1)]

    def quarter(self, time: float) -> float:
        return self.at_time(time).quarter_at(time)

    def time(self, quarter: float) -> float:
        return self.at_quarter(quarter).time_at(quarter)

    def tempo(self, time: float) -> float:
        segment = self.at_time(time)
        return segment.bpm + segment.slope * max(0.0, time - segment.time)

    def beats(self, time: float) -> tuple[float, int, float, Segment]:
        """Beats since the bar's start, bar, beats since the project's start, and what is in force there."""
        segment = self.at_time(time)
        per_quarter = segment.denominator / 4.0
        since = segment.quarter_at(time) - segment.bar_quarter
        bars = math.floor(since / segment.bar_length + _SAME_BAR)
        beats = (since - bars * segment.bar_length) * per_quarter
        return max(beats, 0.0) if bars >= 0 else beats, segment.bar + bars, segment.beats + since * per_quarter, segment

    def bar_quarter(self, bar: int) -> tuple[float, Segment]:
        """Where a bar begins, and the metre in it."""
        found = self.segments[0]
        for segment in self.segments:
            if segment.bar <= bar and segment.bar_quarter <= segment.quarter + _SAME_BAR:
                found = segment
        return found.bar_quarter + (bar - found.bar) * found.bar_length, found

    def from_beats(self, bar: int, beats: float) -> float:
        start, segment = self.bar_quarter(bar)
        return self.time(start + beats * 4.0 / segment.denominator)

    def next_change(self, time: float) -> float:
        """The first tempo marker behind ``time``, or -1."""
        return next((segment.time for segment in self.segments if segment.time > time), -1.0)


def segments(project: Project) -> list[Segment]:
    """The project's own tempo and metre hold before the first marker."""
    markers = project.tempo
    first = Segment(0.0, 0.0, project.bpm, 0.0, project.numerator, project.denominator, 0, 0.0, 0.0)
    if not markers:
        return [first]
    out = [] if markers[0].time <= 0.0 else [first]
    last = first
    for i, marker in enumerate(markers):
        quarter = 0.0 if not out else last.quarter_at(marker.time)
        last = _segment(last, marker, quarter, markers[i + 1] if i + 1 < len(markers) else None)
        out.append(last)
    return out


def _segment(last: Segment, marker: TempoMarker, quarter: float, following: TempoMarker | None) -> Segment:
    slope = 0.0
    if marker.linear and following is not None and following.time > marker.time:
        slope = (following.bpm - marker.bpm) / (following.time - marker.time)
    if not marker.numerator:
        return Segment(marker.time, quarter, marker.bpm, slope, last.numerator, last.denominator, last.bar,
                       last.bar_quarter, last.beats)
    passed = quarter - last.bar_quarter
    bars = max(0, math.ceil(passed / last.bar_length - _SAME_BAR))
    return Segment(marker.time, quarter, marker.bpm, slope, marker.numerator, marker.denominator, last.bar + bars,
                   quarter, last.beats + passed * last.denominator / 4.0)


def keep_beats(markers: list[TempoMarker], quarters: list[float], first: int, project: Project) -> None:
    """Markers from index ``first`` on move so that each keeps its beats to the one before; ``quarters`` are the
    places at which all of them stood before."""
    for i in range(first, len(markers)):
        before = markers[i - 1] if i else TempoMarker(0.0, project.bpm)
        tempo = (before.bpm + markers[i].bpm) / 2.0 if before.linear else before.bpm
        passed = quarters[i] - (quarters[i - 1] if i else 0.0)
        markers[i].time = before.time + passed * 60.0 / tempo

"""The cue as the picture needs it: everything on one axis of seconds."""
from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from backend.domain.analysis import ClipAnalysis
from backend.domain.hits import HitPoints
from backend.domain.metrics import CueMetrics, HitMetrics
from backend.domain.scheme import ArrangementScheme
from backend.domain.score import Melody, Score
from backend.domain.spotting import RhythmSpots
from backend.domain.tempo import TempoMap
from backend.report.hit_rows import HitRow, hit_rows


@dataclass(frozen=True)
class BarLine:
    """A bar in seconds; ``meter`` is text where the metre changes, else empty."""

    number: int
    start_s: float
    end_s: float
    beats_s: tuple[float, ...]
    meter: str


@dataclass(frozen=True)
class CueView:
    """What the lanes draw from."""

    title: str
    analysis: ClipAnalysis
    tempo_map: TempoMap
    spots: RhythmSpots
    melody: Melody
    score: Score
    scheme: ArrangementScheme
    metrics: CueMetrics | None
    rows: tuple[HitRow, ...]
    bars: tuple[BarLine, ...]
    end_s: float

    @cached_property
    def _knots(self) -> tuple[list[float], list[float], list[float]]:
        points = self.tempo_map.points
        return ([float(p.position_q) for p in points], [float(self.tempo_map.time_s(p.position_q)) for p in points],
                [p.us_per_quarter / 1e6 for p in points])

    def seconds(self, position_q: Fraction) -> float:
        """Cue time of a position, in floats: thousands of notes are drawn, and a pixel is 10 ms at best."""
        starts, times, slopes = self._knots
        position = float(position_q)
        i = max(0, bisect_right(starts, position) - 1)
        return times[i] + (position - starts[i]) * slopes[i]

    def heard(self, index: int) -> HitMetrics | None:
        """What the render gave at a hit, where there was one."""
        if self.metrics is None or self.metrics.sync is None:
            return None
        return next((row for row in self.metrics.sync.hits if row.hit == index), None)

    def bar_span_s(self, first: int, last: int) -> tuple[float, float]:
        """Seconds of an inclusive range of bars, clamped to the map."""
        low, high = (self.bars[min(max(number, 1), len(self.bars)) - 1] for number in (first, last))
        return low.start_s, high.end_s


def cue_view(*, title: str, analysis: ClipAnalysis, hits: HitPoints, tempo_map: TempoMap, spots: RhythmSpots,
             melody: Melody, score: Score, scheme: ArrangementScheme, metrics: CueMetrics | None) -> CueView:
    """Gather a cue; the axis ends with the picture or the music, whichever is later."""
    bars = bar_lines(tempo_map)
    music_end = float(tempo_map.time_s(tempo_map.end_q))
    end = max(float(analysis.cue.duration_s), music_end)
    return CueView(title, analysis, tempo_map, spots, melody, score, scheme, metrics,
                   hit_rows(hits, tempo_map, analysis.clip.frame_rate), bars, end)


def bar_lines(tempo_map: TempoMap) -> tuple[BarLine, ...]:
    """Every bar with its beats."""
    out, last = [], ""
    for bar in tempo_map.bars:
        meter = f"{bar.numerator}/{bar.denominator}"
        beats, at = [], bar.start_q
        while at < bar.end_q:
            beats.append(float(tempo_map.time_s(at)))
            at += tempo_map.beat_q
        out.append(BarLine(bar.number, beats[0], float(tempo_map.time_s(bar.end_q)), tuple(beats),
                           meter if meter != last else ""))
        last = meter
    return tuple(out)

"""The form of a cue: sections of whole bars that change where the picture changes, and the phrases inside them."""
from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from backend.domain.analysis import ClipAnalysis
from backend.domain.hits import HitPoints
from backend.domain.spotting import Section
from backend.domain.tempo import Bar, TempoMap

LENGTH_COST = {1: 2.0, 2: 0.9, 3: 1.0, 4: 0.25, 5: 0.8, 6: 0.4, 7: 0.8, 8: 0.0, 9: 0.7, 10: 0.5, 11: 0.8, 12: 0.35,
               13: 0.8, 14: 0.7, 15: 0.8, 16: 0.5}
"""By ear: eight-bar sections first, then four and twelve; no section is longer than sixteen bars."""
BOUNDARY_GAIN = 1.0
"""What a full change of picture or a heavy hit on the bar line is worth against LENGTH_COST."""
CONTRAST_WEIGHT, HIT_WEIGHT = 0.6, 0.4
ONE_PART_BARS = 3
"""A cue of this many bars or fewer is one section."""
TWO_PART_BARS = 10
"""Up to this many bars a cue has two."""
BOUNDARY_COST = 0.35
"""Against cutting a cue to pieces. By ear."""
RETURN_DISTANCE = 0.9
"""Sections whose pictures differ by less (in cue standard deviations) are the same material."""
_CURVES = ("motion", "luma", "saturation")


def plan_sections(tempo_map: TempoMap, hits: HitPoints, analysis: ClipAnalysis) -> tuple[Section, ...]:
    """Sections that tile bars 1..bar_count, in order; labels A, A', B, A''.

    Boundaries are bar lines chosen by dynamic programming: gain where the picture before and after differs and where
    an anchored hit falls, cost for lengths a listener would not expect. Bars after the music's end belong to the
    last section.
    """
    bars = _playing(tempo_map)
    features = bar_features(bars, tempo_map, analysis)
    starts = _best_starts(len(bars), _gains(bars, tempo_map, hits, features))
    ends = [*starts[1:], len(bars)]
    labels = _labels([features[a:b].mean(axis=0) for a, b in zip(starts, ends, strict=True)])
    last = [*ends[:-1], tempo_map.bar_count]
    return tuple(Section(label, start + 1, end) for label, start, end in zip(labels, starts, last, strict=True))


def plan_phrases(section: Section) -> tuple[tuple[int, int], ...]:
    """First and last bar (inclusive) of each phrase: fours, and twos or threes where fours do not go."""
    left = section.last_bar - section.first_bar + 1
    start = section.first_bar
    out: list[tuple[int, int]] = []
    while left > 0:
        size = left if left <= 4 else 3 if left == 5 else 4
        out.append((start, start + size - 1))
        start, left = start + size, left - size
    return tuple(out)


def bar_means(bars: Sequence[Bar], tempo_map: TempoMap, analysis: ClipAnalysis, name: str) -> NDArray[np.float64]:
    """Mean of a curve over each bar, shape (bars,); a bar without a frame takes the nearest frame."""
    times = np.array([float(t) for t in analysis.frame_times_s])
    values = np.array(analysis.curve(name).values, dtype=float)
    if len(values) == 0:
        return np.zeros(len(bars))
    out = np.zeros(len(bars))
    for i, bar in enumerate(bars):
        lo, hi = (int(np.searchsorted(times, float(tempo_map.time_s(q)))) for q in (bar.start_q, bar.end_q))
        lo = min(lo, len(values) - 1)
        out[i] = values[lo:max(hi, lo + 1)].mean()
    return out


def bar_features(bars: Sequence[Bar], tempo_map: TempoMap, analysis: ClipAnalysis) -> NDArray[np.float64]:
    """Motion, luma, saturation of each bar in standard deviations of the cue, shape (bars, 3)."""
    raw = np.stack([bar_means(bars, tempo_map, analysis, name) for name in _CURVES], axis=1)
    spread = raw.std(axis=0)
    return np.asarray((raw - raw.mean(axis=0)) / np.where(spread > 1e-9, spread, 1.0))


def _playing(tempo_map: TempoMap) -> tuple[Bar, ...]:
    """Bars in which music starts."""
    return tuple(bar for bar in tempo_map.bars if bar.start_q <= tempo_map.end_q) or tempo_map.bars[:1]


def _gains(bars: Sequence[Bar], tempo_map: TempoMap, hits: HitPoints,
           features: NDArray[np.float64]) -> NDArray[np.float64]:
    """What a boundary at the start of each bar is worth, shape (bars,), 0..BOUNDARY_GAIN."""
    contrast = np.zeros(len(bars))
    for i in range(1, len(bars)):
        before, after = features[max(0, i - 2):i].mean(axis=0), features[i:i + 2].mean(axis=0)
        contrast[i] = np.linalg.norm(after - before)
    if contrast.max() > 0:
        contrast /= contrast.max()
    arrivals = _arrivals(bars, tempo_map, hits)
    return np.asarray(BOUNDARY_GAIN * (CONTRAST_WEIGHT * contrast + HIT_WEIGHT * arrivals))


def _arrivals(bars: Sequence[Bar], tempo_map: TempoMap, hits: HitPoints) -> NDArray[np.float64]:
    """Weight of the anchored hit on each bar line; half of it when the hit comes within a beat after."""
    out = np.zeros(len(bars))
    index = {bar.number: i for i, bar in enumerate(bars)}
    for sync in tempo_map.sync:
        i = index.get(tempo_map.bar_at(sync.position_q).number)
        if not sync.anchored or i is None:
            continue
        late_q = sync.position_q - bars[i].start_q
        share = 1.0 if late_q == 0 else 0.5 if late_q <= tempo_map.beat_q else 0.0
        out[i] = max(out[i], share * hits.hits[sync.hit].weight)
    return out


def _best_starts(count: int, gains: NDArray[np.float64]) -> list[int]:
    """First bars (from 0) of the cheapest division."""
    if count <= ONE_PART_BARS:
        return [0]
    if count <= TWO_PART_BARS:
        split = min(range(2, count - 1), key=lambda i: (LENGTH_COST[i] + LENGTH_COST[count - i] - 2 * gains[i], i))
        return [0, split]
    cost = [0.0] + [float("inf")] * count
    came = [0] * (count + 1)
    for end in range(1, count + 1):
        for start in range(max(0, end - max(LENGTH_COST)), end):
            total = cost[start] + LENGTH_COST[end - start] + (BOUNDARY_COST - float(gains[start]) if start else 0.0)
            if total < cost[end] - 1e-12:
                cost[end], came[end] = total, start
    starts: list[int] = []
    while count > 0:
        count = came[count]
        starts.append(count)
    return starts[::-1]


def _labels(means: Sequence[NDArray[np.float64]]) -> list[str]:
    """A for the opening and what looks like it, B for what does not; a cue of three or more parts comes home."""
    away = [float(np.linalg.norm(mean - means[0])) for mean in means]
    is_b = [distance >= RETURN_DISTANCE for distance in away]
    if len(means) >= 3:
        middle = range(1, len(means) - 1)
        if not any(is_b[i] for i in middle):
            is_b[max(middle, key=lambda i: (away[i], i))] = True
        is_b[-1] = False
    count = {"A": 0, "B": 0}
    out = []
    for b in is_b:
        letter = "B" if b else "A"
        out.append(letter + "'" * count[letter])
        count[letter] += 1
    return out


def section_at(sections: Sequence[Section], bar: int) -> Section:
    """The section that holds a bar (the last one for bars beyond)."""
    return next((section for section in sections if section.first_bar <= bar <= section.last_bar), sections[-1])


def bar_span_s(tempo_map: TempoMap, section: Section) -> tuple[Fraction, Fraction]:
    """Exact start and end of a section on the cue's clock."""
    bars = tempo_map.bars
    return tempo_map.time_s(bars[section.first_bar - 1].start_q), tempo_map.time_s(bars[section.last_bar - 1].end_q)

"""Levels per measure to a fader and a volume envelope."""
from __future__ import annotations

import math
from fractions import Fraction

from backend.domain.session import EnvelopePoint
from backend.domain.tempo import Bar, TempoMap
from backend.music.ticks import ticks

FLOOR_DB = -30.0
"""Below this an instrument is silent in a mix; a deeper envelope only makes ramps steeper."""
QUIETEST_LEVEL = 0.001
HOLD_S = Fraction(9, 100)
"""A step between two measures takes this long and ends on the bar line (60-120 ms do not click; by ear)."""
MAX_STEP_DB = 6.0
"""Hosts interpolate between points in amplitude or in fader travel; steps no larger than this keep both within
about 1 dB of a straight line in dB."""


def level_db(level: float) -> float:
    """``20 log10(level)`` of a scheme level 0..1."""
    return 20.0 * math.log10(max(level, QUIETEST_LEVEL))


def bar_levels(volume: dict[int, float], bar_count: int) -> list[float]:
    """A level for every bar: unnamed bars keep the level before them, bars before the first named one take it."""
    named = sorted(volume)
    if not named:
        return [1.0] * bar_count
    levels, current = [], volume[named[0]]
    for number in range(1, bar_count + 1):
        current = volume.get(number, current)
        levels.append(current)
    return levels


def volume_envelope(volume: dict[int, float], tempo_map: TempoMap) -> tuple[float, tuple[EnvelopePoint, ...]]:
    """Fader gain in dB and envelope points (dB, loudest measure 0, floor -30) of levels per bar.

    The envelope carries the drama, the fader the balance. A run of changes in one direction (crescendo, diminuendo)
    becomes one slope with a point on every beat; any other change is a step that ends on its bar line. A level that
    never changes needs no envelope.
    """
    levels = bar_levels(volume, tempo_map.bar_count)
    loudest = max((level_db(level) for level in levels), default=0.0)
    shape = [max(FLOOR_DB, level_db(level) - loudest) for level in levels]
    gain_db = round(loudest, 6)
    if len(set(shape)) <= 1:
        return gain_db, ()
    points = [(Fraction(0), shape[0])]
    for i in range(1, len(shape)):
        if shape[i] == shape[i - 1]:
            continue
        before, bar = tempo_map.bars[i - 1], tempo_map.bars[i]
        if _slopes(shape, i):
            points += _slope(before, shape[i - 1], shape[i], tempo_map.beat_q)
        else:
            points.append((_hold_start(bar, tempo_map), shape[i - 1]))
            points.append((bar.start_q, shape[i]))
    return gain_db, _to_points(_fill(points))


def _slopes(shape: list[float], i: int) -> bool:
    """Whether the change into bar ``i`` is part of a run of at least two changes in one direction."""
    change = shape[i] - shape[i - 1]
    before = shape[i - 1] - shape[i - 2] if i >= 2 else 0.0
    after = shape[i + 1] - shape[i] if i + 1 < len(shape) else 0.0
    return change * before > 0 or change * after > 0


def _slope(bar: Bar, start_db: float, end_db: float, beat_q: Fraction) -> list[tuple[Fraction, float]]:
    steps = max(1, int(bar.length_q / beat_q))
    return [(bar.start_q + bar.length_q * k / steps, start_db + (end_db - start_db) * k / steps)
            for k in range(steps + 1)]


def _hold_start(bar: Bar, tempo_map: TempoMap) -> Fraction:
    """Where a step into ``bar`` begins."""
    start = tempo_map.position_q(max(Fraction(0), tempo_map.time_s(bar.start_q) - HOLD_S))
    return max(start, Fraction(0))


def _fill(points: list[tuple[Fraction, float]]) -> list[tuple[Fraction, float]]:
    """Add points so that no two neighbours differ by more than 6 dB."""
    out = [points[0]]
    for position, value in points[1:]:
        start, first = out[-1]
        steps = math.ceil(abs(value - first) / MAX_STEP_DB)
        out += [(start + (position - start) * k / steps, first + (value - first) * k / steps)
                for k in range(1, steps)]
        out.append((position, value))
    return out


def _to_points(points: list[tuple[Fraction, float]]) -> tuple[EnvelopePoint, ...]:
    """Ticks, sorted, one point a tick (the later one counts)."""
    by_tick = {ticks(position): round(value, 6) for position, value in points}
    return tuple(EnvelopePoint(tick, by_tick[tick]) for tick in sorted(by_tick))



"""Does the loudness follow the picture? Momentary loudness against the motion curve, both on a 100 ms grid."""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backend.domain.analysis import ClipAnalysis
from backend.domain.metrics import DynamicsMetrics
from backend.domain.scheme import ArrangementScheme
from backend.domain.score import Part, Score
from backend.domain.tempo import TempoMap
from backend.evaluation.loudness import BLOCK_S, HOP_S
from backend.evaluation.notes import NoteTable, note_table, seconds_of
from backend.evaluation.statistics import LaggedCorrelation, lagged_correlation, spearman

MOTION_FLOOR = 0.02
"""Frame heights a second: below this the 90th percentile of the motion curve is sensor noise and grain."""
MOTION_SPREAD = 1.5
"""90th over 10th percentile of the motion; below this the picture moves evenly and gives nothing to follow."""
LEVEL_FLOOR_DB = -60.0


@dataclass(frozen=True)
class Grid:
    """Centres of 400 ms windows every 100 ms, seconds, shape (steps,), and the steps of one bar."""

    times_s: np.ndarray
    bar_steps: int


def grid_of(tempo_map: TempoMap, duration_s: float) -> Grid:
    """The grid that momentary loudness uses, over the music's duration."""
    steps = max(1, int((duration_s - BLOCK_S) / HOP_S + 1e-6) + 1)
    bars = tempo_map.bars
    bar_s = float(tempo_map.time_s(bars[-1].end_q)) / len(bars)
    return Grid(BLOCK_S / 2 + HOP_S * np.arange(steps), max(1, round(bar_s / HOP_S)))


def window_means(times_s: np.ndarray, values: np.ndarray, grid: Grid) -> np.ndarray:
    """Mean of a curve in each 400 ms window, shape (steps,); the nearest value where a window holds none."""
    total = np.concatenate([[0.0], np.cumsum(values)])
    first = np.searchsorted(times_s, grid.times_s - BLOCK_S / 2)
    last = np.searchsorted(times_s, grid.times_s + BLOCK_S / 2)
    nearest = np.clip(first, 0, len(values) - 1)
    count = np.maximum(last - first, 1)
    return np.asarray(np.where(last > first, (total[last] - total[first]) / count, values[nearest]))


def motion_on(analysis: ClipAnalysis, grid: Grid, name: str = "motion") -> np.ndarray:
    """A curve of the picture on the grid, shape (steps,)."""
    times = np.array([float(t) for t in analysis.frame_times_s])
    return window_means(times, np.array(analysis.curve(name).values, dtype=float), grid)


def motion_varies(motion: np.ndarray) -> bool:
    low, high = np.percentile(motion, (10, 90))
    return bool(high >= MOTION_FLOOR and high >= MOTION_SPREAD * low)


def bar_means(values: np.ndarray, grid: Grid) -> np.ndarray:
    """Running mean over one bar."""
    from scipy.ndimage import uniform_filter1d

    return np.asarray(uniform_filter1d(np.asarray(values, dtype=float), grid.bar_steps, mode="nearest"))


def follow(motion: np.ndarray, level: np.ndarray, grid: Grid) -> LaggedCorrelation | None:
    """Rank correlation at the best lag within a bar."""
    count = min(len(motion), len(level))
    return lagged_correlation(motion[:count], level[:count], min(grid.bar_steps, count // 3))


def measure_dynamics(analysis: ClipAnalysis, tempo_map: TempoMap, momentary_lufs: np.ndarray | None) -> DynamicsMetrics:
    """``momentary_lufs``: shape (steps,) every 100 ms from .2 s on, None where nothing was rendered."""
    duration = min(float(tempo_map.time_s(tempo_map.end_q)), float(analysis.cue.duration_s))
    grid = grid_of(tempo_map, duration)
    motion = motion_on(analysis, grid)
    varies = motion_varies(motion)
    if momentary_lufs is None or len(momentary_lufs) < 3:
        return DynamicsMetrics(None, None, None, None, None, varies)
    level = np.maximum(momentary_lufs, momentary_lufs.max() + LEVEL_FLOOR_DB)
    count = min(len(motion), len(level))
    spread = float(np.subtract(*np.percentile(level[:count], (95, 10))))
    found = follow(motion, level, grid) if varies else None
    if found is None:
        return DynamicsMetrics(None, None, None, None, spread, varies)
    bar = spearman_at(bar_means(motion[:count], grid), bar_means(level[:count], grid), grid)
    return DynamicsMetrics(found.rho, found.lag * HOP_S, bar, found.chance_p95, spread, varies)


def spearman_at(motion: np.ndarray, level: np.ndarray, grid: Grid) -> float | None:
    found = follow(motion, level, grid)
    return found.rho if found else spearman(motion, level)


def written_level_db(score: Score, scheme: ArrangementScheme, tempo_map: TempoMap, grid: Grid,
                     flat: bool = False) -> np.ndarray:
    """Level as written, without sound, shape (steps,): the powers of all sounding notes added.

    A note's power is its velocity squared times its track's gain and volume envelope. ``flat`` is the control: one
    velocity, no envelopes and every part counted as if it played all through.
    """
    power: np.ndarray = np.zeros(len(grid.times_s))
    for part in score.parts:
        notes = note_table((part,), tempo_map)
        if not len(notes.onset_s):
            continue
        weight = np.ones(len(notes.onset_s)) if flat else (notes.velocity / 127) ** 2
        low, high = grid.times_s - BLOCK_S / 2, grid.times_s + BLOCK_S / 2
        sounding = np.maximum(_sounded(notes, weight, high) - _sounded(notes, weight, low), 0) / BLOCK_S
        if flat:
            power += np.where(sounding > 0, sounding, sounding[sounding > 0].mean() if sounding.any() else 0.0)
        else:
            power += sounding * _envelope_power(part, scheme, tempo_map, grid)
    top = power.max() if power.any() else 1.0
    return 10 * np.log10(np.maximum(power / top, 10 ** (LEVEL_FLOOR_DB / 10)))


def _sounded(notes: NoteTable, weight: np.ndarray, until_s: np.ndarray) -> np.ndarray:
    """Weighted seconds that notes have sounded until each time: sum of w * clip(t - onset, 0, duration)."""
    total = np.zeros(len(until_s))
    for sign, edges in ((1, notes.onset_s), (-1, notes.end_s)):
        order = np.argsort(edges, kind="stable")
        weights = np.concatenate([[0.0], np.cumsum(weight[order])])
        moments = np.concatenate([[0.0], np.cumsum((weight * edges)[order])])
        index = np.searchsorted(edges[order], until_s)
        total += sign * (weights[index] * until_s - moments[index])
    return total


def _envelope_power(part: Part, scheme: ArrangementScheme, tempo_map: TempoMap, grid: Grid) -> np.ndarray:
    track = next((t for t in scheme.tracks if t.part == part.id), None)
    if track is None:
        return np.ones(len(grid.times_s))
    starts = np.array([float(tempo_map.time_s(bar.start_q)) for bar in tempo_map.bars])
    levels, level = [], 1.0
    for bar in tempo_map.bars:
        level = track.volume_envelope.get(bar.number, level)
        levels.append(level)
    index = np.maximum(np.searchsorted(starts, grid.times_s, side="right") - 1, 0)
    return np.array(levels)[index] ** 2 * 10 ** (track.gain_db / 10)


def tension_follows(analysis: ClipAnalysis, tempo_map: TempoMap, tension: np.ndarray, beat_q: float) -> float | None:
    """Spearman of a tension curve (one value a beat) against motion saliency at the best lag within a bar."""
    duration = min(float(tempo_map.time_s(tempo_map.end_q)), float(analysis.cue.duration_s))
    grid = grid_of(tempo_map, duration)
    if len(tension) < 3 or tension.std() == 0 or not motion_varies(motion_on(analysis, grid)):
        return None
    edges = seconds_of(tempo_map, beat_q * np.arange(len(tension)))
    index = np.maximum(np.searchsorted(edges, grid.times_s, side="right") - 1, 0)
    saliency = bar_means(motion_on(analysis, grid, "saliency"), grid)
    found = follow(saliency, bar_means(tension[index], grid), grid)
    return found.rho if found else None

"""How loud and how busy the music should be: from the picture's motion to a level per bar and a curve in between.

Craft 4.4: speed and saliency, normalised by percentiles within the cue, smoothed, around the brief's base dynamic.
"""
from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from backend.domain.analysis import ClipAnalysis
from backend.domain.brief import CueBrief
from backend.domain.scheme import Measure
from backend.domain.tempo import TempoMap

_SPEED_WEIGHT, _SALIENCY_WEIGHT = 0.7, 0.3
_SMOOTH_S = 0.35
"""Width of the Gaussian over the motion curve; by ear: dynamics follow gestures, not frames."""
_FULL_CONTRAST = 0.05
"""Spread of motion (frame heights per second, 10th to 90th percentile) from which the full dynamic range is used."""
_SPAN = 0.78
_FLOOR, _CEILING = 0.14, 1.0
_GRID_S = 0.1
_FADE = ((0.0, 1.0), (0.5, 0.85), (1.0, 0.65), (2.0, 0.4), (4.0, 0.2))
"""(quarters after the end, share of the level): the last chord dies away."""


def _smooth(values: np.ndarray, width: float) -> np.ndarray:
    """Gaussian smoothing with mirrored edges; ``width`` in samples."""
    if width < 0.3 or len(values) < 3:
        return values
    reach = min(len(values) - 1, int(3 * width) + 1)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / width) ** 2)
    padded = np.pad(values, reach, mode="reflect")
    return np.convolve(padded, kernel / kernel.sum(), mode="valid")


def _ranked(values: np.ndarray) -> np.ndarray:
    """Mid-rank of every value, 0..1."""
    order = np.sort(values)
    below, upto = np.searchsorted(order, values, "left"), np.searchsorted(order, values, "right")
    return (below + upto) / (2.0 * len(values))


def _normalised(values: np.ndarray, full_spread: float) -> np.ndarray:
    """0..1: half by percentile range, half by rank; flat curves stay near .5 instead of blowing up noise."""
    low, high = np.percentile(values, [10, 90])
    spread = float(high - low)
    if spread <= 1e-6:
        return np.full(len(values), 0.5)
    scaled = 0.5 * np.clip((values - low) / spread, 0, 1) + 0.5 * _ranked(values)
    return np.asarray(0.5 + (scaled - 0.5) * min(1.0, spread / full_spread))


@dataclass(frozen=True)
class PictureEnergy:
    """Energy 0..1 of the picture on a 0.1 s grid from the cue's start; ``contrast`` 0..1 says how much it moves."""

    values: np.ndarray
    contrast: float

    def at_s(self, time_s: float) -> float:
        return float(np.interp(time_s, np.arange(len(self.values)) * _GRID_S, self.values))

    def mean(self, start_s: float, end_s: float) -> float:
        first = int(max(0.0, start_s) / _GRID_S)
        last = max(first + 1, int(np.ceil(end_s / _GRID_S)))
        part = self.values[min(first, len(self.values) - 1):last]
        return float(part.mean())


def picture_energy(analysis: ClipAnalysis) -> PictureEnergy:
    """Speed and saliency of the picture as one curve; a still picture is .5 throughout."""
    times = np.array([float(t) for t in analysis.frame_times_s])
    duration = float(analysis.cue.duration_s)
    grid = np.arange(0.0, duration + _GRID_S, _GRID_S)
    if len(times) < 3:
        return PictureEnergy(np.full(len(grid), 0.5), 0.0)
    curves = []
    for name in ("motion", "saliency"):
        raw = np.interp(grid, times, np.asarray(analysis.curve(name).values, dtype=float))
        curves.append(_smooth(raw, _SMOOTH_S / _GRID_S))
    low, high = np.percentile(curves[0], [10, 90])
    mixed = (_SPEED_WEIGHT * _normalised(curves[0], _FULL_CONTRAST)
             + _SALIENCY_WEIGHT * _normalised(curves[1], _FULL_CONTRAST))
    return PictureEnergy(np.clip(mixed, 0, 1), float(min(1.0, (high - low) / _FULL_CONTRAST)))


def bar_energies(energy: PictureEnergy, tempo_map: TempoMap) -> tuple[float, ...]:
    """Mean energy of every bar."""
    return tuple(energy.mean(float(tempo_map.time_s(bar.start_q)),
                             float(tempo_map.time_s(min(bar.end_q, max(tempo_map.end_q, bar.start_q + 1)))))
                 for bar in tempo_map.bars)


def base_level(brief: CueBrief) -> float:
    """The brief's dynamic 0 (ppp) .. 7 (fff) as a level, pulled in so that the picture has room both ways."""
    return min(0.74, max(0.26, (brief.dynamic + 0.5) / 8))


def bar_levels(energies: tuple[float, ...], brief: CueBrief, contrast: float = 1.0) -> list[float]:
    """Level 0..1 per bar around the brief's dynamic; ``contrast`` scales the span."""
    base = base_level(brief)
    return [min(_CEILING, max(_FLOOR, base + _SPAN * contrast * (value - 0.5))) for value in energies]


def dynamic_index(level: float) -> int:
    """0 (ppp) .. 7 (fff)."""
    return min(7, max(0, int(level * 8)))


@dataclass(frozen=True)
class LevelCurve:
    """Level 0..1 at positions in quarters, linear in between."""

    positions_q: tuple[float, ...]
    levels: tuple[float, ...]

    def at(self, position_q: Fraction | float) -> float:
        q = float(position_q)
        i = bisect_right(self.positions_q, q)
        if i == 0:
            return self.levels[0]
        if i == len(self.positions_q):
            return self.levels[-1]
        a, b = self.positions_q[i - 1], self.positions_q[i]
        share = (q - a) / (b - a)
        return self.levels[i - 1] * (1 - share) + self.levels[i] * share


def level_curve(measures: tuple[Measure, ...], energy: PictureEnergy, tempo_map: TempoMap) -> LevelCurve:
    """The plan's bar levels with the picture's gestures inside the bars, on a grid of half quarters."""
    centres, levels = [], []
    for bar, measure in zip(tempo_map.bars, measures, strict=True):
        centres.append(float(bar.start_q + bar.length_q / 2))
        levels.append(measure.level)
    means = bar_energies(energy, tempo_map)
    step = np.append(np.arange(0.0, float(tempo_map.end_q), 0.5), float(tempo_map.end_q))
    smooth_plan = np.interp(step, centres, levels)
    smooth_mean = np.interp(step, centres, means)
    span = np.array([_SPAN * (energy.at_s(float(tempo_map.time_s(Fraction(q)))) - mean)
                     for q, mean in zip(step.tolist(), smooth_mean.tolist(), strict=True)])
    values = np.clip(smooth_plan + span, 0.1, 1.0)
    positions = [float(q) for q in step]
    out = [round(float(v), 6) for v in values]
    last = float(tempo_map.end_q)
    faded = [(last + ahead, round(out[-1] * share, 6)) for ahead, share in _FADE]
    return LevelCurve((*positions[:-1], *(q for q, _ in faded)), (*out[:-1], *(v for _, v in faded)))

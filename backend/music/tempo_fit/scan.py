"""Stage A: which constant tempo, started with the cue, meets the hits best (craft 1.4 A; cf. "Find Tempo")."""
from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from backend.domain.brief import CueBrief
from backend.domain.clip import Cue
from backend.domain.hits import HitPoints
from backend.domain.time import FrameRate
from backend.music.tempo_fit.grid import MetreGrid, grid_of
from backend.music.tempo_fit.targets import Target, targets_of

STEP_QPM = 0.1
DISTINCT_QPM = 2.0
AWAY_COST = 0.15
"""Score lost per octave away from the brief's tempo (craft 1.4 A)."""
EARLY_FACTOR = 1.5
"""Composers would rather be late than early (craft 1.3)."""


@dataclass(frozen=True)
class TempoCandidate:
    """A constant tempo as "Find Tempo" shows it. ``met`` within one frame of a half-beat, ``near`` within two.

    ``mean_error_frames`` is weighted; ``score`` is the J of craft 1.4 A.
    """

    tempo_qpm: float
    score: float
    met: int
    near: int
    missed: int
    mean_error_frames: float


def kernel(late_frames: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sync kernel K (craft 1.3): 1 within a frame, 0 from three frames on; early counts one and a half times."""
    off = np.where(late_frames < 0, -late_frames * EARLY_FACTOR, late_frames)
    return np.asarray(np.clip(1 - (off - 1) / 2, 0, 1))


def tempo_candidates(hits: HitPoints, cue: Cue, rate: FrameRate, brief: CueBrief,
                     count: int = 10) -> tuple[TempoCandidate, ...]:
    """The ``count`` best constant tempi at least 2 qpm apart, best first, beat 1 on the cue's first frame."""
    targets = targets_of(hits, cue)
    grid = grid_of(brief.meter_numerator, brief.meter_denominator)
    tempi = scan_tempi(targets, grid, brief, rate.frame_s, count)
    return tuple(_candidate(tempo, targets, grid, brief, rate.frame_s) for tempo in tempi)


def scan_tempi(targets: tuple[Target, ...], grid: MetreGrid, brief: CueBrief, frame_s: Fraction,
               count: int) -> tuple[float, ...]:
    """The ``count`` best distinct tempi in quarters a minute, best first."""
    tempi = np.round(np.arange(brief.tempo_lo_qpm, brief.tempo_hi_qpm + STEP_QPM / 2, STEP_QPM), 6)
    scores = _scores(tempi, targets, grid, brief, float(frame_s))
    chosen: list[float] = []
    for i in np.argsort(-scores, kind="stable"):
        if all(abs(tempi[i] - other) >= DISTINCT_QPM for other in chosen):
            chosen.append(float(tempi[i]))
            if len(chosen) == count:
                break
    return tuple(chosen)


def _residuals(tempi: NDArray[np.float64], targets: tuple[Target, ...],
               grid: MetreGrid) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """(tempi, hits): seconds the nearest unit comes late, and its number."""
    times = np.array([float(target.time_s) for target in targets])
    unit_s = 60.0 * float(grid.unit_q) / tempi
    position = times[None, :] / unit_s[:, None]
    nearest = np.round(position)
    return (nearest - position) * unit_s[:, None], nearest.astype(np.int64)


def _scores(tempi: NDArray[np.float64], targets: tuple[Target, ...], grid: MetreGrid, brief: CueBrief,
            frame_s: float) -> NDArray[np.float64]:
    """J(b) of craft 1.4 A for every tempo; without hits only the distance from the brief counts."""
    away = AWAY_COST * np.abs(np.log2(tempi / brief.tempo_qpm))
    weights = np.array([target.weight for target in targets])
    if not targets or weights.sum() == 0:
        return -away
    late_s, nearest = _residuals(tempi, targets, grid)
    accents = np.array(grid.accents(grid.bar_units))[nearest % grid.bar_units]
    met = np.asarray(weights * kernel(late_s / frame_s) * accents).sum(axis=1) / weights.sum()
    return np.asarray(met - away)


def _candidate(tempo_qpm: float, targets: tuple[Target, ...], grid: MetreGrid, brief: CueBrief,
               frame_s: Fraction) -> TempoCandidate:
    tempi = np.array([tempo_qpm])
    score = float(_scores(tempi, targets, grid, brief, float(frame_s))[0])
    if not targets:
        return TempoCandidate(round(tempo_qpm, 3), round(score, 6), 0, 0, 0, 0.0)
    frames = np.abs(_residuals(tempi, targets, grid)[0][0]) / float(frame_s)
    weights = np.array([target.weight for target in targets]) + 1e-9
    met, near = int((frames <= 1).sum()), int(((frames > 1) & (frames <= 2)).sum())
    error = float((frames * weights).sum() / weights.sum())
    return TempoCandidate(round(tempo_qpm, 3), round(score, 6), met, near, len(targets) - met - near, round(error, 3))

"""Is the CRT's rhythm like a composer's? Held-out windows against the rule that fills bars by metrical weight."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backend.models.rhythm_steps import DISTANCES, TICKS, steps_in
from backend.training.rhythm_material import RhythmPiece

Grid = NDArray[np.bool_]
IOI_BINS = 16
"""Distances between onsets in sixteenths: 1 .. 15, and longer."""


@dataclass(frozen=True)
class Excerpt:
    """Bars of a held-out piece: ``real`` onsets [steps, TICKS], those given as ``hits``, steps of every bar."""

    real: Grid
    hits: Grid
    bar_steps: tuple[int, ...]
    bar_ticks: tuple[int, ...]


@dataclass(frozen=True)
class RhythmScores:
    """``onset_f1`` against what was written; ``density_correlation`` of onsets per bar; ``ioi_divergence``
    Jensen-Shannon (bits) of the distances between onsets; ``bar_repeat`` share of bars equal to one 1, 2, 4 or 8 bars
    before; ``hit_recall`` of the onsets given."""

    onset_f1: float
    density_correlation: float
    ioi_divergence: float
    bar_repeat: float
    hit_recall: float


def excerpt(piece: RhythmPiece, first: int, count: int, hits: Grid) -> Excerpt:
    """``count`` bars from ``first``; ``hits`` are the given onsets of those bars."""
    bars = piece.bars[first:first + count]
    real = piece.onsets[piece.first_step[first]:piece.first_step[first + len(bars)]]
    return Excerpt(real, hits, tuple(steps_in(bar.length_q) for bar in bars),
                   tuple(int(bar.length_q * TICKS) for bar in bars))


def rule_fill(one: Excerpt) -> Grid:
    """Hits, then the bar's places by metrical weight (bar, half, beat, eighth, sixteenth) up to its real density."""
    out = one.hits.copy()
    start = 0
    for steps, ticks in zip(one.bar_steps, one.bar_ticks, strict=True):
        bar = out[start:start + steps].reshape(-1)
        wished = int(one.real[start:start + steps].sum())
        for tick in sorted(range(ticks), key=lambda tick: (-_weight(tick, ticks), tick)):
            if bar.sum() >= wished:
                break
            bar[tick] = True
        start += steps
    return out


def _weight(tick: int, ticks: int) -> int:
    levels = (ticks, 8 if ticks % 8 == 0 else ticks, TICKS, 2, 1)
    return sum(tick % level == 0 for level in levels)


def scores(excerpts: Sequence[Excerpt], written: Sequence[Grid]) -> RhythmScores:
    """Of all excerpts together."""
    real = [one.real for one in excerpts]
    both = sum(int((a & b).sum()) for a, b in zip(real, written, strict=True))
    total = sum(int(a.sum() + b.sum()) for a, b in zip(real, written, strict=True))
    counts = [np.concatenate([_bar_counts(grid, one) for grid, one in zip(grids, excerpts, strict=True)]).astype(float)
              for grids in (real, written)]
    given = sum(int(one.hits.sum()) for one in excerpts)
    kept = sum(int((one.hits & grid).sum()) for one, grid in zip(excerpts, written, strict=True))
    return RhythmScores(2 * both / total, _correlation(counts[0], counts[1]),
                        _divergence(_distances(real), _distances(written)), bar_repeat(excerpts, written),
                        kept / given if given else 1.0)


def bar_repeat(excerpts: Sequence[Excerpt], grids: Sequence[Grid]) -> float:
    """Share of the bars with onsets whose rhythm is that of a bar 1, 2, 4 or 8 bars before."""
    same = bars = 0
    for one, grid in zip(excerpts, grids, strict=True):
        pieces = np.split(grid, np.cumsum(one.bar_steps)[:-1])
        for number, bar in enumerate(pieces):
            if bar.any() and number:
                bars += 1
                same += any(number >= d and np.array_equal(bar, pieces[number - d]) for d in DISTANCES)
    return same / max(1, bars)


def _correlation(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Pearson; where one of the two never changes, whether they are equal."""
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return float(np.array_equal(a, b))
    return float(np.corrcoef(a, b)[0, 1])


def _bar_counts(grid: Grid, one: Excerpt) -> NDArray[np.int64]:
    return np.array([int(bar.sum()) for bar in np.split(grid, np.cumsum(one.bar_steps)[:-1])])


def _distances(grids: Sequence[Grid]) -> NDArray[np.float64]:
    """Histogram of the distances between onsets. Steps count four ticks each, short bars included."""
    counts = np.zeros(IOI_BINS)
    for grid in grids:
        gaps = np.diff(np.flatnonzero(grid.reshape(-1)))
        counts += np.bincount(np.minimum(gaps, IOI_BINS) - 1, minlength=IOI_BINS)
    return np.asarray(counts / max(1.0, counts.sum()))


def _divergence(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    middle = (a + b) / 2
    return float(sum(0.5 * np.sum(p[p > 0] * np.log2(p[p > 0] / middle[p > 0])) for p in (a, b)))

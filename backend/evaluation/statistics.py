"""Rank correlation of two curves on one time grid, and how much of it is chance."""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class LaggedCorrelation:
    """Spearman's rho at the best ``lag`` (in grid steps; > 0: the second curve follows the first)."""

    rho: float
    lag: int
    chance_p95: float


def ranks(values: np.ndarray) -> np.ndarray:
    """Average ranks from 1, ties shared (as scipy.stats.rankdata, whose import alone takes half a second)."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(counts) - (counts - 1) / 2)[inverse])


def spearman(first: np.ndarray, second: np.ndarray) -> float | None:
    """Rank correlation; None for constant or very short curves."""
    if len(first) < 3:
        return None
    x, y = ranks(first), ranks(second)
    x, y = x - x.mean(), y - y.mean()
    norm = float(np.sqrt((x @ x) * (y @ y)))
    return float(x @ y) / norm if norm > 0 else None


def best_lag_spearman(first: np.ndarray, second: np.ndarray, max_lag: int) -> tuple[float, int] | None:
    """Highest rho with ``second`` moved by -max_lag..max_lag steps (the overlapping part only)."""
    best: tuple[float, int] | None = None
    for lag in range(-max_lag, max_lag + 1):
        a = first[max(0, -lag):len(first) - max(0, lag)]
        b = second[max(0, lag):len(second) - max(0, -lag)]
        rho = spearman(a, b) if len(a) >= len(first) // 2 else None
        if rho is not None and (best is None or rho > best[0]):
            best = (rho, lag)
    return best


def lagged_correlation(first: np.ndarray, second: np.ndarray, max_lag: int) -> LaggedCorrelation | None:
    """Best-lag rho with its chance: the 95th percentile of the same search after circular shifts.

    Shifts are taken all round in steps of the lag window; circular, on ranks, so all lags come from one
    correlation.
    """
    best = best_lag_spearman(first, second, max_lag)
    if best is None:
        return None
    x, y = ranks(first), ranks(second)
    x, y = (x - x.mean()) / x.std(), (y - y.mean()) / y.std()
    circular = np.fft.irfft(np.fft.rfft(y) * np.conj(np.fft.rfft(x)), len(x)) / len(x)
    lags = np.arange(-max_lag, max_lag + 1)
    centres = np.arange(2 * max_lag + 1, len(x) - 2 * max_lag)
    if len(centres) == 0:
        return LaggedCorrelation(best[0], best[1], 1.0)
    chance = circular[(centres[:, None] + lags[None, :]) % len(x)].max(axis=1)
    return LaggedCorrelation(best[0], best[1], float(np.percentile(chance, 95)))

"""Rank correlation against scipy, and its lag and chance."""
from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import spearmanr

from backend.evaluation.statistics import best_lag_spearman, lagged_correlation, spearman


def test_agrees_with_scipy_ties_included() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 9, 80).astype(float), rng.normal(size=80)
    assert spearman(a, b + a) == pytest.approx(float(spearmanr(a, b + a).statistic))


def test_constant_or_short_curves_have_none() -> None:
    assert spearman(np.ones(10), np.arange(10.0)) is None
    assert spearman(np.arange(2.0), np.arange(2.0)) is None


def test_the_lag_is_found_with_its_sign() -> None:
    curve = np.random.default_rng(1).normal(size=220).cumsum()
    best = best_lag_spearman(curve[20:200], curve[15:195], 10)
    assert best is not None
    assert best[0] == pytest.approx(1.0) and best[1] == 5


def test_chance_of_smooth_unrelated_curves_is_high_and_of_rough_ones_low() -> None:
    rng = np.random.default_rng(4)
    t = np.linspace(0, 6 * np.pi, 300)
    smooth = lagged_correlation(np.sin(t), np.sin(t + 2), 10)
    rough = lagged_correlation(rng.normal(size=300), rng.normal(size=300), 10)
    assert smooth is not None and rough is not None
    assert smooth.chance_p95 > 0.9 and rough.chance_p95 < 0.3

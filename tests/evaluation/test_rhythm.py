"""Eq. (8), as printed and normalised."""
from __future__ import annotations

import numpy as np
import pytest

from backend.evaluation.rhythm import pulse_train, raw_correlation, rhythm_correlation

BEATS = np.sort(np.random.default_rng(2).uniform(1, 29, 14))


def test_a_rhythm_matches_itself_and_tells_the_lag() -> None:
    same = rhythm_correlation(BEATS, BEATS, 30.0)
    late = rhythm_correlation(BEATS, BEATS + 0.08, 30.0)
    assert same is not None and late is not None
    assert (same.value, same.lag_s) == (pytest.approx(1.0), 0.0)
    assert (late.value, late.lag_s) == (pytest.approx(1.0, abs=0.01), pytest.approx(0.08))
    assert same.chance_p99 < 0.7


def test_an_unrelated_rhythm_stays_near_its_chance() -> None:
    other = rhythm_correlation(BEATS, np.sort(np.random.default_rng(9).uniform(1, 29, 14)), 30.0)
    assert other is not None
    assert other.value < 0.5 and other.value <= other.chance_p99 + 0.05


def test_no_pulses_no_figure() -> None:
    assert rhythm_correlation(BEATS, np.zeros(0), 30.0) is None
    assert raw_correlation(BEATS, np.zeros(0)) is None


def test_pulse_has_its_peak_and_width() -> None:
    train = pulse_train(np.array([1.0]), 2.0)
    assert train.argmax() == 100 and train[100] == pytest.approx(1.0)
    assert train[105] == pytest.approx(np.exp(-2))


def test_as_printed_it_gives_the_paper_s_magnitude() -> None:
    """120 beats a minute for 18 s against itself: sum of squared times = 3727.5 (the paper's table has 4042)."""
    times = np.arange(0, 18, 0.5)
    assert raw_correlation(times, times) == pytest.approx(3727.5)


def test_as_printed_it_prefers_more_beats_to_the_right_ones() -> None:
    """The known fault: a denser, unrelated rhythm outscores the reference against itself."""
    reference, dense = np.arange(0, 12, 1.0), np.arange(0.37, 12, 0.25)
    right, wrong = raw_correlation(reference, reference), raw_correlation(reference, dense)
    assert right is not None and wrong is not None and wrong > right

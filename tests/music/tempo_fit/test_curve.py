from __future__ import annotations

import numpy as np
import pytest

from backend.music.tempo_fit.curve import Anchor, bend, fit_curve, unit_times


def anchor(unit: int, time_s: float, weight: float = 1.0) -> Anchor:
    return Anchor(unit, time_s, weight, unit)


def test_even_anchors_give_an_even_tempo() -> None:
    times = unit_times((anchor(0, 0.0), anchor(8, 2.0), anchor(20, 5.0)), 20, 0.0)
    np.testing.assert_allclose(np.diff(times), 0.25, atol=1e-7)


@pytest.mark.parametrize("tension", [0.0, 0.1, 3.0])
def test_anchors_are_met_and_time_runs_forward(tension: float) -> None:
    anchors = (anchor(0, 0.0), anchor(7, 1.9), anchor(16, 4.1), anchor(30, 7.9))
    times = unit_times(anchors, 30, tension)
    for one in anchors:
        assert times[one.unit] == pytest.approx(one.time_s, abs=1e-12)
    assert np.diff(times).min() > 0.2


def test_the_spline_is_the_smoothest_curve() -> None:
    anchors = (anchor(0, 0.0), anchor(10, 2.6), anchor(20, 5.0), anchor(30, 7.7))
    smooth = unit_times(anchors, 30, 0.0)
    held = {one.unit for one in anchors}
    least = float((np.diff(smooth, 2) ** 2).sum())
    rng = np.random.default_rng(1)
    for _ in range(20):
        other = smooth + np.array([0.0 if i in held else rng.normal(0, 1e-3) for i in range(31)])
        assert float((np.diff(other, 2) ** 2).sum()) > least


def test_bend_measures_beats() -> None:
    times = np.array([0, 0.5, 1.0, 1.5, 2.0, 2.45])
    found = bend(times, range(6), frozenset())
    assert found.deviation == pytest.approx(0.5 / 0.45 - 1)
    assert found.change == pytest.approx(0.5 / 0.45 - 1)
    assert bend(times, range(6), frozenset({4})).change == pytest.approx((0.5 / 0.45 - 1) * 0.03 / 0.20)


def test_of_anchors_that_fight_the_lighter_one_is_given_up() -> None:
    even = tuple(anchor(i * 8, i * 2.0, 2.0) for i in range(6))
    crooked = anchor(20, 5.2, 0.3)
    beats = list(range(0, 41, 2))
    curve = fit_curve(tuple(sorted((*even, crooked), key=lambda one: one.unit)), beats)
    assert curve.anchors == even
    assert curve.bend.excess <= 1


def test_a_locked_anchor_stays_whatever_it_costs() -> None:
    even = tuple(anchor(i * 8, i * 2.0, 2.0) for i in range(6))
    crooked = Anchor(20, 5.2, 0.3, 20, locked=True)
    curve = fit_curve(tuple(sorted((*even, crooked), key=lambda one: one.unit)), list(range(0, 41, 2)))
    assert crooked in curve.anchors

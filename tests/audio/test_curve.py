"""Controllers and envelopes become the gains they stand for."""
from __future__ import annotations

import numpy as np
import pytest

from backend.audio.curve import dynamics_curve, grid, to_samples, volume_curve
from backend.domain.session import EnvelopePoint

RATE = 48_000


def test_a_leap_is_complete_on_its_event_and_starts_30_ms_before() -> None:
    curve = dynamics_curve([(0, 0.2), (RATE, 1.0)], RATE)
    assert curve.at(np.array([0, RATE - 1440, RATE - 720, RATE, 2 * RATE])).tolist() == pytest.approx(
        [0.2, 0.2, 0.6, 1.0, 1.0])


def test_drawn_events_are_joined() -> None:
    curve = dynamics_curve([(0, 0.2), (6000, 0.3), (12_000, 0.4)], RATE)
    assert curve.at(np.array([3000, 9000])).tolist() == pytest.approx([0.25, 0.35])


def test_envelope_points_hold_their_decibels_and_ramp_like_a_fader() -> None:
    points = (EnvelopePoint(960, -6.0), EnvelopePoint(0, 0.0))
    gains = volume_curve(points, lambda tick: tick * 25).at(np.array([0, 12_000, 24_000, 48_000])) ** 4
    assert 20 * np.log10(gains) == pytest.approx([0.0, -2.89, -6.0, -6.0], abs=0.02)


def test_the_grid_reaches_past_the_end_and_is_joined_by_lines() -> None:
    positions = grid(100, RATE)
    assert positions.tolist() == [0, 48, 96, 144]
    assert to_samples(positions, 100, RATE).tolist() == pytest.approx(list(range(100)))

"""Attacks of made-up sounds whose answer is known."""
from __future__ import annotations

import numpy as np
import pytest

from backend.audio.attack import analytic_magnitude, half_rise, running_peak

RATE = 48_000


def _tone(hz: float, level: np.ndarray) -> np.ndarray:
    wave = np.sin(2 * np.pi * hz * np.arange(len(level)) / RATE) * level
    return np.stack([wave, wave], axis=1).astype(np.float32)


def _ramp(rise_s: float, later: float = 1.0) -> np.ndarray:
    time_s = np.arange(round(0.45 * RATE)) / RATE
    return np.minimum(1.0, time_s / rise_s) * np.where(time_s > 0.25, later, 1.0)


@pytest.mark.parametrize("rise_ms", [4, 20, 60, 140])
@pytest.mark.parametrize("hz", [80.0, 440.0, 3000.0])
def test_half_of_a_linear_rise(rise_ms: int, hz: float) -> None:
    rise = running_peak(_tone(hz, _ramp(rise_ms / 1000)), max(1 / hz, 0.004), RATE)
    assert half_rise(rise, 10_000) * 0.5 == pytest.approx(rise_ms / 2, abs=3.5)


def test_a_later_bloom_is_not_the_attack_but_a_swell_is() -> None:
    bloom = running_peak(_tone(440, _ramp(0.02, later=1.8)), 0.004, RATE)
    assert half_rise(bloom, 10_000) * 0.5 == pytest.approx(10, abs=2)
    swell = running_peak(_tone(440, _ramp(0.02, later=3.0)), 0.004, RATE)
    assert half_rise(swell, 10_000) * 0.5 == pytest.approx(250, abs=3)


def test_a_short_note_counts_only_what_it_reaches() -> None:
    rise = running_peak(_tone(440, _ramp(0.1)), 0.004, RATE)
    assert half_rise(rise, 80) * 0.5 == pytest.approx(20, abs=3)


def test_magnitude_of_a_tone_is_its_amplitude() -> None:
    magnitude, step = analytic_magnitude(_tone(1000, np.full(9600, 0.5)), RATE)
    assert step == 4
    assert magnitude[500:1500] == pytest.approx(0.5 * 2 ** 0.5, rel=0.02)

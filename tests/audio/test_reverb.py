"""The halls decay as their RT60 says and their two sides are independent."""
from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import butter, sosfilt

from backend.audio.reverb import HALLS, impulse_response, reverberate

RATE = 48_000


def _rt60_s(response: np.ndarray) -> float:
    """Schroeder's backward integral of the 500-2,000 Hz band, line through -5..-25 dB (ISO 3382-1, T20)."""
    band = sosfilt(butter(4, (500, 2000), "bandpass", fs=RATE, output="sos"), response)
    decay = 10 * np.log10(np.cumsum(band[::-1] ** 2)[::-1] / np.sum(band ** 2) + 1e-12)
    inside = np.flatnonzero((decay < -5) & (decay > -25))
    slope = np.polyfit(inside / RATE, decay[inside], 1)[0]
    return float(-60 / slope)


@pytest.mark.parametrize("family", sorted(HALLS))
def test_decay_time_matches_the_hall(family: str) -> None:
    left, right = impulse_response(family, RATE)
    assert _rt60_s(left) == pytest.approx(HALLS[family].rt60_s, rel=0.08)
    assert _rt60_s(right) == pytest.approx(HALLS[family].rt60_s, rel=0.08)


@pytest.mark.parametrize("family", sorted(HALLS))
def test_nothing_sounds_before_the_pre_delay(family: str) -> None:
    silent = round(HALLS[family].pre_delay_ms / 1000 * RATE)
    response = impulse_response(family, RATE)
    assert np.abs(response[:, :silent]).max() == 0.0
    assert np.abs(response[:, silent:silent + 4800]).max() > 0.01


def test_sides_are_decorrelated_and_of_unit_energy() -> None:
    left, right = impulse_response("strings", RATE).astype(float)
    assert (left ** 2).sum() == pytest.approx(1.0, abs=1e-4)
    assert abs((left * right).sum()) < 0.1


def test_spectrum_is_cut_below_180_and_above_8500_hz() -> None:
    power = np.abs(np.fft.rfft(impulse_response("strings", RATE)[0])) ** 2
    hz = np.fft.rfftfreq(impulse_response("strings", RATE).shape[1], 1 / RATE)
    level = {f: 10 * np.log10(power[(hz > f * 0.9) & (hz < f * 1.1)].mean()) for f in (60, 1000, 16_000)}
    assert level[60] < level[1000] - 12
    assert level[16_000] < level[1000] - 12


def test_reverb_is_linear_and_as_long_as_its_input() -> None:
    rng = np.random.default_rng(1)
    one, two = rng.standard_normal((2, 2, 5000)).astype(np.float32)
    together = reverberate(one + two, "brass", RATE)
    assert together.shape == (2, 5000)
    apart = reverberate(one, "brass", RATE) + reverberate(two, "brass", RATE)
    assert np.abs(together - apart).max() < 1e-4


def test_families_have_halls_of_their_own() -> None:
    strings, brass = impulse_response("strings", RATE), impulse_response("brass", RATE)
    samples = min(strings.shape[1], brass.shape[1])
    assert abs(float((strings[0, :samples] * brass[0, :samples]).sum())) < 0.1

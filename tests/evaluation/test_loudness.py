"""BS.1770 against the EBU's test signals and an independent meter."""
from __future__ import annotations

import numpy as np
import pyloudnorm
import pytest

from backend.evaluation.loudness import (
    block_powers,
    channel_correlation_min,
    integrated_lufs,
    k_weighting,
    momentary_lufs,
    true_peak_dbtp,
)
from backend.evaluation.sound import Sound


def sine(levels_dbfs: list[tuple[float, float]], rate: int = 48000, hz: float = 1000.0) -> Sound:
    """Stereo sine with (level, seconds) stretches."""
    gain = np.concatenate([np.full(int(s * rate), 10 ** (db / 20)) for db, s in levels_dbfs])
    x = gain * np.sin(2 * np.pi * hz * np.arange(len(gain)) / rate)
    return Sound(np.stack([x, x], axis=1).astype(np.float32), rate)


def test_filter_coefficients_are_those_of_the_standard_at_48_khz() -> None:
    """ITU-R BS.1770, tables 1 and 2."""
    shelf, high_pass = k_weighting(48000)
    assert shelf == pytest.approx([1.53512485958697, -2.69169618940638, 1.19839281085285, 1.0, -1.69065929318241,
                                   0.73248077421585], abs=1e-8)
    assert high_pass == pytest.approx([1.0, -2.0, 1.0, 1.0, -1.99004745483398, 0.99007225036621], abs=1e-8)


@pytest.mark.parametrize("rate", [44100, 48000, 96000])
def test_ebu_3341_case_1(rate: int) -> None:
    """Stereo sine at -23 dBFS reads -23 LUFS, integrated and momentary."""
    sound = sine([(-23.0, 5.0)], rate)
    assert integrated_lufs(block_powers(sound)) == pytest.approx(-23.0, abs=0.1)
    _, momentary = momentary_lufs(sound)
    assert momentary[10] == pytest.approx(-23.0, abs=0.1)


def test_ebu_3341_case_3_gating() -> None:
    """-36, -23, -36 dBFS: the quiet parts fall below the relative gate (shortened six-fold, same proportions)."""
    sound = sine([(-36.0, 2.0), (-23.0, 10.0), (-36.0, 2.0)])
    assert integrated_lufs(block_powers(sound)) == pytest.approx(-23.0, abs=0.15)


def test_agrees_with_pyloudnorm_on_noise() -> None:
    rng = np.random.default_rng(0)
    samples = (rng.normal(size=(48000 * 6, 2)) * np.repeat([[0.02], [0.2], [0.05]], 96000, axis=0)).astype(np.float32)
    ours = integrated_lufs(block_powers(Sound(samples, 48000)))
    assert ours == pytest.approx(pyloudnorm.Meter(48000).integrated_loudness(samples), abs=0.05)


def test_silence_and_very_short_sounds() -> None:
    silent = Sound(np.zeros((48000, 2), np.float32), 48000)
    assert integrated_lufs(block_powers(silent)) is None
    assert true_peak_dbtp(silent) is None and channel_correlation_min(silent) is None
    assert len(block_powers(Sound(np.zeros((100, 2), np.float32), 48000))) == 1


def test_true_peak_lies_between_samples() -> None:
    """A sine at a quarter of the rate, 45 degrees off: samples reach .707, the wave 1."""
    x = np.sin(2 * np.pi * 0.25 * np.arange(4800) + np.pi / 4) * np.hanning(4800)
    peak = true_peak_dbtp(Sound(x[:, None].astype(np.float32), 48000))
    assert peak == pytest.approx(0.0, abs=0.15)


def test_channel_correlation() -> None:
    x = np.random.default_rng(0).normal(size=48000 * 3).astype(np.float32)
    assert channel_correlation_min(Sound(np.stack([x, x], 1), 48000)) == pytest.approx(1.0)
    assert channel_correlation_min(Sound(np.stack([x, -x], 1), 48000)) == pytest.approx(-1.0)
    assert channel_correlation_min(Sound(x[:, None], 48000)) is None

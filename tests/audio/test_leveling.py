"""One gain, one curve: the target is met, the ceiling kept, and stems still add up."""
from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import resample_poly

from backend.audio.leveling import find_level
from backend.audio.loudness import measure
from backend.audio.true_peak import true_peak

RATE = 48_000


def _music(peaks: float) -> list[np.ndarray]:
    """Two stems: a steady noise, and short bursts ``peaks`` times louder."""
    rng = np.random.default_rng(3)
    bed = 0.02 * rng.standard_normal((2, 6 * RATE))
    bursts = np.zeros((2, 6 * RATE))
    for second in range(1, 6):
        bursts[:, second * RATE:second * RATE + 480] = peaks * 0.02 * rng.standard_normal((2, 480))
    return [bed.astype(np.float32), bursts.astype(np.float32)]


def test_without_peaks_there_is_a_gain_and_no_curve() -> None:
    stems = _music(1.0)
    level = find_level(stems[0] + stems[1], stems, -23.0, RATE)
    assert level.curve is None
    assert measure(level.apply(stems[0] + stems[1])).integrated_lufs == pytest.approx(-23.0, abs=0.01)


def test_peaks_are_held_below_the_ceiling_and_the_target_is_still_met() -> None:
    stems = _music(10.0)
    mix = stems[0] + stems[1]
    level = find_level(mix, stems, -23.0, RATE)
    heard = measure(level.apply(mix))
    assert level.reduction_db < -1.0
    assert heard.true_peak_dbtp <= -2.0
    assert heard.integrated_lufs == pytest.approx(-23.0, abs=0.2)


def test_the_curve_leaves_the_rest_alone() -> None:
    stems = _music(10.0)
    level = find_level(stems[0] + stems[1], stems, -23.0, RATE)
    assert level.curve is not None
    away = [slice(int((s + 0.3) * RATE), int((s + 0.7) * RATE)) for s in range(1, 5)]
    assert all(level.curve[part].min() == 1.0 for part in away)


def test_stems_stay_in_range_even_where_they_cancel() -> None:
    stem = np.zeros((2, 3 * RATE), np.float32)
    stem[:, RATE:RATE + 4800] = 0.9
    quiet = np.random.default_rng(1).standard_normal(stem.shape).astype(np.float32) * 0.001
    level = find_level(quiet, [stem + quiet, -stem], -40.0, RATE)
    assert np.abs(level.apply(stem)).max() < 1.0


def test_silence_is_left_alone() -> None:
    level = find_level(np.zeros((2, RATE), np.float32), [], -23.0, RATE)
    assert (level.gain_db, level.curve, level.reduction_db) == (0.0, None, 0.0)


@pytest.mark.parametrize("seed", range(4))
def test_pruned_true_peak_equals_oversampling_everything(seed: int) -> None:
    sound = np.random.default_rng(seed).standard_normal((2, 20_000)).astype(np.float32)
    sound *= np.linspace(0.1, 1, 20_000, dtype=np.float32)
    everything = max(np.abs(resample_poly(channel.astype(float), 4, 1)).max() for channel in sound)
    assert true_peak(sound) == pytest.approx(everything, rel=0.03)

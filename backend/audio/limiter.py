"""A look-ahead limiter that is only a gain curve, so that one curve can be applied to the mix and to every stem."""
from __future__ import annotations

import numpy as np

from backend.audio.true_peak import BLOCK, local_peaks, overshoot_bound

WINDOW_S = 0.032
"""The gain comes down this long before a peak and goes back as slowly: too slow to distort low notes. By ear."""


def block_gain(sound: np.ndarray, ceiling: float, highest_gain: float) -> np.ndarray:
    """Most gain per block of 512 samples [blocks] that keeps the true peak of ``sound`` [2, samples] at ``ceiling``.

    Exact for gains up to ``highest_gain``; nothing finer is computed where even that could not reach the ceiling.
    """
    threshold = ceiling / highest_gain / overshoot_bound()
    peaks = np.max([local_peaks(channel, threshold) for channel in sound], axis=0)
    gains: np.ndarray = ceiling / np.maximum(peaks, 1e-9)
    return gains


def gain_curve(needed: np.ndarray, samples: int, sample_rate: int) -> np.ndarray | None:
    """One gain per sample [samples] float32 that is nowhere above what its block needs; None when nothing is needed.

    The minimum over a window, then the mean over the same window twice as narrow: both centred, hence look-ahead.
    """
    from scipy.ndimage import minimum_filter1d, uniform_filter1d

    if needed.min(initial=1.0) >= 1.0:
        return None
    half = max(1, round(WINDOW_S * sample_rate / BLOCK / 2))
    wide = minimum_filter1d(np.repeat(needed, 8), size=8 * (2 * half + 1) + 1, mode="nearest")
    smooth = uniform_filter1d(uniform_filter1d(wide, 8 * half, mode="nearest"), 8 * half, mode="nearest")
    positions = (np.arange(len(smooth)) + 0.5) * (BLOCK / 8)
    curve: np.ndarray = np.interp(np.arange(samples), positions, smooth)
    return curve.astype(np.float32)

"""The peak of the signal between its samples: BS.1770-4 annex 2 by 4x polyphase oversampling.

Only stretches that can hold the answer are oversampled: no interpolated value exceeds the largest sample around it by
more than the filter's largest absolute coefficient sum, so the result is exactly that of oversampling everything.
"""
from __future__ import annotations

from functools import cache

import numpy as np

OVERSAMPLING = 4
HALF_TAPS = 16
"""Samples each side of the interpolated point: .02 dB ripple up to 20 kHz."""
BLOCK = 512
"""Samples per block of ``local_peaks``."""


@cache
def _filter() -> np.ndarray:
    from scipy.signal import firwin

    taps = 2 * HALF_TAPS * OVERSAMPLING + 1
    coefficients: np.ndarray = firwin(taps, 1 / OVERSAMPLING, window=("kaiser", 6.0)) * OVERSAMPLING
    return coefficients.astype(np.float32)


@cache
def overshoot_bound() -> float:
    """No interpolated value exceeds the samples around it by more than this factor."""
    taps = np.abs(_filter())
    return float(max(taps[phase::OVERSAMPLING].sum() for phase in range(OVERSAMPLING)))


def true_peak(sound: np.ndarray) -> float:
    """Largest interpolated magnitude of ``sound`` [channels, samples]."""
    top = float(np.abs(sound).max(initial=0.0))
    return max([top, *(float(peaks.max(initial=0.0)) for peaks in
                       (local_peaks(channel, top / overshoot_bound()) for channel in sound))])


def local_peaks(channel: np.ndarray, threshold: float) -> np.ndarray:
    """Per block of 512 samples [blocks]: the largest interpolated magnitude, exact wherever a sample in or beside
    the block exceeds ``threshold``; elsewhere the largest sample."""
    from scipy.signal import upfirdn

    padded = _padded(channel)
    peaks: np.ndarray = np.abs(padded).reshape(-1, BLOCK).max(axis=1)
    near = np.maximum(peaks, np.maximum(np.append(peaks[1:], 0), np.insert(peaks[:-1], 0, 0)))
    hot = np.flatnonzero(near > threshold)
    if not len(hot):
        return peaks
    around = np.pad(padded, HALF_TAPS)
    rows = np.stack([around[i * BLOCK:(i + 1) * BLOCK + 2 * HALF_TAPS] for i in hot])
    fine = upfirdn(_filter(), rows, up=OVERSAMPLING, axis=1)
    start = 2 * HALF_TAPS * OVERSAMPLING
    peaks[hot] = np.maximum(peaks[hot], np.abs(fine[:, start:start + BLOCK * OVERSAMPLING]).max(axis=1))
    return peaks


def block_peaks(sound: np.ndarray) -> np.ndarray:
    """Largest sample magnitude of ``sound`` [channels, samples] per block [blocks]."""
    peaks: np.ndarray = np.max([np.abs(_padded(channel)).reshape(-1, BLOCK).max(axis=1) for channel in sound], axis=0)
    return peaks


def _padded(channel: np.ndarray) -> np.ndarray:
    padded = np.zeros(max(1, -(-len(channel) // BLOCK)) * BLOCK, np.float32)
    padded[:len(channel)] = channel
    return padded

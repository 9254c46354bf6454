"""Loudness of a rendered mix by ITU-R BS.1770-5: K-weighting, momentary (400 ms) and gated integrated loudness.

The K-weighting filters are the two biquads of Annex 1, recomputed for other sample rates from their analogue
parameters (B. De Man, "Evaluation of implementations of the EBU R128 loudness measurement", AES 145, 2018).
"""
from __future__ import annotations

import math

import numpy as np

from backend.evaluation.sound import Sound

BLOCK_S = 0.4
HOP_S = 0.1
ABSOLUTE_GATE_LUFS = -70.0
RELATIVE_GATE_LU = -10.0
OFFSET_DB = -0.691
SILENCE_LUFS = -120.0


def k_weighting(sample_rate: int) -> np.ndarray:
    """Second-order sections, shape (2, 6): high shelf (+4 dB at 1682 Hz), then high pass (38 Hz)."""
    f0, gain_db, q = 1681.974450955533, 3.999843853973347, 0.7071752369554196
    k, vh = math.tan(math.pi * f0 / sample_rate), 10 ** (gain_db / 20)
    vb = vh ** 0.4996667741545416
    a0 = 1 + k / q + k * k
    shelf = [(vh + vb * k / q + k * k) / a0, 2 * (k * k - vh) / a0, (vh - vb * k / q + k * k) / a0,
             1.0, 2 * (k * k - 1) / a0, (1 - k / q + k * k) / a0]
    f0, q = 38.13547087602444, 0.5003270373238773
    k = math.tan(math.pi * f0 / sample_rate)
    a0 = 1 + k / q + k * k
    return np.array([shelf, [1.0, -2.0, 1.0, 1.0, 2 * (k * k - 1) / a0, (1 - k / q + k * k) / a0]])


def block_powers(sound: Sound) -> np.ndarray:
    """K-weighted mean square of 400 ms blocks every 100 ms, channels summed, shape (blocks,)."""
    from scipy.signal import sosfilt

    rate = sound.sample_rate
    weighted = sosfilt(k_weighting(rate), sound.samples, axis=0)
    power = np.einsum("ij,ij->i", weighted, weighted)
    hop, size = round(HOP_S * rate), round(BLOCK_S * rate)
    if len(power) < size:
        return np.array([power.mean()]) if len(power) else np.zeros(0)
    sums = np.add.reduceat(power, np.arange(0, len(power), hop))
    whole = len(power) // hop
    blocks = size // hop
    total = np.cumsum(np.concatenate([[0.0], sums[:whole]]))
    return np.asarray((total[blocks:] - total[:-blocks]) / size)


def to_lufs(power: np.ndarray) -> np.ndarray:
    """Loudness of mean squares."""
    return np.asarray(OFFSET_DB + 10 * np.log10(np.maximum(power, 10 ** ((SILENCE_LUFS - OFFSET_DB) / 10))))


def momentary_lufs(sound: Sound) -> tuple[np.ndarray, np.ndarray]:
    """Centre times in seconds and momentary loudness, both shape (blocks,)."""
    power = block_powers(sound)
    return BLOCK_S / 2 + HOP_S * np.arange(len(power)), to_lufs(power)


def integrated_lufs(power: np.ndarray) -> float | None:
    """Gated loudness of block powers; None when nothing reaches the absolute gate."""
    loud = power[to_lufs(power) > ABSOLUTE_GATE_LUFS]
    if len(loud) == 0:
        return None
    gate = float(to_lufs(np.array([loud.mean()]))[0]) + RELATIVE_GATE_LU
    return float(to_lufs(np.array([loud[to_lufs(loud) > gate].mean()]))[0])


def true_peak_dbtp(sound: Sound, oversampling: int = 4) -> float | None:
    """BS.1770 Annex 2: peak of the signal at 4x the rate, examined only where the samples come near the peak.

    A sample 6 dB below the highest cannot hide the highest true peak of band-limited music, so only stretches above
    that are oversampled.
    """
    from scipy.signal import resample_poly

    magnitude = np.abs(sound.samples).max(axis=1)
    top = float(magnitude.max()) if len(magnitude) else 0.0
    if top == 0:
        return None
    near = np.nonzero(magnitude >= top / 2)[0]
    starts = near[np.concatenate([[True], np.diff(near) > 256])]
    ends = near[np.concatenate([np.diff(near) > 256, [True]])]
    for start, end in zip(starts, ends, strict=True):
        part = sound.samples[max(0, start - 64):end + 65]
        top = max(top, float(np.abs(resample_poly(part, oversampling, 1, axis=0)).max()))
    return 20 * math.log10(top)


def channel_correlation_min(sound: Sound, window_s: float = 3.0) -> float | None:
    """Lowest left/right correlation over windows of 3 s; None for mono or silence. Below 0 means phase trouble."""
    if sound.samples.shape[1] < 2:
        return None
    size = max(1, round(window_s * sound.sample_rate))
    values = []
    for start in range(0, max(1, len(sound.samples) - size // 2), size):
        left, right = sound.samples[start:start + size, 0], sound.samples[start:start + size, 1]
        norm = math.sqrt(float(left @ left) * float(right @ right))
        if norm > 1e-9:
            values.append(float(left @ right) / norm)
    return min(values) if values else None

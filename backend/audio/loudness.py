"""Loudness as broadcast measures it.

K-weighting, 400 ms blocks and the two gates are ITU-R BS.1770-4 (annex 1, equations 1-7); momentary and short-term
windows are EBU Tech 3341; loudness range is EBU Tech 3342; true peak is BS.1770-4 annex 2 (4x oversampling).
Arrays are [channels, samples], full scale 1.0.
"""
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from backend.audio.true_peak import true_peak
from backend.audio.wav import read_wav

SILENCE_LUFS = -120.0
"""Reported for silence, which has no loudness."""
ABSOLUTE_GATE_LUFS = -70.0
RELATIVE_GATE_LU = -10.0
RANGE_GATE_LU = -20.0
HOP_S = 0.05
"""Momentary loudness is reported at 20 Hz."""
_MOMENTARY_HOPS = 8
_SHORT_TERM_HOPS = 60


@dataclass(frozen=True, eq=False)
class Loudness:
    """``momentary_lufs`` [k] and ``short_term_lufs`` [k]: windows of 0.4 s and 3 s that END at ``HOP_S * (k + 1)``.

    Silence is ``SILENCE_LUFS`` everywhere (also for the peaks).
    """

    integrated_lufs: float
    loudness_range_lu: float
    true_peak_dbtp: float
    sample_peak_dbfs: float
    momentary_lufs: np.ndarray
    short_term_lufs: np.ndarray


def measure(source: Path | np.ndarray, sample_rate: int = 48_000) -> Loudness:
    """Everything about a WAV file or an array [channels, samples]. Raises InputError for an unreadable file."""
    if isinstance(source, Path):
        sound, sample_rate = read_wav(source)
    else:
        sound = np.atleast_2d(source)
    powers = hop_powers(sound, sample_rate)
    return Loudness(
        integrated_lufs=integrated(powers), loudness_range_lu=loudness_range(powers),
        true_peak_dbtp=decibels(true_peak(sound)), sample_peak_dbfs=decibels(float(np.abs(sound).max(initial=0.0))),
        momentary_lufs=_trailing(powers, _MOMENTARY_HOPS), short_term_lufs=_trailing(powers, _SHORT_TERM_HOPS))


def decibels(amplitude: float) -> float:
    """Amplitude to dB, floored at -120."""
    return max(SILENCE_LUFS, 20 * float(np.log10(max(amplitude, 1e-12))))


def hop_powers(sound: np.ndarray, sample_rate: int) -> np.ndarray:
    """K-weighted mean square per 50 ms hop [k], channels added (equations 1 and 2); the end is padded with silence."""
    from scipy.signal import sosfilt

    hop = round(HOP_S * sample_rate)
    hops = max(_MOMENTARY_HOPS, -(-sound.shape[1] // hop))
    total = np.zeros(hops)
    sos = k_weighting(sample_rate)
    for channel in sound:
        weighted = np.zeros(hops * hop, np.float64)
        weighted[:len(channel)] = channel
        blocks = sosfilt(sos, weighted).reshape(hops, hop)
        total += np.einsum("kn,kn->k", blocks, blocks) / hop
    return total


def integrated(powers: np.ndarray) -> float:
    """Gated loudness of 400 ms blocks every 100 ms (equations 4 to 7) from hop powers."""
    gated = _gate(_windows(powers, _MOMENTARY_HOPS)[::2], RELATIVE_GATE_LU)
    return _lufs(gated.mean()) if len(gated) else SILENCE_LUFS


def loudness_range(powers: np.ndarray) -> float:
    """Tech 3342: 95th minus 10th percentile of gated short-term loudness; 0 for less than one window."""
    if len(powers) < _SHORT_TERM_HOPS:
        return 0.0
    gated = _gate(_windows(powers, _SHORT_TERM_HOPS)[::2], RANGE_GATE_LU)
    if not len(gated):
        return 0.0
    low, high = np.percentile(10 * np.log10(gated), (10, 95))
    return float(high - low)


def k_weighting(sample_rate: int) -> np.ndarray:
    """The two filter stages as second-order sections, for any rate.

    Analogue parameters that reproduce BS.1770-4 tables 1 and 2 at 48 kHz (B. De Man, "Evaluation of Implementations of
    the EBU R128 Loudness Measurement", AES 145, 2018), bilinear transform.
    """
    k = np.tan(np.pi * 1681.974450955533 / sample_rate)
    q, high = 0.7071752369554196, 10 ** (3.999843853973347 / 20)
    band = high ** 0.4996667741545416
    a0 = 1 + k / q + k * k
    shelf = [(high + band * k / q + k * k) / a0, 2 * (k * k - high) / a0, (high - band * k / q + k * k) / a0,
             1.0, 2 * (k * k - 1) / a0, (1 - k / q + k * k) / a0]
    k, q = np.tan(np.pi * 38.13547087602444 / sample_rate), 0.5003270373238773
    a0 = 1 + k / q + k * k
    return np.array([shelf, [1.0, -2.0, 1.0, 1.0, 2 * (k * k - 1) / a0, (1 - k / q + k * k) / a0]])


def _windows(powers: np.ndarray, hops: int) -> np.ndarray:
    """Mean power of every full window of ``hops`` hops."""
    sums = np.concatenate([[0.0], np.cumsum(powers)])
    means: np.ndarray = np.maximum(0.0, (sums[hops:] - sums[:-hops]) / hops)
    return means


def _gate(window_powers: np.ndarray, relative_lu: float) -> np.ndarray:
    absolute = 10 ** ((ABSOLUTE_GATE_LUFS + 0.691) / 10)
    loud: np.ndarray = window_powers[window_powers >= absolute]
    if len(loud):
        loud = loud[loud > loud.mean() * 10 ** (relative_lu / 10)]
    return loud


def _lufs(power: float) -> float:
    return max(SILENCE_LUFS, -0.691 + 10 * float(np.log10(max(power, 1e-30))))


def _trailing(powers: np.ndarray, hops: int) -> np.ndarray:
    padded = np.concatenate([np.zeros(hops - 1), powers])
    curve: np.ndarray = np.maximum(SILENCE_LUFS, -0.691 + 10 * np.log10(np.maximum(_windows(padded, hops), 1e-30)))
    return curve

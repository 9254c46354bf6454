"""What a computer hears in music: pulse, key, loudness, and how often something begins."""
from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.ndimage import maximum_filter1d, uniform_filter1d
from scipy.signal import resample_poly, stft

from backend.dataset.options import SAMPLE_RATE
from backend.dataset.sound import Sound
from backend.music.criteria.keys import KeyFit, fit_key

RATE = SAMPLE_RATE // 2
HOP = 240
"""10 ms."""
FRAMES_PER_S = RATE // HOP
_WINDOW = 1024
_BANDS = 36
_FLOOR_DB = 70.0
_SLOWEST, _FASTEST = 40.0, 240.0
_USUAL_QPM, _OCTAVES = 110.0, 0.9
"""Centre and width of what tempi music has: a log-normal weight decides between a tempo and its double."""
_NO_PULSE = 0.08
_CHROMA_WINDOW = 8192
_CHROMA_HZ = (55.0, 2000.0)
_LEAST_RISE, _OVER_MEAN = 0.2, 2.0
"""Share of the strongest rises, and of the mean around, that counts as an onset (docs/dataset.md)."""


@dataclass(frozen=True)
class Loudness:
    """Of ITU-R BS.1770-4 and EBU Tech 3342; ``lufs`` is -inf for silence."""

    lufs: float
    range_lu: float
    peak_dbfs: float


def loudness(sound: Sound) -> Loudness:
    """At 48 kHz, at least 0.4 s long."""
    import pyloudnorm
    meter = pyloudnorm.Meter(SAMPLE_RATE)
    peak = float(np.abs(sound).max(initial=0.0))
    fine = sound.astype(np.float64)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        lufs = float(meter.integrated_loudness(fine))
        try:
            span = float(meter.loudness_range(fine))
        except ValueError:  # shorter than its window of three seconds
            span = 0.0
    return Loudness(lufs, span if np.isfinite(span) else 0.0, 20 * float(np.log10(max(peak, 1e-9))))


class Listening:
    """One recording. Everything is worked out when it is first asked for."""

    def __init__(self, sound: Sound) -> None:
        self._mono = resample_poly(sound.mean(axis=1), 1, SAMPLE_RATE // RATE).astype(np.float32)
        self.duration_s = len(sound) / SAMPLE_RATE

    @cached_property
    def rises(self) -> np.ndarray:
        """How much louder the bands become, one value per 10 ms, [frames], 0 and more."""
        _, _, spectrum = stft(self._mono, RATE, nperseg=_WINDOW, noverlap=_WINDOW - HOP, padded=True)
        power = np.abs(spectrum) ** 2
        edges = np.unique(np.round(np.geomspace(60, RATE / 2, _BANDS + 1) * _WINDOW / RATE).astype(int))
        bands = np.add.reduceat(power, edges[:-1], axis=0)
        level = 10 * np.log10(bands + 1e-12)
        level = np.maximum(level, level.max() - _FLOOR_DB)
        rise = np.maximum(0.0, level[:, 2:] - level[:, :-2]).mean(axis=0)
        return np.concatenate([[0.0], rise])

    @cached_property
    def onsets_s(self) -> np.ndarray:
        """Times at which something begins, [onsets]."""
        rises = self.rises
        if not rises.any():
            return np.zeros(0)
        top = float(np.percentile(rises[rises > 0], 99))
        peak = (rises == maximum_filter1d(rises, 7)) & (rises > _OVER_MEAN * uniform_filter1d(rises, 21))
        return np.flatnonzero(peak & (rises > _LEAST_RISE * top)) / FRAMES_PER_S

    def rise_at(self, time_s: float) -> float:
        """The strongest rise within 50 ms."""
        at = round(time_s * FRAMES_PER_S)
        return float(self.rises[max(0, at - 5):at + 6].max(initial=0.0))

    @cached_property
    def tempo(self) -> tuple[float | None, float]:
        """(quarters per minute or None, confidence 0..1): the lag at which the rises repeat best, a quarter's length
        most likely around 110 (D. Ellis, "Beat tracking by dynamic programming", JNMR 2007, for the weight)."""
        signal = self.rises - uniform_filter1d(self.rises, FRAMES_PER_S)
        lags = np.arange(round(60 / _FASTEST * FRAMES_PER_S), round(60 / _SLOWEST * FRAMES_PER_S) + 1)
        if len(signal) < 3 * lags[-1] or not signal.any():
            return None, 0.0
        spectrum = np.abs(np.fft.rfft(signal, 2 * len(signal))) ** 2
        repeats = np.fft.irfft(spectrum)[:len(signal)]
        repeats = repeats / repeats[0]
        comb = np.mean([_near(repeats, lags * k) for k in (1, 2, 3, 4) if k * lags[-1] < len(repeats)], axis=0)
        octaves = np.log2(60 * FRAMES_PER_S / lags / _USUAL_QPM)
        best = int(np.argmax(comb * np.exp(-0.5 * (octaves / _OCTAVES) ** 2)))
        sure = float(np.clip(comb[best], 0.0, 1.0))
        if sure < _NO_PULSE:
            return None, round(sure, 4)
        return round(float(60 * FRAMES_PER_S / _finer(repeats, int(lags[best]))), 2), round(sure, 4)

    @cached_property
    def key(self) -> KeyFit:
        """The key whose profile fits the recording's pitch classes best."""
        _, _, spectrum = stft(self._mono, RATE, nperseg=_CHROMA_WINDOW, noverlap=_CHROMA_WINDOW // 2, padded=True)
        magnitude = np.abs(spectrum)
        frequency = np.arange(len(magnitude)) * RATE / _CHROMA_WINDOW
        peaks = (magnitude[1:-1] > magnitude[:-2]) & (magnitude[1:-1] > magnitude[2:])
        inside = (frequency[1:-1] > _CHROMA_HZ[0]) & (frequency[1:-1] < _CHROMA_HZ[1])
        weight = (np.sqrt(magnitude[1:-1]) * peaks * inside[:, None]).sum(axis=1)
        classes = np.round(69 + 12 * np.log2(np.maximum(frequency[1:-1], 1.0) / 440)).astype(int) % 12
        return fit_key(np.bincount(classes, weights=weight, minlength=12))


def _near(values: np.ndarray, places: np.ndarray) -> np.ndarray:
    """The best value within one of each place: a beat is no whole number of frames."""
    return np.asarray(np.max([values[np.clip(places + off, 0, len(values) - 1)] for off in (-1, 0, 1)], axis=0))


def _finer(repeats: np.ndarray, lag: int) -> float:
    """The lag in parts of a frame, from the multiple farthest out that is still clear."""
    fine = float(lag)
    for multiple in (1, 2, 4, 8):
        at = round(fine * multiple)
        near = np.arange(max(1, at - 2), min(len(repeats) - 1, at + 3))
        if at + 3 >= len(repeats) or not len(near):
            break
        peak = int(near[np.argmax(repeats[near])])
        before, here, after = repeats[peak - 1:peak + 2]
        bend = before - 2 * here + after
        if here <= 0 or bend >= 0 or here < 0.5 * repeats[lag]:
            break
        fine = (peak + 0.5 * (before - after) / bend) / multiple
    return fine

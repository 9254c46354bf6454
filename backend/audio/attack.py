"""When a sound has spoken: the time from note-on to the first moment its amplitude envelope reaches half of its peak.

The peak is the highest value in the note's first 0.15 s. Sounds that more than double after that are swells: their
highest value within 0.4 s counts. In a shorter note only its own length counts. The envelope is the magnitude of the
analytic signal of both channels, averaged over one period of the note (at least 4 ms).
"""
from __future__ import annotations

import numpy as np

HOP_S = 0.0005
PEAK_WINDOW_S = 0.15
"""Beating of detuned layers and the bloom of a bow come later: not the attack (docs/benchmarks/render.md)."""
SWELL_WINDOW_S = 0.4
SWELL_RATIO = 2.0


def half_rise(rise: np.ndarray, span: int) -> int:
    """Index at which a running maximum (every 0.5 ms) reaches half of the attack's peak in a note ``span`` long."""
    length = max(1, min(span, len(rise)))
    top = rise[min(length, round(PEAK_WINDOW_S / HOP_S)) - 1]
    if rise[length - 1] > SWELL_RATIO * top:
        top = rise[length - 1]
    return int(np.searchsorted(rise, top / 2))


def running_peak(sound: np.ndarray, window_s: float, sample_rate: int) -> np.ndarray:
    """Running maximum [k] of the envelope of ``sound`` [samples, channels] over the swell window, every 0.5 ms."""
    magnitude, step = analytic_magnitude(sound, sample_rate)
    rate = sample_rate / step
    half = max(1, round(window_s * rate / 2))
    sums = np.cumsum(np.pad(magnitude, (half + 1, half)))
    mean = (sums[2 * half + 1:] - sums[:-2 * half - 1]) / (2 * half + 1)
    at = np.arange(round(SWELL_WINDOW_S / HOP_S)) * (HOP_S * rate)
    highest: np.ndarray = np.maximum.accumulate(np.interp(at, np.arange(len(mean)), mean))
    return highest


def analytic_magnitude(sound: np.ndarray, sample_rate: int) -> tuple[np.ndarray, int]:
    """Magnitude [samples / step] of the analytic signal of all channels, and the step.

    Only frequencies up to a quarter of the sample rate (12 kHz) are kept, so every fourth sample says it all.
    """
    from scipy import fft

    samples = 4 * fft.next_fast_len(-(-(len(sound) + round(0.02 * sample_rate)) // 4))
    spectrum = fft.rfft(sound, n=samples, axis=0)[:samples // 4]
    analytic = fft.ifft(spectrum, axis=0)[:len(sound) // 4]
    power = (analytic.real ** 2 + analytic.imag ** 2).sum(axis=1, dtype=np.float64)
    return np.sqrt(power) / 2, 4

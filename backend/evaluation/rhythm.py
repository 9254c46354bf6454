"""Rhythm cross-correlation, eq. (8) of FilmComposer, as printed and normalised.

As printed it is a correlation of two rhythms without saying of what; read as lists of beat times its size
matches the paper's table, but it grows with tempo and length and is blind to alignment. Both are computed; only the
normalised one, on pulse trains, says anything about sync.
"""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

RATE_HZ = 100
SIGMA_S = 0.025
MAX_LAG_S = 0.2
CHANCE_SHIFTS = 200
CHANCE_PERCENTILE = 99


@dataclass(frozen=True)
class RhythmCorrelation:
    """``value`` -1..1 at ``lag_s`` (music late > 0); ``chance_p99`` under circular shifts."""

    value: float
    lag_s: float
    chance_p99: float


def pulse_train(times_s: np.ndarray, duration_s: float) -> np.ndarray:
    """Gaussian pulses (sigma 25 ms) at 100 Hz, shape (ceil(duration * 100) + 1,)."""
    grid = np.arange(int(np.ceil(duration_s * RATE_HZ)) + 1) / RATE_HZ
    reach = 4 * SIGMA_S
    train = np.zeros(len(grid))
    for time_s in times_s:
        first, last = np.searchsorted(grid, (time_s - reach, time_s + reach))
        train[first:last] += np.exp(-0.5 * ((grid[first:last] - time_s) / SIGMA_S) ** 2)
    return train


def rhythm_correlation(picture_s: np.ndarray, music_s: np.ndarray, duration_s: float) -> RhythmCorrelation | None:
    """max over |k| <= .2 s of sum x(t) y(t+k) / sqrt(sum x^2 sum y^2) (eq. 8, normalised); None without pulses.

    Circular, so that every lag is an exact shift: the chance level is the 99th percentile of the same maximum
    after 200 evenly spaced shifts of the picture by more than the lag window.
    """
    x, y = pulse_train(picture_s, duration_s), pulse_train(music_s, duration_s)
    norm = float(np.sqrt((x @ x) * (y @ y)))
    if norm == 0:
        return None
    circular = np.fft.irfft(np.fft.rfft(y) * np.conj(np.fft.rfft(x)), len(x)) / norm
    reach = round(MAX_LAG_S * RATE_HZ)
    lags = np.arange(-reach, reach + 1)
    best = int(np.argmax(circular[lags % len(x)]))
    shifts = np.linspace(2 * reach, max(2 * reach + 1, len(x) - 2 * reach), CHANCE_SHIFTS).astype(int)
    chance = circular[(shifts[:, None] + lags[None, :]) % len(x)].max(axis=1)
    return RhythmCorrelation(float(circular[lags[best] % len(x)]), float(lags[best] / RATE_HZ),
                             float(np.percentile(chance, CHANCE_PERCENTILE)))


def raw_correlation(first_s: np.ndarray, second_s: np.ndarray) -> float | None:
    """Eq. (8) on the two lists of times themselves: the highest value of their full cross-correlation."""
    if len(first_s) == 0 or len(second_s) == 0:
        return None
    return float(np.correlate(first_s, second_s, mode="full").max())

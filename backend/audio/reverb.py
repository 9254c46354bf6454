"""One hall per family: convolution with an impulse response made here, from noise.

The tail is seeded Gaussian noise in four frequency bands, each decaying exponentially by 60 dB in its own RT60
(Schroeder's definition; the air and the walls damp high notes faster), independent for left and right, so that the
two channels are decorrelated as in a real diffuse field. A few early reflections come before it.
"""
from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

HIGH_PASS_HZ = 180.0
EARLY_REFLECTIONS = 8
EARLY_SPAN_S = 0.06
EARLY_SHARE = 0.2
"""Share of the impulse response's energy in the early reflections. By ear."""
CROSSFEED = 0.38
"""How much of each input channel excites the other side: the image of the hall is wider than the seat. By ear."""
_BANDS_HZ = (250.0, 1500.0, 4500.0)
_BAND_DECAY = (1.15, 1.0, 0.8, 0.55)
"""RT60 per band over the mid RT60, as in concert halls (rising towards the bass, falling above 2 kHz). By ear."""


@dataclass(frozen=True)
class Hall:
    """``rt60_s`` in the middle band, ``pre_delay_ms`` 30 at the front of the stage to 8 at the back."""

    rt60_s: float
    pre_delay_ms: float
    low_pass_hz: float


HALLS = {
    "strings": Hall(2.2, 26.0, 8500.0), "woodwind": Hall(2.1, 20.0, 8500.0), "brass": Hall(2.3, 14.0, 8000.0),
    "choir": Hall(2.4, 10.0, 8000.0), "harp_keys": Hall(2.0, 28.0, 9000.0), "plucked": Hall(2.0, 24.0, 9000.0),
    "tuned_perc": Hall(2.2, 12.0, 8500.0), "percussion": Hall(2.4, 8.0, 8000.0), "world": Hall(2.0, 24.0, 8500.0),
    "synth": Hall(2.4, 30.0, 9000.0),
}
DEFAULT_HALL = Hall(2.2, 20.0, 8500.0)
_SEED = 1905


@cache
def impulse_response(family: str, sample_rate: int) -> np.ndarray:
    """Impulse response [2, samples] float32 of a family's hall, unit energy per channel."""
    from scipy.signal import butter, sosfilt

    hall = HALLS.get(family, DEFAULT_HALL)
    seed = _SEED + (list(HALLS).index(family) + 1 if family in HALLS else 0)
    rng = np.random.default_rng(seed)
    length = round(hall.rt60_s * _BAND_DECAY[0] * sample_rate)
    tail = _tail(rng, hall, length, sample_rate)
    early = np.zeros_like(tail)
    for channel in range(2):
        times = np.sort(rng.uniform(0.0, EARLY_SPAN_S, EARLY_REFLECTIONS))
        early[channel, (times * sample_rate).astype(int)] = rng.choice((-1.0, 1.0), EARLY_REFLECTIONS) * 10 ** (
            -3 * times / hall.rt60_s)
    response = np.pad(_unit(early) * EARLY_SHARE ** 0.5 + _unit(tail) * (1 - EARLY_SHARE) ** 0.5,
                      ((0, 0), (round(hall.pre_delay_ms / 1000 * sample_rate), 0)))
    response = sosfilt(butter(2, HIGH_PASS_HZ, "highpass", fs=sample_rate, output="sos"), response)
    response = sosfilt(butter(2, hall.low_pass_hz, "lowpass", fs=sample_rate, output="sos"), response)
    return _unit(response).astype(np.float32)


def reverberate(sound: np.ndarray, family: str, sample_rate: int) -> np.ndarray:
    """The wet signal only [2, samples] float32, as long as ``sound``; tails past its end are cut."""
    from scipy.signal import fftconvolve

    direct = np.float32((1 - CROSSFEED ** 2) ** 0.5)
    cross = np.float32(CROSSFEED)
    excited = np.stack([sound[0] * direct + sound[1] * cross, sound[1] * direct + sound[0] * cross])
    response = impulse_response(family, sample_rate)
    wet = [fftconvolve(excited[channel], response[channel])[:sound.shape[1]] for channel in range(2)]
    return np.stack(wet).astype(np.float32, copy=False)


def _tail(rng: np.random.Generator, hall: Hall, length: int, sample_rate: int) -> np.ndarray:
    time_s = np.arange(length) / sample_rate
    edges = (None, *_BANDS_HZ, None)
    noise = rng.standard_normal((2, length))
    tail = np.zeros((2, length))
    for low, high, decay in zip(edges, edges[1:], _BAND_DECAY, strict=False):
        tail += _band(noise, low, high, sample_rate) * 10 ** (-3 * time_s / (hall.rt60_s * decay))
    rise = np.minimum(1.0, time_s / EARLY_SPAN_S)
    return tail * rise


def _band(noise: np.ndarray, low: float | None, high: float | None, sample_rate: int) -> np.ndarray:
    from scipy.signal import butter, sosfilt

    out = noise
    if low is not None:
        out = sosfilt(butter(2, low, "highpass", fs=sample_rate, output="sos"), out)
    if high is not None:
        out = sosfilt(butter(2, high, "lowpass", fs=sample_rate, output="sos"), out)
    return out


def _unit(signal: np.ndarray) -> np.ndarray:
    scaled: np.ndarray = signal / np.sqrt((signal ** 2).sum(axis=1, keepdims=True))
    return scaled

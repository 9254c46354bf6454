"""How long the bank's own sounds take to speak, measured by playing them, so that notes can start early by that much.

The attack is the time from note-on to the first moment the amplitude envelope reaches half of its highest value
in the note's first 0.4 s (or in the whole note, if it is shorter). The envelope is the magnitude of the analytic signal
of both channels, averaged over one period of the note (at least 4 ms).
"""
from __future__ import annotations

from typing import Any

import numpy as np
from scipy import fft

from backend.audio.performance import PlayedNote
from backend.audio.soundfont import Preset
from backend.audio.voice import flush, select_preset

PEAK_WINDOW_S = 0.4
"""Later swells are not part of the attack. By ear; most programs peak within 0.1-0.4 s (docs/benchmarks/render.md)."""
MAX_ADVANCE_S = 0.25
"""Slow pads start at most this early: earlier would be heard as an entry of its own."""
VELOCITY_STEP = 32
"""Banks switch layers by velocity, so the attack is measured once per this many steps."""
DRUM_PERIOD_S = 0.004
_HOP_S = 0.0005


class AttackTable:
    """Measured attacks of one bank, remembered. Values depend on the bank only, never on the order of asking."""

    def __init__(self, sample_rate: int) -> None:
        self._sample_rate = sample_rate
        self._rises: dict[tuple[Preset, int, int], np.ndarray] = {}

    def advance(self, font: Any, note: PlayedNote) -> int:
        """Samples by which ``note`` must start early. Plays the note on ``font``, which must be idle."""
        key = (note.preset, note.pitch, note.velocity // VELOCITY_STEP)
        if key not in self._rises:
            self._rises[key] = self._measure(font, *key)
        rise = self._rises[key]
        hop = round(_HOP_S * self._sample_rate)
        index = len(rise)
        for _ in range(2):  # an early start makes a short note longer, which may raise its peak: twice is enough
            span = max(1, (note.end - note.start) // hop + index)
            index = int(np.searchsorted(rise, rise[min(span, len(rise)) - 1] / 2))
        return min(index * hop, round(MAX_ADVANCE_S * self._sample_rate))

    def _measure(self, font: Any, preset: Preset, pitch: int, layer: int) -> np.ndarray:
        """The running maximum of the note's envelope, one value per 0.5 ms."""
        velocity = min(127, layer * VELOCITY_STEP + VELOCITY_STEP // 2)
        sound = np.zeros((round((PEAK_WINDOW_S + 0.05) * self._sample_rate), 2), np.float32)
        flush(font)
        select_preset(font, 0, preset)
        font.channel_note_on(0, pitch, velocity / 127)
        font.render(sound.view(np.uint8).reshape(-1))
        flush(font)
        period_s = DRUM_PERIOD_S if preset.drum else 1 / (440 * 2 ** ((pitch - 69) / 12))
        return running_peak(sound, max(period_s, DRUM_PERIOD_S), self._sample_rate)


def envelope(sound: np.ndarray, window_s: float, sample_rate: int) -> np.ndarray:
    """Amplitude envelope [samples] of ``sound`` [samples, channels]: analytic magnitude, centred moving average."""
    samples = len(sound)
    size = fft.next_fast_len(samples + round(0.02 * sample_rate))
    spectrum = fft.fft(sound, n=size, axis=0)
    spectrum[size // 2 + 1:] = 0
    analytic = fft.ifft(spectrum, axis=0)[:samples] * 2
    magnitude = np.sqrt((analytic.real ** 2 + analytic.imag ** 2).sum(axis=1, dtype=np.float64))
    half = max(1, round(window_s * sample_rate / 2))
    sums = np.concatenate([np.zeros(half + 1), np.cumsum(magnitude), np.full(half, magnitude.sum())])
    mean: np.ndarray = (sums[2 * half + 1:] - sums[:-2 * half - 1]) / (2 * half + 1)
    return mean


def running_peak(sound: np.ndarray, window_s: float, sample_rate: int) -> np.ndarray:
    """Running maximum of the envelope over the peak window, every 0.5 ms."""
    hop = round(_HOP_S * sample_rate)
    rise = envelope(sound, window_s, sample_rate)[:round(PEAK_WINDOW_S * sample_rate):hop]
    highest: np.ndarray = np.maximum.accumulate(rise)
    return highest

"""How long the bank's own sounds take to speak, measured by playing them, so that notes can start early by that much.

The attack is the time from note-on to the first moment the amplitude envelope reaches half of its highest value in the
note's first 0.15 s. Sounds that more than double after that are swells: their highest value within 0.4 s counts. In a
shorter note only its own length counts. The envelope is the magnitude of the analytic signal of both channels,
averaged over one period of the note (at least 4 ms).
"""
from __future__ import annotations

from typing import Any

import numpy as np
from scipy import fft

from backend.audio.performance import PlayedNote
from backend.audio.soundfont import Preset
from backend.audio.voice import flush, select_preset

PEAK_WINDOW_S = 0.15
"""Beating of detuned layers and the bloom of a bow come later: not the attack (docs/benchmarks/render.md)."""
SWELL_WINDOW_S = 0.4
SWELL_RATIO = 2.0
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
        key = self._key(note)
        if key not in self._rises:
            self._rises[key] = self._measure(font, *key)
        rise = self._rises[key]
        hop = round(_HOP_S * self._sample_rate)
        index = len(rise)
        for _ in range(2):  # an early start makes a short note longer, which may raise its peak: twice is enough
            index = half_rise(rise, (note.end - note.start) // hop + index)
        return min(index * hop, round(MAX_ADVANCE_S * self._sample_rate))

    def speaks(self, note: PlayedNote) -> bool:
        """Whether the bank has a sound for a note that was asked for before."""
        return bool(self._rises[self._key(note)][-1] > 0)

    @staticmethod
    def _key(note: PlayedNote) -> tuple[Preset, int, int]:
        return note.preset, note.pitch, note.velocity // VELOCITY_STEP

    def _measure(self, font: Any, preset: Preset, pitch: int, layer: int) -> np.ndarray:
        """The running maximum of the note's envelope, one value per 0.5 ms."""
        velocity = min(127, layer * VELOCITY_STEP + VELOCITY_STEP // 2)
        sound = np.zeros((round((SWELL_WINDOW_S + 0.05) * self._sample_rate), 2), np.float32)
        flush(font)
        select_preset(font, 0, preset)
        font.channel_note_on(0, pitch, velocity / 127)
        font.render(sound.view(np.uint8).reshape(-1))
        flush(font)
        period_s = DRUM_PERIOD_S if preset.drum else 1 / (440 * 2 ** ((pitch - 69) / 12))
        return running_peak(sound, max(period_s, DRUM_PERIOD_S), self._sample_rate)


def half_rise(rise: np.ndarray, span: int) -> int:
    """Index at which a running maximum (every 0.5 ms) reaches half of the attack's peak in a note ``span`` long."""
    length = max(1, min(span, len(rise)))
    top = rise[min(length, round(PEAK_WINDOW_S / _HOP_S)) - 1]
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
    at = np.arange(round(SWELL_WINDOW_S / _HOP_S)) * (_HOP_S * rate)
    highest: np.ndarray = np.maximum.accumulate(np.interp(at, np.arange(len(mean)), mean))
    return highest


def analytic_magnitude(sound: np.ndarray, sample_rate: int) -> tuple[np.ndarray, int]:
    """Magnitude [samples / step] of the analytic signal of all channels, and the step.

    Only frequencies up to a quarter of the sample rate (12 kHz) are kept, so every fourth sample says it all.
    """
    samples = -(-(len(sound) + round(0.02 * sample_rate)) // 64) * 64
    spectrum = fft.rfft(sound, n=samples, axis=0)[:samples // 4]
    analytic = fft.ifft(spectrum, axis=0)[:len(sound) // 4]
    power = (analytic.real ** 2 + analytic.imag ** 2).sum(axis=1, dtype=np.float64)
    return np.sqrt(power) / 2, 4

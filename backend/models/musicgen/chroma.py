"""Chromagrams as MusicGen's melody models were trained on: power spectrum, twelve bins, the largest one kept."""
from __future__ import annotations

from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from backend.models.musicgen.spots_audio import BINS, SAMPLE_RATE, RhythmMode, gate_energy

_A0_HZ = 27.5
_CENTRE_OCTAVE, _OCTAVE_WIDTH = 5.0, 2.0


@cache
def chroma_filters(window: int, sample_rate: int = SAMPLE_RATE) -> NDArray[np.float32]:
    """Weights [12, window // 2 + 1] from spectrum to pitch class, C first: Gaussian bumps a semitone wide, each column
    of unit length, then louder around the fifth octave. The formula is librosa's."""
    hertz = np.arange(1, window) * (sample_rate / window)
    pitch = BINS * np.log2(hertz / _A0_HZ)
    pitch = np.append(pitch[0] - 1.5 * BINS, pitch)
    width = np.append(np.maximum(np.diff(pitch), 1.0), 1.0)
    half = BINS // 2
    distance = (pitch[None] - np.arange(BINS)[:, None] + half) % BINS - half
    bumps = np.exp(-0.5 * np.square(2 * distance / width))
    bumps /= np.linalg.norm(bumps, axis=0, keepdims=True)
    bumps *= np.exp(-0.5 * np.square((pitch / BINS - _CENTRE_OCTAVE) / _OCTAVE_WIDTH))
    from_c = np.roll(bumps, -3, axis=0)
    return np.ascontiguousarray(from_c[:, :window // 2 + 1], np.float32)


class Chromagram(nn.Module):
    """Waveforms [batch, samples] at 32 kHz to one-hot chromagrams [batch, frames, 12] in one of the modes."""

    filters: Tensor
    hann: Tensor

    def __init__(self, mode: RhythmMode) -> None:
        super().__init__()
        self.mode = mode
        self.register_buffer("filters", torch.from_numpy(chroma_filters(mode.window).copy()), persistent=False)
        self.register_buffer("hann", torch.hann_window(mode.window), persistent=False)

    @torch.no_grad()
    def forward(self, wave: Tensor) -> Tensor:
        power = self.power(wave)
        pitch_class = torch.einsum("cf,bft->btc", self.filters, power).argmax(-1)
        if self.mode.gate:
            pitch_class = pitch_class * (self._energy(power) > gate_energy(self.mode))
        return functional.one_hot(pitch_class, BINS).to(wave.dtype)

    def power(self, wave: Tensor) -> Tensor:
        """Power spectrum [batch, bins, frames]; a wave shorter than the window is centred in silence."""
        missing = self.mode.window - wave.shape[-1]
        if missing > 0 and not self.mode.gate:
            wave = functional.pad(wave, (missing // 2, missing - missing // 2))
        # A mirrored edge, as released, would make a spot at the start twice as loud.
        edge = "constant" if self.mode.gate else "reflect"
        spectrum = torch.stft(wave, self.mode.window, self.mode.hop, window=self.hann, center=True, pad_mode=edge,
                              return_complex=True)
        return spectrum.abs().square()

    def _energy(self, power: Tensor) -> Tensor:
        """Energy of each frame's windowed samples, by Parseval."""
        return (2 * power.sum(1) - power[:, 0] - power[:, -1]) / self.mode.window

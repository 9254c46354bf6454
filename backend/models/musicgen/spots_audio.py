"""Rhythm spots as a waveform, as a chromagram drawn directly, and read back from a chromagram.

Silence is pitch class C in a chromagram of the largest bin (an empty column has its largest value in bin 0), so the
three strengths sound as D, F and A, all equally loud: only the pitch class tells how strong a spot is.
"""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 32_000
BURST = 640
"""Samples of a burst; it begins at the spot."""
PITCH_CLASSES = (2, 5, 9)
SILENT = 0
BINS = 12
_SIXTH_OCTAVE_C_HZ = 1046.502

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class RhythmMode:
    """How spots become a condition: window and hop in samples; frames whose energy is under ``gate`` of a burst's own
    count as silent (0: none do); whether the frames go before the codes or are added to them; ``most_frames`` of a
    prefix, for 30 s."""

    name: str
    window: int
    hop: int
    gate: float
    added: bool
    most_frames: int


PAPER = RhythmMode("paper", 16_384, 4_096, 0.0, False, 235)
"""As released: 7.8 frames a second, each 512 ms wide."""
FINE25 = RhythmMode("fine25", 4_096, 1_280, 0.5, False, 750)
ADD50 = RhythmMode("add50", 2_048, 640, 0.5, True, 1_500)
MODES = {mode.name: mode for mode in (PAPER, FINE25, ADD50)}


def strength_class(strength: float) -> int:
    """1, 2 or 3 for a strength of 0 .. 1."""
    return 1 + min(2, max(0, int(strength * 3)))


@cache
def _burst(strength: int) -> Floats:
    frequency = _SIXTH_OCTAVE_C_HZ * 2 ** (PITCH_CLASSES[strength - 1] / 12)
    samples = np.arange(BURST)
    envelope = 0.5 - 0.5 * np.cos(2 * np.pi * (samples + 0.5) / BURST)
    return (envelope * np.sin(2 * np.pi * frequency * samples / SAMPLE_RATE)).astype(np.float32)


def render_spots(times_s: Sequence[float], strengths: Sequence[int], duration_s: float) -> Floats:
    """Mono at 32 kHz: a burst of 20 ms from every time. A burst that does not fit before the end is left out."""
    wave = np.zeros(round(duration_s * SAMPLE_RATE), np.float32)
    for start, strength in _starts(times_s, strengths, len(wave)):
        wave[start:start + BURST] += _burst(strength)
    return wave


def _starts(times_s: Sequence[float], strengths: Sequence[int], samples: int) -> list[tuple[int, int]]:
    pairs = [(round(time_s * SAMPLE_RATE), int(s)) for time_s, s in zip(times_s, strengths, strict=True)]
    return sorted((start, strength) for start, strength in pairs if 0 <= start <= samples - BURST)


def frame_count(samples: int, mode: RhythmMode) -> int:
    """Frames of a waveform; the frame n is centred at n hops."""
    return samples // mode.hop + 1


@cache
def _energies(window: int, strength: int) -> NDArray[np.float64]:
    """Energy of a burst under a Hann window, by the window's centre less the burst's start + window / 2, in samples."""
    squared = np.square(np.float64(0.5) - 0.5 * np.cos(2 * np.pi * np.arange(window) / window))
    return np.convolve(squared, np.square(_burst(strength), dtype=np.float64)[::-1])[::-1]


@cache
def gate_energy(mode: RhythmMode) -> float:
    """The energy under which a frame is silent: a share of what a whole burst in the middle of the window has."""
    envelope = np.square(0.5 - 0.5 * np.cos(2 * np.pi * (np.arange(BURST) + 0.5) / BURST))
    middle = mode.window // 2 - BURST // 2
    squared = np.square(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(mode.window) / mode.window))
    return float(mode.gate * (squared[middle:middle + BURST] * envelope).sum() / 2)


def raster_spots(times_s: Sequence[float], strengths: Sequence[int], duration_s: float, mode: RhythmMode) -> Floats:
    """The chromagram [frames, 12] of a gated mode drawn without sound; where two spots reach a frame, the louder wins.

    Equal to the chromagram of ``render_spots`` when spots are half a window and 40 ms apart; closer ones disturb each
    other in the sound and stay apart here.
    """
    if not mode.gate:
        raise ValueError(f"mode '{mode.name}' has no gate: its chromagram comes from the waveform")
    samples = round(duration_s * SAMPLE_RATE)
    frames = frame_count(samples, mode)
    loudest = np.full(frames, gate_energy(mode))
    bins = np.full(frames, SILENT)
    for start, strength in _starts(times_s, strengths, samples):
        energies = _energies(mode.window, strength)
        first = max(0, -(-(start - mode.window // 2 + 1) // mode.hop))
        last = min(frames - 1, (start + BURST + mode.window // 2 - 2) // mode.hop)
        near = np.arange(first, last + 1)
        here = energies[near * mode.hop - start + mode.window // 2 - 1]
        wins = here > loudest[near]
        loudest[near[wins]] = here[wins]
        bins[near[wins]] = PITCH_CLASSES[strength - 1]
    drawn: Floats = np.eye(BINS, dtype=np.float32)[bins]
    return drawn


def read_spots(chromagram: NDArray[np.floating], mode: RhythmMode) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Times in seconds and strengths that a chromagram [frames, 12] still tells: the middle of every run of a bin."""
    bins = np.asarray(chromagram).argmax(-1)
    edges = np.flatnonzero(np.diff(bins)) + 1
    firsts, ends = np.append(0, edges), np.append(edges, len(bins))
    sounding = np.isin(bins[firsts], PITCH_CLASSES)
    firsts, ends = firsts[sounding], ends[sounding]
    times_s = ((firsts + ends - 1) / 2 * mode.hop - BURST / 2) / SAMPLE_RATE
    strengths = np.array([1 + PITCH_CLASSES.index(int(bins[first])) for first in firsts], np.int64)
    return np.maximum(times_s, 0.0), strengths

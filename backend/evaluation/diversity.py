"""Chroma diversity over cues, eq. (7) of FilmComposer: 1 - 2 / (N (N - 1)) * sum of pairwise similarities.

The paper does not define the similarity; read here as the mean cosine of time-aligned chroma columns (12 pitch classes,
64 equal slots of each cue), once as it is and once at the best of 12 transpositions. Chroma comes from the notes or,
comparable with published figures, from the sound.
"""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from backend.domain.score import Score
from backend.domain.tempo import TempoMap
from backend.evaluation.notes import NoteTable, overlap, score_table
from backend.evaluation.sound import Sound

SLOTS = 64
CHROMA_WINDOW_S = 0.0929
"""2048 samples at 22.05 kHz, the usual chroma window."""


@dataclass(frozen=True)
class Diversity:
    """``raw`` and ``transposed`` in 0..1; 0 = all cues alike."""

    cues: int
    raw: float
    transposed: float


def chroma(notes: NoteTable, duration_s: float, slots: int = SLOTS) -> np.ndarray:
    """Energy per pitch class and slot, shape (12, slots): time sounding x velocity squared. Drums are left out."""
    pitched = notes.pick(notes.pitched)
    shares = overlap(pitched.onset_s, pitched.end_s, np.linspace(0.0, duration_s, slots + 1))
    out = np.zeros((12, slots))
    np.add.at(out, pitched.pitch % 12, shares * (pitched.velocity[:, None] / 127.0) ** 2)
    return out


def cue_chroma(score: Score, tempo_map: TempoMap) -> np.ndarray:
    """Chroma of a whole cue, shape (12, 64)."""
    notes = score_table(score, tempo_map)
    return chroma(notes, max(float(tempo_map.time_s(tempo_map.end_q)), 1e-6))


def heard_chroma(sound: Sound) -> np.ndarray:
    """Chroma of a mix, shape (12, 64), from its power spectrum in 93 ms windows. This is how published systems are
    compared; overtones make all cues more alike than as written."""
    from scipy.fft import next_fast_len, rfft

    rate = sound.sample_rate
    size = next_fast_len(int(rate * CHROMA_WINDOW_S), real=True)
    mono = np.pad(sound.samples.mean(axis=1, dtype=np.float32), (size // 2, size))
    frames = np.lib.stride_tricks.sliding_window_view(mono, size)[: len(sound.samples): size // 4]
    weights = _chroma_weights(np.fft.rfftfreq(size, 1 / rate))
    slots = np.minimum(np.arange(len(frames)) * SLOTS // max(1, len(frames)), SLOTS - 1)
    out = np.zeros((SLOTS, 12))
    window = np.hanning(size).astype(np.float32)
    for slot in np.unique(slots):
        spectrum = np.abs(rfft(frames[slots == slot] * window, axis=1)) ** 2
        out[slot] = (spectrum @ weights).sum(axis=0)
    return out.T


def _chroma_weights(hz: np.ndarray) -> np.ndarray:
    """Bins to pitch classes, shape (bins, 12): a Gaussian half a semitone (or a bin) wide, octaves near 880 Hz
    counting most (D. Ellis, "Chroma feature analysis and synthesis", 2007)."""
    semitones = 12 * np.log2(np.maximum(hz, hz[1] / 2) / 27.5)
    width = np.maximum(1.0, np.append(np.diff(semitones), 1.0))
    distance = (semitones[:, None] - 3 - np.arange(12) + 6) % 12 - 6
    weights = np.exp(-2 * (distance / width[:, None]) ** 2)
    weights /= np.linalg.norm(weights, axis=1, keepdims=True)
    weights *= np.exp(-0.5 * ((semitones / 12 - 5) / 2) ** 2)[:, None]
    weights[0] = 0.0
    return np.asarray(weights, dtype=np.float32)


def similarity(first: np.ndarray, second: np.ndarray) -> float:
    """Mean cosine of the columns of two chromas of one shape; columns silent in both are left out."""
    norms = np.linalg.norm(first, axis=0), np.linalg.norm(second, axis=0)
    sounding = (norms[0] > 0) | (norms[1] > 0)
    if not sounding.any():
        return 1.0
    product = np.maximum(norms[0] * norms[1], 1e-30)
    return float(((first * second).sum(axis=0) / product)[sounding].mean())


def transposed_similarity(first: np.ndarray, second: np.ndarray) -> float:
    """Similarity at the best of 12 transpositions."""
    return max(similarity(first, np.roll(second, steps, axis=0)) for steps in range(12))


def diversity(chromas: Sequence[np.ndarray]) -> Diversity | None:
    """Eq. (7) over cues; None for fewer than two."""
    pairs = list(combinations(chromas, 2))
    if not pairs:
        return None
    raw = 1.0 - sum(similarity(a, b) for a, b in pairs) / len(pairs)
    transposed = 1.0 - sum(transposed_similarity(a, b) for a, b in pairs) / len(pairs)
    return Diversity(len(chromas), raw, transposed)

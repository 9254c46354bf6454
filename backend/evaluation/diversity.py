"""Chroma diversity over cues, eq. (7) of FilmComposer: 1 - 2 / (N (N - 1)) * sum of pairwise similarities.

The paper does not define the similarity; read here as the mean cosine of time-aligned chroma columns (12 pitch classes,
64 equal slots of each cue), once as it is and once at the best of 12 transpositions.
"""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from backend.domain.score import Score
from backend.domain.tempo import TempoMap
from backend.evaluation.notes import NoteTable, overlap, score_table

SLOTS = 64


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

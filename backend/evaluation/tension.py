"""Tonal tension in the spiral array (E. Chew, "Towards a mathematical model of tonality", 2000; D. Herremans, E. Chew,
"Tension ribbons", TENOR 2016): cloud diameter, cloud momentum and tensile strain, one value a beat.

Pitches lie on a helix by fifths, radius 1, rise sqrt(2/15) a fifth; chord and key centres use Chew's
weights (.536, .274, .19), minor keys mix in the major dominant and subdominant by .75.
"""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backend.domain.score import Key
from backend.evaluation.notes import NoteTable
from backend.music.theory import is_minor_like, key_fifths

RISE = (2 / 15) ** 0.5
WEIGHTS = np.array([0.536, 0.274, 0.190])
MINOR_MIX = 0.75
SPELLING_SHIFTS = (0, -1, 1, -2, 2, -3, 3)


@dataclass(frozen=True)
class Tension:
    """Values per beat, shape (beats,); momentum of the first beat is 0, silent beats hold the value before."""

    diameter: np.ndarray
    momentum: np.ndarray
    strain: np.ndarray

    def total(self) -> np.ndarray:
        """Sum of the three, each over its own standard deviation."""
        curves = (self.diameter, self.momentum, self.strain)
        parts = [(x - x.mean()) / x.std() for x in curves if x.std() > 1e-9]
        return np.asarray(np.sum(parts, axis=0)) if parts else np.zeros(len(self.strain))


def helix(fifths: np.ndarray | float) -> np.ndarray:
    """Point of a pitch name ``fifths`` above C, shape (..., 3)."""
    k = np.asarray(fifths, dtype=float)
    return np.stack([np.sin(k * np.pi / 2), np.cos(k * np.pi / 2), k * RISE], axis=-1)


def _major_chord(k: float) -> np.ndarray:
    return np.asarray(WEIGHTS @ helix(np.array([k, k + 1, k + 4])))


def _minor_chord(k: float) -> np.ndarray:
    return np.asarray(WEIGHTS @ helix(np.array([k, k + 1, k - 3])))


def key_centre(tonic_fifths: float, minor: bool) -> np.ndarray:
    """Centre of effect of a key, shape (3,)."""
    k, mix = tonic_fifths, MINOR_MIX
    if not minor:
        return np.asarray(WEIGHTS @ np.stack([_major_chord(k), _major_chord(k + 1), _major_chord(k - 1)]))
    dominant = mix * _major_chord(k + 1) + (1 - mix) * _minor_chord(k + 1)
    subdominant = mix * _minor_chord(k - 1) + (1 - mix) * _major_chord(k - 1)
    return np.asarray(WEIGHTS @ np.stack([_minor_chord(k), dominant, subdominant]))


def spelled_fifths(pitch: np.ndarray, key: Key) -> np.ndarray:
    """Place of pitches that sound together on the line of fifths.

    Spelled as closely together as can be, then as near the key's middle (the second of the scale of its signature):
    C sharp in A major, but D flat in a chord with F and A flat.
    """
    middle = key_fifths(key.tonic_pc, key.mode) + 2
    spellings = [(pitch * 7 - centre + 6) % 12 + centre - 6 for centre in (middle + shift for shift in SPELLING_SHIFTS)]
    return min(spellings, key=lambda spelled: int(spelled.max() - spelled.min()))


def tonic_fifths(key: Key) -> float:
    return float(spelled_fifths(np.array([key.tonic_pc]), key)[0])


def cloud_diameter(points: np.ndarray) -> float:
    """Largest distance between two points, shape (points, 3)."""
    return float(np.sqrt(((points[:, None] - points[None]) ** 2).sum(-1)).max())


def tension(notes: NoteTable, key: Key, edges_q: np.ndarray) -> Tension:
    """Tension of the pitched notes sounding between consecutive ``edges_q``; centres are weighted by time sounding."""
    centre = key_centre(tonic_fifths(key), is_minor_like(key.mode))
    pitched = notes.pick(notes.pitched)
    diameter, momentum, strain = (np.zeros(len(edges_q) - 1) for _ in range(3))
    last: np.ndarray | None = None
    for beat in range(len(edges_q) - 1):
        share = np.minimum(pitched.end_q, edges_q[beat + 1]) - np.maximum(pitched.onset_q, edges_q[beat])
        inside = share > 1e-6
        if not inside.any():
            if beat:
                diameter[beat], strain[beat] = diameter[beat - 1], strain[beat - 1]
            continue
        points = helix(spelled_fifths(pitched.pitch[inside], key))
        middle = share[inside] @ points / share[inside].sum()
        diameter[beat] = cloud_diameter(points)
        strain[beat] = float(np.linalg.norm(middle - centre))
        momentum[beat] = float(np.linalg.norm(middle - last)) if last is not None else 0.0
        last = middle
    return Tension(diameter, momentum, strain)

"""How much a loop of chords changes at a section's border and how steady it is inside."""
from __future__ import annotations

import numpy as np

from backend.music.theory import QUALITIES
from backend.music.vocabulary import DegreeChord

WINDOW = 4
"""Slots on either side of a line: about two bars of half-bar slots."""


def loop_tones(chords: tuple[DegreeChord, ...]) -> np.ndarray:
    """[V, 12] tones of every chord above the tonic, the root twice, as bass and pad sound it."""
    out = np.zeros((len(chords), 12))
    for row, (degree, quality) in enumerate(chords):
        out[row, [(degree + step) % 12 for step in QUALITIES[quality]]] = 1.0
        out[row, degree] = 2.0
    return out


def contrast(tones: np.ndarray, before: np.ndarray | None) -> float:
    """How far a section's first slots (slots, 12) lie from the tones ``before`` it, less how far it moves inside:
    cosine distances of windows of ``WINDOW`` slots, as in Foote's novelty (ICME 2000)."""
    inside = [_distance(tones[max(0, i - WINDOW):i].sum(0), tones[i:i + WINDOW].sum(0))
              for i in range(1, len(tones))]
    border = _distance(before, tones[:WINDOW].sum(0)) if before is not None else 0.0
    return border - (float(np.mean(inside)) if inside else 0.0)


def _distance(a: np.ndarray, b: np.ndarray) -> float:
    return 1.0 - float(a @ b) / float(np.linalg.norm(a) * np.linalg.norm(b))

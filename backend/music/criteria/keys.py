"""Which key is heard: pitch-class histograms against key profiles.

Profiles: the Kostka-Payne profiles of D. Temperley, Music and Probability (MIT Press, 2007), as published. Modal
templates are the same profiles with the mode's own degree exchanged for its neighbour (lydian: 4 and #4). The
square root of the duration histogram keeps one long note from deciding alone.
"""
from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from backend.music.theory import MODES, is_minor_like, key_name

MAJOR_PROFILE = (.748, .060, .488, .082, .670, .460, .096, .715, .104, .366, .057, .400)
MINOR_PROFILE = (.712, .084, .474, .618, .049, .460, .105, .747, .404, .067, .133, .330)
_TEMPLATES: dict[str, tuple[tuple[float, ...], tuple[tuple[int, int], ...]]] = {
    "major": (MAJOR_PROFILE, ()), "lydian": (MAJOR_PROFILE, ((5, 6),)), "mixolydian": (MAJOR_PROFILE, ((10, 11),)),
    "harmonic_minor": (MINOR_PROFILE, ()), "aeolian": (MINOR_PROFILE, ((10, 11),)),
    "dorian": (MINOR_PROFILE, ((10, 11), (8, 9))), "phrygian": (MINOR_PROFILE, ((10, 11), (1, 2))),
}
MODAL_DISCOUNT = 0.97
"""A modal template must beat major and minor clearly to be named (by ear: church modes are rarer)."""
_MINOR_SCALE = (0, 2, 3, 5, 7, 8, 10, 11)

_MAJOR_STEPS = np.asarray((0, .5, 1, 1.5, 2, 3, 3.5, 4, 4.5, 5, 5.5, 6))
_MINOR_STEPS = np.asarray((0, .5, 1, 2, 2.5, 3, 3.5, 4, 5, 5, 6, 6))
"""Scale step of each semitone above the tonic; minor's two sixths and two sevenths are one step each."""


@dataclass(frozen=True)
class KeyFit:
    """Best key of a histogram. ``r`` is its correlation, ``inside`` the share of duration inside its scale;
    ``major_r`` and ``minor_r`` the best correlations among the twelve major and twelve minor keys."""

    tonic_pc: int
    mode: str
    r: float
    inside: float
    major_r: float
    minor_r: float

    @property
    def is_minor(self) -> bool:
        return is_minor_like(self.mode)

    @property
    def name(self) -> str:
        return "minor key on " + key_name(self.tonic_pc, self.mode).split()[0] if self.mode == "harmonic_minor" \
            else key_name(self.tonic_pc, self.mode)


def histogram(pitch: np.ndarray, duration_q: np.ndarray) -> np.ndarray:
    """Sounding quarters per pitch class [12]."""
    return np.bincount(np.asarray(pitch, int) % 12, weights=duration_q, minlength=12).astype(float)


@cache
def _matrix() -> tuple[tuple[tuple[int, str], ...], np.ndarray]:
    """Every (tonic, mode) and its centred unit template [84, 12]."""
    names: list[tuple[int, str]] = []
    rows: list[np.ndarray] = []
    for mode, (profile, swaps) in _TEMPLATES.items():
        row = np.sqrt(np.asarray(profile))
        for a, b in swaps:
            row[[a, b]] = row[[b, a]]
        for tonic in range(12):
            names.append((tonic, mode))
            rows.append(np.roll(row, tonic))
    table = np.asarray(rows)
    table = table - table.mean(axis=1, keepdims=True)
    return tuple(names), table / np.linalg.norm(table, axis=1, keepdims=True)


def correlations(hist: np.ndarray) -> np.ndarray:
    """Correlation of the square-root histogram [12] with every template [84]."""
    centred = np.sqrt(hist) - np.sqrt(hist).mean()
    norm = float(np.linalg.norm(centred))
    return _matrix()[1] @ (centred / norm) if norm > 0 else np.zeros(len(_matrix()[0]))


def scale_of(tonic_pc: int, mode: str) -> frozenset[int]:
    """Pitch classes that count as inside: minor keeps both sevenths."""
    steps = _MINOR_SCALE if mode in ("harmonic_minor", "aeolian") else MODES[mode]
    return frozenset((tonic_pc + step) % 12 for step in steps)


def inside_share(hist: np.ndarray, tonic_pc: int, mode: str) -> float:
    """Share of a histogram [12] inside a scale."""
    total = float(hist.sum())
    return float(sum(hist[pc] for pc in scale_of(tonic_pc, mode)) / total) if total > 0 else 0.0


def fit_key(hist: np.ndarray) -> KeyFit:
    """The key whose template fits a duration histogram [12] best."""
    names, _ = _matrix()
    r = correlations(hist)
    weighed = r * np.asarray([1.0 if mode in ("major", "harmonic_minor") else MODAL_DISCOUNT for _, mode in names])
    best = int(np.argmax(weighed))
    tonic, mode = names[best]
    major = max(r[i] for i, (_, m) in enumerate(names) if m == "major")
    minor = max(r[i] for i, (_, m) in enumerate(names) if m in ("harmonic_minor", "aeolian"))
    return KeyFit(tonic, mode, float(r[best]), inside_share(hist, tonic, mode), float(major), float(minor))


def correlation_with(hist: np.ndarray, tonic_pc: int, mode: str) -> float:
    """Correlation of a histogram [12] with one key."""
    names, _ = _matrix()
    return float(correlations(hist)[names.index((tonic_pc, mode))])


def relatedness(a: KeyFit, b: KeyFit) -> float:
    """1 the same key, .85 relative, .75 a fifth apart (same or relative mode), .6 parallel, else 0 (craft C2).

    Keys are compared by the seven-note collection they stand for, so D dorian and C major are the same."""
    if a.tonic_pc == b.tonic_pc:
        return 1.0 if a.is_minor == b.is_minor else 0.6
    home_a, home_b = ((k.tonic_pc + (3 if k.is_minor else 0)) % 12 for k in (a, b))
    if home_a == home_b:
        return 0.85
    return 0.75 if (home_a - home_b) % 12 in (5, 7) else 0.0


def scale_steps(pitch: np.ndarray, key: KeyFit) -> np.ndarray:
    """Pitches as steps of the key's scale [n], 7 to the octave, foreign notes halfway."""
    above = pitch - key.tonic_pc
    table = _MINOR_STEPS if key.is_minor else _MAJOR_STEPS
    return np.asarray(7 * (above // 12) + table[above % 12], float)

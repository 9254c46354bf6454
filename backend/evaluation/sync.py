"""Sound against picture: does an accent of the mix fall on every hit, and would it by chance?

An accent is an onset whose salience reaches the cue's 75th percentile. Chance is the same figure after circular
shifts of the hit times (the music keeps its rhythm, the picture its rhythm, only their alignment is lost);
p = (1 + shifts that do as well) / (1 + shifts) (B. Phipson, G. Smyth, "Permutation p-values should never be zero",
2010).
"""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

SHIFTS = 2000
MIN_TOLERANCE_S = 0.010
MOVED_FRAMES = 5
EARLY_FRAMES, LATE_FRAMES = 1.0, 2.0
"""Matching window of the F1 (craft: ITU-R BS.1204 practice, an accent may lead by one frame and trail by two)."""


@dataclass(frozen=True)
class Alignment:
    """Accents and hit times of one cue, seconds, float64, sorted, and the tolerance of a hit."""

    accents_s: np.ndarray
    hits_s: np.ndarray
    duration_s: float
    tolerance_s: float


@dataclass(frozen=True)
class Chance:
    """``met`` of ``hits`` within the tolerance; ``chance`` the mean share over the shifts."""

    met: int
    hits: int
    chance: float
    p_value: float

    @property
    def recall(self) -> float:
        return self.met / self.hits


def tolerance_s(frame_s: float) -> float:
    """One frame or 10 ms, whichever is larger."""
    return max(frame_s, MIN_TOLERANCE_S)


def nearest_errors_s(times_s: np.ndarray, accents_s: np.ndarray) -> np.ndarray:
    """Signed distance to the nearest accent (late > 0), the shape of ``times_s``; inf where there are no accents."""
    if len(accents_s) == 0:
        return np.full(np.shape(times_s), np.inf)
    after = np.clip(np.searchsorted(accents_s, times_s), 0, len(accents_s) - 1)
    before = np.maximum(after - 1, 0)
    late, early = accents_s[after] - times_s, accents_s[before] - times_s
    return np.asarray(np.where(np.abs(early) <= np.abs(late), early, late))


def shifted_counts(alignment: Alignment, seed: int) -> np.ndarray:
    """Hits met after each of SHIFTS random circular shifts, shape (SHIFTS,)."""
    shifts = np.random.default_rng(seed).uniform(0.0, alignment.duration_s, SHIFTS)
    moved = (alignment.hits_s[None, :] + shifts[:, None]) % alignment.duration_s
    errors = nearest_errors_s(moved, alignment.accents_s)
    return np.asarray(np.count_nonzero(np.abs(errors) <= alignment.tolerance_s, axis=1))


def met_count(alignment: Alignment, moved_s: float = 0.0) -> int:
    """Hits with an accent within the tolerance when every hit is moved by ``moved_s``."""
    errors = nearest_errors_s(alignment.hits_s + moved_s, alignment.accents_s)
    return int(np.count_nonzero(np.abs(errors) <= alignment.tolerance_s))


def pooled_chance(alignments: Sequence[Alignment], seed: int = 0, moved_s: Sequence[float] = ()) -> Chance | None:
    """Recall over all cues together against chance: the k-th shift of every cue counts as one draw.

    ``moved_s`` moves the hits of each cue first (the control). None when there is no hit at all.
    """
    offsets = list(moved_s) or [0.0] * len(alignments)
    hits = sum(len(a.hits_s) for a in alignments)
    if hits == 0:
        return None
    met = sum(met_count(a, offset) for a, offset in zip(alignments, offsets, strict=True))
    counts = np.zeros(SHIFTS, dtype=int)
    for number, alignment in enumerate(alignments):
        if len(alignment.hits_s):
            counts += shifted_counts(alignment, seed + number)
    p_value = (1 + int(np.count_nonzero(counts >= met))) / (1 + SHIFTS)
    return Chance(met, hits, float(counts.mean()) / hits, p_value)


def one_to_one(alignment: Alignment, frame_s: float) -> tuple[tuple[int, int], ...]:
    """Pairs (hit, accent) within -1..+2 frames, each used once, in time order (greedy is optimal for intervals)."""
    pairs = []
    accent = 0
    accents_s = alignment.accents_s
    for hit, time_s in enumerate(alignment.hits_s):
        while accent < len(accents_s) and accents_s[accent] < time_s - EARLY_FRAMES * frame_s - 1e-9:
            accent += 1
        if accent < len(accents_s) and accents_s[accent] <= time_s + LATE_FRAMES * frame_s + 1e-9:
            pairs.append((hit, accent))
            accent += 1
    return tuple(pairs)


def sync_f1(alignment: Alignment, weights: np.ndarray, frame_s: float) -> tuple[float, float, float] | None:
    """F1, precision (share of accents that meet a hit) and weighted recall; None without hits or accents."""
    if len(alignment.hits_s) == 0 or len(alignment.accents_s) == 0 or weights.sum() <= 0:
        return None
    pairs = one_to_one(alignment, frame_s)
    precision = len(pairs) / len(alignment.accents_s)
    recall = float(weights[[hit for hit, _ in pairs]].sum() / weights.sum()) if pairs else 0.0
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return f1, precision, recall

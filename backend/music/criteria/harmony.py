"""Harmony: harmonious (C7) and rich (C8).

Consonance weights of interval classes 1-6: D. Huron, Music Perception 11/3 (1994).
"""
from __future__ import annotations

import numpy as np

from backend.domain.assessment import Criterion
from backend.music.criteria.features import MIN_NOTES, Line, Piece, band, bars_text, ramp

GROUP = "harmony"
CONSONANCE = (0.0, -1.428, -.582, .594, .386, 1.240, -.453)
"""By interval class; a unison or octave counts 0."""
CONSONANT = (.26, .46)
CLASH = (-.15, -.05)
SMOOTH = (.44, .76)
LEAPS = (-.28, -.08)
PROXIMITY = (-1.05, -.55)
SMOOTH_EXCESS = (.0, .20)
SMOOTH_PARTS = (.30, .35, .35)
"""Weights of smoothness, proximity and smoothness above chance."""
SHUFFLES = 15
SHUFFLE_SEED = 7
SMOOTHNESS = {0: .6, 1: 1.0, 2: 1.0, 3: .6, 4: .6, 5: .35, 7: .3, 12: .2}
"""By absolute semitones (step 1, third .6, fourth .35, fifth .3); anything else is 0."""
PITCH_CLASSES = (1.3, 2.4)
SETS_PER_BAR = (.2, .9, 5, 9)
RICH_PARTS = (.55, .45)
"""A single pitch class all the way must fail, whatever the bars do."""
DARK_SHIFT = .20
"""Fear, anger and nervousness may clash this much more (craft 3.3)."""
DARK_LEAPS = .10
"""... and their melodies may leap this much more. Human melodies moved to octatonic and chromatic scales need no
further allowance (docs/benchmarks/assessment.md)."""


def harmonious(piece: Piece, dark: bool = False) -> Criterion:
    """C7: with several parts, consonance and clashes; in a bare melody, smoothness, leaps and nearness of pitches."""
    if piece.melody.pitch.size < MIN_NOTES:
        return Criterion(7, "It is harmonious", GROUP, None, {}, "Too few notes to judge.")
    if piece.is_polyphonic:
        return _sounding_together(piece, DARK_SHIFT if dark else 0.0)
    return _smooth(piece, DARK_LEAPS if dark else 0.0)


def mean_consonance(parts: list[tuple[float, float, tuple[int, ...]]]) -> tuple[float, float, list[float]]:
    """(duration-weighted mean interval consonance, share of time with a semitone or minor ninth, where it clashes)."""
    total = value = clash = 0.0
    where = []
    for start, duration, pitches in parts:
        distinct = sorted(set(pitches))
        pairs = [b - a for i, a in enumerate(distinct) for b in distinct[i + 1:] if (b - a) % 12]
        if not pairs:
            continue
        total += duration
        value += duration * float(np.mean([CONSONANCE[min(p % 12, 12 - p % 12)] for p in pairs]))
        if any(p in (1, 13) for p in pairs):
            clash += duration
            where.append(start)
    return (value / total, clash / total, where) if total else (0.0, 0.0, [])


def _sounding_together(piece: Piece, shift: float) -> Criterion:
    value, clash, where = mean_consonance(piece.slices)
    rating = min(ramp(value + shift, *CONSONANT), ramp(-clash + shift, *CLASH))
    bars = tuple(sorted({int(b) + 1 for b in piece.bars_of(np.asarray(where, float))})) if where else ()
    text = f"Mean consonance {value:.2f}; notes a semitone apart sound {clash:.0%} of the time."
    if rating < .5 and bars:
        text += f" Clashes in {bars_text(bars)}."
    return Criterion(7, "It is harmonious", GROUP, rating, {"consonance": value, "clash": clash}, text,
                     bars[:8] if rating < .5 else ())


def proximity(line: Line) -> float:
    """Mean interval size between neighbours over that between any two notes of the line: 1 when the order of the
    pitches is random, about half in songs (pitch proximity: P. von Hippel, Music Perception 18/1, 2000)."""
    pitch = line.pitch.astype(float)
    apart = float(np.abs(pitch[:, None] - pitch[None, :]).sum()) / max(1, pitch.size * (pitch.size - 1))
    return float(np.abs(np.diff(pitch)).mean()) / apart if apart > 0 else 1.0


def smoothness(pitch: np.ndarray) -> float:
    """Mean of SMOOTHNESS over the intervals."""
    return float(np.mean([SMOOTHNESS.get(int(s), 0.0) for s in np.abs(np.diff(pitch))]))


def _smooth(piece: Piece, shift: float) -> Criterion:
    """A melody's own harmoniousness: small intervals, nearer than chance, few leaps."""
    line = piece.melody
    steps = np.abs(np.diff(line.pitch))
    rng = np.random.default_rng(SHUFFLE_SEED)
    smooth, near, leaps = smoothness(line.pitch), proximity(line), float((steps > 7).mean())
    excess = smooth - float(np.mean([smoothness(rng.permutation(line.pitch)) for _ in range(SHUFFLES)]))
    parts = (ramp(smooth, *SMOOTH), ramp(-near, *PROXIMITY), ramp(excess, *SMOOTH_EXCESS))
    rating = min(float(np.dot(parts, SMOOTH_PARTS)), ramp(-leaps + shift, *LEAPS))
    bars = tuple(sorted({int(b) + 1 for b in piece.bars_of(line.onset_q[1:][steps > 7])}))
    text = f"{float((steps <= 2).mean()):.0%} of the intervals are steps or repeats, {leaps:.0%} leap beyond a fifth."
    if rating < .5 and bars:
        text += f" Leaps in {bars_text(bars)}."
    metrics = {"smooth": smooth, "leaps": leaps, "proximity": near, "excess": excess}
    return Criterion(7, "It is harmonious", GROUP, rating, metrics, text, bars[:8] if rating < .5 else ())


def rich(piece: Piece) -> Criterion:
    """C8: how many pitch classes sound at once, and how many different sets a bar has (too many is chaos)."""
    name = "The harmony is rich"
    if not piece.is_polyphonic:
        return Criterion(8, name, GROUP, None, {}, "A bare melody has no harmony of its own.")
    parts = piece.slices
    total = sum(d for _, d, _ in parts)
    classes = sum(d * len({p % 12 for p in pitches}) for _, d, pitches in parts) / total
    by_bar: dict[int, set[frozenset[int]]] = {}
    for start, _, pitches in parts:
        by_bar.setdefault(int(piece.bars_of(np.asarray([start]))[0]), set()).add(frozenset(p % 12 for p in pitches))
    sets = float(np.mean([len(s) for s in by_bar.values()]))
    rating = RICH_PARTS[0] * ramp(classes, *PITCH_CLASSES) + RICH_PARTS[1] * band(sets, *SETS_PER_BAR)
    thin = tuple(sorted(b + 1 for b, s in by_bar.items() if max(len(x) for x in s) <= 1))
    text = f"{classes:.1f} different notes sound at once on average, {sets:.1f} different harmonies a bar."
    return Criterion(8, name, GROUP, rating, {"pitch_classes": classes, "sets": sets}, text,
                     thin[:8] if rating < .5 else ())

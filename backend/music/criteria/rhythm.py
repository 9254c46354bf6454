"""Rhythm: clear (C11), consistent beat (C12), variation (C13), repetition (C14). All on the melody's onsets."""
from __future__ import annotations

from collections import Counter

import numpy as np

from backend.domain.assessment import Criterion
from backend.music.criteria.features import MIN_NOTES, STEPS_PER_QUARTER, Piece, band, bars_text, entropy, ramp

GROUP = "rhythm"
MIN_BARS = 5
"""Fewer bars need not repeat a rhythm."""
ON_GRID_Q = .035
"""An onset this near a grid position (quarters; scaled by the beat) is on it."""
ON_GRID = (.60, .95)
AUTOCORRELATION = (.15, .45)
JITTER = (-.07, -.03)
DOWNBEATS = (.20, .60)
PATTERNS = (.03, .15)
TOP_PATTERN = (.05, .25)
DURATION_ENTROPY = (.2, .6, 2.3, 2.9)
JACCARD = (.45, .75)
REUSE = (.05, .30)
_BINARY = np.arange(5) / 4
_TERNARY = np.arange(7) / 6


def grid_distances(piece: Piece) -> np.ndarray:
    """Distance of every onset to its beat's grid in beats [n]: sixteenths or sextuplets, whichever fits the beat."""
    onset = piece.melody.onset_q
    bars = piece.bars_of(onset)
    beats = (onset - piece.bar_q[bars]) / piece.beat_q[bars]
    number, inside = np.floor(beats + 1e-6), beats - np.floor(beats + 1e-6)
    distances = np.zeros(onset.size)
    for key in sorted(set(zip(bars.tolist(), number.tolist(), strict=True))):
        mask = (bars == key[0]) & (number == key[1])
        options = [np.abs(inside[mask][:, None] - grid).min(axis=1) for grid in (_BINARY, _TERNARY)]
        distances[mask] = min(options, key=lambda d: float(d.sum()))
    return distances


def _off_grid_bars(piece: Piece, distances: np.ndarray) -> tuple[int, ...]:
    return tuple(sorted({int(b) + 1 for b in piece.bars_of(piece.melody.onset_q[distances > ON_GRID_Q])}))


def _autocorrelation(piece: Piece) -> float:
    """Highest normalised autocorrelation of the onset train at a beat or a bar."""
    steps = np.rint((piece.melody.onset_q - piece.bar_q[0]) * STEPS_PER_QUARTER / 2).astype(int)
    train = np.zeros(int(steps.max()) + 1)
    train[steps] = 1.0
    power = float(train @ train)
    best = 0.0
    for lag_q in (float(np.median(piece.beat_q)), float(np.median(np.diff(piece.bar_q)))):
        lag = round(lag_q * STEPS_PER_QUARTER / 2)
        if 0 < lag < train.size:
            best = max(best, float(train[lag:] @ train[:-lag]) / power)
    return best


def clear(piece: Piece) -> Criterion:
    """C11: onsets on the beat's grid, and a pulse: the onsets come back after a beat or a bar."""
    name = "The rhythm is clear"
    if piece.melody.pitch.size < MIN_NOTES:
        return Criterion(11, name, GROUP, None, {}, "Too few notes to hear a rhythm.")
    distances = grid_distances(piece)
    on_grid, pulse = float((distances <= ON_GRID_Q).mean()), _autocorrelation(piece)
    rating = .5 * ramp(on_grid, *ON_GRID) + .5 * ramp(pulse, *AUTOCORRELATION)
    bars = _off_grid_bars(piece, distances)
    text = f"{on_grid:.0%} of the onsets lie on the grid; {pulse:.0%} of them come back after a beat or a bar."
    if rating < .5 and bars:
        text += f" Off the grid: {bars_text(bars)}."
    return Criterion(11, name, GROUP, rating, {"on_grid": on_grid, "pulse": pulse}, text,
                     bars[:8] if rating < .5 else ())


def consistent(piece: Piece) -> Criterion:
    """C12: root-mean-square distance from the grid, and how many sounding bars begin with an onset."""
    name = "The beat is consistent"
    if piece.melody.pitch.size < MIN_NOTES or len(piece.sounding_bars) < 2:
        return Criterion(12, name, GROUP, None, {}, "Too short to hear a beat.")
    distances = grid_distances(piece)
    jitter = float(np.sqrt((distances ** 2).mean()))
    with_one = {b for b in piece.sounding_bars if any(s <= 1 for s, _ in piece.bar_steps[b])}
    share = len(with_one) / len(piece.sounding_bars)
    rating = min(ramp(-jitter, *JITTER), ramp(share, *DOWNBEATS))
    bars = tuple(b + 1 for b in piece.sounding_bars if b not in with_one)
    text = f"Onsets stray {jitter:.2f} beats from the grid; {share:.0%} of the bars begin with a note."
    if rating < .5 and bars:
        text += f" No note on beat 1: {bars_text(bars)}."
    return Criterion(12, name, GROUP, rating, {"jitter": jitter, "downbeats": share}, text,
                     bars[:8] if rating < .5 else ())


def _patterns(piece: Piece) -> list[tuple[int, ...]]:
    """Onset positions of every sounding bar."""
    return [tuple(s for s, _ in piece.bar_steps[b]) for b in piece.sounding_bars]


def varies(piece: Piece) -> Criterion:
    """C13: different bar rhythms, none of them everywhere, and more than one note length."""
    name = "The rhythm varies"
    patterns = _patterns(piece)
    if piece.melody.pitch.size < MIN_NOTES or len(patterns) < 3:
        return Criterion(13, name, GROUP, None, {}, "Too short to ask for different rhythms.")
    counts = Counter(patterns)
    commonest, times = max(sorted(counts.items()), key=lambda item: item[1])
    distinct, top = len(counts) / len(patterns), times / len(patterns)
    gaps = np.rint(np.diff(piece.melody.onset_q) * STEPS_PER_QUARTER).astype(int)
    spread = entropy(Counter(gaps.tolist()).values())
    rating = min(ramp(distinct, *PATTERNS), ramp(1 - top, *TOP_PATTERN), band(spread, *DURATION_ENTROPY))
    bars = tuple(b + 1 for b, p in zip(piece.sounding_bars, patterns, strict=True) if p == commonest)
    text = f"{len(counts)} different bar rhythms in {len(patterns)} bars; the commonest fills {top:.0%} of them."
    return Criterion(13, name, GROUP, rating, {"distinct": distinct, "top": top, "entropy": spread}, text,
                     bars[:8] if rating < .5 else ())


def repeats(piece: Piece) -> Criterion:
    """C14: every bar's rhythm has a near relative elsewhere; rhythms are used again."""
    name = "The rhythm repeats"
    patterns = _patterns(piece)
    if piece.melody.pitch.size < MIN_NOTES or len(patterns) < MIN_BARS:
        return Criterion(14, name, GROUP, None, {}, "Too short to ask for rhythms that return.")
    sets = [frozenset(p) for p in patterns]
    best = [max(len(a & b) / len(a | b) for j, b in enumerate(sets) if j != i) for i, a in enumerate(sets)]
    near, reuse = float(np.mean(best)), 1 - len(set(patterns)) / len(patterns)
    rating = .5 * ramp(near, *JACCARD) + .5 * ramp(reuse, *REUSE)
    lonely = tuple(b + 1 for b, x in zip(piece.sounding_bars, best, strict=True) if x < .4)
    text = f"A bar's rhythm finds a {near:.0%} match elsewhere; {reuse:.0%} of the bars reuse a rhythm."
    if rating < .5 and lonely:
        text += f" Alone: {bars_text(lonely)}."
    return Criterion(14, name, GROUP, rating, {"nearest": near, "reuse": reuse}, text,
                     lonely[:8] if rating < .5 else ())

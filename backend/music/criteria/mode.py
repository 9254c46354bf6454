"""Mode: is the key clear (C1), does it hold (C2). Method: key profiles over windows, see ``keys``."""
from __future__ import annotations

import numpy as np

from backend.domain.assessment import Criterion
from backend.music.criteria import keys
from backend.music.criteria.features import Piece, bars_text, ramp

GROUP = "mode"
WINDOW_BARS = 4
HOP_BARS = 2
MIN_WINDOW_NOTES = 6
CLEAR_R = (.58, .82)
FEW_NOTES = 24
FEW_NOTES_ALLOWANCE = .16
"""Fewer notes give a rougher histogram: the fit of human excerpts falls by about this much from 24 notes to none."""
INSIDE = (.70, .92)
RELATED = (.30, .75)
RATIO = (.58, .88)


def mode_clear(piece: Piece) -> Criterion:
    """C1: correlation of the square-root duration histogram with the best key, and time inside its scale."""
    name = "The mode is clear"
    notes = piece.everything
    if notes.pitch.size < 6:
        return Criterion(1, name, GROUP, None, {}, "Too few notes to hear a key.")
    key = piece.key
    allowance = FEW_NOTES_ALLOWANCE * max(0.0, 1 - notes.pitch.size / FEW_NOTES)
    rating = min(ramp(key.r + allowance, *CLEAR_R), ramp(key.inside, *INSIDE))
    outside = _bars_outside(piece)
    text = f"{key.name}: {key.inside:.0%} of the sounding time lies in its scale (fit {key.r:.2f})."
    if rating < 0.5 and outside:
        text += f" Most foreign notes: {bars_text(outside)}."
    return Criterion(1, name, GROUP, rating, {"r": key.r, "inside": key.inside}, text, outside if rating < .5 else ())


def _bars_outside(piece: Piece) -> tuple[int, ...]:
    """Bar numbers with the largest time outside the scale, at most four."""
    scale = keys.scale_of(piece.key.tonic_pc, piece.key.mode)
    notes = piece.everything
    foreign = np.asarray([p % 12 not in scale for p in notes.pitch])
    weight = np.bincount(piece.bars_of(notes.onset_q), weights=notes.duration_q * foreign, minlength=piece.bar_count)
    order = np.argsort(-weight, kind="stable")[:4]
    return tuple(sorted(int(b) + 1 for b in order if weight[b] > 0))


def _windows(piece: Piece) -> list[tuple[int, int, np.ndarray]]:
    """(first bar, last bar, histogram) of every window with enough notes."""
    notes = piece.everything
    bars = piece.bars_of(notes.onset_q)
    out = []
    for first in range(0, max(1, piece.bar_count - WINDOW_BARS + 1), HOP_BARS):
        inside = (bars >= first) & (bars < first + WINDOW_BARS)
        if int(inside.sum()) >= MIN_WINDOW_NOTES:
            last = min(first + WINDOW_BARS, piece.bar_count)
            out.append((first + 1, last, keys.histogram(notes.pitch[inside], notes.duration_q[inside])))
    return out


def tonality_stable(piece: Piece) -> Criterion:
    """C2: how near the key of each four-bar window is to the whole, and how well the whole's key fits there."""
    name = "The tonality is stable"
    windows = _windows(piece)
    if len(windows) < 2:
        return Criterion(2, name, GROUP, None, {}, "Too short to hear whether the key holds.")
    home = piece.key
    related, ratio, worst = [], [], []
    for first, last, hist in windows:
        local = keys.fit_key(hist)
        near = keys.relatedness(home, local)
        fit = keys.correlation_with(hist, home.tonic_pc, home.mode) / max(local.r, 1e-9)
        related.append(near)
        ratio.append(fit)
        worst.append((near + fit, first, last, local.name))
    mean_related, mean_ratio = float(np.mean(related)), float(np.mean(ratio))
    rating = .5 * ramp(mean_related, *RELATED) + .5 * ramp(mean_ratio, *RATIO)
    _, first, last, local_name = min(worst)
    bars = tuple(range(first, last + 1))
    away = sum(1 for r in related if r == 0)
    text = f"{home.name} holds in {len(windows) - away} of {len(windows)} four-bar windows"
    text += f"; {bars_text(bars)} lean to {local_name}." if rating < 0.5 or away else "."
    return Criterion(2, name, GROUP, rating, {"related": mean_related, "ratio": mean_ratio}, text,
                     bars if rating < 0.5 else ())

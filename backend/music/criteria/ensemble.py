"""Ensemble: orchestration (C9) and how the parts work together (C10). Both need at least two parts."""
from __future__ import annotations

from itertools import combinations

import numpy as np

from backend.domain.assessment import Criterion
from backend.music.criteria.features import Line, Piece, band, bars_text, ramp

GROUP = "harmony"
LOW_LIMITS = {1: 52, 2: 51, 3: 48, 4: 47, 5: 45, 6: 35, 7: 37, 8: 41, 9: 41, 10: 41, 11: 41}
"""Lowest MIDI pitch of the lower note per interval: below it the interval is mud (low interval limits, craft 3.1)."""
MUD = (-.20, -.05)
CROSSING = (-.20, -.06)
IN_RANGE = (.97, 1.0)
SYNC = (.02, .15, .97, 1.01)
PARALLELS = (-.15, -.03)
CROSSING_PAIR = (-.30, -.08)
GRID_PER_QUARTER = 4
"""Parts are compared on a sixteenth grid."""


def _held(line: Line, grid: np.ndarray) -> np.ndarray:
    """Sounding pitch of a line's top notes at each grid position, -1 in rests [positions]."""
    top = line.top
    index = np.searchsorted(top.onset_q, grid + 1e-6, side="right") - 1
    safe = np.clip(index, 0, None)
    sounding = (index >= 0) & (top.end_q[safe] > grid + 1e-6)
    return np.where(sounding, top.pitch[safe], -1)


def _grid(piece: Piece) -> np.ndarray:
    return np.arange(piece.bar_q[0], piece.bar_q[-1], 1 / GRID_PER_QUARTER)


def _voices(piece: Piece) -> list[Line]:
    return [line for line in piece.lines if line.pitch.size]


def _crossing(upper: np.ndarray, lower: np.ndarray) -> float:
    """Share of common time in which the part that lies lower on average sounds above the other."""
    both = (upper >= 0) & (lower >= 0)
    if not both.any():
        return 0.0
    a, b = upper[both], lower[both]
    return float((b > a).mean() if a.mean() >= b.mean() else (a > b).mean())


def _mud(held: np.ndarray) -> tuple[float, np.ndarray]:
    """Share of sounding grid positions with an interval below its low limit, and where [positions]."""
    muddy = np.zeros(held.shape[1], bool)
    limits = np.asarray([LOW_LIMITS.get(gap, -1) for gap in range(13)])
    for a, b in combinations(range(len(held)), 2):
        both = (held[a] >= 0) & (held[b] >= 0)
        low, gap = np.minimum(held[a], held[b]), np.abs(held[a] - held[b])
        muddy |= both & (low < limits[np.minimum(gap, 12)])
    sounding = (held >= 0).any(axis=0)
    return float(muddy[sounding].mean()) if sounding.any() else 0.0, muddy


def _range_share(voices: list[Line]) -> tuple[float, int]:
    """Share of notes inside the practical ranges, and notes held longer than a breath."""
    inside = total = breathless = 0
    for line in voices:
        if line.instrument is None:
            continue
        low, high = line.instrument.practical_range
        inside += int(((line.pitch >= low) & (line.pitch <= high)).sum())
        total += line.pitch.size
        if line.instrument.breath_limit_s and line.note_s.size:
            breathless += int((line.note_s > line.instrument.breath_limit_s).sum())
    return (inside / total if total else 1.0), breathless


def orchestration(piece: Piece) -> Criterion:
    """C9: mud in the low register, crossing voices, notes outside the instruments' practical range or breath."""
    name = "The orchestration is reasonable"
    if not piece.is_polyphonic:
        return Criterion(9, name, GROUP, None, {}, "One line without instruments.")
    voices, grid = _voices(piece), _grid(piece)
    held = np.asarray([_held(line, grid) for line in voices])
    mud, muddy = _mud(held)
    order = sorted(range(len(voices)), key=lambda i: -float(voices[i].pitch.mean()))
    crossing = float(np.mean([_crossing(held[a], held[b]) for a, b in zip(order, order[1:], strict=False)]))
    in_range, breathless = _range_share(voices)
    rating = min(ramp(-mud, *MUD), ramp(-crossing, *CROSSING), ramp(in_range, *IN_RANGE))
    if breathless:
        rating = max(0.0, rating - .1 * breathless)
    bars = tuple(sorted({int(b) + 1 for b in piece.bars_of(grid[muddy])})) if muddy.any() else ()
    text = (f"Close intervals in the low register {mud:.0%} of the time, voices cross {crossing:.0%}, "
            f"{in_range:.0%} of the notes lie in practical range"
            + (f", {breathless} notes outlast a breath" if breathless else "") + ".")
    if rating < .5 and bars:
        text += f" Mud in {bars_text(bars)}."
    metrics = {"mud": mud, "crossing": crossing, "in_range": in_range, "breathless": float(breathless)}
    return Criterion(9, name, GROUP, rating, metrics, text, bars[:8] if rating < .5 else ())


def _parallels(a: np.ndarray, b: np.ndarray) -> tuple[int, int]:
    """(parallel fifths or octaves, moves) of two held lines."""
    both = (a >= 0) & (b >= 0)
    x, y = a[both], b[both]
    moved = (np.diff(x) != 0) & (np.diff(y) != 0)
    if not moved.any():
        return 0, 0
    gap = (np.abs(x - y) % 12)
    same = (gap[1:] == gap[:-1]) & np.isin(gap[1:], (0, 7)) & (np.sign(np.diff(x)) == np.sign(np.diff(y)))
    return int((same & moved).sum()), int(moved.sum())


def _is_doubling(a: np.ndarray, b: np.ndarray) -> bool:
    """Two lines in unison or octaves nearly all the time are one voice, not parallel voices."""
    both = (a >= 0) & (b >= 0)
    return bool(both.any()) and float((np.abs(a[both] - b[both]) % 12 == 0).mean()) > .9


def collaborate(piece: Piece) -> Criterion:
    """C10: parts share some onsets but not all, keep their own motion and their own place."""
    name = "The instruments collaborate"
    if not piece.is_polyphonic:
        return Criterion(10, name, GROUP, None, {}, "Only one part plays.")
    voices, grid = _voices(piece), _grid(piece)
    held = [_held(line, grid) for line in voices]
    onsets = [frozenset(np.rint(line.onset_q * GRID_PER_QUARTER * 6).astype(int).tolist()) for line in voices]
    sync, crossing, parallel, moves = [], [], 0, 0
    for a, b in combinations(range(len(voices)), 2):
        if _is_doubling(held[a], held[b]):
            continue
        sync.append(len(onsets[a] & onsets[b]) / max(1, min(len(onsets[a]), len(onsets[b]))))
        crossing.append(_crossing(held[a], held[b]))
        found, moved = _parallels(held[a], held[b])
        parallel, moves = parallel + found, moves + moved
    if not sync:
        return Criterion(10, name, GROUP, None, {}, "All parts double one line.")
    together, cross, par = float(np.mean(sync)), float(np.mean(crossing)), parallel / max(1, moves)
    rating = (.4 * band(together, *SYNC) + .3 * ramp(-par, *PARALLELS) + .3 * ramp(-cross, *CROSSING_PAIR))
    text = f"Parts begin together {together:.0%} of the time, {par:.0%} of joint moves are parallel fifths or octaves."
    return Criterion(10, name, GROUP, rating, {"sync": together, "parallels": par, "crossing": cross}, text)

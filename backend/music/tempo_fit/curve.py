"""Stage C: when every half-beat falls, as smoothly as the anchors allow (craft 1.4 C).

With unit times tau and anchors tau[n_i] = t_i the curve minimises

    sum (tau[k+1] - 2 tau[k] + tau[k-1])^2  +  tension * sum (tau[k+1] - tau[k])^2,

a discrete spline in tension (Schweikert 1966; Dierckx 1993, ch. 3): no tension bends least but overshoots, much
tension keeps each segment's mean tempo and steps at the anchors. Solved on the banded normal equations, O(units).
"""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MAX_DEVIATION = 0.08
"""Of any beat's tempo from the median (craft 1.6)."""
MAX_CHANGE = 0.03
"""Of tempo from beat to beat (craft 1.6; just noticeable: 3 % over six intervals, Drake & Botte 1993)."""
MAX_STEP = 0.20
"""At a section boundary: a hard hit of weight 0.95 or more (craft 1.6)."""
LEAST_TENSION = 1e-9
"""Keeps the equations regular whatever is anchored."""
TENSIONS = (0.0, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)


@dataclass(frozen=True)
class Anchor:
    """``unit`` falls at ``time_s``. ``hit`` indexes the hit points (-1: start or end).

    ``step`` allows a tempo step here; a ``locked`` anchor is never given up.
    """

    unit: int
    time_s: float
    weight: float
    hit: int
    step: bool = False
    locked: bool = False


@dataclass(frozen=True)
class Bend:
    """How far a curve goes: the worst deviation and change, relative to what is allowed, and where (unit)."""

    deviation: float
    change: float
    worst_unit: int

    @property
    def excess(self) -> float:
        return max(self.deviation / MAX_DEVIATION, self.change / MAX_CHANGE)


def unit_times(anchors: Sequence[Anchor], unit_count: int, tension: float) -> NDArray[np.float64]:
    """Times of units 0..unit_count, shape (unit_count + 1,), seconds. The first and last unit must be anchored.

    Solved for the distance from the polygon through the anchors, which keeps long stretches accurate.
    """
    from scipy.linalg import solveh_banded

    units = np.array([anchor.unit for anchor in anchors])
    polygon = np.interp(np.arange(unit_count + 1), units, [anchor.time_s for anchor in anchors])
    if unit_count < 2 or len(anchors) == unit_count + 1:
        return polygon
    pull = np.zeros(unit_count + 1)
    kinks = np.diff(polygon, 2)
    kinks[np.setdiff1d(np.arange(len(kinks)), units - 1)] = 0.0
    for offset, factor in enumerate((-1.0, 2.0, -1.0)):
        pull[offset:offset + len(kinks)] += factor * kinks
    pull[units] = 0.0
    bands = _normal_bands(unit_count + 1, tension, units)
    return np.asarray(polygon + solveh_banded(bands, pull, lower=True, check_finite=False))


def _normal_bands(size: int, tension: float, known: NDArray[np.int64]) -> NDArray[np.float64]:
    """Lower bands, shape (3, size), of the normal equations with the rows and columns of known units taken out."""
    bands = np.zeros((3, size))
    main, first, second = bands
    for offset, value in enumerate((1.0, 4.0, 1.0)):
        main[offset:size - 2 + offset] += value
    first[0:size - 2] -= 2.0
    first[1:size - 1] -= 2.0
    second[0:size - 2] += 1.0
    main[:-1] += tension + LEAST_TENSION
    main[1:] += tension + LEAST_TENSION
    first[:-1] -= tension + LEAST_TENSION
    for offset, band in ((1, first), (2, second)):
        band[known] = 0.0
        band[known[known >= offset] - offset] = 0.0
    main[known] = 1.0
    return bands


def bend(times: NDArray[np.float64], beats: Sequence[int], steps: frozenset[int]) -> Bend:
    """Measure a curve on its beats (units at which they start, the last closing); at ``steps`` tempo may jump."""
    units = np.asarray(beats)
    tempo = np.diff(units) / np.diff(times[units])
    if len(tempo) == 0 or np.any(tempo <= 0):
        return Bend(np.inf if len(tempo) else 0.0, 0.0, 0)
    deviation = np.abs(tempo / np.median(tempo) - 1)
    change = np.abs(np.diff(np.log(tempo)))
    scale = np.array([MAX_CHANGE / MAX_STEP if int(unit) in steps else 1.0 for unit in units[1:-1]])
    change = np.expm1(change) * scale
    at_deviation = int(np.argmax(deviation))
    worst = int(units[at_deviation])
    if len(change) and change.max() / MAX_CHANGE > deviation.max() / MAX_DEVIATION:
        worst = int(units[1 + int(np.argmax(change))])
    return Bend(float(deviation.max()), float(change.max()) if len(change) else 0.0, worst)


@dataclass(frozen=True)
class Curve:
    """``times`` of every unit (shape: units + 1), the anchors it meets, and how far it bends."""

    times: NDArray[np.float64]
    anchors: tuple[Anchor, ...]
    bend: Bend


def fit_curve(anchors: tuple[Anchor, ...], beats: Sequence[int]) -> Curve:
    """The smoothest curve within the limits; anchors are given up, the lightest near the trouble first, if none is.

    ``anchors`` start with unit 0 and end with the last of ``beats``; these two and locked ones stay, so a curve
    between locked anchors may bend more than the limits.
    """
    kept = anchors
    while True:
        curve = _smoothest(kept, beats)
        victim = _victim(curve) if curve.bend.excess > 1 else None
        if victim is None:
            return curve
        kept = tuple(anchor for anchor in kept if anchor is not victim)


def _smoothest(anchors: tuple[Anchor, ...], beats: Sequence[int]) -> Curve:
    best: Curve | None = None
    steps = frozenset(anchor.unit for anchor in anchors if anchor.step)
    for tension in TENSIONS:
        times = unit_times(anchors, beats[-1], tension)
        curve = Curve(times, anchors, bend(times, beats, steps))
        if curve.bend.excess <= 1:
            return curve
        if best is None or curve.bend.excess < best.bend.excess:
            best = curve
    assert best is not None  # TENSIONS is not empty
    return best


def _victim(curve: Curve) -> Anchor | None:
    """The anchor to give up: of the four around the worst place the lightest."""
    inner = [anchor for anchor in curve.anchors[1:-1] if not anchor.locked]
    near = sorted(inner, key=lambda anchor: (abs(anchor.unit - curve.bend.worst_unit), anchor.unit))[:4]
    return min(near, key=lambda anchor: (anchor.weight, anchor.unit)) if near else None

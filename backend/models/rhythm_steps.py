"""Rhythm as the CRT sees it: one step a quarter, an onset or none on each of its four sixteenths.

Bars may have any length in sixteenths: in a bar of 7/8 the last step has two. What is known beforehand about a step is
its conditions; class 0 always means "not said", so one network serves every subset of wishes.
"""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

TICKS = 4
PATTERNS = 1 << TICKS
NOTHING = PATTERNS
"""The pattern before the first step, and at a step that looks back to nothing."""
MOST_BEATS = 12
DENSITY_EDGES = (0.01, 0.3, 0.6, 0.85, 1.15, 1.4, 1.75, 2.25, 2.9)
"""Onsets a quarter of a bar, cut into ten classes."""
MOTION_CLASSES = 8
TEMPO_EDGES = (50.0, 63.0, 76.0, 89.0, 102.0, 120.0, 144.0)
PROGRESS_CLASSES = 16
DISTANCES = (1, 2, 4, 8)
"""A bar may repeat the rhythm of the bar this many bars before it."""
NEW_BAR = 1
"""Repeat class of a bar that repeats none of them; ``2 + i`` repeats ``DISTANCES[i]``."""

SIZES = {"beat": MOST_BEATS, "beats": MOST_BEATS + 1, "ticks": TICKS + 1, "density": len(DENSITY_EDGES) + 2,
         "motion": MOTION_CLASSES + 1, "tempo": len(TEMPO_EDGES) + 2, "progress": PROGRESS_CLASSES,
         "repeat": len(DISTANCES) + 2}
"""Number of classes of every condition."""

BITS: NDArray[np.bool_] = (np.arange(PATTERNS)[:, None] >> np.arange(TICKS)[None]) % 2 == 1
"""[pattern, tick]: whether a pattern has an onset on a tick."""


@dataclass(frozen=True)
class Conditions:
    """``classes`` by the names of SIZES, each [steps]; ``hints`` [steps, TICKS] bool: an onset that must be there;
    ``look_back`` [steps]: the step whose pattern this one may repeat, -1 for none."""

    classes: dict[str, Ints]
    hints: NDArray[np.bool_]
    look_back: Ints

    @property
    def steps(self) -> int:
        return len(self.look_back)


@dataclass(frozen=True)
class BarWish:
    """A bar as wished: its length, and classes (0 = not said)."""

    length_q: Fraction
    density: int = 0
    motion: int = 0
    repeat: int = 0
    progress: int = 0


def steps_in(length_q: Fraction) -> int:
    return ceil(length_q)


def density_class(onsets: float, length_q: Fraction) -> int:
    """1 .. 10 for onsets a quarter."""
    return 1 + int(np.searchsorted(DENSITY_EDGES, onsets / float(length_q), side="right"))


def tempo_class(quarters_a_minute: float | None) -> int:
    return 0 if quarters_a_minute is None else 1 + int(np.searchsorted(TEMPO_EDGES, quarters_a_minute, side="right"))


def progress_class(bar: int, bars: int) -> int:
    return min(PROGRESS_CLASSES - 1, bar * PROGRESS_CLASSES // max(1, bars))


def conditions(bars: Sequence[BarWish], tempo: int, hints: NDArray[np.bool_]) -> Conditions:
    """Conditions of all steps of consecutive bars; ``hints`` [steps, TICKS]."""
    first_step = np.concatenate([[0], np.cumsum([steps_in(bar.length_q) for bar in bars])])
    rows: dict[str, list[int]] = {name: [] for name in SIZES}
    look_back: list[int] = []
    for number, bar in enumerate(bars):
        count = steps_in(bar.length_q)
        source = number - DISTANCES[bar.repeat - NEW_BAR - 1] if bar.repeat > NEW_BAR else -1
        for beat in range(count):
            ticks = min(TICKS, int((bar.length_q - beat) * TICKS))
            values = (min(beat, MOST_BEATS - 1), min(count, MOST_BEATS), ticks, bar.density, bar.motion, tempo,
                      bar.progress, bar.repeat)
            for name, value in zip(SIZES, values, strict=True):
                rows[name].append(value)
            there = source >= 0 and beat < steps_in(bars[source].length_q)
            look_back.append(int(first_step[source]) + beat if there else -1)
    return Conditions({name: np.array(values) for name, values in rows.items()}, hints, np.array(look_back))


def allowed(ticks: Ints, hints: NDArray[np.bool_], forbidden: NDArray[np.bool_] | None = None) -> NDArray[np.bool_]:
    """[steps, PATTERNS]: patterns that hold every hint and no onset outside the bar or on a forbidden tick.

    A hint outranks a forbidden tick.
    """
    outside = np.arange(TICKS)[None] >= ticks[:, None]
    banned = outside if forbidden is None else outside | (forbidden & ~hints)
    wrong = (BITS[None] & banned[:, None]) | (~BITS[None] & (hints & ~outside)[:, None])
    return np.asarray(~wrong.any(axis=-1))

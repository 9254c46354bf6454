"""Motifs: short figures in scale steps, what composers do with them, and how alike two passages are.

A figure is a tuple of signed scale steps from note to note (a rising triad in major is ``(2, 2)``), so it survives
transposition to any degree of any mode.
"""
from __future__ import annotations

from collections.abc import Sequence

from backend.domain.score import Note

Figure = tuple[int, ...]

INTERVAL_SHARE = 0.6
RHYTHM_SHARE = 0.15
"""Weights of intervals and rhythm in :func:`similarity`; what is left is contour (by ear: a theme is known by its
intervals first, and film rhythm follows the picture)."""


def invert(figure: Figure) -> Figure:
    """Upside down."""
    return tuple(-step for step in figure)


def ornament(figure: Figure, at: int) -> Figure:
    """Replace the note after interval ``at`` by its upper (or lower) neighbour: the frame notes stay."""
    if len(figure) < 2:
        return figure
    at = at % (len(figure) - 1)
    shift = 1 if figure[at] <= 0 else -1
    return (*figure[:at], figure[at] + shift, figure[at + 1] - shift, *figure[at + 2:])


def fragment(figure: Figure, length: int) -> Figure:
    """The first ``length`` intervals."""
    return figure[:max(1, length)]


def chain(figure: Figure, copies: int, level: int) -> Figure:
    """``copies`` of the figure, each starting ``level`` steps above the one before."""
    out = figure
    for _ in range(copies - 1):
        out = (*out, level - sum(figure), *figure)
    return out


def similarity(first: Sequence[Note], second: Sequence[Note]) -> float:
    """How alike two passages are, 0..1, whatever their pitch level.

    The shorter passage is aligned note by note with the start of the other: intervals (full credit within a
    semitone, half within a third of the same direction), direction, and duration ratios.
    """
    length = min(len(first), len(second))
    if length < 2:
        return 1.0 if length == len(first) == len(second) else 0.0
    a, b = _intervals(first[:length]), _intervals(second[:length])
    exact = sum(_interval_credit(x, y) for x, y in zip(a, b, strict=True)) / len(a)
    direction = sum((x > 0) - (x < 0) == (y > 0) - (y < 0) for x, y in zip(a, b, strict=True)) / len(a)
    ratios = zip(_onset_gaps(first[:length]), _onset_gaps(second[:length]), strict=True)
    rhythm = sum(min(x, y) / max(x, y) for x, y in ratios) / (length - 1)
    return INTERVAL_SHARE * exact + RHYTHM_SHARE * rhythm + (1 - INTERVAL_SHARE - RHYTHM_SHARE) * direction


def _intervals(notes: Sequence[Note]) -> list[int]:
    return [b.pitch - a.pitch for a, b in zip(notes, notes[1:], strict=False)]


def _interval_credit(first: int, second: int) -> float:
    gap = abs(first - second)
    if gap <= 1:
        return 1.0
    return 0.5 if gap <= 3 and first * second > 0 else 0.0


def _onset_gaps(notes: Sequence[Note]) -> list[float]:
    """Inter-onset times as shares of their sum."""
    gaps = [float(b.onset_q - a.onset_q) for a, b in zip(notes, notes[1:], strict=False)]
    total = sum(gaps) or 1.0
    return [max(gap / total, 1e-9) for gap in gaps]

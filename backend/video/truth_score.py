"""Scores of detectors against truth: precision, recall, F1 with a tolerance in frames."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

TRANSITION_MARGIN = 3
"""Reports this close to a gradual change, in frames, count neither way (rule of the shared truth files)."""

Range = tuple[int, int]


@dataclass(frozen=True)
class Score:
    """Counts of one or more films; add them up with ``+``."""

    hits: int = 0
    missed: int = 0
    wrong: int = 0

    def __add__(self, other: Score) -> Score:
        return Score(self.hits + other.hits, self.missed + other.missed, self.wrong + other.wrong)

    @property
    def recall(self) -> float:
        return self.hits / (self.hits + self.missed) if self.hits + self.missed else 1.0

    @property
    def precision(self) -> float:
        return self.hits / (self.hits + self.wrong) if self.hits + self.wrong else 1.0

    @property
    def f1(self) -> float:
        weight = 2 * self.hits + self.missed + self.wrong
        return 2 * self.hits / weight if weight else 1.0


def score_frames(found: Sequence[int], true: Sequence[int], tolerance: int, ignored: Sequence[Range] = ()) -> Score:
    """One-to-one matches within ``tolerance`` frames, nearest pairs first.

    Reports inside an ignored range are dropped unless they match; the caller widens ranges by the margin it wants.
    """
    pairs = sorted((abs(a - b), a, b) for a in found for b in true if abs(a - b) <= tolerance)
    used_found: set[int] = set()
    used_true: set[int] = set()
    for _, a, b in pairs:
        if a not in used_found and b not in used_true:
            used_found.add(a)
            used_true.add(b)
    extra = [a for a in found if a not in used_found and not any(low <= a <= high for low, high in ignored)]
    return Score(len(used_true), len(true) - len(used_true), len(extra))


def score_ranges(found: Sequence[Range], true: Sequence[Range], ignored: Sequence[Range] = ()) -> Score:
    """A true range counts as met when a report overlaps it; a report that overlaps none is wrong."""
    met = sum(any(_overlap(a, b) for a in found) for b in true)
    wrong = sum(not any(_overlap(a, b) for b in (*true, *ignored)) for a in found)
    return Score(met, len(true) - met, wrong)


def widened(ranges: Sequence[Range], margin: int = TRANSITION_MARGIN) -> list[Range]:
    """Every range grown by ``margin`` frames on both sides."""
    return [(low - margin, high + margin) for low, high in ranges]


def _overlap(a: Range, b: Range) -> bool:
    return a[0] <= b[1] and b[0] <= a[1]

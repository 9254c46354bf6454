"""Rhythm spots: the paper's rhythm, the main melody flattened to onsets. Every hit plus fill onsets."""
from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import backend.domain.time  # noqa: F401  (teaches the documents to hold fractions)
from backend.domain.limits import within


@dataclass(frozen=True)
class RhythmSpot:
    """An onset of the melody. ``strength`` 1 weak, 2 medium, 3 accent. ``duration_q`` is how long the note may last."""

    onset_q: Fraction
    duration_q: Fraction
    kind: Literal["hit", "fill"]
    strength: int = 1
    locked: bool = False

    def __post_init__(self) -> None:
        within("strength", self.strength, 1, 3)


@dataclass(frozen=True)
class Section:
    """A stretch of form, bars ``first_bar`` to ``last_bar`` inclusive; ``label`` A, A', B, A'' ..."""

    label: str
    first_bar: int
    last_bar: int

    def __post_init__(self) -> None:
        if not self.label.strip("' "):
            raise ValueError("label: a section needs a letter")
        if self.first_bar < 1:
            raise ValueError(f"first_bar: {self.first_bar} is less than 1")
        if self.last_bar < self.first_bar:
            raise ValueError(f"last_bar: {self.last_bar} is less than first_bar")


@dataclass(frozen=True)
class RhythmSpots:
    """The melody's whole rhythm, sorted by onset, no two at one place; and the form it lives in.

    Spots of one phrase follow each other; a gap of a beat or more is a rest the melody keeps.
    """

    spots: tuple[RhythmSpot, ...]
    sections: tuple[Section, ...]
    made_by: str = ""

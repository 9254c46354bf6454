"""Hit points: the few moments of the picture the music should meet."""
from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import backend.domain.time  # noqa: F401  (teaches the documents to hold fractions)

HitKind = Literal["cut", "impact", "motion", "flash", "fade", "start", "end", "user"]
HitType = Literal["hard", "soft", "avoid", "ring_out"]


@dataclass(frozen=True)
class HitPoint:
    """``time_s`` counts from the cue's start and decides; ``frame`` and ``timecode`` are there to be read.

    ``weight`` 0..1. hard: met on a beat, within a frame; soft: met when it costs nothing; avoid: no accent here;
    ring_out: let the sound decay. A ``locked`` hit came from the user and is never moved or dropped.
    """

    time_s: Fraction
    weight: float = 1.0
    kind: HitKind = "user"
    type: HitType = "hard"
    reason: str = ""
    frame: int = 0
    timecode: str = ""
    locked: bool = False

    def __post_init__(self) -> None:
        if self.time_s < 0:
            raise ValueError(f"time_s: a hit at {float(self.time_s)} s lies before the cue")
        if not 0 <= self.weight <= 1:
            raise ValueError(f"weight: {self.weight} is not within 0 and 1")


@dataclass(frozen=True)
class HitPoints:
    """Sorted by time, at most one a moment."""

    hits: tuple[HitPoint, ...]
    made_by: str = ""

    def hard(self) -> tuple[HitPoint, ...]:
        return tuple(hit for hit in self.hits if hit.type == "hard")

"""The verdict on a melody: 19 computed criteria, the fused rating, and what to do better."""
from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Criterion:
    """``id`` 1-19 as in the paper; ``rating`` 0..1, null when it does not apply; passes at >= .5.

    ``reviewed`` is a reviewer's decision where the rating lies too near .5 to decide; null: the rating decides.
    """

    id: int
    name: str
    group: str
    rating: float | None
    metrics: dict[str, float]
    evidence: str
    bars: tuple[int, ...] = ()
    reviewed: bool | None = None

    @property
    def passed(self) -> bool | None:
        if self.rating is None or self.reviewed is None:
            return None if self.rating is None else self.rating >= 0.5
        return self.reviewed


@dataclass(frozen=True)
class Fix:
    """A request to the writer: which criterion to mend, in which bars, in words a model or the rules can follow."""

    criterion: int
    bars: tuple[int, ...]
    instruction: str


@dataclass(frozen=True)
class Assessment:
    """``count`` is criteria met rescaled to 19; ``probability`` the logistic fusion; ``veto`` says why a piece with
    a good probability fell, empty otherwise. ``advisory`` verdicts never reject (a composer's own melody)."""

    criteria: tuple[Criterion, ...]
    count: float
    probability: float
    accepted: bool
    veto: str
    fixes: tuple[Fix, ...]
    advisory: bool = False
    made_by: str = ""


@dataclass(frozen=True)
class Candidate:
    """One attempt of the melody writer and its verdict."""

    number: int
    seed: int
    chosen: bool
    notes: int
    assessment: Assessment


@dataclass(frozen=True)
class AssessmentReport:
    """Every candidate in order; ``flagged`` when none was accepted and the best was taken."""

    candidates: tuple[Candidate, ...]
    flagged: bool
    made_by: str = ""

"""What a reviewer answers: a verdict on each criterion of its group, and what to mend."""
from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class CriterionVerdict:
    """``id`` 1-19 as in the paper. ``metric`` is the figure it leans on, by its name in METRICS. ``bars`` are where it
    shows, () where it concerns the whole."""

    id: int
    passed: bool
    metric: str
    bars: tuple[int, ...]
    evidence: str


@dataclass(frozen=True)
class WantedFix:
    """``option`` is an id of OPTIONS; ``bars`` are where to begin, () for the whole."""

    option: str
    bars: tuple[int, ...]


@dataclass(frozen=True)
class PanelVerdict:
    """Every criterion of METRICS once, and at most two fixes, the most urgent first."""

    criteria: tuple[CriterionVerdict, ...]
    fixes: tuple[WantedFix, ...]

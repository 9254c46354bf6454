"""Hit points as the fit sees them: merged, sorted, weighted, inside the cue."""
from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from backend.domain.clip import Cue
from backend.domain.hits import HitPoint, HitPoints
from backend.errors import InputError

MERGE_S = Fraction(1, 4)
"""Hits closer than this are one moment to the ear (craft 1.6)."""


@dataclass(frozen=True)
class Target:
    """A moment to meet: ``hit`` is the index into the hit points."""

    hit: int
    time_s: Fraction
    weight: float
    hard: bool
    locked: bool


def targets_of(hits: HitPoints, cue: Cue) -> tuple[Target, ...]:
    """What is to be anchored, by time. ``avoid`` hits ask for no accent, so they are left out.

    Of hits within 0.25 s the locked, else the hard, else the heaviest one stays. Raises InputError for a hit
    outside the cue.
    """
    kept: list[Target] = []
    for target in _wanted(hits, cue):
        if kept and target.time_s - kept[-1].time_s < MERGE_S:
            if _rank(target) > _rank(kept[-1]):
                kept[-1] = target
            continue
        kept.append(target)
    return tuple(kept)


def _wanted(hits: HitPoints, cue: Cue) -> list[Target]:
    out = [_target(i, hit) for i, hit in enumerate(hits.hits) if hit.type != "avoid"]
    for target in out:
        if target.time_s > cue.duration_s:
            raise InputError(f"The hit at {float(target.time_s):.3f} s lies after the cue's end "
                             f"({float(cue.duration_s):.3f} s). Move the hit, or the cue's out point.")
    return sorted(out, key=lambda target: (target.time_s, target.hit))


def _target(index: int, hit: HitPoint) -> Target:
    return Target(index, hit.time_s, hit.weight, hit.type == "hard", hit.locked)


def _rank(target: Target) -> tuple[bool, bool, float]:
    return target.locked, target.hard, target.weight

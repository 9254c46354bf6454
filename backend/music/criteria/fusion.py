"""The verdict: a logistic fusion of the ratings, a veto, a minimum count, and what to mend (craft 3.3).

Weights were fitted on music with clear rights (weights.json carries sources, split, seed and data hash); a bare
melody and a full score have weights of their own, because half of the criteria apply to one of them only.
"""
from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from backend.domain.assessment import Assessment, Criterion, Fix

ACCEPT_PROBABILITY = 0.5
MIN_COUNT = 11
"""Criteria met, rescaled to 19."""
MIN_EMOTION = 0.5
VETO_MODE, VETO_HARMONIOUS = 0.5, 0.25
VETO_LOOP = 0.25
"""A looped bar can be perfect in everything else; both ratings this low happen to no human excerpt of train."""
RHYTHM_OF_THE_SPOTS = frozenset({11, 12, 13, 14, 17, 18, 19})
"""What a melody writer cannot mend: its rhythm is given by the spots, its instruments come later."""
ORDINARY = 0.75
"""Ratings from here up need no mending."""


@dataclass(frozen=True)
class Weights:
    """``weight`` and ``fill`` by criterion id; ``fill`` stands for a rating that does not apply."""

    bias: float
    weight: dict[int, float]
    fill: dict[int, float]


@cache
def weights(kind: str) -> Weights:
    """Fitted weights for ``melody``, ``short`` (a melody of few bars) or ``score``."""
    data = json.loads(Path(__file__).with_name("weights.json").read_text(encoding="utf-8"))[kind]
    return Weights(float(data["bias"]), {int(k): float(v) for k, v in data["weights"].items()},
                   {int(k): float(v) for k, v in data["fill"].items()})


def probability(criteria: tuple[Criterion, ...], fitted: Weights) -> float:
    """Logistic fusion of the ratings, 0..1."""
    ratings = {c.id: c.rating for c in criteria}
    z = fitted.bias
    for number, weight in fitted.weight.items():
        rating = ratings.get(number)
        z += weight * (fitted.fill[number] if rating is None else rating)
    return 1 / (1 + math.exp(-max(-60.0, min(60.0, z))))


def count_met(criteria: tuple[Criterion, ...]) -> float:
    """Criteria met of those that apply, rescaled to 19; 0 when none applies."""
    applicable = [c for c in criteria if c.rating is not None]
    return 19 * sum(1 for c in applicable if c.passed) / len(applicable) if applicable else 0.0


def _veto(criteria: tuple[Criterion, ...], count: float) -> str:
    """Why the piece falls although its probability may be good; empty when nothing speaks against it."""
    rating = {c.id: c.rating for c in criteria if c.rating is not None}
    if rating.get(1, 1.0) < VETO_MODE and rating.get(7, 1.0) < VETO_HARMONIOUS:
        return "neither a clear mode (C1) nor harmonious (C7)"
    if rating.get(5, 1.0) < VETO_LOOP and rating.get(13, 1.0) < VETO_LOOP:
        return "nothing changes: neither the notes (C5) nor the rhythm (C13)"
    if count < MIN_COUNT:
        return f"only {count:.1f} of 19 criteria met, {MIN_COUNT} are needed"
    emotions = [rating[n] for n in range(15, 20) if n in rating]
    if emotions and sum(emotions) / len(emotions) < MIN_EMOTION:
        return f"it does not suit the emotion (mean {sum(emotions) / len(emotions):.2f} of C15-C19)"
    return ""


def passes(criteria: tuple[Criterion, ...], fitted: Weights) -> bool:
    """Probability, veto and count together."""
    return probability(criteria, fitted) >= ACCEPT_PROBABILITY and not _veto(criteria, count_met(criteria))


def verdict(criteria: tuple[Criterion, ...], kind: str, advisory: bool, made_by: str) -> Assessment:
    """Fuse the criteria; ``kind`` as in Piece.kind. When nothing applies there is nothing to reject."""
    judged = any(c.rating is not None for c in criteria)
    p = probability(criteria, weights(kind)) if judged else ACCEPT_PROBABILITY
    count = count_met(criteria)
    veto = _veto(criteria, count) if judged else ""
    accepted = advisory or (p >= ACCEPT_PROBABILITY and not veto)
    mendable = criteria if kind == "score" else tuple(c for c in criteria if c.id not in RHYTHM_OF_THE_SPOTS)
    return Assessment(criteria, round(count, 6), round(p, 6), accepted, veto, fixes(mendable, accepted), advisory,
                      made_by)


def settled(found: Assessment, criteria: tuple[Criterion, ...]) -> Assessment:
    """The assessment with the same ratings after a reviewer decided the close ones: count, veto and acceptance anew,
    the fitted probability as it was. For a melody."""
    count = count_met(criteria)
    veto = _veto(criteria, count)
    accepted = found.advisory or (found.probability >= ACCEPT_PROBABILITY and not veto)
    wanted = found.fixes
    if accepted != found.accepted:
        wanted = fixes(tuple(c for c in criteria if c.id not in RHYTHM_OF_THE_SPOTS), accepted)
    return replace(found, criteria=criteria, count=round(count, 6), veto=veto, accepted=accepted, fixes=wanted)


def fixes(criteria: tuple[Criterion, ...], accepted: bool) -> tuple[Fix, ...]:
    """The two lowest criteria as instructions; an accepted piece is only told what is clearly below the ordinary."""
    ranked = sorted((c.rating, c.id, c) for c in criteria if c.rating is not None)
    chosen = [c for rating, _, c in ranked[:2] if rating < ORDINARY or (not accepted and rating < 1)]
    return tuple(Fix(c.id, c.bars, _instruction(c)) for c in chosen)


def _instruction(criterion: Criterion) -> str:
    if criterion.id == 5:
        return _vary(criterion)
    if criterion.id == 4 and criterion.metrics.get("entropy", 0.0) > 3.5:
        return "Stay with fewer chords: the melody implies a new one almost everywhere."
    return _INSTRUCTIONS[criterion.id]


def _vary(criterion: Criterion) -> str:
    found = criterion.metrics
    if found.get("pitches", 9) < 5:
        return "Use more different pitches."
    if found.get("interval_entropy", 2.5) > 3.6:
        return "Use fewer kinds of interval: mostly steps and thirds, a few leaps kept for weight."
    return "Change the repeated bars: vary the ending, the register or the direction instead of copying."


_INSTRUCTIONS = {
    1: "Keep to the scale: replace foreign notes, rest longer on tonic, third and fifth.",
    2: "Return to the home key in these bars.",
    3: "Let strong beats carry notes of one usual chord each (tonic, subdominant, dominant and their relatives).",
    4: "Let the melody imply at least three chords and change them about once a bar.",
    6: "Bring the opening figure back, exact or as a sequence on another step.",
    7: "Join notes by steps and thirds; after a leap turn back by step.",
    8: "Add inner voices where the harmony is bare.",
    9: "Open close intervals in the low register, uncross voices and keep to the practical ranges.",
    10: "Give the parts rhythms of their own and avoid parallel fifths and octaves between them.",
    11: "Put onsets on the beat's grid.",
    12: "Begin more bars with a note on beat 1.",
    13: "Change the rhythm of some bars.",
    14: "Use a rhythm again that was heard before.",
    15: "Turn the mode to what the emotion asks for: third and sixth degree decide.",
    16: "Shift the balance of major and minor chords towards the emotion.",
    17: "Bring tempo and density nearer to the emotion's energy.",
    18: "Replace the instruments that are out of place for the emotion.",
    19: "Lengthen or shorten the notes towards the emotion's way of playing.",
}

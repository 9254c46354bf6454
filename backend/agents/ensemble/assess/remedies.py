"""What a reviewer may ask of the melody writers: only what both of them act on, and only where a figure calls for it.

The writers read a criterion's number and a few words of the instruction (``music/rule_melody/style.py``,
``models/melody_bend.py``). Rhythm and instruments are not theirs, so those criteria have no remedy.
"""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from backend.domain.assessment import Criterion, Fix
from backend.music.criteria.fusion import ORDINARY

Need = Callable[[dict[str, float]], bool]


@dataclass(frozen=True)
class Remedy:
    """``id`` is what OPTIONS calls it; ``needed`` says by a criterion's figures whether it is offered."""

    id: str
    criterion: int
    instruction: str
    needed: Need = lambda figures: True

    def fix(self, bars: tuple[int, ...]) -> Fix:
        return Fix(self.criterion, bars, self.instruction)


def _many_chords(figures: dict[str, float]) -> bool:
    return figures.get("entropy", 0.0) > 3.5


def _copies(figures: dict[str, float]) -> bool:
    return figures.get("alike", 0.0) > .6 or figures.get("exact", 0.0) > .85


def _few_pitches(figures: dict[str, float]) -> bool:
    return figures.get("pitches", 9.0) < 6


def _many_intervals(figures: dict[str, float]) -> bool:
    return figures.get("interval_entropy", 2.5) > 3.6


REMEDIES = (
    Remedy("keep_scale", 1, "Keep to the scale and rest longer on tonic, third and fifth."),
    Remedy("return_home", 2, "Return to the home key in these bars."),
    Remedy("chord_tones", 3, "Let strong beats carry notes of one usual chord each."),
    Remedy("more_chords", 4, "Let the melody imply at least three chords and change them about once a bar.",
           lambda figures: not _many_chords(figures)),
    Remedy("fewer_chords", 4, "Stay with fewer chords: the melody implies a new one almost everywhere.", _many_chords),
    Remedy("vary_copies", 5, "Change the repeated bars: another ending, register or direction instead of copies.",
           lambda figures: _copies(figures) or not (_few_pitches(figures) or _many_intervals(figures))),
    Remedy("more_pitches", 5, "Use more different pitches.", _few_pitches),
    Remedy("plainer_intervals", 5, "Use fewer kinds of interval: steps and thirds, few leaps.", _many_intervals),
    Remedy("recall_opening", 6, "Bring the opening figure back, exact or as a sequence on another step."),
    Remedy("smooth_leaps", 7, "Join notes by steps and thirds; after a leap turn back by step."),
    Remedy("turn_mode", 15, "Turn the mode to what the emotion asks for: third and sixth degree decide."),
    Remedy("balance_chords", 16, "Shift the balance of major and minor chords towards the emotion."),
)
BY_ID = {remedy.id: remedy for remedy in REMEDIES}


def offered(criteria: tuple[Criterion, ...]) -> tuple[Remedy, ...]:
    """The remedies for what lies below the ordinary, fitting to the figures."""
    weak = {c.id: c.metrics for c in criteria if c.rating is not None and c.rating < ORDINARY}
    return tuple(r for r in REMEDIES if r.criterion in weak and r.needed(weak[r.criterion]))

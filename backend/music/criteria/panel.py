"""The panel: all nineteen criteria on one piece, in the paper's order."""
from __future__ import annotations

import dataclasses

from backend.domain.assessment import Criterion
from backend.domain.brief import CueBrief
from backend.music.criteria import emotion, ensemble, harmony, melody, mode, rhythm
from backend.music.criteria.features import MIN_NOTES, Piece

DARK_EMOTIONS = frozenset({"Fear", "Angry", "Nervous"})
"""Meant to be unclear: C1 and C2 have a floor at the pass mark and C7 a wider band (craft 3.3)."""
_NAMES = {
    1: ("The mode is clear", "mode"), 2: ("The tonality is stable", "mode"),
    3: ("The chord progression is reasonable", "melody"), 4: ("The chords are diverse", "melody"),
    5: ("There is appropriate variation", "melody"), 6: ("There is appropriate repetition", "melody"),
    7: ("It is harmonious", "harmony"), 8: ("The harmony is rich", "harmony"),
    9: ("The orchestration is reasonable", "harmony"), 10: ("The instruments collaborate", "harmony"),
    11: ("The rhythm is clear", "rhythm"), 12: ("The beat is consistent", "rhythm"),
    13: ("The rhythm varies", "rhythm"), 14: ("The rhythm repeats", "rhythm"),
    15: ("The mode suits the emotion", "emotion"), 16: ("The chord progression suits the emotion", "emotion"),
    17: ("The rhythm suits the emotion", "emotion"), 18: ("The instruments suit the emotion", "emotion"),
    19: ("The playing techniques suit the emotion", "emotion"),
}


def structural(piece: Piece, dark: bool = False) -> tuple[Criterion, ...]:
    """C1-C14, unrounded: what the notes alone tell. ``dark`` for fear, anger and nervousness."""
    found = (mode.mode_clear(piece), mode.tonality_stable(piece), melody.progression(piece),
             melody.chords_diverse(piece), melody.variation(piece), melody.repetition(piece),
             harmony.harmonious(piece, dark), harmony.rich(piece), ensemble.orchestration(piece),
             ensemble.collaborate(piece), rhythm.clear(piece), rhythm.consistent(piece), rhythm.varies(piece),
             rhythm.repeats(piece))
    return tuple(_waived(c) if dark and c.id in (1, 2) else c for c in found)


def _waived(criterion: Criterion) -> Criterion:
    if criterion.rating is None or criterion.rating >= .5:
        return criterion
    return dataclasses.replace(criterion, rating=.5, bars=(),
                               evidence=criterion.evidence + " Meant to be unclear for this emotion.")


def judge(piece: Piece, brief: CueBrief) -> tuple[Criterion, ...]:
    """C1-C19 of a piece against a brief, figures rounded to six decimals. Nothing applies to fewer than four notes."""
    if piece.melody.pitch.size < MIN_NOTES:
        return tuple(Criterion(number, name, group, None, {}, "Too few notes to judge.")
                     for number, (name, group) in _NAMES.items())
    found = (*structural(piece, brief.emotion in DARK_EMOTIONS), emotion.mode_fits(piece, brief),
             emotion.chords_fit(piece, brief), emotion.rhythm_fits(piece, brief),
             emotion.instruments_fit(piece, brief), emotion.techniques_fit(piece, brief))
    return tuple(_rounded(c) for c in found)


def _rounded(criterion: Criterion) -> Criterion:
    rating = None if criterion.rating is None else round(float(criterion.rating), 6)
    metrics = {name: round(float(value), 6) for name, value in criterion.metrics.items()}
    return dataclasses.replace(criterion, rating=rating, metrics=metrics)

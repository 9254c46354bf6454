"""From the brief, the wishes and what the assessor missed to the model's controls and the way it is sampled."""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from backend.domain.assessment import Fix
from backend.domain.brief import CueBrief
from backend.models.melody import Sampling
from backend.models.melody_controls import (
    CHROMATIC_EDGES,
    LEAP_EDGES,
    RANGE_EDGES,
    REGISTER_EDGES,
    UNSAID,
    Wishes,
    edge_class,
    mode_class,
    style_class,
    tempo_class,
)
from backend.music.theory import MODES

UNTRAINED_MODES = frozenset({"octatonic", "chromatic"})
"""No song of the material is in them: the scale holds, the rest of the line is free."""
SCALE, SCALE_WHEN_CHROMATIC = 3.0, -1.0
"""Nats taken from a note outside the mode; who asks for foreign notes gets them favoured."""
STRONG = 2.0
"""What a tone of the planned chord is worth on a bar line, in nats: the harmony that follows keeps to the same loop."""
THEME = 6.0
"""Nats by which the head motif is drawn back where a section begins."""
COOLER = 0.95
"""Of the checkpoint's temperature, which is set for likeness to composers with chords of the model's own. Both were
chosen on cues with seeds that are not reported (docs/models/melody.md)."""
_MORE_THEMATIC = 1.5
_FOREIGN_PULL, _USUAL_LEAPS, _FEWER_LEAPS, _MORE_LEAPS = 6.0, 0.15, 3.0, 0.7
"""What is asked by hand goes beyond the classes the model knows: nats for a foreign note per share asked for, and nats
a semitone beyond a third taken (or given) per share of leaps below (above) the usual one."""


def controls_of(brief: CueBrief, wishes: Wishes, home: int, fixes: Iterable[Fix] = ()) -> dict[str, int]:
    """Classes of melody_controls.SIZES."""
    found = {"mode": UNSAID if brief.mode in UNTRAINED_MODES else mode_class(brief.mode),
             "tempo": tempo_class(brief.tempo_qpm),
             "register": edge_class(REGISTER_EDGES, brief.register_pitch - home),
             "range": edge_class(RANGE_EDGES, wishes.range_semitones), "leaps": edge_class(LEAP_EDGES, wishes.leaps),
             "chromatic": edge_class(CHROMATIC_EDGES, wishes.chromatic), "style": style_class(wishes.style)}
    for fix in fixes:
        if fix.criterion in (1, 2, 15):
            found["chromatic"] = 1
        elif fix.criterion == 7:
            found["leaps"] = max(1, (found["leaps"] or 3) - 1)
        elif fix.criterion == 5 and "pitches" in fix.instruction.lower():
            found["range"] = min(len(RANGE_EDGES) + 1, (found["range"] or 3) + 1)
    return found


def bent_sampling(sampler: Mapping[str, Any], brief: CueBrief, wishes: Wishes, fixes: Iterable[Fix]) -> Sampling:
    """The checkpoint's ``sampler`` settings, the brief's scale, and a bend for each fix in turn."""
    chromatic = wishes.chromatic is not None and wishes.chromatic > CHROMATIC_EDGES[0]
    sampling = Sampling(**sampler)
    sampling = replace(sampling, temperature=COOLER * sampling.temperature, mode_pcs=MODES[brief.mode], strong=STRONG,
                       theme=THEME, scale=SCALE_WHEN_CHROMATIC if chromatic else SCALE)
    if wishes.repetition is not None:
        sampling = replace(sampling, copy_bias=sampling.copy_bias + _MORE_THEMATIC * (wishes.repetition - 1),
                           theme=THEME * min(1.0, wishes.repetition))
    for fix in fixes:
        sampling = _bend(sampling, fix)
    if brief.leaps is not None:
        pull = _FEWER_LEAPS if brief.leaps < _USUAL_LEAPS else _MORE_LEAPS
        sampling = replace(sampling, step=sampling.step + pull * (_USUAL_LEAPS - brief.leaps))
    if brief.chromatic:
        beyond = brief.chromatic - CHROMATIC_EDGES[1]
        sampling = replace(sampling, scale=SCALE_WHEN_CHROMATIC - _FOREIGN_PULL * beyond)
    return sampling


def _bend(sampling: Sampling, fix: Fix) -> Sampling:
    """After one complaint. Criteria of rhythm and orchestration (9 to 14, 17 to 19) leave the line as it is."""
    criterion, wish = fix.criterion, fix.instruction.lower()
    if criterion in (1, 2, 15):
        return replace(sampling, scale=sampling.scale + 1.5, strong=sampling.strong + 0.5)
    if criterion in (3, 4, 8, 16):
        return replace(sampling, strong=sampling.strong + 0.7, temperature=sampling.temperature * 0.95)
    if criterion == 5 and "fewer" in wish:
        return replace(sampling, step=sampling.step + 0.15, temperature=sampling.temperature * 0.9)
    if criterion == 5:
        return replace(sampling, copy_bias=sampling.copy_bias - 0.8, repeat=sampling.repeat + 0.5)
    if criterion == 6:
        return replace(sampling, copy_bias=sampling.copy_bias + 1.0, temperature=sampling.temperature * 0.92)
    if criterion == 7:
        return replace(sampling, step=sampling.step + 0.3)
    return sampling

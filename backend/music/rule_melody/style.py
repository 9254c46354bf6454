"""How to write: weights of the search and habits of the plan, from the brief and from what the assessor missed."""
from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, replace

from backend.domain.assessment import Fix
from backend.domain.brief import CueBrief

LOWEST_PITCH, HIGHEST_PITCH = 40, 88
"""No theme leaves what some lead instrument plays comfortably."""


@dataclass(frozen=True)
class Style:
    """Weights are costs of the search (by ear, then against docs/benchmarks/melody.md); ``low``/``high`` the ambitus.

    ``literal`` 0..1: how often a return of the motif keeps its pitches; ``template``: how firmly it keeps its
    intervals. ``leap`` scales the cost of skips, ``hero_leap`` asks for a wide opening of the head motif.
    ``thematic``: fill what the plan leaves free with the motif in sequence; ``fresh`` 0..1: how often a unit
    recalls nothing. ``chord_speed`` multiplies the chords per bar; ``loop`` picks the progression; ``chromatic`` lets
    neighbours in.
    """

    low: int
    high: int
    chord: float = 1.0
    tonic: float = 0.25
    template: float = 1.5
    literal: float = 0.55
    contour: float = 0.26
    leap: float = 1.0
    repeat: float = 0.8
    noise: float = 0.35
    hero_leap: bool = False
    chromatic: bool = False
    chord_speed: float = 1.0
    loop: int = 0
    colourful: bool = False
    vary: float = 0.5
    thematic: bool = False
    fresh: float = 0.0


def make_style(brief: CueBrief, fixes: Iterable[Fix], rng: random.Random) -> Style:
    """The style a brief asks for, bent by each fix in turn; the same criterion twice bends twice."""
    half_span = 8 + round(2 * max(0.0, brief.arousal))
    low = max(LOWEST_PITCH, brief.register_pitch - half_span)
    high = min(HIGHEST_PITCH, brief.register_pitch + half_span + 1)
    low, high = min(low, high - 12), max(high, low + 12)
    style = Style(low=low, high=high, hero_leap=brief.arousal > 0.25 or brief.emotion == "Dignified",
                  chromatic=brief.mode in ("chromatic", "octatonic") or brief.dissonance < 0.4,
                  loop=rng.randrange(2) if len(brief.progressions) > 1 else 0,
                  leap=1.15 - 0.25 * brief.arousal, vary=rng.uniform(0.3, 0.7))
    for fix in fixes:
        style = bend(style, fix)
    return style


def bend(style: Style, fix: Fix) -> Style:
    """The style after one complaint (criterion numbers of the assessor). Rhythm and orchestration are not the
    writer's: 9 to 14, 17 and 18 leave the style as it is. An instruction that asks for fewer chords, fewer kinds of
    interval or more pitches is followed to the letter."""
    criterion, wish = fix.criterion, fix.instruction.lower()
    if criterion == 4 and "fewer" in wish:
        return replace(style, chord_speed=max(0.5, style.chord_speed / 2), chord=style.chord * 1.25)
    if criterion == 5 and "fewer" in wish:
        return replace(style, leap=style.leap * 1.4, noise=style.noise * 0.7)
    if criterion == 5 and "pitches" in wish:
        return replace(style, repeat=style.repeat * 2, contour=style.contour * 1.6, literal=style.literal * 0.5)
    if criterion in (1, 2, 15):
        return replace(style, tonic=style.tonic * 1.8, chord=style.chord * 1.2, chromatic=False)
    if criterion == 3:
        return replace(style, chord=style.chord * 1.5, noise=style.noise * 0.8)
    if criterion in (4, 8, 16):
        return replace(style, chord_speed=min(4.0, style.chord_speed * 2), colourful=True, chord=style.chord * 1.25)
    if criterion == 5:
        return replace(style, literal=style.literal * 0.5, template=style.template * 0.8,
                       vary=min(1.0, style.vary * 1.5), noise=style.noise * 1.25, repeat=style.repeat * 1.3,
                       thematic=False, fresh=min(1.0, style.fresh + 0.5))
    if criterion == 6:
        return replace(style, literal=min(1.0, style.literal * 1.5), template=style.template * 1.6,
                       vary=style.vary * 0.5, noise=style.noise * 0.8, thematic=True, fresh=0.0)
    if criterion == 7:
        return replace(style, leap=style.leap * 1.6, hero_leap=False)
    return style

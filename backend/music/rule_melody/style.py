"""How to write: weights of the search and habits of the plan, from the brief and from what the assessor missed."""
from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, replace

from backend.domain.assessment import Fix
from backend.domain.brief import CueBrief

LOWEST_PITCH, HIGHEST_PITCH = 40, 88
"""No theme leaves what some lead instrument plays comfortably."""

USUAL_LEAPS, LEAP_POWER = 0.15, 0.8
"""Share of leaps that the usual costs bring, and how a wish for another share scales them (tests of the controls)."""
WIDE_SLOPE = 5.0
"""Per share asked for above the usual one."""
FOREIGN_SLOPE = 4.4
"""What a note outside the mode is favoured by, times the root of the share asked for."""


@dataclass(frozen=True)
class Style:
    """Weights are costs of the search (by ear, then against docs/benchmarks/melody.md); ``low``/``high`` the ambitus.

    ``literal`` 0..1: how often a return of the motif keeps its pitches; ``template``: how firmly it keeps its
    intervals. ``leap`` scales the cost of skips, ``hero_leap`` asks for a wide opening of the head motif.
    ``thematic``: fill what the plan leaves free with the motif in sequence; ``fresh`` 0..1: how often a unit
    recalls nothing. ``chord_speed`` multiplies the chords per bar; ``loop`` picks the progression; ``chromatic`` lets
    neighbours in, ``foreign`` is what a note outside the mode costs (None: there is none, whatever the chord);
    ``wide`` is what a leap is favoured by.
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
    foreign: float | None = 0.9
    wide: float = 0.0


def make_style(brief: CueBrief, fixes: Iterable[Fix], rng: random.Random) -> Style:
    """The style a brief asks for, bent by each fix in turn; the same criterion twice bends twice."""
    low, high = ambitus(brief)
    style = Style(low=low, high=high, hero_leap=brief.arousal > 0.25 or brief.emotion == "Dignified",
                  chromatic=brief.mode in ("chromatic", "octatonic") or brief.dissonance < 0.4,
                  loop=rng.randrange(2) if len(brief.progressions) > 1 else 0,
                  leap=1.15 - 0.25 * brief.arousal, vary=rng.uniform(0.3, 0.7))
    for fix in fixes:
        style = bend(style, fix)
    return _as_asked(style, brief)


def ambitus(brief: CueBrief) -> tuple[int, int]:
    """Lowest and highest pitch: around the register as wide as is asked, else an octave and a half."""
    if brief.range_semitones is not None:
        low = brief.register_pitch - brief.range_semitones // 2
        low = max(LOWEST_PITCH, min(low, HIGHEST_PITCH - brief.range_semitones))
        low = _with_a_tonic(low, brief.range_semitones, brief.tonic_pc)
        return low, low + brief.range_semitones
    half_span = 8 + round(2 * max(0.0, brief.arousal))
    low = max(LOWEST_PITCH, brief.register_pitch - half_span)
    high = min(HIGHEST_PITCH, brief.register_pitch + half_span + 1)
    return min(low, high - 12), max(high, low + 12)


def _with_a_tonic(low: int, span: int, tonic_pc: int) -> int:
    """The lowest pitch, moved as little as brings a tonic into the span: the last note is one."""
    below = (low - tonic_pc) % 12
    missing = 12 - below - span
    if below == 0 or missing <= 0:
        return low
    return low - below if below <= missing else low + missing


def _as_asked(style: Style, brief: CueBrief) -> Style:
    """What the user asks by hand stands over habits and complaints."""
    if brief.leaps is not None:
        style = replace(style, leap=style.leap * (USUAL_LEAPS / max(brief.leaps, 0.02)) ** LEAP_POWER,
                        hero_leap=brief.leaps >= USUAL_LEAPS, wide=max(0.0, brief.leaps - USUAL_LEAPS) * WIDE_SLOPE)
    if brief.chromatic is not None:
        style = replace(style, chromatic=brief.chromatic > 0,
                        foreign=None if brief.chromatic == 0 else 0.9 - FOREIGN_SLOPE * brief.chromatic ** 0.5)
    if brief.repetition is not None:
        more = brief.repetition - 1
        style = replace(style, literal=min(1.0, style.literal * (1 + more)), vary=max(0.0, style.vary * (1 - more)),
                        template=style.template * (1 + 0.9 * more), thematic=style.thematic or more >= 0.5,
                        fresh=max(style.fresh, -more))
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

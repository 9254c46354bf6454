"""Which motif goes where: every phrase is cut into units, every unit is told what to recall and at what level.

Form after Caplin, Classical Form (1998): a phrase states its idea, answers or repeats it, and closes; the theme's
sections are statement (A), variation (A'), development by fragments and sequences (B), return at a higher level (A'').
"""
from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Literal

from backend.domain.spotting import Section
from backend.music.phrases import Phrase
from backend.music.rule_melody.slots import Slot
from backend.music.rule_melody.style import Style

Material = Literal["head", "answer", "close", "fragment", "inverted", "free"]
HEAD_NOTES = 5
"""A statement of the head motif has at least so many notes where its phrase has them: fewer are not recognised when
they return (docs/benchmarks/melody.md)."""


@dataclass(frozen=True)
class Unit:
    """Slots ``first`` to ``last`` made of ``material``; ``level`` in scale steps above the motif's own start,
    ``literal`` when its pitches should return too, ``ornamented`` when one note is changed, ``opens_section`` when it
    is what a listener compares with the beginning."""

    first: int
    last: int
    phrase: int
    material: Material
    level: int = 0
    literal: bool = False
    ornamented: bool = False
    opens_section: bool = False


def section_kind(label: str, index: int, count: int) -> str:
    """``statement``, ``variation``, ``development`` or ``return`` from the label (A, A', B, A'') and the place."""
    if not label.upper().startswith("A"):
        return "development"
    if label.count("'") >= 2 or (index == count - 1 and index > 0):
        return "return"
    return "variation" if "'" in label or index > 0 else "statement"


def plan_units(phrases: tuple[Phrase, ...], slots: tuple[Slot, ...], sections: tuple[Section, ...], style: Style,
               rng: random.Random) -> tuple[Unit, ...]:
    """Units of every phrase in order; together they cover every slot."""
    length = _head_bars(phrases[0], slots)
    units: list[Unit] = []
    kinds = [section_kind(section.label, i, len(sections)) for i, section in enumerate(sections)]
    seen: dict[int, int] = {}
    for number, phrase in enumerate(phrases):
        order = seen.get(phrase.section, 0)
        spans = _spans(phrase, slots, length)
        if not order:
            spans = _whole_head(spans)
        seen[phrase.section] = order + 1
        kind = kinds[phrase.section] if phrase.section < len(kinds) else "statement"
        recipe = _recipe(kind, len(spans), order, style, rng)
        units += [Unit(first, last, number, *parts, opens_section=not order and i == 0)
                  for i, ((first, last), parts) in enumerate(zip(spans, recipe, strict=True))]
    return tuple(units)


def _head_bars(phrase: Phrase, slots: tuple[Slot, ...]) -> int:
    """Bars of the head motif: as few as hold enough notes, at most half the phrase where that holds two."""
    bars = phrase.last_bar - phrase.first_bar + 1
    for length in range(1, bars + 1):
        notes = sum(slots[i].bar < phrase.first_bar + length for i in range(phrase.first, phrase.last + 1))
        if notes >= HEAD_NOTES - 1:
            return length
    return bars


def _spans(phrase: Phrase, slots: tuple[Slot, ...], length: int) -> list[tuple[int, int]]:
    """Slot ranges of ``length`` bars each; a range of one note joins its neighbour."""
    spans: list[tuple[int, int]] = []
    for i in range(phrase.first, phrase.last + 1):
        number = (slots[i].bar - phrase.first_bar) // length
        if spans and (slots[spans[-1][0]].bar - phrase.first_bar) // length == number:
            spans[-1] = (spans[-1][0], i)
        else:
            spans.append((i, i))
    merged: list[tuple[int, int]] = []
    for span in spans:
        if merged and (span[0] == span[1] or merged[-1][0] == merged[-1][1]):
            merged[-1] = (merged[-1][0], span[1])
        else:
            merged.append(span)
    return merged


def _whole_head(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """A section's first unit takes in its neighbours until the head motif fits."""
    while len(spans) > 1 and spans[0][1] - spans[0][0] + 1 < HEAD_NOTES:
        spans = [(spans[0][0], spans[1][1]), *spans[2:]]
    return spans


Parts = tuple[Material, int, bool, bool]


def _recipe(kind: str, count: int, order: int, style: Style, rng: random.Random) -> list[Parts]:
    """(material, level, literal, ornamented) of each unit of a phrase."""
    literal = rng.random() < style.literal
    decorated = rng.random() < style.vary
    step = rng.choice((-1, 1, 1, 2))
    head: dict[str, Parts] = {
        "statement": ("head", 0, order > 0, False),
        "variation": ("head", 0, literal, decorated),
        "development": ("head", 2 + order % 2, False, False),
        "return": ("head", 2 if order else 0, literal and not order, False),
    }
    if style.thematic and kind == "statement":
        step = 1
    parts = [head[kind]]
    middle = _middle(kind, step, style, rng)
    while len(parts) < count:
        parts.append(middle[(len(parts) - 1) % len(middle)])
    if count > 1:
        parts[-1] = ("close", 0, False, False) if kind != "development" else ("fragment", 3, False, False)
    free: Parts = ("free", 0, False, False)
    return [parts[0], *(free if rng.random() < style.fresh else part for part in parts[1:])]


def _middle(kind: str, step: int, style: Style, rng: random.Random) -> list[Parts]:
    if kind == "development":
        first: Parts = ("inverted", 2, False, False) if rng.random() < style.vary else ("fragment", 2, False, False)
        return [first, ("fragment", 3, False, False), ("fragment", 4, False, False)]
    if kind == "return":
        return [("head", 2, False, False), ("answer", 1, False, False)]
    answer: Parts = ("answer", 0, False, False)
    sequel: Parts = ("head", step, False, rng.random() < style.vary * 0.5)
    if style.thematic:
        return [sequel, ("head", 0, False, False)]
    return [sequel, answer] if rng.random() < 0.6 else [answer, sequel]

"""Phrases: where the line breathes. Four bars where the form allows, breaking at rests and long notes."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from backend.domain.spotting import RhythmSpots, Section
from backend.domain.tempo import TempoMap

PHRASE_BARS = 4
LONGEST_PHRASE_BARS = 6
UNEVEN_COST = 1.0
BREATH_BONUS = 1.5
"""Cost of a bar more or less than four, squared, against a break after a rest or long note of a bar (by ear)."""


@dataclass(frozen=True)
class Phrase:
    """Spots ``first`` to ``last`` (inclusive indices), in bars ``first_bar`` to ``last_bar`` of section number
    ``section`` (an index, in order). ``closes`` when it ends its section."""

    first: int
    last: int
    first_bar: int
    last_bar: int
    section: int
    closes: bool


def whole_form(spots: RhythmSpots, tempo_map: TempoMap) -> tuple[Section, ...]:
    """The sections in order; one section A over everything when none are given."""
    if spots.sections:
        return tuple(sorted(spots.sections, key=lambda section: section.first_bar))
    return (Section("A", 1, max(1, tempo_map.bar_count)),)


def split_phrases(spots: RhythmSpots, tempo_map: TempoMap) -> tuple[Phrase, ...]:
    """Every spot belongs to exactly one phrase; phrases follow each other and never cross a section's start."""
    bars = [tempo_map.bar_at(spot.onset_q).number for spot in spots.spots]
    sections = whole_form(spots, tempo_map)
    found: list[Phrase] = []
    for index, section in enumerate(sections):
        first = sections[0].first_bar if index == 0 else section.first_bar
        end = sections[index + 1].first_bar - 1 if index + 1 < len(sections) else tempo_map.bar_count
        start = min(first, 1) if index == 0 else first
        found += _section_phrases(spots, bars, (index, start, max(start, end)))
    return tuple(found)


def _section_phrases(spots: RhythmSpots, bars: Sequence[int], place: tuple[int, int, int]) -> list[Phrase]:
    section, first_bar, last_bar = place
    starts = _break_bars(first_bar, last_bar, _breaths(spots, bars))
    out: list[Phrase] = []
    for start, end in zip(starts, [*starts[1:], last_bar + 1], strict=True):
        inside = [i for i, bar in enumerate(bars) if start <= bar < end]
        if not inside:
            continue
        if len(inside) == 1 and out:
            previous = out.pop()
            out.append(Phrase(previous.first, inside[-1], previous.first_bar, end - 1, section, False))
        else:
            out.append(Phrase(inside[0], inside[-1], start, end - 1, section, False))
    if out:
        last = out[-1]
        out[-1] = Phrase(last.first, last.last, last.first_bar, last.last_bar, section, True)
    return out


def _breaths(spots: RhythmSpots, bars: Sequence[int]) -> dict[int, float]:
    """For each bar that starts with a new breath: quarters between the note before it and its first note."""
    out: dict[int, float] = {}
    for i in range(1, len(bars)):
        if bars[i] != bars[i - 1]:
            out[bars[i]] = float(min(spots.spots[i].onset_q - spots.spots[i - 1].onset_q, Fraction(4)))
    return out


def _break_bars(first_bar: int, last_bar: int, breaths: dict[int, float]) -> list[int]:
    """First bars of the phrases of one section: shortest path over bar lines."""
    count = last_bar - first_bar + 1
    best: list[tuple[float, int]] = [(0.0, -1)]
    for end in range(1, count + 1):
        options = []
        for length in range(1, min(LONGEST_PHRASE_BARS, end) + 1):
            start = end - length
            breath = breaths.get(first_bar + start, 0.0) / 4 if start else 0.0
            cost = UNEVEN_COST * (length - PHRASE_BARS) ** 2 - BREATH_BONUS * breath
            options.append((best[start][0] + cost, start))
        best.append(min(options))
    starts = []
    position = count
    while position > 0:
        position = best[position][1]
        starts.append(first_bar + position)
    return starts[::-1]

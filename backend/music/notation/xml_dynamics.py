"""Dynamic marks ppp to fff, read off the velocities: one where a part's level changes, at most one a bar."""
from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from fractions import Fraction
from xml.etree.ElementTree import Element

from backend.domain.score import Note
from backend.domain.tempo import Bar
from backend.music.notation.note_values import UNITS_PER_QUARTER
from backend.music.notation.xml_notes import child

MARKS = ("ppp", "pp", "p", "mp", "mf", "f", "ff", "fff")
BORDERS = (25, 41, 57, 72, 88, 104, 119)
"""Mean velocity from which the next mark holds: halfway between what notation programs play for the marks (MuseScore:
16, 33, 49, 64, 80, 96, 112, 126)."""
INERTIA = 3
"""A mark stays until the mean lies this far inside another's range, so that a level near a border is marked once."""


def dynamic_marks(notes: tuple[Note, ...], bars: tuple[Bar, ...]) -> Iterator[tuple[int, Fraction, str]]:
    """(bar number, position in quarters of the bar's first note, mark) at each change of a part's level."""
    starts = [bar.start_q for bar in bars]
    found: dict[int, list[Note]] = {}
    for note in notes:
        found.setdefault(bisect_right(starts, note.onset_q), []).append(note)
    current: int | None = None
    for number in sorted(found):
        inside = found[number]
        mean = Fraction(sum(note.velocity for note in inside), len(inside))
        level = bisect_right(BORDERS, mean)
        if current is None or level != current and not _is_near(mean, current):
            current = level
            yield number, min(note.onset_q for note in inside), MARKS[level]


def _is_near(mean: Fraction, level: int) -> bool:
    """Within INERTIA of a level's range."""
    low = BORDERS[level - 1] - INERTIA if level else 0
    high = BORDERS[level] + INERTIA if level < len(BORDERS) else 128
    return low <= mean < high


def write_dynamics(measures: list[Element], notes: tuple[Note, ...], bars: tuple[Bar, ...]) -> None:
    """Each mark below its bar, before the bar's notes, with its offset from the bar line."""
    for number, position, mark in dynamic_marks(notes, bars):
        measure = measures[number - 1]
        direction = Element("direction", placement="below")
        child(child(child(direction, "direction-type"), "dynamics"), mark)
        child(direction, "offset", int((position - bars[number - 1].start_q) * UNITS_PER_QUARTER + Fraction(1, 2)))
        measure.insert(1 if measure.find("attributes") is not None else 0, direction)

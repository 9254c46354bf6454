"""C7-C10 with several parts: mud, crossings, parallels, range and clashes."""
from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from backend.music.criteria import ensemble, harmony
from backend.music.instruments import instruments
from tests.music.criteria.made import in_rhythm, several

UPPER = in_rhythm([72, 74, 76, 77, 76, 74, 72, 71], (1,))


def below(semitones: int) -> list[tuple[float, float, int]]:
    return [(o, d, p - semitones) for o, d, p in UPPER]


def test_parallel_fifths_are_counted() -> None:
    found = ensemble.collaborate(several([UPPER, below(7)], 2))
    assert found.metrics["parallels"] == 1
    assert ensemble.collaborate(several([UPPER, below(4)], 2)).metrics["parallels"] == 0


def test_doubling_is_one_voice() -> None:
    assert ensemble.collaborate(several([UPPER, below(12)], 2)).rating is None


def test_crossing() -> None:
    crossed = [(o, d, p + (-12 if o < 6 else 3)) for o, d, p in UPPER]
    assert ensemble.orchestration(several([UPPER, crossed], 2)).metrics["crossing"] == pytest.approx(.25)


def test_mud_in_the_low_register() -> None:
    low = in_rhythm([36, 38, 40, 41, 40, 38, 36, 35], (1,))
    found = ensemble.orchestration(several([UPPER, low, [(o, d, p + 4) for o, d, p in low]], 2))
    assert found.metrics["mud"] == 1 and found.rating == 0
    assert found.bars == (1, 2)


def test_notes_outside_the_practical_range_and_breath() -> None:
    made = several([UPPER, below(24)], 2)
    flute = dataclasses.replace(made.lines[1], instrument=instruments()["flute"], note_s=np.full(8, 20.0))
    found = ensemble.orchestration(dataclasses.replace(made, lines=(made.lines[0], flute)))
    assert found.metrics["in_range"] == 0 and found.metrics["breathless"] == 8
    assert found.rating == 0


def test_consonance_of_thirds_and_seconds() -> None:
    sweet, harsh = harmony.harmonious(several([UPPER, below(4)], 2)), harmony.harmonious(several([UPPER, below(1)], 2))
    assert sweet.metrics["consonance"] == pytest.approx(.386) and sweet.metrics["clash"] == 0
    assert harsh.metrics["consonance"] == pytest.approx(-1.428) and harsh.metrics["clash"] == 1
    assert harsh.bars == (1, 2)


def test_a_bare_melody_has_no_ensemble() -> None:
    bare = several([UPPER], 2)
    found = (harmony.rich(bare), ensemble.orchestration(bare), ensemble.collaborate(bare))
    assert [c.rating for c in found] == [None] * 3

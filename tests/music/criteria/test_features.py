"""Scales, bars and slices that every criterion shares."""
from __future__ import annotations

import numpy as np
import pytest

from backend.music.criteria.features import Piece, band, bars_text, beat_length_q, entropy, line_of, ramp
from tests.music.criteria.made import piece, several, song


def test_ramp_and_band() -> None:
    assert [ramp(x, 2, 4) for x in (1, 2, 3, 5)] == [0, 0, .5, 1]
    assert [band(x, 0, 1, 2, 4) for x in (-1, .5, 1.5, 3, 5)] == [0, .5, 1, .5, 0]


def test_entropy_in_bits() -> None:
    assert entropy([1, 1, 1, 1]) == pytest.approx(2)
    assert entropy([5, 0]) == 0


@pytest.mark.parametrize(("meter", "beat"), [((4, 4), 1), ((3, 4), 1), ((6, 8), 1.5), ((7, 8), .5), ((2, 2), 1),
                                             ((12, 8), 1.5), ((5, 8), .5)])
def test_beat_length(meter: tuple[int, int], beat: float) -> None:
    assert beat_length_q(*meter) == beat


def test_bars_are_named_as_musicians_do() -> None:
    assert bars_text([3, 4, 5, 6, 9]) == "bars 3-6, 9"
    assert bars_text([7]) == "bar 7"
    assert bars_text([]) == "no bar"


def test_bars_of_mixed_metres() -> None:
    made = Piece((line_of([(0, 1, 60), (3.5, 1, 62), (4, 1, 64), (7, 1, 65), (9.9, 1, 60)]),),
                 np.asarray([0, 4, 7, 10.0]), np.asarray([1, 1, 1.0]))
    assert made.bars_of(made.melody.onset_q).tolist() == [0, 0, 1, 2, 2]
    assert made.bar_steps[2] == ((0, 65), (70, 60))


def test_slices_between_note_boundaries() -> None:
    made = several([[(0, 2, 60)], [(1, 2, 48)]], 1)
    assert made.slices == [(0, 1, (60,)), (1, 1, (48, 60)), (2, 1, (48,))]


def test_the_top_notes_are_the_melody() -> None:
    made = piece([(0, 1, 60), (0, 1, 67), (1, 1, 62)], 1)
    assert made.melody.pitch.tolist() == [67, 62]


def test_kind() -> None:
    assert song().kind == "melody"
    assert piece([(0, 1, 60)], 3).kind == "short"
    assert several([[(0, 2, 60)], [(1, 2, 48)]], 1).kind == "score"

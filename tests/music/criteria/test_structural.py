"""C1-C14 on pieces that must pass and pieces that must fail (craft 3.3)."""
from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from backend.music.criteria import fusion, panel
from backend.music.criteria.features import Piece, line_of
from backend.training.assessment_material import cut
from backend.training.musicxml_pieces import read_piece
from tests.music.criteria.made import SONG, in_rhythm, piece, several, song


def ratings(made: Piece, dark: bool = False) -> dict[int, float | None]:
    return {c.id: c.rating for c in panel.structural(made, dark)}


def accepted(made: Piece) -> bool:
    return fusion.passes(panel.structural(made), fusion.weights(made.kind))


def twelve_tone(seed: int) -> Piece:
    rng = np.random.default_rng(seed)
    rows = np.concatenate([rng.permutation(12) for _ in range(8)])
    return piece(in_rhythm([int(60 + pc + 12 * rng.integers(0, 2)) for pc in rows]), 24)


@pytest.fixture(scope="module")
def chorale() -> Piece:
    from music21 import corpus

    written = read_piece(Path(str(corpus.getWork("bach/bwv66.6"))))
    return cut(written, (0, 1, 2, 3), 0, len(written.bars))


def test_a_chorale_passes(chorale: Piece) -> None:
    found = panel.structural(chorale)
    assert all(c.passed for c in found)
    assert accepted(chorale)
    assert accepted(Piece(chorale.lines[:1], chorale.bar_q, chorale.beat_q))


def test_a_plain_tune_passes() -> None:
    assert accepted(song())
    assert all(rating is None or rating >= .5 for rating in ratings(song()).values())


def test_one_note_fails() -> None:
    alone = piece(in_rhythm([60] * 32, (1,)), 8)
    found = ratings(alone)
    assert found[4] < .5 and found[5] == 0 and found[13] == 0 and found[8] is None
    assert not accepted(alone)
    together = several([in_rhythm([60] * 32, (1,)), in_rhythm([48] * 32, (1,))], 8)
    assert ratings(together)[8] < .5
    assert not accepted(together)


@pytest.mark.parametrize("seed", range(4))
def test_twelve_tone_noise_fails(seed: int) -> None:
    made = twelve_tone(seed)
    found = ratings(made)
    assert [found[n] < .5 for n in (1, 2, 3, 7)] == [True] * 4
    assert not accepted(made)


@pytest.mark.parametrize("shift", range(-6, 7))
def test_transposition_changes_nothing(shift: int) -> None:
    assert ratings(song(shift)) == pytest.approx(ratings(song()), abs=.02)


def test_note_values_halved_change_nothing() -> None:
    small = piece([(o / 2, d / 2, p) for o, d, p in in_rhythm(SONG)], 12, (4, 8))
    assert ratings(small) == pytest.approx(ratings(song()), abs=.02)


def test_scores_are_transposed_alike(chorale: Piece) -> None:
    higher = Piece(tuple(line_of(zip(x.onset_q, x.duration_q, x.pitch + 2, strict=True), x.role)
                         for x in chorale.lines), chorale.bar_q, chorale.beat_q)
    assert ratings(higher) == pytest.approx(ratings(chorale), abs=.02)


def test_a_looped_bar_is_vetoed() -> None:
    made = piece(in_rhythm([60, 64, 67, 65] * 8, (1,)), 8)
    found = panel.structural(made)
    assert ratings(made)[5] == 0 and ratings(made)[13] == 0
    assert not fusion.passes(found, fusion.Weights(20.0, {}, {}))


def test_jitter_is_heard() -> None:
    rng = np.random.default_rng(5)
    made = piece([(max(0, o + rng.uniform(-.22, .22)), d, p) for o, d, p in in_rhythm(SONG)], 12)
    assert ratings(made)[11] < .5 and ratings(made)[12] < .5
    assert not accepted(made)


def test_triplets_are_no_jitter() -> None:
    made = piece(in_rhythm(SONG, (1 / 3, 1 / 3, 1 / 3, 1)), 12)
    found = {c.id: c for c in panel.structural(made)}
    assert found[11].metrics["on_grid"] == 1
    assert found[12].metrics["jitter"] == pytest.approx(0, abs=1e-6)


def test_mixed_metres_are_judged_by_their_own_bars() -> None:
    edges = np.asarray([0, 4, 7, 11, 14.5, 18.5, 21.5, 25.5, 29.5])
    notes = [(start + k * (.5 if end - start == 3.5 else 1), .5, SONG[(4 * i + k) % len(SONG)])
             for i, (start, end) in enumerate(zip(edges[:-1], edges[1:], strict=True)) for k in range(3)]
    made = Piece((line_of(notes),), edges, np.asarray([1, 1, 1, .5, 1, 1, 1, 1.0]))
    found = {c.id: c for c in panel.structural(made)}
    assert found[12].metrics["downbeats"] == 1
    assert found[11].metrics["on_grid"] == 1


@pytest.mark.parametrize("notes", [[], [(0, 1, 60)], [(0, 1, 60), (1, 1, 62), (2, 1, 64)]])
def test_too_little_applies_to_nothing(notes: list[tuple[float, float, int]]) -> None:
    assert all(rating is None or math.isfinite(rating) for rating in ratings(piece(notes, 2)).values())
    assert [n for n, rating in ratings(piece(notes, 2)).items() if rating is not None] == []


def test_dark_emotions_waive_the_key_floor() -> None:
    made = twelve_tone(1)
    assert ratings(made)[1] < .5
    assert ratings(made, dark=True)[1] == .5 and ratings(made, dark=True)[2] == .5


def test_evidence_names_bars() -> None:
    leaping = [(o, d, p + (19 if 8 <= o < 24 and k % 2 else 0)) for k, (o, d, p) in enumerate(in_rhythm(SONG))]
    found = panel.structural(piece(leaping, 12))[6]
    assert found.rating == 0
    assert found.bars == (3, 4, 5, 6, 7)
    assert "Leaps in bars 3-7." in found.evidence

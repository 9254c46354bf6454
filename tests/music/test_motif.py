from __future__ import annotations

from fractions import Fraction

import pytest

from backend.domain.score import Note
from backend.domain.spotting import RhythmSpot, RhythmSpots, Section
from backend.music.motif import chain, fragment, invert, ornament, similarity
from backend.music.phrases import split_phrases
from tests.music.rhythms import rhythm, tempo_map

THEME = (67, 72, 71, 72, 74, 67)


def line(pitches: tuple[int, ...], stretch: Fraction = Fraction(1)) -> tuple[Note, ...]:
    return tuple(Note(i * stretch, stretch, pitch) for i, pitch in enumerate(pitches))


def test_transformations() -> None:
    assert invert((3, -1, 2)) == (-3, 1, -2)
    assert fragment((3, -1, 2), 2) == (3, -1)
    assert ornament((2, -1, 3), 0) == (1, 0, 3)
    assert ornament((-2, -1, 3), 1) == (-2, 0, 2)
    assert sum(ornament((2, -1, 3, -4), 2)) == 0
    assert chain((2, -1), 3, 1) == (2, -1, 0, 2, -1, 0, 2, -1)


def test_chained_copies_climb_by_the_level() -> None:
    steps = [0]
    for interval in chain((3, -1, -1), 3, 2):
        steps.append(steps[-1] + interval)
    assert steps[::4] == [0, 2, 4]


def test_similarity_of_itself_transposed_and_augmented_is_whole() -> None:
    assert similarity(line(THEME), line(THEME)) == 1
    assert similarity(line(THEME), line(tuple(p - 5 for p in THEME))) == 1
    assert similarity(line(THEME), line(THEME, Fraction(2))) == 1


def test_similarity_ranks_a_sequence_above_a_stranger() -> None:
    diatonic = (69, 74, 72, 74, 76, 69)
    other = (72, 71, 69, 67, 65, 64)
    assert similarity(line(THEME), line(diatonic)) > 0.95
    assert similarity(line(THEME), line(other)) < 0.5
    assert similarity(line(THEME), line((60,))) == 0


@pytest.mark.parametrize("metre", ["4/4", "7/8", "2/4", "mixed"])
def test_phrases_cover_every_spot_once(metre: str) -> None:
    placed = tempo_map(metre, 18)
    spots = rhythm(placed, 3)
    phrases = split_phrases(spots, placed)
    assert phrases[0].first == 0 and phrases[-1].last == len(spots.spots) - 1
    for before, after in zip(phrases, phrases[1:], strict=False):
        assert after.first == before.last + 1 and after.first_bar == before.last_bar + 1
        assert before.closes == (after.section != before.section)
    assert phrases[-1].closes
    assert {p.last_bar - p.first_bar + 1 for p in phrases} <= {2, 3, 4, 5, 6}


def test_a_phrase_breaks_after_the_long_note() -> None:
    placed = tempo_map("4/4", 10)
    onsets = [Fraction(k) for k in range(40) if not 21 <= k < 24]
    ends = [*onsets[1:], Fraction(40)]
    spots = tuple(RhythmSpot(a, min(b - a, Fraction(1)), "fill") for a, b in zip(onsets, ends, strict=True))
    broken = split_phrases(RhythmSpots(spots, (Section("A", 1, 10),)), placed)
    assert 7 in [p.first_bar for p in broken]

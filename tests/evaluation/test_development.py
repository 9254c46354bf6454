"""Motif return and section contrast on melodies made by hand."""
from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from backend.domain.score import Note, Part
from backend.domain.spotting import Section
from backend.domain.tempo import Meter, TempoMap, TempoPoint
from backend.evaluation.development import (
    BarFeatures,
    bar_features,
    boundary_lines,
    head_similarities,
    motif_similarity,
    novelty,
    novelty_ratio,
    opening_section,
    shuffled_pitches,
)

HEAD = (60, 64, 62, 67, 65)
SECTIONS = (Section("A", 1, 2), Section("B", 3, 4), Section("A'", 5, 6))
MAP = TempoMap((TempoPoint(Fraction(0), 500_000),), (Meter(1, 4),), 6, Fraction(24))


def cell(pitches: tuple[int, ...], start: int = 0, scale: Fraction = Fraction(1)) -> tuple[Note, ...]:
    lengths = (1, 1, 2, 1, 1)
    onsets = np.cumsum((0, *lengths))
    return tuple(Note(start + int(at) * scale, int(length) * scale, pitch)
                 for at, length, pitch in zip(onsets, lengths, pitches, strict=False))


@pytest.mark.parametrize("pitches", [tuple(p + 5 for p in HEAD), tuple(120 - p for p in HEAD), (62, 65, 64, 69, 67)])
def test_transposed_inverted_and_diatonic_copies_are_the_motif(pitches: tuple[int, ...]) -> None:
    assert motif_similarity(cell(HEAD), cell(pitches)) == pytest.approx(1.0)


def test_augmentation_costs_nothing_and_other_rhythm_a_little() -> None:
    assert motif_similarity(cell(HEAD), cell(HEAD, 8, Fraction(2))) == pytest.approx(1.0)
    even = tuple(Note(Fraction(k), Fraction(1), p) for k, p in enumerate(HEAD))
    assert 0.8 < motif_similarity(cell(HEAD), even) < 1.0


def test_similarity_by_hand() -> None:
    """Two of four intervals kept, one half right, one in the wrong direction; the same rhythm: (2.5 / 4)^2."""
    other = (60, 64, 62, 69, 71)
    assert motif_similarity(cell(HEAD), cell(other)) == pytest.approx((2.5 / 4) ** 2)


def test_each_section_is_searched_on_its_own() -> None:
    notes = cell(HEAD) + cell((60, 72, 59, 71, 60), 8) + cell(tuple(p + 2 for p in HEAD), 16)
    first, second, third = head_similarities(notes, SECTIONS, MAP)
    assert first is None and third == pytest.approx(1.0)
    assert second is not None and second < 0.3
    assert head_similarities(notes[:4], SECTIONS, MAP) == (None, None, None)
    assert head_similarities(notes[:12], SECTIONS, MAP)[2] is None


def test_the_statement_itself_is_no_return() -> None:
    """One section: nothing to return in. Silence before the statement: the section it opens does not count either."""
    assert head_similarities(cell(HEAD), (Section("A", 1, 6),), MAP) == (None,)
    notes = cell(HEAD, 8) + cell(tuple(p + 2 for p in HEAD), 16)
    assert head_similarities(notes, SECTIONS, MAP) == (None, None, pytest.approx(1.0))
    assert opening_section(notes, SECTIONS, MAP) == 1


def test_shuffled_melodies_seldom_keep_the_motif() -> None:
    notes = tuple(n for k in range(3) for n in cell(tuple(p + k for p in HEAD), 8 * k))
    values = [v for seed in range(40) for v in head_similarities(shuffled_pitches(notes, seed), SECTIONS, MAP)[1:]]
    assert np.mean([v is not None and v >= 0.5 for v in values]) < 0.2
    assert sorted(n.pitch for n in shuffled_pitches(notes, 1)) == sorted(n.pitch for n in notes)


def part(instrument: str, bars: range, pitches: tuple[int, ...], per_bar: int) -> Part:
    notes = [Note(Fraction(4 * (bar - 1)) + Fraction(4 * k, per_bar), Fraction(4, per_bar), pitches[k % len(pitches)])
             for bar in bars for k in range(per_bar)]
    return Part(instrument, instrument, instrument, "pad", tuple(notes))


def test_contrast_lies_at_the_section_boundary() -> None:
    parts = (part("violins1", range(1, 5), (60, 64, 67), 4), part("horns_a4", range(5, 9), (62, 66, 69), 8))
    tempo_map = TempoMap((TempoPoint(Fraction(0), 500_000),), (Meter(1, 4),), 8, Fraction(32))
    values = novelty(bar_features(parts, tempo_map))
    assert int(values.argmax()) == 3
    assert values[3] == pytest.approx((1 + 1 + np.log2(2.25 / 1.25)) / 3)
    assert values[[0, 6]] == pytest.approx(0.0, abs=1e-9)
    lines = boundary_lines((Section("A", 1, 4), Section("B", 5, 8)), 8)
    ratio = novelty_ratio(values, lines)
    assert lines == (3,) and ratio is not None and ratio > 2


def test_flat_arrangement_keeps_only_the_notes() -> None:
    features = BarFeatures(np.eye(12)[[0, 0, 7, 7]], np.eye(2)[[0, 0, 1, 1]], np.array([1.0, 1.0, 4.0, 4.0]))
    assert novelty(features)[1] == pytest.approx(1.0)
    assert novelty(features.flat())[1] == pytest.approx(1 / 3)


def test_ratio_needs_boundaries_and_something_else() -> None:
    assert novelty_ratio(np.array([1.0, 2.0]), ()) is None
    assert novelty_ratio(np.array([1.0]), (0,)) is None
    assert novelty_ratio(np.array([1.0, 3.0, 1.0]), (1,)) == pytest.approx(3.0)
    assert boundary_lines((Section("A", 1, 2), Section("B", 9, 9)), 6) == ()

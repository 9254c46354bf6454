"""Unit values of the spiral array."""
from __future__ import annotations

import numpy as np
import pytest

from backend.domain.score import Key
from backend.evaluation.notes import NoteTable
from backend.evaluation.tension import cloud_diameter, helix, key_centre, spelled_fifths, tension

C_MAJOR = Key(0, "major")


def table(chords: list[list[int]]) -> NoteTable:
    """Chords of one quarter each."""
    rows = [(float(k), float(k + 1), pitch) for k, chord in enumerate(chords) for pitch in chord]
    onset, end, pitch = (np.array(column) for column in zip(*rows, strict=True))
    ones = np.ones(len(rows))
    return NoteTable(onset / 2, end / 2, onset, end, pitch.astype(int), 80 * ones, 0 * ones, ones > 0)


def test_unit_values_of_chords() -> None:
    """C major: diameter 1.79, strain .38; then G7: 2.97, .66, momentum .92; D flat major: strain 1.85."""
    curve = tension(table([[60, 64, 67], [55, 59, 62, 65], [61, 65, 68]]), C_MAJOR, np.arange(4.0))
    assert curve.diameter[:2] == pytest.approx([1.79, 2.97], abs=0.005)
    assert curve.strain == pytest.approx([0.38, 0.66, 1.85], abs=0.005)
    assert curve.momentum[:2] == pytest.approx([0.0, 0.92], abs=0.005)


def test_augmented_triad_spelled_in_thirds() -> None:
    assert cloud_diameter(helix(np.array([0, 4, 8]))) == pytest.approx(2.92, abs=0.005)


def test_spelling_follows_the_key() -> None:
    assert spelled_fifths(np.array([66]), C_MAJOR).tolist() == [6]
    assert spelled_fifths(np.array([70]), C_MAJOR).tolist() == [-2]
    assert spelled_fifths(np.array([61, 65, 68]), C_MAJOR).tolist() == [-5, -1, -4]
    assert spelled_fifths(np.array([61]), Key(9, "major")).tolist() == [7]
    assert spelled_fifths(np.array([61]), Key(5, "aeolian")).tolist() == [-5]


def test_minor_key_lies_elsewhere_than_its_major() -> None:
    assert np.linalg.norm(key_centre(0, True) - key_centre(0, False)) > 0.3


def test_silent_beats_hold_and_transposition_changes_nothing() -> None:
    rows = [[60, 64, 67], [55, 59, 62]]
    held = tension(table(rows), C_MAJOR, np.arange(5.0))
    assert held.strain[3] == held.strain[1] and held.momentum[3] == 0
    up = tension(table([[p + 2 for p in chord] for chord in rows]), Key(2, "major"), np.arange(5.0))
    assert up.total() == pytest.approx(held.total())

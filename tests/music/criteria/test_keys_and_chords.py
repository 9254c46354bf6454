"""Keys and chords heard in small pieces whose answer is known."""
from __future__ import annotations

import numpy as np
import pytest

from backend.music.criteria import chords, keys
from backend.music.theory import scale_pcs

CADENCE = ((0, 4, 7), (5, 9, 0), (7, 11, 2), (0, 4, 7))


def _weighted(tonic: int, mode: str) -> np.ndarray:
    hist = np.zeros(12)
    for step, pc in enumerate(scale_pcs(tonic, mode)):
        hist[pc] = (3, 1, 2, 1, 2.5, 1, 1)[step]
    return hist


@pytest.mark.parametrize("tonic", range(12))
@pytest.mark.parametrize("mode", ["major", "aeolian", "dorian", "phrygian", "lydian", "mixolydian"])
def test_key_of_a_weighted_scale(tonic: int, mode: str) -> None:
    fit = keys.fit_key(_weighted(tonic, mode))
    assert fit.tonic_pc == tonic
    assert fit.mode == mode
    assert fit.inside == pytest.approx(1)


def test_relatedness() -> None:
    c, a = keys.fit_key(_weighted(0, "major")), keys.fit_key(_weighted(9, "aeolian"))
    g, fis = keys.fit_key(_weighted(7, "major")), keys.fit_key(_weighted(6, "major"))
    c_minor = keys.fit_key(_weighted(0, "aeolian"))
    assert [keys.relatedness(c, k) for k in (c, a, g, c_minor, fis)] == [1, .85, .75, .6, 0]


def test_scale_steps_make_sequences_equal() -> None:
    key = keys.fit_key(_weighted(0, "major"))
    steps = keys.scale_steps(np.asarray([60, 62, 64, 62, 64, 65, 66]), key)
    assert np.diff(steps).tolist() == [1, 1, -1, 1, 1, .5]


def _chord_notes() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rows = [(2 * i, 2, 60 + pc) for i, chord in enumerate(CADENCE) for pc in chord]
    table = np.asarray(rows, float)
    return table[:, 0], table[:, 1], table[:, 2].astype(int)


def test_a_cadence_is_heard() -> None:
    key = keys.fit_key(_weighted(0, "major"))
    heard = chords.heard(_chord_notes(), key, np.asarray([0, 2, 4, 6, 8.0]))
    assert [s.degree for s in heard.segments] == [(0, "M"), (5, "M"), (7, "M"), (0, "M")]
    assert heard.coverage == pytest.approx(1)
    table = (.2768, .2869, .6521)
    assert heard.log2_perplexity == pytest.approx(-np.mean(np.log2(table)))


def test_written_chords_are_compared_with_the_notes() -> None:
    key = keys.fit_key(_weighted(0, "major"))
    wrong = chords.given(((0, 4, 0, "M"), (4, 4, 1, "m")), key, _chord_notes())
    assert [s.degree for s in wrong.segments] == [(0, "M"), (1, "m")]
    assert wrong.note_fit.tolist() == [1, 1, 1, 0, 0, 1, 0, 0, 0, 0, 1, 0]


def test_minor_chords_are_commoner_in_minor() -> None:
    assert .25 < chords.minor_chord_share(False) < chords.minor_chord_share(True) < .55

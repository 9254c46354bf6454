"""Eq. (7) on chromas made by hand."""
from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from backend.domain.score import Key, Note, Part, Score
from backend.domain.tempo import Meter, TempoMap, TempoPoint
from backend.evaluation.diversity import cue_chroma, diversity, heard_chroma, similarity, transposed_similarity
from backend.evaluation.sound import Sound


def one_hot(pitch_class: int) -> np.ndarray:
    out = np.zeros((12, 64))
    out[pitch_class] = 1
    return out


def test_alike_cues_have_none_and_disjoint_cues_have_all() -> None:
    alike = diversity([one_hot(0)] * 3)
    disjoint = diversity([one_hot(0), one_hot(4), one_hot(7)])
    assert alike is not None and disjoint is not None
    assert (alike.raw, alike.transposed) == (0.0, 0.0)
    assert (disjoint.raw, disjoint.transposed) == (1.0, 0.0)
    assert diversity([one_hot(0)]) is None


def test_the_formula_by_hand() -> None:
    """Three cues, similarities 1, 0, 0: 1 - 2 / (3 * 2) * 1 = 2/3."""
    result = diversity([one_hot(0), one_hot(0), one_hot(5)])
    assert result is not None and result.raw == pytest.approx(2 / 3)


def test_cosine_of_columns_is_averaged_and_shared_silence_left_out() -> None:
    first, second = one_hot(0), one_hot(0)
    first[:, :32] = second[:, :32] = 0
    second[:, 48:] = 0
    second[7, 48:] = 1
    assert similarity(first, second) == pytest.approx(0.5)
    assert similarity(np.zeros((12, 64)), np.zeros((12, 64))) == 1.0


def test_transposition_is_undone() -> None:
    random = np.random.default_rng(0).random((12, 64))
    assert transposed_similarity(random, np.roll(random, 5, axis=0)) == pytest.approx(1.0)
    assert similarity(random, np.roll(random, 5, axis=0)) < 0.9


def test_chroma_of_a_score_places_notes_in_time_and_leaves_out_drums() -> None:
    notes = (Note(Fraction(0), Fraction(2), 60, 127), Note(Fraction(2), Fraction(2), 67, 127))
    drums = (Note(Fraction(0), Fraction(4), 38, 127),)
    score = Score("t", Key(0, "major"), (Part("melody", "V", "violins1", "melody", notes),
                                         Part("drums", "D", "snare", "percussion", drums)), (), ())
    chroma = cue_chroma(score, TempoMap((TempoPoint(Fraction(0), 500_000),), (Meter(1, 4),), 1, Fraction(4)))
    assert chroma.shape == (12, 64)
    assert np.count_nonzero(chroma[0, :32]) == 32 and chroma[0, 32:].sum() == 0
    assert np.count_nonzero(chroma[7, 32:]) == 32 and chroma[2].sum() == 0


def test_chroma_of_a_sound_names_its_pitch() -> None:
    """A for the first half, E flat for the second; overtones and leakage stay below a quarter."""
    t = np.arange(48000 * 4) / 48000
    hz = np.where(t < 2, 440.0, 440.0 * 2 ** 0.5)
    samples = np.sin(2 * np.pi * np.cumsum(hz) / 48000).astype(np.float32)[:, None]
    chroma = heard_chroma(Sound(samples, 48000))
    assert chroma.shape == (12, 64)
    assert set(chroma[:, 2:30].argmax(axis=0)) == {9} and set(chroma[:, 34:62].argmax(axis=0)) == {3}
    assert np.sort(chroma[:, 10])[-2] < 0.25 * chroma[:, 10].max()

"""Chance, matching and pooling on rhythms small enough to check by hand."""
from __future__ import annotations

import numpy as np
import pytest

from backend.evaluation.sync import (
    SHIFTS,
    Alignment,
    met_count,
    nearest_errors_s,
    one_to_one,
    pooled_chance,
    sync_f1,
    tolerance_s,
)

FRAME = 1 / 24


def alignment(hits: list[float], accents: list[float], duration: float = 60.0) -> Alignment:
    return Alignment(np.array(accents), np.array(hits), duration, tolerance_s(FRAME))


def irregular(count: int, duration: float, seed: int) -> list[float]:
    return sorted(np.random.default_rng(seed).uniform(1, duration - 1, count).tolist())


@pytest.mark.parametrize(("fps", "expected"), [(24, 1 / 24), (60, 1 / 60), (120, 0.01), (240, 0.01)])
def test_tolerance_is_a_frame_or_ten_milliseconds(fps: int, expected: float) -> None:
    assert tolerance_s(1 / fps) == pytest.approx(expected)


def test_nearest_error_is_signed_late_positive() -> None:
    errors = nearest_errors_s(np.array([0.0, 1.0, 2.4, 9.0]), np.array([0.9, 2.0, 3.0]))
    assert errors == pytest.approx([0.9, -0.1, -0.4, -6.0])
    assert np.isinf(nearest_errors_s(np.array([1.0]), np.zeros(0))).all()


def test_exact_render_is_proved_and_the_moved_one_fails() -> None:
    hits = irregular(8, 60, 3)
    accents = sorted(hits + irregular(40, 60, 4))
    proof = pooled_chance([alignment(hits, accents)])
    moved = pooled_chance([alignment(hits, accents)], moved_s=[5 * FRAME])
    assert proof is not None and moved is not None
    assert (proof.met, proof.recall) == (8, 1.0)
    assert proof.p_value == pytest.approx(1 / (1 + SHIFTS), abs=0.004)
    assert moved.recall <= 0.375 and moved.p_value > 0.01


def test_chance_is_the_share_of_time_covered_by_accents() -> None:
    """Accents every second with a window of +-1/24 s cover 1/12 of the time."""
    proof = pooled_chance([alignment(irregular(10, 60, 5), [float(k) for k in range(60)])])
    assert proof is not None
    assert proof.chance == pytest.approx(1 / 12, abs=0.01)


def test_unrelated_rhythms_are_not_significant() -> None:
    p_values = []
    for seed in range(20):
        proof = pooled_chance([alignment(irregular(8, 60, 100 + seed), irregular(50, 60, 200 + seed))], seed)
        assert proof is not None
        p_values.append(proof.p_value)
    assert 0.2 < float(np.mean(p_values)) < 0.95
    assert sum(p < 0.01 for p in p_values) <= 1


def test_pooling_adds_cues_and_forgets_those_without_hits() -> None:
    few = [alignment(irregular(2, 60, seed), sorted(irregular(2, 60, seed) + irregular(60, 60, seed + 9)))
           for seed in range(6)]
    alone, pooled = pooled_chance(few[:1]), pooled_chance([*few, alignment([], [1.0])])
    assert alone is not None and pooled is not None
    assert (pooled.hits, pooled.met) == (12, 12)
    assert pooled.p_value < alone.p_value and pooled.p_value == pytest.approx(1 / 2001)
    assert pooled_chance([alignment([], [1.0])]) is None


def test_no_accents_means_nothing_met() -> None:
    silent = alignment([1.0, 2.0], [])
    assert met_count(silent) == 0
    proof = pooled_chance([silent])
    assert proof is not None and proof.p_value == 1.0


def test_matching_is_one_to_one_and_lets_music_trail_more_than_lead() -> None:
    pairs = one_to_one(alignment([1.0, 1.05, 5.0], [1.0 + 1.9 * FRAME, 5.0 - 1.5 * FRAME]), FRAME)
    assert pairs == ((0, 0),)


def test_f1_by_hand() -> None:
    """Two of three hits (weights 1, 1, .5) met by four accents: precision .5, recall .8, F1 8/13."""
    result = sync_f1(alignment([1.0, 2.0, 3.0], [1.0, 2.0, 4.0, 5.0]), np.array([1.0, 1.0, 0.5]), FRAME)
    assert result == pytest.approx((8 / 13, 0.5, 0.8))
    assert sync_f1(alignment([], [1.0]), np.zeros(0), FRAME) is None


def test_same_seed_same_draws() -> None:
    one = alignment(irregular(6, 40, 1), irregular(30, 40, 2), 40.0)
    assert pooled_chance([one], 7) == pooled_chance([one], 7)

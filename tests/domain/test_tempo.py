"""The tempo map as exact arithmetic."""
from __future__ import annotations

from fractions import Fraction as F

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.tempo import Meter, TempoMap, TempoPoint

MAP = TempoMap((TempoPoint(F(0), 500_000), TempoPoint(F(4), 600_000), TempoPoint(F(13, 2), 400_000)),
               (Meter(1, 4), Meter(3, 7, 8)), 4, F(14))


def test_times_by_hand() -> None:
    assert MAP.time_s(F(4)) == 2
    assert MAP.time_s(F(13, 2)) == F(7, 2)
    assert MAP.time_s(F(15, 2)) == F(39, 10)


def test_bars_by_hand() -> None:
    assert [(b.number, b.start_q, b.length_q) for b in MAP.bars] == [
        (1, 0, 4), (2, 4, 4), (3, 8, F(7, 2)), (4, F(23, 2), F(7, 2))]
    assert MAP.bar_at(F(23, 2)).number == 4
    assert MAP.bar_at(F(100)).number == 4


@given(st.fractions(min_value=0, max_value=40, max_denominator=960))
def test_position_and_time_are_inverse(position_q: F) -> None:
    assert MAP.position_q(MAP.time_s(position_q)) == position_q


def test_bad_maps_are_refused() -> None:
    with pytest.raises(ValueError, match="first tempo point"):
        TempoMap((TempoPoint(F(1), 500_000),), (Meter(1, 4),), 1, F(4))
    with pytest.raises(ValueError, match="sorted"):
        TempoMap((TempoPoint(F(0), 500_000), TempoPoint(F(0), 400_000)), (Meter(1, 4),), 1, F(4))
    with pytest.raises(ValueError, match="bar 1"):
        TempoMap((TempoPoint(F(0), 500_000),), (Meter(2, 4),), 1, F(4))

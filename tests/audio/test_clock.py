"""Ticks fall on exact times and nearest samples."""
from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from backend.audio.clock import SessionClock
from backend.domain.session import TempoMarker
from backend.domain.tempo import Meter, TempoMap, TempoPoint

TEMPO = (TempoMarker(0, 500_000, 4, 4), TempoMarker(960, 617_283), TempoMarker(4800, 431_001))


def test_times_add_up_over_tempo_changes() -> None:
    clock = SessionClock(TEMPO, 48_000)
    assert clock.time_s(960) == Fraction(1, 2)
    assert clock.time_s(4800) == Fraction(1, 2) + Fraction(4 * 617_283, 1_000_000)
    assert clock.sample(960) == 24_000
    assert clock.time_s(-480) == Fraction(-1, 4)


def test_markers_may_come_in_any_order() -> None:
    assert SessionClock(TEMPO[::-1], 48_000).time_s(6000) == SessionClock(TEMPO, 48_000).time_s(6000)


def test_no_tempo_means_120() -> None:
    assert SessionClock((), 48_000).sample(1920) == 48_000


@given(st.integers(-2000, 100_000))
def test_agrees_with_the_tempo_map(tick: int) -> None:
    points = tuple(TempoPoint(Fraction(marker.tick, 960), marker.us_per_quarter) for marker in TEMPO)
    tempo_map = TempoMap(points, (Meter(1, 4),), 50, Fraction(200))
    assert SessionClock(TEMPO, 48_000).time_s(tick) == tempo_map.time_s(Fraction(tick, 960))

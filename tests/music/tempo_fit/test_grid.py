from __future__ import annotations

from fractions import Fraction

import pytest

from backend.domain.tempo import Meter
from backend.errors import OptionError
from backend.music.tempo_fit.grid import grid_of, odd_bars


def test_accents_of_common_metres() -> None:
    assert grid_of(4, 4).accents(8) == (1.0, 0.3, 0.5, 0.3, 0.8, 0.3, 0.5, 0.3)
    assert grid_of(3, 4).accents(6) == (1.0, 0.3, 0.55, 0.3, 0.55, 0.3)
    assert grid_of(6, 8).accents(6) == (1.0, 0.3, 0.3, 0.8, 0.3, 0.3)


def test_beats_of_odd_bars_are_grouped_long_last() -> None:
    assert grid_of(4, 4).groups(7) == (0, 2, 4)
    assert grid_of(4, 4).groups(10) == (0, 2, 4, 6, 8)
    assert grid_of(6, 8).groups(8) == (0, 3, 6)
    assert grid_of(6, 8).groups(7) == (0, 3, 5)


def test_a_beat_of_six_eight_is_a_dotted_quarter() -> None:
    assert grid_of(6, 8).beat_q == Fraction(3, 2)
    assert grid_of(6, 8).bar_units == 6
    assert grid_of(7, 8).beat_q == 1
    assert grid_of(2, 2).unit_q == 1


@pytest.mark.parametrize(("units", "meter"), [(8, Meter(3, 4, 4)), (7, Meter(3, 7, 8)), (10, Meter(3, 5, 4)),
                                              (4, Meter(3, 2, 4))])
def test_signatures_in_four_four(units: int, meter: Meter) -> None:
    assert grid_of(4, 4).meter(3, units) == meter


@pytest.mark.parametrize("metre", [(4, 4), (3, 4), (2, 4), (5, 4), (6, 8), (12, 8), (7, 8), (2, 2), (6, 16)])
def test_every_signature_has_the_length_of_its_bar(metre: tuple[int, int]) -> None:
    grid = grid_of(*metre)
    for units in (grid.bar_units, *(units for units, _ in odd_bars(grid))):
        assert grid.meter(1, units).length_q == units * grid.unit_q


def test_a_landing_adds_up_and_a_hard_hit_lands_on_a_beat() -> None:
    grid = grid_of(4, 4)
    for phase in range(8):
        for units in range(phase + 1, 40):
            for landing in grid.landings(phase, units, True):
                closed = units - sum(landing.odd) - landing.rest
                assert closed >= 0 and closed % 8 == 0
                assert grid.accents(8)[landing.rest] >= 0.5
                if landing.odd and closed == 0:
                    assert phase < landing.odd[0]
                    assert phase % 2 or phase in grid.groups(landing.odd[0])


def test_the_odd_bars_of_common_metres() -> None:
    assert [units for units, _ in odd_bars(grid_of(4, 4))] == [4, 5, 6, 7, 9, 10, 12]
    assert [units for units, _ in odd_bars(grid_of(3, 4))] == [3, 4, 5, 7, 8, 10]
    assert [units for units, _ in odd_bars(grid_of(6, 8))] == [3, 4, 5, 7, 8, 9]


def test_a_soft_hit_bends_no_bar() -> None:
    assert [landing.odd for landing in grid_of(4, 4).landings(0, 13, False)] == [()]


def test_a_metre_without_a_grid_is_refused() -> None:
    with pytest.raises(OptionError, match="Metre 4/3 is not supported"):
        grid_of(4, 3)

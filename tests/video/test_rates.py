from __future__ import annotations

from fractions import Fraction

import pytest

from backend.domain.time import FrameRate
from backend.errors import OptionError
from backend.video import rates

MS = Fraction(1, 1000)


def test_a_container_that_rounds_to_milliseconds_means_the_grid() -> None:
    ticks = [round(Fraction(i * 1001, 24000) / MS) for i in range(50)]
    times = rates.exact_times(ticks, MS, Fraction(24000, 1001))
    assert times[49] == Fraction(49 * 1001, 24000)
    assert times[0] == 0


def test_times_off_the_grid_stay_what_the_file_says() -> None:
    ticks = [0, 42, 97, 125]
    assert rates.exact_times(ticks, MS, Fraction(24)) == (0, Fraction(42, 1000), Fraction(97, 1000), Fraction(1, 8))


def test_a_missing_frame_leaves_a_hole_and_nothing_else() -> None:
    times = rates.exact_times([0, 512, 1536, 2048], Fraction(1, 12288), Fraction(24))
    assert times == (0, Fraction(1, 24), Fraction(3, 24), Fraction(4, 24))
    assert not rates.is_variable([512 * i for i in range(200) if i not in (77, 78)])


def test_two_frames_never_fall_on_one_place_of_the_grid() -> None:
    assert rates.exact_times([0, 41, 42], MS, Fraction(24)) == (0, Fraction(41, 1000), Fraction(42, 1000))


@pytest.mark.parametrize(("candidates", "ticks", "base", "expected"), [
    ((Fraction(25, 2), Fraction(12), Fraction(12)), [0, 8, 17, 25, 33, 42], Fraction(1, 100), Fraction(12)),
    ((Fraction(352, 23), Fraction(24), Fraction(24)), [0, 1000, 2000, 3000, 5000], Fraction(1, 24000), Fraction(24)),
    ((Fraction(1000), None, Fraction(90000)), [0, 33, 67, 100, 133], MS, Fraction(30)),
    ((Fraction(119, 5), None, None), [0, 42, 83, 125, 167, 208, 250], MS, Fraction(24)),
    ((), [0, 1001, 2002, 3003], Fraction(1, 60000), Fraction(60000, 1001)),
    ((Fraction(25),), [], MS, Fraction(25)),
])
def test_the_rate_is_the_one_the_time_stamps_keep(candidates: tuple, ticks: list, base: Fraction,
                                                  expected: Fraction) -> None:
    assert rates.choose_rate(candidates, ticks, base) == expected


def test_no_rate_at_all_is_none() -> None:
    assert rates.choose_rate((None, Fraction(90000)), [0], MS) is None


@pytest.mark.parametrize(("raw", "snapped"), [
    (Fraction(23976, 1000), Fraction(24000, 1001)), (Fraction(24), Fraction(24)), (Fraction(2997, 100),
                                                                                  Fraction(30000, 1001)),
    (Fraction(119, 5), Fraction(119, 5)),
])
def test_rates_near_a_standard_are_the_standard(raw: Fraction, snapped: Fraction) -> None:
    assert rates.snap_rate(raw) == snapped


def test_drop_frame_exists_only_where_it_exists() -> None:
    assert rates.frame_rate(Fraction(30000, 1001), drop=True) == FrameRate(30000, 1001, True)
    assert rates.frame_rate(Fraction(25), drop=True) == FrameRate(25)


def test_uneven_frames_are_variable() -> None:
    assert rates.is_variable([0, 1000, 2000, 4000, 6000, 9000, 12000])
    assert not rates.is_variable([0, 41, 83, 125, 166, 208, 250])


def test_a_wrong_start_timecode_is_an_option_error() -> None:
    assert rates.start_frame("01:00:00:00", FrameRate(25)) == 90000
    with pytest.raises(OptionError, match="start-timecode.*does not exist"):
        rates.start_frame("01:00:00:25", FrameRate(25))

"""Frame rates, timecode and time parsing, against SMPTE's own numbers."""
from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain import serial
from backend.domain.time import FrameRate, parse_time, timecode, timecode_frame

RATES = [FrameRate.parse(t) for t in ("23.976", "24", "25", "29.97", "29.97df", "30", "50", "59.94", "59.94df", "60")]


@pytest.mark.parametrize(("text", "numerator", "denominator"), [
    ("24", 24, 1), ("23.976", 24000, 1001), ("23.98", 24000, 1001), ("30000/1001", 30000, 1001), ("12.5", 25, 2)])
def test_parse_rate(text: str, numerator: int, denominator: int) -> None:
    rate = FrameRate.parse(text)
    assert rate.fps == Fraction(numerator, denominator)


@pytest.mark.parametrize("text", ["", "fast", "0", "-24", "25df", "24/0"])
def test_bad_rates_are_refused(text: str) -> None:
    with pytest.raises((ValueError, ZeroDivisionError)):
        FrameRate.parse(text)


def test_rate_prints_as_people_write_it() -> None:
    assert [str(FrameRate.parse(t)) for t in ("24000/1001", "29.97df", "25", "15000/1001")] == [
        "23.976", "29.97df", "25", "15000/1001"]


def test_drop_frame_counts_as_smpte_says() -> None:
    rate = FrameRate.parse("29.97df")
    assert timecode(1799, rate) == "00:00:59;29"
    assert timecode(1800, rate) == "00:01:00;02"
    assert timecode(17982, rate) == "00:10:00;00"
    assert timecode(107892, rate) == "01:00:00;00"


@given(frame=st.integers(0, 24 * 3600 * 24 - 1), index=st.integers(0, len(RATES) - 1))
def test_timecode_round_trip(frame: int, index: int) -> None:
    rate = RATES[index]
    assert timecode_frame(timecode(frame, rate), rate) == frame


@pytest.mark.parametrize("text", ["00:00:00:24", "00:60:00:00", "12", "00:00:00"])
def test_timecodes_that_do_not_exist(text: str) -> None:
    with pytest.raises(ValueError):
        timecode_frame(text, FrameRate(24))


def test_dropped_numbers_do_not_exist() -> None:
    with pytest.raises(ValueError, match="does not exist"):
        timecode_frame("00:01:00;00", FrameRate.parse("29.97df"))


def test_parse_time_counts_timecode_from_the_clip_start() -> None:
    rate = FrameRate(25)
    assert parse_time("12.5", rate) == Fraction(25, 2)
    assert parse_time("10:00:02:05", rate, timecode_frame("10:00:00:00", rate)) == Fraction(11, 5)
    with pytest.raises(ValueError, match="no time"):
        parse_time("soon", rate)


def test_frame_at_is_exact_at_ntsc_rates() -> None:
    rate = FrameRate.parse("23.976")
    assert all(rate.frame_at(rate.time_s(n)) == n for n in range(0, 200_000, 997))
    assert rate.nearest_frame(rate.time_s(7) + rate.frame_s / 3) == 7


@pytest.mark.parametrize("text", ["1e999999999", "-1e300", "9" * 200, "1/0", "x", "", "."])
def test_a_fraction_from_a_document_stays_workable(text: str) -> None:
    with pytest.raises(serial.SchemaError, match="^at: expected a number or a fraction"):
        serial.from_plain(Fraction, text, "at")


@pytest.mark.parametrize(("plain", "value"), [
    (3, Fraction(3)), ("7/2", Fraction(7, 2)), (0.25, Fraction(1, 4)), ("-1.5", Fraction(-3, 2)),
    (1e-06, Fraction(1, 1_000_000)), (2e16, Fraction(2 * 10 ** 16))])
def test_fractions_are_read_from_documents(plain: object, value: Fraction) -> None:
    assert serial.from_plain(Fraction, plain, "at") == value

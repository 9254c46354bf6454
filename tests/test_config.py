"""Options as a user types them."""
from __future__ import annotations

from fractions import Fraction

import pytest

from backend.config import DEFAULTS, Options, options_from, parse_bars, title_of
from backend.domain.time import FrameRate
from backend.errors import OptionError


def test_later_words_win_and_gaps_are_filled() -> None:
    options = Options(seed=7).over(options_from({"seed": 3, "emotion": "Sad", "unknown": 1})).over(DEFAULTS)
    assert (options.seed, options.emotion, options.cue, options.loudness) == (7, "Sad", "1M1", -23.0)


def test_ranges_and_labels() -> None:
    options = Options(tempo="80-100", meter="7/8", emotion="sad")
    assert (options.tempo_range(), options.meter_pair(), options.emotion_label()) == ((80.0, 100.0), (7, 8), "Sad")


@pytest.mark.parametrize("options", [
    Options(tempo="100-80"), Options(tempo="fast"), Options(meter="4/3"), Options(meter="1/4"), Options(emotion="Meh"),
    Options(frame_rate="x"), Options(candidates=0), Options(loudness=0.0)])
def test_bad_options_are_one_line(options: Options) -> None:
    with pytest.raises(OptionError) as caught:
        options.check()
    assert "\n" not in str(caught.value) and str(caught.value).startswith("--")


def test_bounds_read_timecode_and_seconds() -> None:
    rate = FrameRate(24)
    assert Options(cue_in="1.5", cue_out="01:00:04:12").bounds_s(rate, 86400) == (Fraction(3, 2), Fraction(9, 2))
    with pytest.raises(OptionError, match="before the start"):
        Options(cue_in="00:00:01:00").bounds_s(rate, 86400)


@pytest.mark.parametrize(("stem", "title"), [
    ("sintel_trailer_480x204_24fps", "Sintel Trailer"), ("Rooftop", "Rooftop"), ("film clip – été №1 (v2)",
                                                                                "Film Clip – Été №1 (v2)"),
    ("1920x1080", "Untitled"), ("a:b*c", "A B C")])
def test_titles(stem: str, title: str) -> None:
    assert title_of(stem) == title


def test_bars() -> None:
    assert (parse_bars("9-16"), parse_bars("3")) == ((9, 16), (3, 3))
    for bad in ("16-9", "0", "a"):
        with pytest.raises(OptionError):
            parse_bars(bad)

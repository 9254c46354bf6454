from __future__ import annotations

from fractions import Fraction
from math import ceil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.domain.analysis import Transition
from backend.domain.hits import HitPoint, HitPoints
from backend.domain.time import FrameRate
from backend.errors import EditError
from backend.music.user_hits import read_user_hits
from backend.video.hits import find_hits
from tests.music.drawn import cue, hit, hits, picture


def test_nothing_happens_no_hits() -> None:
    assert find_hits(picture(20)).hits == ()


def test_a_cut_is_met_on_its_first_frame_and_says_why() -> None:
    film = picture(20, luma=lambda t: 0.2 if t < 8 else 0.6, cuts=((192, 1.0),))
    found = find_hits(film).hits
    assert [(one.time_s, one.frame, one.timecode) for one in found] == [(Fraction(8), 192, "00:00:08:00")]
    assert (found[0].kind, found[0].type, found[0].reason) == ("cut", "hard", "cut to a brighter shot")


def test_reasons_name_the_change() -> None:
    calm = picture(20, motion=lambda t: 1.0 if t < 8 else 0.1, cuts=((192, 1.0),))
    assert find_hits(calm).hits[0].reason == "cut to a calmer shot"
    same = picture(20, cuts=((192, 1.0),))
    assert find_hits(same).hits[0].reason == "cut to a similar shot"
    struck = picture(20, impacts=((240, 1.0),))
    assert find_hits(struck).hits[0].reason == "motion stops dead"


def test_an_impact_on_a_cut_makes_one_heavier_hit() -> None:
    film = picture(30, cuts=((192, 0.6), (480, 0.6)), impacts=((193, 1.0),))
    first, second = find_hits(film).hits
    assert (first.time_s, first.reason) == (Fraction(8), "cut to a similar shot, with an impact")
    assert first.weight > second.weight


def test_the_caps() -> None:
    film = picture(60, cuts=tuple((frame, 0.9) for frame in range(24, 59 * 24, 20)))
    found = find_hits(film)
    times = [one.time_s for one in found.hits]
    assert len(times) <= ceil(60 / 2.5)
    assert min(b - a for a, b in zip(times, times[1:], strict=False)) >= Fraction(6, 5)
    hard = [one.time_s for one in found.hard()]
    assert 4 <= len(hard) <= 8
    assert min(b - a for a, b in zip(hard, hard[1:], strict=False)) >= 4


def test_a_closing_fade_rings_out_and_an_opening_one_is_soft() -> None:
    film = picture(20, transitions=(Transition("fade_in", 0, 36), Transition("fade_out", 432, 479)))
    assert [(one.time_s, one.type, one.kind) for one in find_hits(film).hits] == [
        (Fraction(3, 2), "soft", "fade"), (Fraction(18), "ring_out", "fade")]


def test_edges_are_left_to_the_entry_and_the_tail() -> None:
    film = picture(20, cuts=((10, 1.0), (240, 1.0), (474, 1.0)))
    assert [one.time_s for one in find_hits(film).hits] == [Fraction(10)]


def test_a_sudden_movement_counts() -> None:
    film = picture(20, motion=lambda t: 1.5 if 10 <= t < 10.2 else 0.05)
    assert [(one.kind, one.time_s) for one in find_hits(film).hits] == [("motion", Fraction(10))]


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.integers(0, 479), st.floats(0.05, 1)), max_size=20, unique_by=lambda pair: pair[0]),
       st.lists(st.tuples(st.integers(0, 479), st.floats(0.05, 1)), max_size=8, unique_by=lambda pair: pair[0]))
def test_hits_are_sorted_exact_and_few(cuts: list[tuple[int, float]], impacts: list[tuple[int, float]]) -> None:
    film = picture(20, cuts=sorted(pair for pair in cuts if pair[0] > 0), impacts=sorted(impacts))
    found = find_hits(film)
    times = [one.time_s for one in found.hits]
    assert times == sorted(set(times)) and set(times) <= set(film.frame_times_s)
    assert len(times) <= 8 and len(found.hard()) <= 2
    assert all(one.reason and one.timecode for one in found.hits)


def test_a_users_list_is_sorted_merged_and_labelled() -> None:
    given_ = hits(hit(9.0, 0.5), hit(3.0, 0.4), hit(3.2, 0.9), HitPoint(Fraction(6), 0.7, "user", "hard", "door"))
    read = read_user_hits(given_, cue(20, start_frame=86400), FrameRate(24)).hits
    assert [(one.time_s, one.weight, one.locked) for one in read] == [
        (Fraction(16, 5), 0.9, False), (Fraction(6), 0.7, True), (Fraction(9), 0.5, False)]
    assert [one.timecode for one in read] == ["01:00:03:05", "01:00:06:00", "01:00:09:00"]
    assert read[1].frame == 86400 + 144


def test_a_locked_hit_survives_a_merge() -> None:
    read = read_user_hits(hits(hit(3.0, 0.4, locked=True), hit(3.1, 0.9)), cue(20), FrameRate(24)).hits
    assert [(one.time_s, one.locked) for one in read] == [(Fraction(3), True)]


def test_a_hit_outside_the_cue_is_refused_in_one_line() -> None:
    with pytest.raises(EditError, match=r"^hits: the hit at 20\.500 s lies after the cue's end \(20\.000 s\)\. Move"):
        read_user_hits(HitPoints((hit(20.5),)), cue(20), FrameRate(24))


CLIPS = ("tears_of_steel_battle_part1_800x332_24fps.webm", "montage_hardcuts_640x360_24fps.mp4")


@pytest.mark.parametrize("name", CLIPS)
def test_hits_of_a_real_clip_are_anchored(shared_data: Path, name: str) -> None:
    from backend.domain.requests import ClipRequest
    from backend.music.tempo_fit import fit_tempo
    from backend.video.analyzer import PyAvAnalyzer
    from tests.music.drawn import brief

    film = PyAvAnalyzer().analyze(ClipRequest(shared_data / "video" / "clips" / name), lambda fraction: None)
    found = find_hits(film)
    cuts = {cut.time_s for cut in film.cuts}
    assert sum(one.kind == "cut" and one.time_s in cuts for one in found.hits) >= 3
    assert len(found.hard()) <= float(film.cue.duration_s) / 7.5
    tempo_map = fit_tempo(found, film.cue, film.clip.frame_rate, brief(96.0))
    assert all(sync.anchored for sync in tempo_map.sync if found.hits[sync.hit].type == "hard")

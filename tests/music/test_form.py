from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.domain.spotting import Section
from backend.domain.tempo import Meter, SyncPoint, TempoMap, TempoPoint
from backend.music.form import bar_means, plan_phrases, plan_sections, section_at
from tests.music.drawn import hit, hits, picture


def steady(bars: int, end_bar: int | None = None, sync: tuple[SyncPoint, ...] = ()) -> TempoMap:
    """Bars of two seconds: 4/4 at 120."""
    end_q = Fraction(4 * ((end_bar or bars) - 1))
    return TempoMap((TempoPoint(Fraction(0), 500_000),), (Meter(1, 4, 4),), bars, end_q, sync)


def test_sections_change_where_the_picture_changes() -> None:
    film = picture(48, motion=lambda t: 1.0 if 16 <= t < 32 else 0.1)
    sections = plan_sections(steady(24), hits(), film)
    assert [(s.label, s.first_bar, s.last_bar) for s in sections] == [("A", 1, 8), ("B", 9, 16), ("A'", 17, 24)]


def test_a_heavy_hit_on_a_bar_line_draws_the_boundary() -> None:
    points = hits(hit(12.0, 1.0))
    sync = (SyncPoint(0, Fraction(24), 0.0, True),)
    with_hit = plan_sections(steady(9, sync=sync), points, picture(18))
    assert with_hit[1].first_bar == 7
    assert plan_sections(steady(9), hits(), picture(18))[1].first_bar != 7


@pytest.mark.parametrize(("bars", "count"), [(1, 1), (3, 1), (4, 2), (8, 2), (10, 2)])
def test_short_cues_have_one_or_two_sections(bars: int, count: int) -> None:
    assert len(plan_sections(steady(bars), hits(), picture(2 * bars))) == count


def test_bars_after_the_end_belong_to_the_last_section() -> None:
    sections = plan_sections(steady(10, end_bar=8), hits(), picture(20))
    assert sections[-1].last_bar == 10


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(1, 70), st.lists(st.floats(0, 2), min_size=8, max_size=8))
def test_sections_tile_the_bars(bars: int, levels: list[float]) -> None:
    film = picture(2 * bars, motion=lambda t: levels[int(t / (2 * bars) * 8)])
    sections = plan_sections(steady(bars), hits(), film)
    assert sections[0].first_bar == 1 and sections[-1].last_bar == bars
    for before, after in zip(sections, sections[1:], strict=False):
        assert after.first_bar == before.last_bar + 1
    assert len({section.label for section in sections}) == len(sections)
    assert sections[0].label == "A"
    assert all(section.last_bar - section.first_bar < 16 for section in sections)


def test_three_or_more_parts_leave_home_and_return() -> None:
    labels = [s.label for s in plan_sections(steady(24), hits(), picture(48, luma=lambda t: t / 100))]
    assert labels[-1].startswith("A") and any(label.startswith("B") for label in labels)


@pytest.mark.parametrize(("bars", "lengths"), [(1, [1]), (4, [4]), (5, [3, 2]), (6, [4, 2]), (7, [4, 3]), (8, [4, 4]),
                                               (9, [4, 3, 2]), (13, [4, 4, 3, 2]), (16, [4, 4, 4, 4])])
def test_phrases_are_fours_where_they_go(bars: int, lengths: list[int]) -> None:
    phrases = plan_phrases(Section("A", 5, 4 + bars))
    assert [last - first + 1 for first, last in phrases] == lengths
    assert phrases[0][0] == 5 and phrases[-1][1] == 4 + bars


def test_bar_means_follow_the_curve() -> None:
    tempo_map = steady(3)
    means = bar_means(tempo_map.bars, tempo_map, picture(6, motion=lambda t: float(int(t / 2))), "motion")
    assert means.tolist() == [0.0, 1.0, 2.0]


def test_section_at_clamps_to_the_last() -> None:
    parts = (Section("A", 1, 4), Section("B", 5, 8))
    assert [section_at(parts, bar).label for bar in (1, 4, 5, 8, 11)] == ["A", "A", "B", "B", "B"]

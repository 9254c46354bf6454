"""Tempo maps: laid down per cue, closed behind it, never merged with the user's."""
from __future__ import annotations

from dataclasses import replace

import pytest

from backend.domain.live import LiveTempo
from tests.daw.apply.desk import Desk
from tests.daw.apply.plans import cue, tempo, time_of
from tests.fake_reaper.state import BEATS, TIME

TEMPO = ("tempo",)


def test_the_map_is_laid_down_square_and_closed_with_what_was_in_force(desk: Desk) -> None:
    plan = cue(parts=TEMPO)
    report = desk.build(plan)
    assert desk.tempo_map() == [(0.0, 120.0, 4, 4), (10.0, 96.0, 4, 4), (plan.tempo[1].time_s, 101.5, 0, 0),
                                (plan.tempo[2].time_s, 88.25, 0, 0), (plan.bars_end_s, 120.0, 4, 4)]
    assert not any(point.linear for point in desk.project.tempo)
    assert report.changed == 4
    assert report.lines[0] == "Tempo map: 4 points, worst 0.000 ms from the plan."
    assert desk.undo_names == ["FilmComposer: Score 1M1"]


@pytest.mark.parametrize("base", [BEATS, TIME])
def test_anchored_hits_are_read_back_within_a_millisecond(desk: Desk, base: int) -> None:
    desk.project.timebase = desk.project.tempo_timebase = base
    desk.tempo(0.0, 77.0, (3, 4))
    desk.tempo(61.0, 140.0)
    plan = cue(start_s=13.37, parts=TEMPO)
    desk.build(plan)
    start_q = desk.api.RPR_TimeMap2_timeToQN(0, plan.start_s)
    for quarter in (0.0, 4.0, 7.75, 9.5, 17.0, 23.9):
        there_s = desk.api.RPR_TimeMap2_QNToTime(0, start_q + quarter)
        assert there_s == pytest.approx(time_of(plan.tempo, quarter), abs=1e-6)


def test_a_second_run_changes_nothing(desk: Desk) -> None:
    plan = cue(parts=TEMPO)
    desk.build(plan)
    before, names = desk.hash, desk.undo_names
    assert desk.build(plan).changed == 0
    assert (desk.hash, desk.undo_names) == (before, names)


def test_the_tempo_and_metre_of_the_user_go_on_behind_the_cue(desk: Desk) -> None:
    desk.tempo(0.0, 90.0, (3, 4))
    desk.tempo(4.0, 95.0)
    desk.tempo(50.0, 70.0, (5, 4))
    plan = cue(parts=TEMPO)
    desk.build(plan)
    assert desk.tempo_map()[-2:] == [(plan.bars_end_s, 95.0, 3, 4), (50.0, 70.0, 5, 4)]


def test_a_new_idea_replaces_our_own_points(desk: Desk) -> None:
    desk.build(cue(parts=TEMPO))
    points = tempo(10.0, (60.0, 72.0))
    desk.build(cue(parts=TEMPO, tempo=points, bars_end_s=30.0, end_s=29.0))
    assert desk.tempo_map() == [(0.0, 120.0, 4, 4), (10.0, 60.0, 4, 4), (points[1].time_s, 72.0, 0, 0),
                                (30.0, 120.0, 4, 4)]


def test_a_cue_at_the_very_start_remembers_the_project_tempo(desk: Desk) -> None:
    desk.project.bpm = 133.0
    plan = cue(start_s=0.0, parts=TEMPO)
    desk.build(plan)
    faster = replace(plan, tempo=tempo(0.0, (110.0,)), bars_end_s=9.0, end_s=9.0)
    desk.build(faster)
    assert desk.tempo_map() == [(0.0, 110.0, 4, 4), (9.0, 133.0, 4, 4)]


@pytest.mark.parametrize("time_s", [10.0, 12.0, 25.0])
def test_a_point_of_the_user_inside_the_cue_refuses_the_build(desk: Desk, time_s: float) -> None:
    desk.tempo(0.0, 120.0)
    desk.tempo(time_s, 111.0)
    line = desk.refused(cue(end_s=25.1))
    assert f"tempo point 2 at 0:{time_s:06.3f} (111 bpm) is yours" in line
    assert "Delete it, or end the cue before it" in line


def test_a_point_of_ours_that_the_user_changed_refuses_the_build(desk: Desk) -> None:
    plan = cue(parts=TEMPO)
    desk.build(plan)
    desk.api.RPR_SetTempoTimeSigMarker(0, 2, plan.tempo[1].time_s, -1, -1, 150.0, 0, 0, False)
    assert "you changed tempo point 3 at 0:15.000 (150 bpm)" in desk.refused(plan)


def test_a_point_of_ours_that_the_user_moved_refuses_the_build(desk: Desk) -> None:
    plan = cue(parts=TEMPO)
    desk.build(plan)
    desk.project.tempo_timebase = TIME
    desk.api.RPR_SetTempoTimeSigMarker(0, 2, 15.5, -1, -1, 101.5, 0, 0, False)
    assert "you changed tempo point 3 at 0:15.500" in desk.refused(plan)


@pytest.mark.parametrize("bpm, said", [(100.0, "1.000 s later"), (150.0, "1.000 s earlier")])
def test_a_map_that_an_earlier_point_of_the_users_moved_as_a_whole_is_one_sentence(desk: Desk, bpm: float,
                                                                                   said: str) -> None:
    plan = cue(parts=TEMPO)
    desk.build(plan)
    desk.project.tempo_timebase = BEATS
    desk.api.RPR_SetTempoTimeSigMarker(0, -1, 5.0, -1, -1, bpm, 0, 0, False)
    line = desk.refused(plan)
    assert f"the whole tempo map of the cue lies {said} than FilmComposer laid it" in line
    assert "number" not in line and "tempo point 3" not in line
    desk.reaper.undo()
    assert desk.build(plan).changed == 0


def test_points_that_the_user_deleted_come_back(desk: Desk) -> None:
    plan = cue(parts=TEMPO)
    desk.build(plan)
    before = desk.tempo_map()
    desk.project.tempo_timebase = TIME
    desk.api.RPR_DeleteTempoTimeSigMarker(0, 2)
    desk.build(plan)
    assert desk.tempo_map() == before


def test_the_projects_own_tempo_gives_way_at_the_start_and_goes_on_behind(desk: Desk) -> None:
    """REAPER keeps a point at 0 as soon as there is any other; nobody could take it away."""
    desk.project.bpm = 90.0
    desk.tempo(100.0, 66.0)
    assert desk.tempo_map()[0] == (0.0, 90.0, 4, 4)
    plan = cue(start_s=0.0, parts=TEMPO)
    report = desk.build(plan)
    assert report.lines[0] == (
        "The project's own tempo (90 bpm at the start) gives way to the cue's, and goes on behind it.")
    assert desk.tempo_map()[0] == (0.0, 96.0, 4, 4)
    assert desk.tempo_map()[-2:] == [(plan.bars_end_s, 90.0, 4, 4), (100.0, 66.0, 0, 0)]
    assert desk.build(plan).changed == 0


def test_our_point_at_the_very_start_is_no_exception_once_the_user_changed_it(desk: Desk) -> None:
    plan = cue(start_s=0.0, parts=TEMPO)
    desk.build(plan)
    desk.project.tempo_timebase = TIME
    desk.api.RPR_SetTempoTimeSigMarker(0, 0, 0.0, -1, -1, 99.0, 4, 4, False)
    assert "you changed tempo point 1 at 0:00.000 (99 bpm)" in desk.refused(plan)


def test_a_ramp_into_the_cue_is_not_bent(desk: Desk) -> None:
    desk.tempo(0.0, 100.0)
    desk.tempo(5.0, 100.0, linear=True)
    desk.tempo(60.0, 140.0)
    assert "the tempo point at 0:05.000 (number 2) ramps into the cue" in desk.refused(cue())


def test_a_map_that_already_equals_the_plan_is_left_alone(desk: Desk) -> None:
    """As after opening the .RPP of the same cue."""
    plan = cue(start_s=0.0, parts=TEMPO)
    for point in plan.tempo:
        desk.tempo(point.time_s, point.bpm, (point.numerator, point.denominator))
    desk.tempo(plan.bars_end_s, 120.0, (4, 4))
    before = desk.tempo_map()
    desk.build(plan)
    assert desk.tempo_map() == before


def test_a_region_behind_the_cue_ends_its_tempo_there(desk: Desk) -> None:
    plan = cue(parts=TEMPO)
    desk.marker(plan.end_s + 0.2, "1M2 Next", plan.end_s + 20.0)
    desk.build(plan)
    assert desk.tempo_map()[-1] == (plan.end_s, 120.0, 4, 4)


def test_a_point_of_the_user_behind_the_cue_ends_its_tempo_before(desk: Desk) -> None:
    plan = cue(parts=TEMPO)
    desk.tempo(0.0, 100.0, (4, 4))
    desk.tempo(plan.end_s + 0.5, 66.0)
    desk.build(plan)
    assert desk.tempo_map()[-2:] == [(plan.end_s, 100.0, 4, 4), (plan.end_s + 0.5, 66.0, 0, 0)]


def test_no_closing_point_where_one_of_the_user_lies(desk: Desk) -> None:
    plan = cue(parts=TEMPO)
    desk.tempo(0.0, 100.0, (4, 4))
    desk.tempo(plan.bars_end_s, 66.0)
    desk.build(plan)
    assert desk.tempo_map()[-1] == (plan.bars_end_s, 66.0, 0, 0)
    assert len(desk.tempo_map()) == 5


@pytest.mark.parametrize("base", [BEATS, TIME])
def test_two_cues_end_to_end_keep_one_another_in_place(desk: Desk, base: int) -> None:
    """The second begins where the first closes: the closing point becomes its first point."""
    desk.project.timebase = desk.project.tempo_timebase = base
    first = cue(parts=TEMPO)
    second = cue("1M2", start_s=first.bars_end_s, parts=TEMPO, tempo=tempo(first.bars_end_s, (140.0, 70.0)),
                 bars_end_s=50.0, end_s=49.0)
    desk.build(first)
    before = desk.tempo_map()
    desk.build(second)
    assert desk.tempo_map()[:4] == before[:4]
    assert desk.tempo_map()[4:] == [(p.time_s, p.bpm, p.numerator, p.denominator) for p in second.tempo] + [
        (50.0, 120.0, 4, 4)]
    both = desk.tempo_map()
    assert desk.build(first).changed == 0
    assert desk.build(second).changed == 0
    assert desk.tempo_map() == both


def test_a_cue_that_moves_away_gives_its_place_back(desk: Desk) -> None:
    first = cue(parts=TEMPO)
    second = cue("1M2", start_s=first.bars_end_s, parts=TEMPO)
    desk.build(first)
    before = desk.tempo_map()
    desk.build(second)
    desk.build(cue("1M2", start_s=60.0, parts=TEMPO))
    assert desk.tempo_map()[:5] == before


def test_a_cue_that_begins_in_the_last_bar_of_another_takes_that_over(desk: Desk) -> None:
    """And gives it back when it moves away."""
    first = cue(parts=TEMPO)
    desk.build(first)
    before = desk.tempo_map()
    second = cue("1M2", start_s=first.end_s, parts=TEMPO)
    desk.build(second)
    assert desk.tempo_map()[:4] == before[:4]
    assert desk.tempo_map()[4:] == [(p.time_s, p.bpm, p.numerator, p.denominator) for p in second.tempo] + [
        (second.bars_end_s, 120.0, 4, 4)]
    both = desk.tempo_map()
    assert (desk.build(first).changed, desk.build(second).changed) == (0, 0)
    assert desk.tempo_map() == both
    desk.build(cue("1M2", start_s=60.0, parts=TEMPO))
    assert desk.tempo_map()[:5] == before
    assert desk.tempo_map()[-1][1:] == (120.0, 4, 4)


@pytest.mark.parametrize("start_s", [0.0, 10.0])
def test_what_goes_on_behind_two_cues_is_the_users_tempo_in_whatever_order_they_are_scored(
        desk: Desk, start_s: float) -> None:
    first = cue(start_s=start_s, parts=TEMPO)
    second = cue("1M2", start_s=first.bars_end_s, parts=TEMPO)
    faster = replace(first, tempo=(replace(first.tempo[0], bpm=97.0), *first.tempo[1:]))
    other = replace(second, tempo=(second.tempo[0], replace(second.tempo[1], bpm=99.0), *second.tempo[2:]))
    for plan in (first, second, faster, second, other, first, second):
        desk.build(plan)
        assert desk.tempo_map()[-1][1:] == (120.0, 4, 4)
    assert desk.build(second).changed == 0


def test_a_cue_under_another_name_keeps_its_tempo_when_the_first_name_goes_elsewhere(desk: Desk) -> None:
    first = cue(parts=TEMPO)
    desk.build(first)
    here = desk.tempo_map()
    renamed = replace(first, cue="1M2")
    desk.build(renamed)
    desk.build(cue(start_s=60.0, parts=TEMPO))
    assert desk.tempo_map()[:5] == here
    assert desk.build(renamed).changed == 0


def test_a_cue_that_leaves_the_projects_start_leaves_its_tempo_there(desk: Desk) -> None:
    """The user had deleted the point behind it."""
    first = cue(start_s=0.0, parts=TEMPO)
    desk.build(first)
    desk.api.RPR_DeleteTempoTimeSigMarker(0, 3)
    desk.build(cue(start_s=50.0, parts=TEMPO))
    assert desk.tempo_map()[0][1:] == desk.tempo_map()[-1][1:] == (120.0, 4, 4)


def test_a_region_of_the_users_with_a_number_that_was_ours_ends_the_tempo(desk: Desk) -> None:
    plan = cue(parts=("tempo", "regions"))
    desk.build(plan)
    number = max(m.number for m in desk.project.markers if m.region)
    desk.api.RPR_DeleteProjectMarker(0, number, True)
    assert desk.marker(plan.end_s + 0.25, "1M2", 60.0) == number
    desk.build(plan)
    assert desk.tempo_map()[-1][0] == plan.end_s
    assert desk.build(plan).changed == 0


def test_overlapping_cues_are_refused_by_name(desk: Desk) -> None:
    desk.build(cue(parts=TEMPO))
    line = desk.refused(cue("1M2", start_s=14.0))
    assert "belongs to the cue 1M1. The two cues overlap" in line


def test_a_plan_without_a_tempo_part_leaves_the_map_alone(desk: Desk) -> None:
    desk.tempo(12.0, 99.0)
    before = desk.tempo_map()
    desk.build(cue(parts=("markers",)))
    assert desk.tempo_map() == before


def test_a_metre_within_the_cue_is_kept(desk: Desk) -> None:
    points = (LiveTempo(10.0, 120.0, 4, 4), LiveTempo(14.0, 120.0, 7, 8), LiveTempo(17.5, 120.0, 3, 4))
    desk.build(cue(parts=TEMPO, tempo=points, bars_end_s=19.0, end_s=18.5))
    assert desk.tempo_map()[1:] == [(10.0, 120.0, 4, 4), (14.0, 120.0, 7, 8), (17.5, 120.0, 3, 4),
                                    (19.0, 120.0, 4, 4)]

"""Hit markers and regions: ours follow the plan, the user's are never touched, nothing is there twice."""
from __future__ import annotations

from dataclasses import replace

import pytest

from backend.domain.live import LiveMarker, LivePlan, LiveRegion
from tests.daw.apply.desk import Desk
from tests.daw.apply.plans import cue

PARTS = ("markers", "regions")
HITS = (LiveMarker(12.0, "H01 impact", 0xCC0000), LiveMarker(15.0, "H02 cut"), LiveMarker(18.0, "H03 flash"))


def hits(*markers: LiveMarker, regions: tuple[LiveRegion, ...] = ()) -> LivePlan:
    return cue(parts=PARTS, markers=markers, regions=regions)


def test_hits_are_laid_down_with_name_and_colour(desk: Desk) -> None:
    assert desk.build(hits(*HITS)).changed == 3
    assert desk.marks() == [(12.0, "H01 impact"), (15.0, "H02 cut"), (18.0, "H03 flash")]
    assert desk.project.markers[0].color == 0x1000000 | 0x0000CC
    assert desk.build(hits(*HITS)).changed == 0


def test_ours_are_moved_renamed_removed_and_added(desk: Desk) -> None:
    desk.build(hits(*HITS))
    new = (HITS[0], LiveMarker(15.5, "H02 cut to wide"), LiveMarker(19.0, "H03 new"), LiveMarker(20.0, "H04 end"))
    desk.build(hits(*new))
    assert desk.marks() == [(m.time_s, m.name) for m in new]
    desk.build(hits(HITS[0]))
    assert desk.marks() == [(12.0, "H01 impact")]


@pytest.mark.parametrize("shift_s", [0.0, 0.016, -0.016])
def test_a_marker_of_the_user_at_the_same_moment_is_taken_as_that_one(desk: Desk, shift_s: float) -> None:
    desk.marker(15.0 + shift_s, "my hit")
    desk.build(hits(*HITS))
    assert desk.marks() == [(12.0, "H01 impact"), (15.0 + shift_s, "my hit"), (18.0, "H03 flash")]
    desk.build(hits(HITS[0]))
    assert desk.marks() == [(12.0, "H01 impact"), (15.0 + shift_s, "my hit")]


def test_a_marker_that_the_user_moved_is_the_users(desk: Desk) -> None:
    """Both ways: the plan has read the move back, or it has not."""
    desk.build(hits(*HITS))
    desk.api.RPR_SetProjectMarker4(0, 2, False, 15.7, 0.0, "H02 cut", 0, 0)
    report = desk.build(hits(*HITS))
    assert (report.changed, report.kept) == (0, ("Marker H02 cut: you moved or deleted it (it was at 0:15.000)",))
    assert desk.marks() == [(12.0, "H01 impact"), (15.7, "H02 cut"), (18.0, "H03 flash")]
    desk.build(hits(HITS[0], LiveMarker(15.7, "H02 cut to wide"), HITS[2]))
    assert desk.marks() == [(12.0, "H01 impact"), (15.7, "H02 cut"), (18.0, "H03 flash")]
    desk.build(hits())
    assert desk.marks() == [(15.7, "H02 cut")]


def test_a_marker_that_the_user_deleted_stays_away(desk: Desk) -> None:
    desk.build(hits(*HITS))
    desk.api.RPR_DeleteProjectMarker(0, 2, False)
    desk.build(hits(*HITS))
    before = desk.hash
    report = desk.build(hits(*HITS))
    assert (report.changed, desk.hash) == (0, before)
    assert desk.marks() == [(12.0, "H01 impact"), (18.0, "H03 flash")]
    desk.build(hits(HITS[0], HITS[2]))
    desk.build(hits(*HITS))
    assert desk.marks() == [(12.0, "H01 impact"), (15.0, "H02 cut"), (18.0, "H03 flash")]


def test_when_the_user_deleted_them_all_they_come_anew(desk: Desk) -> None:
    desk.build(hits(*HITS))
    for number in (1, 2, 3):
        desk.api.RPR_DeleteProjectMarker(0, number, False)
    desk.build(hits(*HITS))
    assert len(desk.marks()) == 3


def test_when_the_user_moved_them_all_none_comes_anew(desk: Desk) -> None:
    desk.build(hits(*HITS))
    for mark in [m for m in desk.project.markers if not m.region]:
        desk.api.RPR_SetProjectMarker4(0, mark.number, False, mark.start + 0.7, 0.0, mark.name, 0, 0)
    moved = desk.marks()
    for _ in range(3):
        desk.build(hits(*HITS))
        assert desk.marks() == moved


def test_a_marker_of_the_users_with_a_number_that_was_ours_is_no_edit_of_ours(desk: Desk) -> None:
    """As after an undo that leaves the record of the cue."""
    desk.reaper.ext_in_undo = False
    desk.build(cue())
    hits = desk.marks()
    desk.reaper.undo()
    assert desk.marker(50.0, "Mine") == 1
    assert desk.build(cue()).kept == ()
    assert desk.marks() == [*hits, (50.0, "Mine")]


def test_a_marker_that_the_user_renamed_is_never_changed(desk: Desk) -> None:
    desk.build(hits(*HITS))
    desk.api.RPR_SetProjectMarker4(0, 1, False, 12.0, 0.0, "DOOR!", 0, 0)
    desk.build(hits(*HITS[1:]))
    desk.build(hits())
    assert desk.marks() == [(12.0, "DOOR!")]


def test_a_second_marker_with_our_number_is_not_mistaken_for_ours(desk: Desk) -> None:
    desk.build(hits(*HITS))
    desk.marker(30.0, "mine")
    desk.project.markers[-1].number = 2
    desk.build(hits(HITS[0], HITS[2]))
    assert (30.0, "mine") in desk.marks()


def test_odd_names_survive(desk: Desk) -> None:
    odd = LiveMarker(12.0, "H01 it's \"loud\" `now` – été №1 (hard 0.90)")
    desk.build(hits(odd))
    assert desk.marks() == [(12.0, odd.name)]
    assert desk.build(hits(odd)).changed == 0


A, B = LiveRegion(10.0, 15.0, "A (bars 1-2)", 0x112233), LiveRegion(15.0, 25.0, "B (bars 3-6)")


def test_regions_follow_the_plan_and_cues_of_the_user_stay(desk: Desk) -> None:
    desk.marker(10.0, "1M1 The Door", 25.0)
    desk.marker(13.0, "a marker in between")
    desk.build(hits(regions=(A, B)))
    assert desk.marks(regions=True) == [(10.0, "1M1 The Door"), (10.0, A.name), (15.0, B.name)]
    desk.build(hits(regions=(replace(A, end_s=14.0), replace(B, start_s=14.0))))
    assert [(m.start, m.end) for m in desk.project.markers if m.region and m.name in (A.name, B.name)] == [
        (10.0, 14.0), (14.0, 25.0)]
    desk.build(hits())
    assert desk.marks(regions=True) == [(10.0, "1M1 The Door")]
    assert desk.marks() == [(13.0, "a marker in between")]


def test_a_region_with_the_bounds_of_a_users_region_is_not_laid_down_again(desk: Desk) -> None:
    desk.marker(10.0, "my cue", 25.0)
    desk.build(hits(regions=(LiveRegion(10.01, 25.0, "1M1 The Door"), A)))
    assert desk.marks(regions=True) == [(10.0, "my cue"), (10.0, A.name)]


def test_hits_of_two_cues_do_not_mix(desk: Desk) -> None:
    desk.build(hits(*HITS))
    other = cue("1M2", 40.0, parts=PARTS, markers=(LiveMarker(42.0, "H01 other"),), regions=())
    desk.build(other)
    desk.build(hits(HITS[1]))
    assert desk.marks() == [(15.0, "H02 cut"), (42.0, "H01 other")]

"""Whatever fails midway: no half session, the project as it was to the bit, and one line that says so."""
from __future__ import annotations

import copy
from dataclasses import replace

import pytest

from backend.daw.apply import apply_session
from backend.domain.live import LiveFx, LiveItem, LivePlan, LiveSend, LiveTrack
from tests.daw.apply.breaking import BreakingApi, NoUndoApi
from tests.daw.apply.desk import Desk
from tests.daw.apply.plans import cue, new_notes, tempo, with_track


def places(names: list[str], stride: int) -> list[int]:
    """The last call of every name, and every ``stride``-th call."""
    last = {name: i + 1 for i, name in enumerate(names)}
    return sorted({*last.values(), *range(1, len(names) + 1, stride)})


def calls_of(desk: Desk, plan: LivePlan) -> list[str]:
    """Every call of a build that succeeds; the build is undone, and its texts where REAPER's undo leaves them."""
    api = BreakingApi(desk.api)
    before, texts = desk.hash, copy.deepcopy(desk.project.ext)
    assert apply_session(plan, api).changed > 0
    desk.reaper.undo()
    desk.project.ext = texts
    assert desk.hash == before
    return api.names


def check_every_failure(desk: Desk, plan: LivePlan, stride: int) -> int:
    desk.reaper.by_hand()
    names, before, steps = calls_of(desk, plan), desk.hash, desk.undo_names
    tried = places(names, stride)
    for place in tried:
        report = apply_session(plan, BreakingApi(desk.api, place))
        assert "CallFailed" in report.refused, (place, names[place - 1])
        assert f"call {place}, {names[place - 1]}" in report.refused
        assert "nothing was changed" in report.refused and "\n" not in report.refused
        assert report.changed == 0
        assert desk.hash == before, (place, names[place - 1])
        assert desk.undo_names == steps, (place, names[place - 1])
    report = desk.build(plan)
    assert report.changed > 0
    return len(tried)


@pytest.mark.parametrize("ext_in_undo", [True, False])
def test_a_failure_anywhere_in_a_first_build_leaves_no_trace(desk: Desk, wav: str, ext_in_undo: bool) -> None:
    desk.reaper.ext_in_undo = ext_in_undo
    desk.composers_project(wav)
    assert check_every_failure(desk, cue(count=5 if ext_in_undo else 1), 23) > 60


def test_a_failure_anywhere_in_a_second_build_leaves_no_trace(desk: Desk, wav: str) -> None:
    desk.composers_project(wav)
    desk.build(cue(count=5))
    desk.build(cue("1M2", 60.0, count=1))
    desk.note(desk.item(desk.track("Violas")))
    desk.api.RPR_DeleteTrack(desk.track("Violins II"))
    plan = new_notes(new_notes(cue(), "violas", [70]), "cellos", [71])
    plan = with_track(plan, "violins_i", lambda t: replace(t, gain_db=0.0, envelopes=t.envelopes[:1], sends=(
        LiveSend("strings.reverb", -1.0),), fx=(LiveFx("ReaComp"), LiveFx("Kontakt"))))
    stem = LiveTrack("stem", "printed", "Stem", parent="cue", items=(LiveItem("audio", "Stem", 10.0, 1.0, file=wav),))
    plan = replace(plan, tempo=tempo(10.0, (80.0, 90.0)), markers=plan.markers[:1], regions=plan.regions[1:],
                   tracks=(*plan.tracks, stem))
    assert check_every_failure(desk, plan, 47) > 60


def test_a_step_of_the_users_own_is_never_undone(desk: Desk) -> None:
    """Before the block is open there is nothing to take back."""
    desk.build(cue())
    steps = desk.undo_names
    before = desk.hash
    for place in (1, 2, 10, 40):
        assert apply_session(new_notes(cue(), "violas", [70]), BreakingApi(desk.api, place)).refused
    assert (desk.hash, desk.undo_names) == (before, steps)


def test_when_reaper_does_not_undo_it_is_said(desk: Desk) -> None:
    report = apply_session(cue(), BreakingApi(NoUndoApi(desk.api), 300))
    assert "REAPER did not take it back: undo it, or close without saving" in report.refused


def test_a_send_into_nowhere_is_refused(desk: Desk) -> None:
    line = desk.refused(with_track(cue(), "violas", lambda t: replace(t, sends=(LiveSend("nowhere", 0.0),))))
    assert "nowhere" in line


def test_a_template_that_is_none_is_refused(desk: Desk) -> None:
    line = desk.refused(with_track(cue(), "violas", lambda t: replace(t, template="<TRACK\n>")))
    assert "The track template for Violas holds no effects chain" in line


def test_redrawing_is_released_after_a_failure(desk: Desk) -> None:
    api = BreakingApi(desk.api, 200)
    assert apply_session(cue(), api).refused
    assert api.names.count("RPR_PreventUIRefresh") == 2

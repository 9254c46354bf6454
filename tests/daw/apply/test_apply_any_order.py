"""Edits and builds in any order: every build is one step that undo takes back, and building again changes nothing."""
from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

import pytest

from backend.domain.live import LiveFx, LiveMarker, LivePlan, LiveSend
from tests.daw.apply.desk import Desk
from tests.daw.apply.plans import bars_end_s, cue, new_notes, tempo, with_track
from tests.fake_reaper.state import BEATS, TIME

NAMES = ("Violins I", "Violins II", "Violas", "Cellos")


def any_plan(dice: random.Random) -> LivePlan:
    """One of two cues, with other ideas here and there."""
    label, start_s = dice.choice((("1M1", 10.0), ("1M2", 50.0)))
    points = tempo(start_s, tuple(dice.choice((80.0, 96.0, 133.3)) for _ in range(dice.randint(1, 3))))
    plan = cue(label, start_s, count=dice.choice((2, 4, 5)), tempo=points, bars_end_s=bars_end_s(points),
               end_s=bars_end_s(points) - dice.choice((0.0, 1.0)))
    for track in [t.id for t in plan.tracks if t.kind == "instrument"]:
        change = dice.randrange(7)
        if change == 0:
            plan = new_notes(plan, track, [dice.randint(40, 80) for _ in range(3)])
        elif change == 1:
            plan = with_track(plan, track, lambda t: replace(t, gain_db=-dice.randint(0, 9), pan=0.1))
        elif change == 2:
            plan = with_track(plan, track, lambda t: replace(t, envelopes=t.envelopes[:dice.randint(0, 1)]))
        elif change == 3:
            plan = with_track(plan, track, lambda t: replace(t, fx=(LiveFx(dice.choice(("ReaEQ", "Nowhere"))),)))
        elif change == 4:
            plan = with_track(plan, track, lambda t: replace(t, sends=(
                LiveSend(t.sends[0].target, -3.0),) * dice.randint(0, 1)))
    marks = [LiveMarker(start_s + dice.randint(0, 20), f"H{i:02d}") for i in range(dice.randint(0, 4))]
    return replace(plan, markers=tuple({m.time_s: m for m in marks}.values()))


def edit_track(desk: Desk, dice: random.Random) -> None:
    found = desk.tracks(dice.choice(NAMES))
    if not found:
        return
    track = dice.choice(found)
    items = desk.api.RPR_CountTrackMediaItems(track)
    edits: list[Callable[[], object]] = [
        lambda: desk.set(track, "D_PAN", dice.random()),
        lambda: desk.set(track, "D_VOL", dice.random()),
        lambda: desk.api.RPR_TrackFX_AddByName(track, "ReaComp", False, -1),
        lambda: desk.api.RPR_DeleteTrack(track),
        lambda: desk.api.RPR_GetSetMediaTrackInfo_String(track, "P_NAME", dice.choice(NAMES), True),
        lambda: desk.midi(track, 70.0, 71.0)]
    if items:
        item = desk.item(track, dice.randrange(items))
        edits += [lambda: desk.note(item, dice.randint(30, 90)), lambda: desk.set_item(item, "D_POSITION", 11.0),
                  lambda: desk.set_item(item, "C_LOCK", 1.0), lambda: desk.api.RPR_DeleteTrackMediaItem(track, item)]
    dice.choice(edits)()


def edit_timeline(desk: Desk, dice: random.Random) -> None:
    markers = [m for m in desk.project.markers if not m.region]
    if markers and dice.random() < 0.7:
        mark = dice.choice(markers)
        if dice.random() < 0.5:
            desk.api.RPR_DeleteProjectMarker(0, mark.number, False)
        else:
            desk.api.RPR_SetProjectMarker4(0, mark.number, False, mark.start + 0.5, 0.0, mark.name, 0, 0)
    else:
        desk.marker(dice.randint(5, 80), "mine")


@pytest.mark.parametrize("seed", range(10))
def test_any_order(desk: Desk, wav: str, seed: int) -> None:
    dice = random.Random(seed)
    desk.project.timebase = desk.project.tempo_timebase = dice.choice((BEATS, TIME))
    desk.composers_project(wav)
    for _ in range(4):
        for _ in range(dice.randint(0, 3)):
            dice.choice((edit_track, edit_track, edit_timeline))(desk, dice)
        desk.reaper.by_hand()
        plan, before, steps = any_plan(dice), desk.hash, desk.undo_names
        users = {track.guid: track for track in desk.project.tracks if "filmcomposer" not in track.ext}
        where = {guid: [(i.guid, i.values["D_POSITION"], i.values["D_LENGTH"]) for i in track.items]
                 for guid, track in users.items()}
        report = desk.build(plan)
        after = desk.hash
        if report.changed:
            assert desk.undo_names == [*steps, plan.undo_name]
            desk.reaper.undo()
            assert desk.hash == before
            desk.reaper.redo()
        assert desk.hash == after
        again = desk.build(plan)
        assert (again.changed, desk.hash) == (0, after), again.lines
        assert again.kept == report.kept
        for track in desk.project.tracks:
            if track.guid in where:
                there = [(i.guid, i.values["D_POSITION"], i.values["D_LENGTH"]) for i in track.items]
                assert [row[0] for row in there] == [row[0] for row in where[track.guid]]
                for (_, *now), (_, *then) in zip(there, where[track.guid], strict=True):
                    assert now == pytest.approx(then, abs=1e-9, rel=0)

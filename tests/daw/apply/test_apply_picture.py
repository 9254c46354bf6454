"""The picture of a cue: brought along, or the user's own and there; pinned to time."""
from __future__ import annotations

import json
from dataclasses import replace

from backend.domain.live import LiveVideo
from tests.daw.apply.desk import Desk
from tests.daw.apply.plans import cue


def test_a_picture_is_brought_along_on_top(desk: Desk, wav: str) -> None:
    desk.new_track("Song")
    plan = cue(video=LiveVideo(wav, "clip.mov", 14.0, 3.5))
    desk.build(plan)
    assert desk.names()[:3] == ["Picture", "Song", "1M1 The Door"]
    [item] = desk.state("Picture").items
    assert (item.values["D_POSITION"], item.values["D_LENGTH"], item.values["C_BEATATTACHMODE"]) == (10.0, 14.0, 0)
    assert (item.takes[0].values["D_STARTOFFS"], item.takes[0].source.file) == (3.5, wav)
    assert desk.build(plan).changed == 0
    cues = json.loads(desk.api.RPR_GetProjExtState(0, "FilmComposer", "cues", "", 1 << 16)[4])
    assert cues["1M1"]["item"] == item.guid


def test_two_cues_share_the_picture_track(desk: Desk, wav: str) -> None:
    first, second = (replace(plan, video=LiveVideo(wav, "clip.mov", 14.0, plan.start_s))
                     for plan in (cue(), cue("1M2", 60.0)))
    desk.build(first)
    desk.build(second)
    assert desk.names().count("Picture") == 1
    assert [item.values["D_POSITION"] for item in desk.state("Picture").items] == [10.0, 60.0]
    assert desk.build(first).changed == 0


def test_a_project_without_the_cues_video_item_is_not_built_into(desk: Desk, wav: str) -> None:
    """Another one was opened in the same tab, or the item was deleted meanwhile."""
    desk.composers_project(wav)
    line = desk.refused(cue(picture_item="{ABC}"))
    assert line.startswith("1M1: its video item is not in the project in front. Go back to the project where")


def test_a_video_that_is_gone_refuses_the_build(desk: Desk) -> None:
    line = desk.refused(cue(video=LiveVideo("/nowhere/clip.mov", "clip.mov", 14.0, 0.0)))
    assert "REAPER cannot open /nowhere/clip.mov" in line


def test_the_picture_and_the_dialogue_of_the_cue_are_pinned_to_time(desk: Desk, wav: str) -> None:
    desk.composers_project(wav)
    desk.build(cue())
    [picture] = desk.state("PICTURE").items
    inside, outside = desk.state("Dialogue").items
    [piano] = desk.state("Piano").items
    assert [item.values["C_BEATATTACHMODE"] for item in (picture, inside, outside, piano)] == [0, 0, -1, -1]

"""A track that the plan drops, on which the user has done what no build ever does, stays."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.daw.apply.desk import Desk
from tests.daw.apply.plans import cue, without_tracks

WORK: dict[str, Callable[[Desk, Any], object]] = {
    "a mute envelope": lambda desk, track: desk.reaper.envelopes.toggle(desk.state("Violas"), "MUTEENV"),
    "a send turned down": lambda desk, track: desk.api.RPR_SetTrackSendInfo_Value(track, 0, 0, "D_VOL", 0.01),
    "phase": lambda desk, track: desk.set(track, "B_PHASE", 1.0),
    "channels": lambda desk, track: desk.set(track, "I_NCHAN", 4.0),
    "its own output": lambda desk, track: desk.set(track, "B_MAINSEND", 0.0),
    "an item's volume": lambda desk, track: desk.set_item(desk.item(track), "D_VOL", 0.5),
    "an item's colour": lambda desk, track: desk.set_item(desk.item(track), "I_CUSTOMCOLOR", 0x1010101),
    "a group": lambda desk, track: desk.set_item(desk.item(track), "I_GROUPID", 3.0)}


@pytest.mark.parametrize("work", WORK, ids=lambda name: name.replace(" ", "_"))
def test_it_stays(desk: Desk, work: str) -> None:
    desk.build(cue())
    WORK[work](desk, desk.track("Violas"))
    before = desk.state("Violas")
    report = desk.build(without_tracks(cue(), "violas"))
    assert report.kept == ("Violas: no longer in the score, but yours now",)
    assert desk.state("Violas") == before


def test_without_such_work_it_goes(desk: Desk) -> None:
    desk.build(cue())
    desk.api.RPR_RemoveTrackSend(desk.track("Violas"), 0, 0)
    assert desk.build(without_tracks(cue(), "violas")).kept == ()
    assert desk.tracks("Violas") == []

"""A track that the plan drops, on which the user has done what no build ever does, stays."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from backend.domain.live import LiveTrack
from tests.daw.apply.desk import Desk
from tests.daw.apply.plans import cue, with_track, without_tracks

_EFFECTS = ["<TAKEFX", "SHOW 0", "BYPASS 0 0 0", '<VST "VST: ReaEQ (Cockos)" reaeq.dll 0 "" 1 ""', "AAAA",
            ">", "FLOATPOS 0 0 0 0", ">"]


def _into_take(*lines: str) -> Callable[[Desk, Any], object]:
    """Write lines into the text of an item's first take, in front of its source."""
    def work(desk: Desk, item: Any) -> object:
        text = desk.api.RPR_GetItemStateChunk(item, "", 1 << 20, False)[2]
        place = text.index("<SOURCE")
        return desk.api.RPR_SetItemStateChunk(item, text[:place] + "\n".join(lines) + "\n" + text[place:], False)
    return work


def _of_take(parameter: str, value: float) -> Callable[[Desk, Any], object]:
    return lambda desk, item: desk.api.RPR_SetMediaItemTakeInfo_Value(desk.api.RPR_GetTake(item, 0), parameter, value)


def _of_item(parameter: str, value: float) -> Callable[[Desk, Any], object]:
    return lambda desk, item: desk.set_item(item, parameter, value)


def _automation_item(desk: Desk, track: Any) -> object:
    envelope = desk.api.RPR_GetTrackEnvelopeByName(track, "Volume")
    text = desk.api.RPR_GetEnvelopeStateChunk(envelope, "", 1 << 20, False)[2]
    row = "POOLEDENVINST 1 12 2 0 1 0 1 0 0 0 0 0 0\n"
    return desk.api.RPR_SetEnvelopeStateChunk(envelope, text.replace("PT ", row + "PT ", 1), False)


WORK: dict[str, Callable[[Desk, Any], object]] = {
    "a mute envelope": lambda desk, track: desk.reaper.envelopes.toggle(desk.state("Violas"), "MUTEENV"),
    "a send turned down": lambda desk, track: desk.api.RPR_SetTrackSendInfo_Value(track, 0, 0, "D_VOL", 0.01),
    "phase": lambda desk, track: desk.set(track, "B_PHASE", 1.0),
    "channels": lambda desk, track: desk.set(track, "I_NCHAN", 4.0),
    "its own output": lambda desk, track: desk.set(track, "B_MAINSEND", 0.0),
    "an automation item": _automation_item}
ON_ITEM: dict[str, Callable[[Desk, Any], object]] = {
    "its volume": _of_item("D_VOL", 0.5), "its colour": _of_item("I_CUSTOMCOLOR", 0x1010101),
    "a group": _of_item("I_GROUPID", 3.0), "a fade in": _of_item("D_FADEINLEN", 1.5),
    "a fade out": _of_item("D_FADEOUTLEN", 2.0), "the shape of a fade": _of_item("C_FADEOUTSHAPE", 3.0),
    "a take's gain": _of_take("D_VOL", 0.25), "a take's pan": _of_take("D_PAN", -0.5),
    "a take's pitch": _of_take("D_PITCH", 12.0), "effects on a take": _into_take(*_EFFECTS),
    "a take's volume envelope": _into_take("<VOLENV", "ACT 1 -1", "PT 0 1 0", "PT 2 0.5 0", ">"),
    "a take's pan envelope": _into_take("<PANENV", "ACT 1 -1", "PT 0 1 0", ">")}


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


@pytest.mark.parametrize("work", ON_ITEM, ids=lambda name: name.replace(" ", "_"))
def test_an_item_that_was_worked_on_stays_with_its_track_and_without_it(desk: Desk, work: str) -> None:
    """The track is dropped; the track stays and its item is dropped."""
    desk.build(cue())
    viola, cello = desk.item(desk.track("Violas")), desk.item(desk.track("Cellos"))
    ON_ITEM[work](desk, viola)
    ON_ITEM[work](desk, cello)
    violas, items = desk.state("Violas"), desk.state("Cellos").items
    plan = without_tracks(with_track(cue(), "cellos", lambda t: replace(t, items=())), "violas")
    report = desk.build(plan)
    assert report.kept == ("Cellos: your item, which the score no longer has",
                           "Violas: no longer in the score, but yours now")
    assert (desk.state("Violas"), desk.state("Cellos").items) == (violas, items)
    assert len(items) == 1


def test_items_without_such_work_go(desk: Desk) -> None:
    desk.build(cue())
    plan = without_tracks(with_track(cue(), "cellos", lambda t: replace(t, items=())), "violas")
    assert desk.build(plan).kept == ()
    assert desk.state("Cellos").items == [] == desk.tracks("Violas")


def test_an_envelope_with_an_automation_item_is_the_users(desk: Desk) -> None:
    """A new idea for its points does not go in."""
    desk.build(cue())
    _automation_item(desk, desk.track("Violas"))
    before = desk.state("Violas").envelopes
    louder = with_track(cue(), "violas", lambda t: replace(t, envelopes=(
        replace(t.envelopes[0], points=(10.0, -3.0, 20.0, -1.0)), *t.envelopes[1:])))
    assert desk.build(louder).kept == ("Violas: your volume envelope",)
    assert desk.state("Violas").envelopes == before


def test_a_plan_that_adds_leaves_the_tracks_it_does_not_hold(desk: Desk) -> None:
    desk.build(cue())
    before = desk.names()
    melody = LiveTrack("sketch.melody", "melody", "Melody", parent="")
    top = next(track for track in cue().tracks if track.kind == "cue")
    report = desk.build(cue(tracks=(top, melody), adds=True))
    assert report.refused == "" and {name.strip() for name in desk.names()} == {*(n.strip() for n in before), "Melody"}
    desk.build(cue())
    assert desk.names() == before

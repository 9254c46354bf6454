"""Items after edits by hand: the user's take plays on, the new idea lies behind it."""
from __future__ import annotations

import base64
import struct
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from backend.daw.apply.host import Host
from backend.daw.apply.midi import shifted
from backend.daw.apply.notes import Note, events_of, notes_of, same_notes
from backend.domain.live import LiveItem, LivePlan
from tests.daw.apply.desk import Desk
from tests.daw.apply.plans import PPQ, cue, events, new_notes, with_track

NEW = [70, 72, 74]
NEWER = [80, 81]


def bytes_of(pitches: list[int]) -> bytes:
    return base64.b64decode(events(pitches))


@pytest.fixture
def built(desk: Desk) -> LivePlan:
    plan = cue()
    desk.build(plan)
    return plan


def violas(desk: Desk) -> Any:
    return desk.item(desk.track("Violas"))


def takes(desk: Desk) -> list[str]:
    return [take.name for take in desk.state("Violas").items[0].takes]


def test_an_untouched_item_is_replaced_in_place(desk: Desk, built: LivePlan) -> None:
    guid = desk.state("Violas").items[0].guid
    report = desk.build(new_notes(built, "violas", NEW))
    assert report.kept == ()
    [item] = desk.state("Violas").items
    assert (item.guid, len(item.takes)) == (guid, 1)
    assert desk.events(violas(desk)) == bytes_of(NEW)
    assert desk.build(new_notes(built, "violas", NEW)).changed == 0


def test_a_take_that_the_user_named_keeps_its_name(desk: Desk, built: LivePlan) -> None:
    desk.api.RPR_GetSetMediaItemTakeInfo_String(desk.api.RPR_GetActiveTake(violas(desk)), "P_NAME", "Anna", True)
    plan = new_notes(built, "violas", NEW)
    desk.build(plan)
    assert (takes(desk), desk.events(violas(desk))) == (["Anna"], bytes_of(NEW))
    assert desk.build(plan).changed == 0


def test_a_new_place_and_length_are_ideas_too(desk: Desk, built: LivePlan) -> None:
    plan = with_track(built, "violas", lambda t: replace(t, items=(replace(t.items[0], start_s=12.5, length_s=4.0),)))
    desk.build(plan)
    values = desk.state("Violas").items[0].values
    assert (values["D_POSITION"], values["D_LENGTH"]) == (12.5, 4.0)


EDITS: dict[str, Callable[[Desk, Any], None]] = {
    "a note": lambda desk, item: desk.note(item),
    "moved": lambda desk, item: desk.set_item(item, "D_POSITION", 10.25),
    "trimmed": lambda desk, item: desk.set_item(item, "D_LENGTH", 9.0),
    "muted": lambda desk, item: desk.set_item(item, "B_MUTE", 1.0),
    "slower": lambda desk, item: desk.api.RPR_SetMediaItemTakeInfo_Value(
        desk.api.RPR_GetActiveTake(item), "D_PLAYRATE", 0.5),
    "slipped": lambda desk, item: desk.api.RPR_SetMediaItemTakeInfo_Value(
        desk.api.RPR_GetActiveTake(item), "D_STARTOFFS", 0.5),
    "recorded": lambda desk, item: desk.api.RPR_AddTakeToMediaItem(item),
    "dragged": lambda desk, item: desk.api.RPR_MoveMediaItemToTrack(item, desk.track("Violins II")),
}


@pytest.mark.parametrize("edit", EDITS, ids=lambda name: name.replace(" ", "_"))
def test_an_item_that_the_user_edited_gets_another_take(desk: Desk, built: LivePlan, edit: str) -> None:
    item = violas(desk)
    desk.set_item(item, "D_VOL", 0.5)
    EDITS[edit](desk, item)
    state = next(i for t in desk.project.tracks for i in t.items if i.takes[0].name == "Violas")
    count, mine = len(state.takes), desk.events(item)
    values = dict(state.values)
    report = desk.build(new_notes(built, "violas", NEW))
    assert report.kept == ("Violas: your item (the new idea is another take)",)
    assert [take.name for take in state.takes][count:] == ["1M1 Violas (new idea)"]
    assert state.active == 0
    assert state.values == values
    item = desk.reaper.pointers.text(state)
    assert desk.events(item) == mine
    again = desk.build(new_notes(built, "violas", NEW))
    assert (again.changed, again.kept) == (0, report.kept)


def test_an_idea_that_was_made_from_the_users_own_edit_adds_no_take(desk: Desk, built: LivePlan) -> None:
    """The user writes a note (its velocity is the user's), the plan comes back with it."""
    item = violas(desk)
    desk.note(item, 71)
    mine = desk.events(item)
    rows = [(tick, message if message[1] != 71 else bytes((message[0], 71, 11))) for tick, message in _rows(mine)]
    read_back = base64.b64encode(b"".join(struct.pack("<iBi", tick - before, 0, len(message)) + message for
                                          (before, _), (tick, message) in zip([(0, b""), *rows], rows, strict=False)))
    plan = with_track(built, "violas", lambda t: replace(t, items=(
        replace(t.items[0], events=read_back.decode("ascii")),)))
    report = desk.build(plan)
    assert report.kept == ("Violas: your item, whose notes are the new idea's",)
    assert (takes(desk), desk.events(item)) == (["Violas"], mine)
    longer = new_notes(built, "violas", NEW)
    assert desk.build(longer).kept == ("Violas: your item (the new idea is another take)",)


def test_the_take_of_an_earlier_idea_is_replaced(desk: Desk, built: LivePlan) -> None:
    desk.note(violas(desk))
    desk.build(new_notes(built, "violas", NEW))
    desk.build(new_notes(built, "violas", NEWER))
    assert takes(desk) == ["Violas", "1M1 Violas (new idea)"]
    assert desk.events(violas(desk), 1) == bytes_of(NEWER)


def test_a_take_of_ours_that_the_user_edited_stays_too(desk: Desk, built: LivePlan) -> None:
    desk.note(violas(desk))
    desk.build(new_notes(built, "violas", NEW))
    desk.note(violas(desk), 99, take=1)
    edited = desk.events(violas(desk), 1)
    desk.build(new_notes(built, "violas", NEWER))
    assert takes(desk) == ["Violas", "1M1 Violas (new idea)", "1M1 Violas (new idea)"]
    assert (desk.events(violas(desk), 1), desk.events(violas(desk), 2)) == (edited, bytes_of(NEWER))


def test_a_take_that_the_user_chose_is_the_one_that_is_replaced(desk: Desk, built: LivePlan) -> None:
    """The user took the new idea: it plays, nobody edited it, so the next idea comes into it."""
    desk.note(violas(desk))
    desk.build(new_notes(built, "violas", NEW))
    mine = desk.events(violas(desk), 0)
    desk.api.RPR_SetActiveTake(desk.api.RPR_GetTake(violas(desk), 1))
    desk.build(new_notes(built, "violas", NEWER))
    assert (desk.events(violas(desk), 0), desk.events(violas(desk), 1)) == (mine, bytes_of(NEWER))
    assert desk.state("Violas").items[0].active == 1


def test_a_new_idea_sounds_where_the_plan_wants_it_in_an_item_that_was_moved(desk: Desk, built: LivePlan) -> None:
    """One quarter later at 96 bpm: the item begins 0.625 s late, so the take begins a quarter into the idea."""
    desk.set_item(violas(desk), "D_POSITION", built.start_s + 0.625)
    desk.build(new_notes(built, "violas", NEW))
    rows = [tick for tick, message in _rows(desk.events(violas(desk), 1)) if message[0] == 0x90]
    wanted = [tick - PPQ for tick, message in _rows(bytes_of(NEW)) if message[0] == 0x90 and tick >= PPQ]
    assert rows == wanted


def test_a_deleted_item_stays_away_until_there_is_a_new_idea(desk: Desk, built: LivePlan) -> None:
    track = desk.track("Violas")
    desk.api.RPR_DeleteTrackMediaItem(track, desk.item(track))
    report = desk.build(built)
    assert (report.changed, report.kept) == (0, ("Violas: you deleted its item",))
    desk.build(new_notes(built, "violas", NEW))
    [item] = desk.state("Violas").items
    assert (desk.events(violas(desk)), item.values["B_MUTE"]) == (bytes_of(NEW), 0)


def test_what_the_user_put_in_place_of_an_item_plays_on(desk: Desk, built: LivePlan) -> None:
    track = desk.track("Violas")
    desk.api.RPR_DeleteTrackMediaItem(track, desk.item(track))
    glued = desk.midi(track, 10.0, 20.0)
    mine = desk.events(glued)
    report = desk.build(new_notes(built, "violas", NEW))
    assert report.kept == ("Violas: what you put in place of its item (the new idea lies there, muted)",)
    assert sorted(item.values["B_MUTE"] for item in desk.state("Violas").items) == [0, 1]
    assert desk.events(glued) == mine


def test_an_item_of_the_users_own_on_our_track_stays(desk: Desk, built: LivePlan) -> None:
    mine = desk.midi(desk.track("Violas"), 30.0, 34.0, 55)
    before = desk.events(mine)
    desk.build(new_notes(built, "violas", NEW))
    assert len(desk.state("Violas").items) == 2
    assert desk.events(mine) == before


def test_an_item_that_the_plan_drops_goes_unless_edited(desk: Desk, built: LivePlan) -> None:
    desk.note(desk.item(desk.track("Cellos")))
    plan = built
    for name in ("violas", "cellos"):
        plan = with_track(plan, name, lambda t: replace(t, items=()))
    report = desk.build(plan)
    assert (len(desk.state("Violas").items), len(desk.state("Cellos").items)) == (0, 1)
    assert report.kept == ("Cellos: your item, which the score no longer has",)


def test_several_items_on_a_track_are_owned_one_by_one(desk: Desk) -> None:
    def three(pitch: int) -> LivePlan:
        items = tuple(LiveItem("midi", f"Violas {i}", 10.0 + 4 * i, 4.0, events([pitch + i])) for i in range(3))
        return with_track(cue(), "violas", lambda t: replace(t, items=items))

    desk.build(three(50))
    desk.note(desk.item(desk.track("Violas"), 1))
    desk.build(three(60))
    assert [len(item.takes) for item in desk.state("Violas").items] == [1, 2, 1]
    assert desk.events(desk.item(desk.track("Violas"), 0)) == bytes_of([60])


def test_a_printed_stem_that_was_edited_gets_another_take(desk: Desk, wav: str) -> None:
    def printed(length_s: float) -> LivePlan:
        item = LiveItem("audio", "Strings", 10.0, length_s, file=wav)
        return with_track(cue(), "violas", lambda t: replace(t, items=(item,)))

    desk.build(printed(1.0))
    desk.set_item(violas(desk), "D_LENGTH", 0.5)
    desk.build(printed(0.75))
    assert takes(desk) == ["Strings", "1M1 Violas (new idea)"]
    assert desk.state("Violas").items[0].values["D_LENGTH"] == 0.5


def _rows(data: bytes) -> list[tuple[int, bytes]]:
    out, at, tick = [], 0, 0
    while at < len(data):
        step, _, size = struct.unpack_from("<iBi", data, at)
        tick += step
        out.append((tick, data[at + 9:at + 9 + size]))
        at += 9 + size
    return out


def test_events_shifted_earlier_are_cut_at_the_start() -> None:
    data = bytes_of([60, 62, 64, 65])
    first = _rows(data)[3][0]
    rows = _rows(shifted(data, -first))
    assert [(tick, message[1]) for tick, message in rows if message[0] == 0x90] == [
        (0, 62), (first, 64), (2 * first, 65)]
    assert (0, b"\xb0\x0b\x64") in rows
    assert shifted(shifted(data, 480), -480) == data


def test_a_note_that_sounds_across_the_start_begins_there() -> None:
    rows = _rows(shifted(bytes_of([60, 62]), -50))
    assert [row for row in rows if row[1][1] == 60] == [(0, b"\x90\x3c\x5a"), (50, b"\x80\x3c\0")]


def test_notes_are_compared_by_pitch_and_place() -> None:
    data = bytes_of([60, 62, 64])
    later_end = bytes_of([60, 62, 64]).replace(struct.pack("<iBi", 100, 0, 3), struct.pack("<iBi", 130, 0, 3))
    assert same_notes(data, shifted(data, 2), with_ends=True)
    assert not same_notes(data, shifted(data, 3), with_ends=True)
    assert not same_notes(data, bytes_of([60, 62]), with_ends=False)
    assert not same_notes(data, bytes_of([60, 63, 64]), with_ends=False)
    assert not same_notes(data, later_end, with_ends=True)


def test_events_that_cannot_be_read_are_not_an_empty_take(desk: Desk, built: LivePlan) -> None:
    host = Host(desk.api, "")
    assert events_of(host, desk.api.RPR_GetTake(violas(desk), 0)) == base64.b64decode(
        next(track for track in built.tracks if track.id == "violas").items[0].events)
    assert events_of(host, f"(MediaItem_Take*)0x{0:016X}") is None


def test_of_the_notes_those_count_that_are_heard() -> None:
    """A muted one does not, one that begins again has ended, one that never ends is none."""
    def row(step: int, flags: int, *message: int) -> bytes:
        return struct.pack("<iBi", step, flags, 3) + bytes(message)
    data = b"".join((row(0, 0, 0x90, 60, 90), row(0, 2, 0x90, 64, 90), row(240, 0, 0x90, 60, 70),
                     row(0, 2, 0x80, 64, 0), row(240, 0, 0x90, 60, 0), row(0, 0, 0x91, 67, 80),
                     row(480, 0, 0xB0, 123, 0)))
    assert notes_of(data) == [Note(0, 60, 240, 90), Note(240, 60, 480, 70)]

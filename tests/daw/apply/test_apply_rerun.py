"""Run again after editing by hand: what is untouched is replaced, what the user touched stays and is named."""
from __future__ import annotations

import base64
from dataclasses import replace

import pytest

from backend.domain.live import LiveEnvelope, LiveFx, LivePlan, LiveSend
from tests.daw.apply.desk import Desk
from tests.daw.apply.plans import cue, events, new_notes, with_track, without_tracks

LOUDER = with_track(cue(), "violins_i", lambda t: replace(t, gain_db=-1.0, pan=0.3, width=0.5, muted=True,
                                                          color=0x00FF00, name="First violins"))


@pytest.fixture
def built(desk: Desk, wav: str) -> LivePlan:
    desk.composers_project(wav)
    plan = cue()
    desk.build(plan)
    return plan


def test_new_ideas_replace_what_nobody_touched(desk: Desk, built: LivePlan) -> None:
    report = desk.build(LOUDER)
    values = desk.state("First violins").values
    assert report.kept == ()
    assert values["D_VOL"] == pytest.approx(10 ** (-1 / 20))
    assert (values["D_PAN"], values["D_WIDTH"], values["B_MUTE"]) == (0.3, 0.5, 1)
    assert int(values["I_CUSTOMCOLOR"]) == 0x1000000 | 0x00FF00
    assert desk.build(LOUDER).changed == 0


@pytest.mark.parametrize("parameter, value, words", [
    ("D_VOL", 0.9, "volume"), ("D_PAN", -0.9, "pan"), ("D_WIDTH", 0.1, "width"),
    ("I_CUSTOMCOLOR", 0x1010101, "colour")])
def test_what_the_user_set_stays_and_the_rest_is_new(desk: Desk, built: LivePlan, parameter: str, value: float,
                                                     words: str) -> None:
    desk.set(desk.track("Violins I"), parameter, value)
    plan = with_track(LOUDER, "violins_i", lambda t: replace(t, name="Violins I"))
    report = desk.build(plan)
    assert report.kept == (f"Violins I: your {words}",)
    assert desk.state("Violins I").values[parameter] == value
    assert desk.state("Violins I").values["B_MUTE"] == 1
    again = desk.build(plan)
    assert (again.changed, again.kept) == (0, report.kept)


def test_a_mute_and_a_name_of_the_user_stay(desk: Desk, built: LivePlan) -> None:
    track = desk.track("Violins I")
    desk.set(track, "B_MUTE", 1.0)
    desk.api.RPR_GetSetMediaTrackInfo_String(track, "P_NAME", "Vln 1 (Anna)", True)
    report = desk.build(with_track(cue(), "violins_i", lambda t: replace(t, name="Fiddles", gain_db=-2.0)))
    assert report.kept == ("Fiddles: your name",)
    assert desk.state("Vln 1 (Anna)").values["B_MUTE"] == 1
    assert desk.state("Vln 1 (Anna)").values["D_VOL"] == pytest.approx(10 ** (-2 / 20))


def test_an_edit_that_was_taken_back_is_none(desk: Desk, built: LivePlan) -> None:
    track = desk.track("Violins I")
    before = desk.state("Violins I").values["D_PAN"]
    desk.set(track, "D_PAN", 0.9)
    desk.build(LOUDER)
    desk.set(desk.track("First violins"), "D_PAN", before)
    assert desk.build(LOUDER).kept == ()
    assert desk.state("First violins").values["D_PAN"] == 0.3


def test_edits_alone_are_no_reason_to_write(desk: Desk, built: LivePlan) -> None:
    desk.set(desk.track("Violins I"), "D_PAN", 0.9)
    desk.note(desk.item(desk.track("Violas")))
    desk.reaper.by_hand()
    before, names = desk.hash, desk.undo_names
    assert desk.build(cue()).changed == 0
    assert (desk.hash, desk.undo_names) == (before, names)


# envelopes

QUIETER = (LiveEnvelope("volume", (10.0, -20.0, 20.0, -3.0)), LiveEnvelope("pan", (10.0, 1.0)))


def test_untouched_envelopes_are_rewritten(desk: Desk, built: LivePlan) -> None:
    desk.build(with_track(cue(), "violas", lambda t: replace(t, envelopes=QUIETER)))
    volume, pan = desk.state("Violas").envelopes
    assert [(p.time, pytest.approx(p.value)) for p in volume.points] == [(10.0, 10 ** -1), (20.0, 10 ** (-3 / 20))]
    assert [(p.time, p.value) for p in pan.points] == [(10.0, -1.0)]


def test_an_envelope_that_the_user_drew_on_stays(desk: Desk, built: LivePlan) -> None:
    envelope = desk.api.RPR_GetTrackEnvelopeByName(desk.track("Violas"), "Volume")
    desk.api.RPR_InsertEnvelopePoint(envelope, 11.0, 333.0, 0, 0.0, False, False)
    drawn = list(desk.state("Violas").envelopes[0].points)
    report = desk.build(with_track(cue(), "violas", lambda t: replace(t, envelopes=QUIETER)))
    assert report.kept == ("Violas: your volume envelope",)
    assert desk.state("Violas").envelopes[0].points == drawn
    assert [p.time for p in desk.state("Violas").envelopes[1].points] == [10.0]


def test_an_envelope_that_the_plan_drops_goes(desk: Desk, built: LivePlan) -> None:
    desk.build(with_track(cue(), "violas", lambda t: replace(t, envelopes=QUIETER[:1])))
    assert [e.chunk for e in desk.state("Violas").envelopes] == ["VOLENV2"]
    assert len(desk.state("Violas").items) == 1


def test_an_envelope_of_the_users_own_is_not_taken(desk: Desk, built: LivePlan) -> None:
    desk.build(with_track(cue(), "violas", lambda t: replace(t, envelopes=())))
    desk.automate(desk.track("Violas"), [(12.0, 0.3)])
    report = desk.build(with_track(cue(), "violas", lambda t: replace(t, envelopes=QUIETER[:1])))
    assert report.kept == ("Violas: your volume envelope",)
    assert [p.time for p in desk.state("Violas").envelopes[0].points] == [12.0]


def test_a_changed_tempo_under_it_is_no_edit_of_an_envelope(desk: Desk, built: LivePlan) -> None:
    """Points of a later cue move with the beats and are put back: that must not count as the user's hand."""
    later = cue("1M2", 40.0)
    desk.build(later)
    points = tuple(replace(p, bpm=p.bpm * 1.5) for p in built.tempo[:1])
    desk.build(replace(built, tempo=points))
    report = desk.build(with_track(later, "violas", lambda t: replace(t, gain_db=0.0, envelopes=QUIETER)))
    assert report.kept == ()


# sends

def test_sends_are_owned_one_by_one(desk: Desk, built: LivePlan) -> None:
    desk.api.RPR_SetTrackSendInfo_Value(desk.track("Violas"), 0, 0, "D_VOL", 0.9)
    closer = cue()
    for name in ("violas", "cellos"):
        closer = with_track(closer, name, lambda t: replace(t, sends=(LiveSend("strings.reverb", -3.0),)))
    report = desk.build(closer)
    assert report.kept == ("Violas: your send to Strings reverb",)
    assert desk.state("Violas").sends[0].values["D_VOL"] == 0.9
    assert desk.state("Cellos").sends[0].values["D_VOL"] == pytest.approx(10 ** (-3 / 20))


def test_a_send_that_the_plan_drops_goes(desk: Desk, built: LivePlan) -> None:
    desk.build(with_track(cue(), "violas", lambda t: replace(t, sends=())))
    assert desk.state("Violas").sends == []
    assert len(desk.state("Cellos").sends) == 1


def test_a_send_that_the_user_deleted_stays_away(desk: Desk, built: LivePlan) -> None:
    desk.api.RPR_RemoveTrackSend(desk.track("Violas"), 0, 0)
    assert desk.build(built).changed == 0
    report = desk.build(with_track(cue(), "violas", lambda t: replace(t, sends=(LiveSend("strings.reverb", 0.0),))))
    assert report.kept == ("Violas: your send to Strings reverb",)
    assert desk.state("Violas").sends == []


# effects

def test_a_plug_in_that_the_user_loaded_stays(desk: Desk, built: LivePlan) -> None:
    track = desk.track("Violas")
    desk.api.RPR_TrackFX_Delete(track, 0)
    desk.api.RPR_TrackFX_AddByName(track, "ReaSamplOmatic5000", False, -1)
    report = desk.build(with_track(cue(), "violas", lambda t: replace(t, fx=(LiveFx("ReaComp"),))))
    assert report.kept == ("Violas: your effects",)
    assert [fx.name for fx in desk.state("Violas").fx] == ["VSTi: ReaSamplOmatic5000 (Cockos)"]


def test_a_knob_that_the_user_turned_stays(desk: Desk, built: LivePlan) -> None:
    desk.api.RPR_TrackFX_SetParamNormalized(desk.track("Violas"), 0, 2, 0.77)
    report = desk.build(with_track(cue(), "violas", lambda t: replace(t, fx=(LiveFx("ReaComp"),))))
    assert report.kept == ("Violas: your effects",)
    assert desk.state("Violas").fx[0].parameters[2] == 0.77


def test_untouched_effects_are_replaced(desk: Desk, built: LivePlan) -> None:
    desk.build(with_track(cue(), "violas", lambda t: replace(t, fx=(LiveFx("ReaSynth"), LiveFx("ReaComp")))))
    assert [fx.name for fx in desk.state("Violas").fx] == ["VSTi: ReaSynth (Cockos)", "VST: ReaComp (Cockos)"]


def test_an_open_plug_in_window_is_no_edit(desk: Desk, built: LivePlan) -> None:
    desk.state("Violas").fx[0].opened = True
    report = desk.build(with_track(cue(), "violas", lambda t: replace(t, fx=(LiveFx("ReaComp"),))))
    assert report.kept == ()
    assert [fx.name for fx in desk.state("Violas").fx] == ["VST: ReaComp (Cockos)"]


# locks

def test_a_locked_track_never_changes(desk: Desk, built: LivePlan) -> None:
    desk.state("Violins I").locked = True
    before = desk.state("Violins I")
    text = desk.api.RPR_GetTrackStateChunk(desk.track("Violins I"), "", 1 << 20, False)[2]
    report = desk.build(new_notes(with_track(LOUDER, "violins_i", lambda t: replace(t, envelopes=QUIETER)),
                                  "violins_i", [99]))
    assert report.kept == ("First violins: the track is locked",)
    assert desk.state("Violins I") == before
    assert desk.api.RPR_GetTrackStateChunk(desk.track("Violins I"), "", 1 << 20, False)[2] == text


def test_a_locked_item_never_changes(desk: Desk, built: LivePlan) -> None:
    item = desk.item(desk.track("Violins I"))
    desk.set_item(item, "C_LOCK", 1.0)
    before = desk.events(item)
    report = desk.build(new_notes(cue(), "violins_i", [99]))
    assert report.kept == ("Violins I: the item is locked",)
    assert (desk.events(item), len(desk.state("Violins I").items[0].takes)) == (before, 1)


# tracks

def test_our_folder_can_be_deleted_by_hand(desk: Desk, built: LivePlan) -> None:
    for name in reversed([track.name for track in built.tracks]):
        desk.api.RPR_DeleteTrack(desk.track(name))
    assert desk.names() == ["PICTURE", "Dialogue", "Piano"]
    desk.build(built)
    assert desk.names()[3:] == ["1M1 The Door", "  FilmComposer spots", "  Strings", "    Violins I", "    Violins II",
                                "    Violas", "    Cellos", "    Strings reverb"]


def test_a_deleted_track_comes_back_in_its_place_with_its_send(desk: Desk, built: LivePlan) -> None:
    before = desk.names()
    desk.api.RPR_DeleteTrack(desk.track("Violas"))
    desk.api.RPR_DeleteTrack(desk.track("Strings reverb"))
    desk.build(built)
    assert desk.names() == before
    assert [len(desk.state(name).sends) for name in ("Violins I", "Violins II", "Violas", "Cellos")] == [1, 1, 1, 1]
    assert desk.build(built).changed == 0


def test_tracks_are_found_wherever_the_user_moved_them(desk: Desk, built: LivePlan) -> None:
    desk.api.RPR_SetOnlyTrackSelected(desk.track("Violas"))
    desk.api.RPR_ReorderSelectedTracks(0, 0)
    assert desk.names()[0] == "Violas"
    report = desk.build(new_notes(cue(), "violas", [70]))
    assert desk.names()[0] == "Violas" and desk.names().count("    Violas") == 0
    assert report.kept == ()
    assert desk.events(desk.item(desk.track("Violas"))) == base64.b64decode(events([70]))


def test_a_folder_that_the_user_dissolved_stays_dissolved(desk: Desk, built: LivePlan) -> None:
    desk.api.RPR_DeleteTrack(desk.track("Strings"))
    track = desk.track("Strings reverb")
    desk.set(track, "I_FOLDERDEPTH", -1.0)
    before = desk.names()
    assert desk.build(built).changed == 0
    assert desk.names() == before


def test_a_new_instrument_finds_its_place_between_the_users_tracks(desk: Desk, built: LivePlan) -> None:
    solo = desk.new_track("Solo viola (mine)", index=len(desk.project.tracks) - 2)
    assert desk.names()[-3] == "    Solo viola (mine)"
    desk.build(without_tracks(cue(count=5), "cellos"))
    assert desk.name_of(solo) == "Solo viola (mine)"
    assert desk.names()[5:] == ["  Strings", "    Violins I", "    Violins II", "    Violas", "    Solo viola (mine)",
                                "    Strings reverb", "  Woodwinds", "    Flute", "    Woodwinds reverb"]


def test_what_the_plan_no_longer_holds_goes_with_its_folder(desk: Desk) -> None:
    desk.build(cue(count=6))
    desk.build(cue(count=4))
    assert desk.names() == ["1M1 The Door", "  FilmComposer spots", "  Strings", "    Violins I", "    Violins II",
                            "    Violas", "    Cellos", "    Strings reverb"]


@pytest.mark.parametrize("touch", ["note", "pan", "fx", "item", "receive", "lock", "child"])
def test_what_the_user_touched_stays_when_the_plan_drops_it(desk: Desk, touch: str) -> None:
    desk.build(cue(count=5))
    flute, reverb = desk.track("Flute"), desk.track("Woodwinds reverb")
    song = desk.new_track("Song", 0)
    if touch == "note":
        desk.note(desk.item(flute))
    elif touch == "pan":
        desk.set(flute, "D_PAN", 0.01)
    elif touch == "fx":
        desk.api.RPR_TrackFX_AddByName(flute, "ReaEQ", False, -1)
    elif touch == "item":
        desk.midi(flute, 30.0, 32.0)
    elif touch == "receive":
        desk.api.RPR_CreateTrackSend(song, reverb)
    elif touch == "lock":
        desk.state("Flute").locked = True
    elif touch == "child":
        desk.new_track("Piccolo (mine)", index=len(desk.project.tracks) - 1)
    report = desk.build(cue(count=4))
    left = {"receive": "Woodwinds reverb", "child": "Piccolo (mine)"}.get(touch, "Flute")
    assert left in [name.strip() for name in desk.names()]
    assert "Woodwinds: no longer in the score, but yours now" in report.kept
    assert ("    " + left) in desk.names()


def test_a_copy_that_the_user_made_of_a_track_is_the_users(desk: Desk, built: LivePlan) -> None:
    text = desk.api.RPR_GetTrackStateChunk(desk.track("Violas"), "", 1 << 20, False)[2]
    copy = desk.new_track("copy", 0)
    fresh = desk.state("copy").guid
    guid = desk.state("Violas").items[0].guid
    desk.api.RPR_SetTrackStateChunk(copy, text.replace(desk.state("Violas").guid, fresh).replace(
        f"IGUID {guid}", "IGUID {11111111-2222-3333-4444-555555555555}"), False)
    report = desk.build(new_notes(cue(), "violas", [70]))
    assert report.kept == ()
    assert desk.events(desk.item(desk.tracks("Violas")[0])) == base64.b64decode(built.tracks[5].items[0].events)
    assert desk.events(desk.item(desk.tracks("Violas")[1])) == base64.b64decode(events([70]))

"""A first build: what stands in the project afterwards, and that nothing of the user's has changed."""
from __future__ import annotations

import base64
import json
from dataclasses import replace
from pathlib import Path

import pytest

from backend.domain.live import LiveFx, LivePlan, LiveVideo
from tests.daw.apply.desk import Desk
from tests.daw.apply.plans import cue, with_track
from tests.fake_reaper import EXTRA, STOCK, FakeReaper


@pytest.fixture
def built(desk: Desk) -> LivePlan:
    plan = cue()
    desk.build(plan)
    return plan


def test_folders_lie_at_the_end_of_the_list(desk: Desk, wav: str) -> None:
    desk.composers_project(wav)
    desk.build(cue(count=6))
    assert desk.names() == [
        "PICTURE", "Dialogue", "Piano", "1M1 The Door", "  FilmComposer spots", "  Strings", "    Violins I",
        "    Violins II", "    Violas", "    Cellos", "    Strings reverb", "  Woodwinds", "    Flute", "    Oboe",
        "    Woodwinds reverb"]


def test_undo_restores_the_project_to_the_bit_and_redo_brings_it_back(desk: Desk, wav: str) -> None:
    desk.composers_project(wav)
    desk.reaper.by_hand()
    before, names = desk.hash, desk.undo_names
    desk.build(cue())
    after = desk.hash
    assert desk.undo_names == [*names, "FilmComposer: Score 1M1"]
    assert desk.reaper.undo()
    assert desk.hash == before
    assert desk.reaper.redo()
    assert desk.hash == after


def test_a_second_run_writes_nothing(desk: Desk, wav: str) -> None:
    desk.composers_project(wav)
    desk.build(cue())
    before, names, count = desk.hash, desk.undo_names, desk.reaper.change_count
    desk.reaper.calls.clear()
    report = desk.build(cue())
    assert (report.changed, report.kept) == (0, ())
    assert report.lines == ("Nothing had changed: the project already holds all of it.",)
    assert (desk.hash, desk.undo_names, desk.reaper.change_count) == (before, names, count)
    assert not {"Undo_BeginBlock2", "PreventUIRefresh", "UpdateArrange"} & set(desk.reaper.calls)


def test_a_second_run_after_saving_and_opening_writes_nothing(desk: Desk, tmp_path: object) -> None:
    desk.build(cue())
    desk.reaper.save(desk.reaper.home / "film.json")
    desk.reaper.open(desk.reaper.home / "film.json")
    assert desk.build(cue()).changed == 0


def test_selection_cursor_and_time_selection_are_untouched(desk: Desk, wav: str) -> None:
    desk.composers_project(wav)
    desk.build(cue())
    api = desk.api
    assert [desk.name_of(api.RPR_GetSelectedTrack(0, i)) for i in range(api.RPR_CountSelectedTracks(0))] == ["Dialogue"]
    assert api.RPR_CountSelectedMediaItems(0) == 0
    assert api.RPR_GetCursorPosition() == 7.5
    assert api.RPR_GetSet_LoopTimeRange2(0, False, False, 0.0, 0.0, False)[3:5] == (3.0, 4.0)


def test_levels_colours_and_names(desk: Desk, built: LivePlan) -> None:
    for track in built.tracks:
        state = desk.state(track.name)
        assert state.values["D_VOL"] == pytest.approx(10 ** (track.gain_db / 20))
        assert state.values["D_PAN"] == pytest.approx(track.pan)
        assert state.values["B_MUTE"] == track.muted
    assert int(desk.state("Violins I").values["I_CUSTOMCOLOR"]) == 0x1000000 | 0xAA6633
    assert desk.state("1M1 The Door").values["I_CUSTOMCOLOR"] == 0


def test_width_and_playback_offset_only_where_they_are_asked_for(desk: Desk) -> None:
    desk.build(with_track(cue(), "violas", lambda t: replace(t, width=0.4, play_offset_s=-0.035)))
    violas, cellos = desk.state("Violas").values, desk.state("Cellos").values
    assert (violas["I_PANMODE"], violas["D_WIDTH"]) == (5, 0.4)
    assert (violas["D_PLAY_OFFSET"], violas["I_PLAY_OFFSET_FLAG"]) == (-0.035, 0)
    assert (cellos["I_PANMODE"], cellos["D_WIDTH"], cellos["I_PLAY_OFFSET_FLAG"]) == (-1, 1.0, 1)


def test_every_midi_byte_arrives(desk: Desk, built: LivePlan) -> None:
    for track in built.tracks:
        if track.items:
            item = desk.item(desk.track(track.name))
            assert desk.events(item) == base64.b64decode(track.items[0].events)
            values = desk.state(track.name).items[0].values
            assert (values["D_POSITION"], values["B_LOOPSRC"]) == (built.start_s, 0)
            assert values["D_LENGTH"] == pytest.approx(track.items[0].length_s, abs=1e-12)


def test_volume_points_go_through_the_fader_scaling(desk: Desk, built: LivePlan) -> None:
    plan = built.tracks[3]
    envelope = next(e for e in desk.state("Violins I").envelopes if e.chunk == "VOLENV2")
    assert envelope.scaling == 1
    assert (envelope.active, envelope.visible, envelope.armed) == (True, True, True)
    wanted = plan.envelopes[0].points
    assert [point.time for point in envelope.points] == list(wanted[::2])
    for point, gain_db in zip(envelope.points, wanted[1::2], strict=True):
        assert point.value == pytest.approx(10 ** (gain_db / 20))


def test_pan_points_are_turned_round(desk: Desk, built: LivePlan) -> None:
    envelope = next(e for e in desk.state("Violins I").envelopes if e.chunk == "PANENV2")
    assert [(p.time, p.value) for p in envelope.points] == [(built.start_s, 0.5), (built.bars_end_s, -0.25)]


def test_sends_are_post_fader(desk: Desk, built: LivePlan) -> None:
    reverb = desk.state("Strings reverb")
    for name in ("Violins I", "Violins II", "Violas", "Cellos"):
        [send] = desk.state(name).sends
        assert (send.target, send.values["I_SENDMODE"]) == (reverb.guid, 0)
        assert send.values["D_VOL"] == pytest.approx(10 ** (-9 / 20))


def test_plug_ins_with_their_parameters(desk: Desk, built: LivePlan) -> None:
    [synth] = desk.state("Violins I").fx
    assert (synth.name, synth.parameters[0], synth.parameters[5]) == ("VSTi: ReaSynth (Cockos)", 0.25, 0.5)
    [reverb] = desk.state("Strings reverb").fx
    assert (reverb.name, reverb.parameters[:2]) == ("VST: ReaVerbate (Cockos)", [0.8, 0.0])


def test_a_plug_in_that_is_not_installed_is_said(desk: Desk) -> None:
    kontakt = LiveFx("Kontakt 7", bypassed=True)
    plan = with_track(cue(), "cellos", lambda t: replace(t, fx=(kontakt,)))
    report = desk.build(plan)
    assert "Cellos: Kontakt 7 is not installed here; REAPER's ReaSynth stands in." in report.lines
    [synth] = desk.state("Cellos").fx
    assert (synth.name, synth.enabled) == ("VSTi: ReaSynth (Cockos)", False)
    again = desk.build(plan)
    assert again.changed == 0
    assert again.lines[0].startswith("Cellos: Kontakt 7 was not installed when the track was made")


def test_a_reverb_that_is_not_installed_becomes_reapers_own(desk: Desk) -> None:
    report = desk.build(with_track(cue(), "strings.reverb", lambda t: replace(t, fx=(LiveFx("Valhalla"),))))
    assert "Strings reverb: Valhalla is not installed here; REAPER's ReaVerbate stands in." in report.lines
    assert desk.state("Strings reverb").fx[0].name == "VST: ReaVerbate (Cockos)"


def test_presets_and_samples() -> None:
    desk = Desk(FakeReaper(plugins=STOCK + EXTRA))
    library = LiveFx("BBC Symphony Orchestra", preset="Violins 1 - Long")
    sampler = LiveFx("ReaSamplOmatic5000", sample="/samples/violin c4.wav")
    plan = with_track(cue(), "violins_i", lambda t: replace(t, fx=(library,)))
    plan = with_track(plan, "violas", lambda t: replace(t, fx=(sampler, LiveFx("ReaEQ"))))
    desk.build(plan)
    assert desk.state("Violins I").fx[0].preset == "Violins 1 - Long"
    assert [fx.name for fx in desk.state("Violas").fx] == ["VSTi: ReaSamplOmatic5000 (Cockos)", "VST: ReaEQ (Cockos)"]
    assert desk.state("Violas").fx[0].config["FILE0"] == "/samples/violin c4.wav"


def test_a_preset_that_the_plug_in_does_not_have_is_said(desk: Desk) -> None:
    plan = with_track(cue(), "violas", lambda t: replace(t, fx=(LiveFx("ReaSynth", preset="Warm"),)))
    assert "Violas: ReaSynth has no preset 'Warm'; it plays as it opens." in desk.build(plan).lines


def test_a_template_brings_its_chain(desk: Desk) -> None:
    source = Desk(FakeReaper())
    source.api.RPR_TrackFX_AddByName(source.new_track("Source"), "ReaEQ", False, -1)
    text = source.api.RPR_GetTrackStateChunk(source.track("Source"), "", 1 << 16, False)[2]
    lines = [line.strip() for line in text.splitlines()]
    start = next(i for i, line in enumerate(lines) if line.startswith("<FXCHAIN"))
    depth, end = 0, start
    for end in range(start, len(lines)):
        depth += {"<": 1, ">": -1}.get(lines[end][:1], 0)
        if depth == 0:
            break
    template = "\n".join(lines[start:end + 1])
    plan = with_track(cue(), "violas", lambda t: replace(t, fx=(), template=template))
    desk.build(plan)
    assert [fx.name for fx in desk.state("Violas").fx] == ["VST: ReaEQ (Cockos)"]
    assert len(desk.state("Violas").envelopes) == 2
    assert desk.build(plan).changed == 0


def test_every_track_says_what_it_is(desk: Desk, built: LivePlan) -> None:
    tags = [json.loads(track.ext["filmcomposer"]) for track in desk.project.tracks]
    assert [(tag["cue"], tag["id"], tag["kind"]) for tag in tags] == [
        ("1M1", track.id, track.kind) for track in built.tracks]


def test_the_list_of_cues(desk: Desk, wav: str) -> None:
    desk.audio(desk.new_track("PICTURE"), wav, 0.0, 120.0)
    picture = desk.state("PICTURE").items[0].guid
    first, second = cue(picture_item=picture), cue("1M2", 60.0, title="Chase")
    desk.build(first)
    desk.build(second)
    cues = json.loads(desk.api.RPR_GetProjExtState(0, "FilmComposer", "cues", "", 1 << 16)[4])
    assert cues == {
        "1M1": {"title": "The Door", "start_s": 10.0, "end_s": first.end_s, "item": picture},
        "1M2": {"title": "Chase", "start_s": 60.0, "end_s": second.end_s, "item": ""}}


def test_an_item_that_the_user_dragged_to_another_track_is_found_after_track_texts_were_written(desk: Desk,
                                                                                             wav: str) -> None:
    """Looking for the picture comes first; a track's new text makes the items on it anew."""
    desk.audio(desk.new_track("PICTURE"), wav, 0.0, 120.0)
    plan = cue(picture_item=desk.state("PICTURE").items[0].guid)
    desk.build(plan)
    violas, cellos = desk.track("Violas"), desk.track("Cellos")
    assert desk.api.RPR_MoveMediaItemToTrack(desk.item(violas), cellos)
    quiet = with_track(plan, "cellos", lambda t: replace(t, envelopes=()))
    quiet = with_track(quiet, "violas", lambda t: replace(t, items=(replace(t.items[0], name="Solo"),)))
    report = desk.build(quiet)
    assert "Violas: your item, whose notes are the new idea's" in report.kept
    assert desk.state("Violas").items == [] and len(desk.state("Cellos").items) == 2


@pytest.mark.parametrize("parts, tracks, marks", [
    (("markers",), 0, 3), (("spots",), 2, 0), (("tracks",), 7, 0), (("regions",), 0, 2)])
def test_only_the_asked_parts_are_touched(desk: Desk, parts: tuple[str, ...], tracks: int, marks: int) -> None:
    desk.build(cue(parts=parts))
    assert (len(desk.project.tracks), len(desk.project.markers)) == (tracks, marks)
    assert desk.project.tempo == []


def test_spots_alone_leave_the_instruments_of_an_earlier_build(desk: Desk) -> None:
    desk.build(cue())
    before = [track for track in desk.project.tracks if track.name != "FilmComposer spots"]
    desk.build(cue(parts=("spots",), tracks=cue().tracks[:2]))
    assert [track for track in desk.project.tracks if track.name != "FilmComposer spots"] == before


def test_printed_stems_lie_in_time(desk: Desk, wav: str) -> None:
    from backend.domain.live import LiveItem, LiveTrack
    stem = LiveTrack("printed.strings", "printed", "Strings (printed)", parent="cue",
                     items=(LiveItem("audio", "Strings", 10.0, 1.0, file=wav),))
    desk.build(replace(cue(), tracks=(*cue().tracks, stem)))
    [item] = desk.state("Strings (printed)").items
    assert (item.values["C_BEATATTACHMODE"], item.values["D_POSITION"], item.takes[0].source.file) == (0, 10.0, wav)


def test_a_film_from_the_command_line_lands_on_no_other_cue(desk: Desk, wav: str, tmp_path: Path) -> None:
    plan = cue(video=LiveVideo(wav, "clip.mov", 14.0, 0.0))
    desk.build(plan)
    before = desk.reaper.project_hash()
    other = tmp_path / "other.wav"
    other.write_bytes(Path(wav).read_bytes())
    stranger = LiveVideo(str(other), "other.mov", 14.0, 0.0)
    assert "is the score of another film" in desk.refused(replace(plan, video=stranger))
    assert "1M1 lies at" in desk.refused(cue("5M5", plan.start_s, video=stranger))
    moved = cue("1M1", plan.start_s + 30.0, video=LiveVideo(wav, "clip.mov", 14.0, 0.0))
    assert f"1M1 lies at {plan.start_s:.3f} s" in desk.refused(moved)
    assert desk.reaper.project_hash() == before

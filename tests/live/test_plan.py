"""A session on the project's clock."""
from __future__ import annotations

import io
import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import mido
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.config import DEFAULTS, options_from
from backend.cue_job import CueJob
from backend.domain.live import PARTS, LivePlan, LiveTrack, LiveVideo
from backend.domain.serial import from_plain, to_plain
from backend.domain.session import (
    AudioItem,
    EnvelopePoint,
    Fx,
    Marker,
    MidiArticulation,
    MidiItem,
    MidiNote,
    MidiProgram,
    Region,
    Send,
    Session,
    TempoMarker,
    Track,
)
from backend.live.plan import Placing, live_plan
from backend.music.midi import session_to_midi
from backend.results import ResultsFolder
from backend.wiring import wire
from tests.live.midi_events import messages, played

NOTES = (MidiNote(0, 960, 60, 80), MidiNote(3840, 480, 62, 90))
VIOLINS = MidiItem("Violins I", 0, 9600, NOTES, programs=(MidiProgram(0, 48), MidiProgram(3840, 45)),
                   articulations=(MidiArticulation(0, "long"), MidiArticulation(3840, "pizzicato")))
TRACKS = (
    Track("picture", "picture", "Picture", locked=True),
    Track("spots", "spots", "FilmComposer spots", color=0xF1C40F, muted=True,
          midi=(MidiItem("FilmComposer spots", 0, 9600, (MidiNote(0, 960, 62, 120),)),)),
    Track("strings", "folder", "Strings", color=0xC0392B),
    Track("melody", "instrument", "Violins I", "strings", 0xC0392B, -4.5, -0.45, 0.5, instrument="violins1",
          program=48, playback_offset_ms=-60.0, midi=(VIOLINS,), sends=(Send("strings.reverb", -12.0),),
          volume_envelope=(EnvelopePoint(0, -6.0), EnvelopePoint(3840, 0.0)),
          pan_envelope=(EnvelopePoint(5760, -1.0),), fx=(Fx("synth", "ReaSynth", (), True),)),
    Track("strings.reverb", "reverb", "Strings reverb", "strings",
          fx=(Fx("reverb", "ReaVerbate", (("wet", 1.0), ("dry", 0.0), ("delay", 0.03))),)),
    Track("printed", "folder", "Printed stems"),
    Track("printed.strings", "printed", "Strings (printed)", "printed",
          audio=(AudioItem("stems/strings.wav", "Strings (printed)", 0.0, 5.25),)))
SESSION = Session(
    name="1M1 Rooftop", cue="1M1", length_s=5.25, end_tick=9000, frame_rate_numerator=24, frame_rate_denominator=1,
    drop_frame=False, project_offset_s=3600.0, sample_rate=48_000, video=None,
    tempo=(TempoMarker(0, 500_000, 4, 4), TempoMarker(3840, 444_444, 3, 4), TempoMarker(6720, 461_538)),
    markers=(Marker(2.0, "H01 cut (hard 1.00)", 0xE74C3C), Marker(0.1, "H02 cut (soft 0.50)")),
    regions=(Region(0, 9600, "1M1", 0x839192), Region(3840, 6720, "A", 7)), tracks=TRACKS)
PLACING = Placing("1M1", "Rooftop", "FilmComposer: score 1M1 Rooftop", 100.5, 105.75, PARTS, "/music/out", "{PICTURE}")


def plan(session: Session = SESSION, **changes: object) -> LivePlan:
    return live_plan(session, replace(PLACING, **changes))  # type: ignore[arg-type]


def track(of: LivePlan, id: str) -> LiveTrack:
    return next(track for track in of.tracks if track.id == id)


def test_what_is_said_about_the_cue_passes_through() -> None:
    made = plan(video=LiveVideo("/film.mp4", "film", 5.25, 1.0))
    assert (made.cue, made.title, made.undo_name) == ("1M1", "Rooftop", "FilmComposer: score 1M1 Rooftop")
    assert (made.start_s, made.end_s, made.parts, made.picture_item) == (100.5, 105.75, PARTS, "{PICTURE}")
    assert made.video == LiveVideo("/film.mp4", "film", 5.25, 1.0)


def test_tempo_stands_at_exact_project_times() -> None:
    points = plan().tempo
    assert [(p.numerator, p.denominator) for p in points] == [(4, 4), (3, 4), (0, 0)]
    assert [p.bpm for p in points] == [120.0, 60e6 / 444_444, 60e6 / 461_538]
    exact = [Fraction(0), Fraction(2), 2 + 3 * Fraction(444_444, 10 ** 6)]
    assert [p.time_s for p in points] == [float(Fraction(201, 2) + time) for time in exact]


def test_the_last_bar_ends_on_its_bar_line() -> None:
    assert plan().bars_end_s == 100.5 + 2 + 3 * 0.444444 + 3 * 0.461538


@pytest.mark.parametrize(("end_tick", "bars"), [(1, 1), (3840, 1), (3841, 2), (7680, 2)])
def test_bars_are_whole(end_tick: int, bars: int) -> None:
    bare = replace(SESSION, end_tick=end_tick, tempo=SESSION.tempo[:1], regions=(), tracks=())
    assert plan(bare).bars_end_s == 100.5 + 2.0 * bars


def test_markers_and_regions_keep_order_name_and_colour() -> None:
    made = plan()
    assert [(m.time_s, m.name, m.color) for m in made.markers] == [
        (102.5, "H01 cut (hard 1.00)", 0xE74C3C), (100.6, "H02 cut (soft 0.50)", 0)]
    assert [(r.start_s, r.name, r.color) for r in made.regions] == [(100.5, "1M1", 0x839192), (102.5, "A", 7)]
    assert made.regions[0].end_s == made.bars_end_s


def test_tracks_come_in_order_inside_the_cue_folder() -> None:
    rows = [(t.id, t.kind, t.name, t.parent) for t in plan().tracks]
    assert rows == [
        ("cue", "cue", "FilmComposer 1M1 Rooftop", ""), ("spots", "spots", "FilmComposer spots", "cue"),
        ("strings", "folder", "Strings", "cue"), ("melody", "instrument", "Violins I", "strings"),
        ("strings.reverb", "reverb", "Strings reverb", "strings"), ("printed", "folder", "Printed stems", "cue"),
        ("printed.strings", "printed", "Strings (printed)", "printed")]
    assert [t.id for t in plan().tracks if t.muted] == ["spots"]


@pytest.mark.parametrize(("title", "name"), [("Rooftop", "FilmComposer 1M1 Rooftop"), ("", "FilmComposer 1M1"),
                                             ("1M1 Rooftop", "FilmComposer 1M1 Rooftop"),
                                             ("1M12 Rooftop", "FilmComposer 1M1 1M12 Rooftop")])
def test_the_folder_names_the_cue_once(title: str, name: str) -> None:
    assert plan(title=title).tracks[0].name == name


def test_a_part_called_cue_keeps_its_id() -> None:
    renamed = replace(SESSION, tracks=(replace(TRACKS[3], id="cue", parent="", sends=()),))
    assert [(t.id, t.parent) for t in plan(renamed).tracks] == [("filmcomposer.cue", ""), ("cue", "filmcomposer.cue")]


def test_levels_and_envelopes_are_as_people_say_them() -> None:
    violins = track(plan(), "melody")
    assert (violins.gain_db, violins.pan, violins.width, violins.color) == (-4.5, -0.45, 0.5, 0xC0392B)
    assert [(s.target, s.gain_db) for s in violins.sends] == [("strings.reverb", -12.0)]
    assert [(e.kind, e.points) for e in violins.envelopes] == [
        ("volume", (100.5, -6.0, 102.5, 0.0)), ("pan", (100.5 + 2 + 2 * 0.444444, -1.0))]
    assert violins.play_offset_s == -0.06
    assert track(plan(), "strings").envelopes == ()


def test_reverb_parameters_go_by_their_number() -> None:
    fx = track(plan(), "strings.reverb").fx
    assert [(e.name, e.parameters, e.bypassed) for e in fx] == [
        ("VST: ReaVerbate (Cockos)", ((0, 1.0), (1, 0.0), (5, 0.03)), False)]


def test_items_lie_on_the_project_clock() -> None:
    made = plan()
    midi, = track(made, "melody").items
    assert (midi.kind, midi.name, midi.start_s) == ("midi", "Violins I", 100.5)
    assert midi.start_s + midi.length_s == pytest.approx(made.bars_end_s, abs=1e-12)
    assert [(tick, m.hex()) for tick, m in messages(midi)] == [
        (0, "c030"), (0, "903c50"), (960, "803c00"), (3840, "c02d"), (3840, "903e5a"), (4320, "803e00"),
        (9600, "b07b00")]
    audio, = track(made, "printed.strings").items
    assert (audio.kind, audio.start_s, audio.length_s) == ("audio", 100.5, 5.25)
    assert Path(audio.file) == Path("/music/out/stems/strings.wav")


@given(st.floats(0, 86_400), st.integers(0, 9600), st.integers(0, 9600))
def test_time_runs_forward_at_any_place_of_a_day(start_s: float, first: int, second: int) -> None:
    low, high = sorted((first, second))
    region = replace(SESSION, regions=(Region(low, high, "x"),))
    made = plan(region, start_s=start_s).regions[0]
    assert made.start_s <= made.end_s
    assert made.end_s - made.start_s == pytest.approx((high - low) * 0.48 / 960, abs=0.25)


def test_the_same_input_gives_the_same_plan_and_survives_the_wire() -> None:
    assert plan() == plan()
    assert from_plain(LivePlan, json.loads(json.dumps(to_plain(plan())))) == plan()


@pytest.mark.parametrize(("parts", "kinds"), [
    (("markers",), ()), (("markers", "tempo", "regions", "spots"), ("cue", "spots")),
    (("tracks",), ("cue", "folder", "instrument", "reverb", "folder", "printed"))])
def test_only_what_is_asked_for_is_in_the_plan(parts: tuple[str, ...], kinds: tuple[str, ...]) -> None:
    made = plan(parts=parts)
    assert tuple(t.kind for t in made.tracks) == kinds
    assert bool(made.markers) == ("markers" in parts)
    assert bool(made.tempo) == bool(made.regions) == ("tempo" in parts)
    assert bool(made.notes) == ("tracks" in parts)


def test_hits_alone_need_no_tempo() -> None:
    sketch = replace(SESSION, tempo=(), regions=(), tracks=TRACKS[:1], end_tick=0)
    made = plan(sketch, parts=("markers",))
    assert [m.time_s for m in made.markers] == [102.5, 100.6]
    assert (made.bars_end_s, made.tempo, made.tracks) == (105.75, (), ())


def test_a_melody_alone_is_heard_through_its_reasynth() -> None:
    melody = Track("sketch.melody", "melody", "Melody", gain_db=-9.0, playback_offset_ms=-50.0,
                   midi=(MidiItem("Melody", 0, 9600, NOTES),), fx=(Fx("synth", "ReaSynth", (("saw", 0.5),), True),))
    made = plan(replace(SESSION, tracks=(*TRACKS[:2], melody)))
    heard = track(made, "sketch.melody")
    assert (heard.kind, heard.parent, heard.gain_db, heard.play_offset_s) == ("melody", "cue", -9.0, 0.0)
    assert [(fx.name, fx.parameters, fx.bypassed) for fx in heard.fx] == [
        ("VSTi: ReaSynth (Cockos)", ((3, 0.5),), False)]
    assert made.notes == ("Melody: ReaSynth; no instrument found for Melody: name one in palette.json",)


def test_live_strings_mute_their_stem_and_are_sent_no_general_midi(tmp_path: Path) -> None:
    (tmp_path / "palette.json").write_text(json.dumps({
        "schema": "Palette/1",
        "instruments": {"violins1": [{"plugin": "ReaSynth", "use": "play", "articulations": "keys", "channel": 3}]},
        "articulation_maps": {"keys": {"names": {"long": [{"key": 1}], "pizzicato": [{"cc": 32, "value": 56}]}}}}))
    made = plan(palette_folder=str(tmp_path))
    violins = track(made, "melody")
    assert [(fx.name, fx.bypassed) for fx in violins.fx] == [("VSTi: ReaSynth (Cockos)", False)]
    assert violins.play_offset_s == -0.06
    assert [m.hex() for _, m in played(violins.items[0])] == [
        "920164", "923c50", "820100", "823c00", "b22038", "923e5a", "823e00"]
    assert [t.id for t in made.tracks if t.muted] == ["spots", "printed.strings"]
    assert made.notes == ("Strings: ReaSynth on 1 track",)


def test_a_key_switch_among_the_notes_is_said(tmp_path: Path) -> None:
    (tmp_path / "palette.json").write_text(json.dumps({
        "schema": "Palette/1",
        "instruments": {"any": [{"plugin": "ReaSynth", "use": "play", "articulations": "keys"}]},
        "articulation_maps": {"keys": {"names": {"long": [{"key": 60}]}}}}))
    assert plan(palette_folder=str(tmp_path)).notes[1] == (
        "Violins I: key switch 60 is also a note it plays; correct the map in palette.json")


def test_the_log_says_where_the_palette_lies(tmp_path: Path) -> None:
    assert plan(palette_folder=str(tmp_path)).notes == (
        "Strings: printed stem; no instrument found for Violins I: name one in palette.json",
        f"Palette: '{tmp_path / 'palette.json'}', not made yet; docs/palette.md shows what stands in it")


@pytest.fixture(scope="module")
def scored_session(scored: Path) -> Session:
    folder = ResultsFolder(scored / "out").open()
    return CueJob(folder.clip, folder, options_from(folder.options).over(DEFAULTS), wire()).session()


def test_a_scored_film_has_the_notes_of_its_midi_file(scored_session: Session) -> None:
    """Message by message: programs, notes and controllers at the same ticks in the same order (channels differ)."""
    file = mido.MidiFile(file=io.BytesIO(session_to_midi(scored_session)))
    players = [t for t in plan(scored_session).tracks if t.kind == "instrument"]
    assert len(players) == len(file.tracks) - 1 > 5
    for made, written in zip(players, file.tracks[1:], strict=True):
        now, expected = 0, []
        for message in written:
            now += message.time
            if not message.is_meta and not (message.type == "program_change" and made.parent == "percussion"):
                expected.append((now, message.bytes()[0] & 0xF0, message.bytes()[1:]))
        assert [(tick, m[0] & 0xF0, list(m[1:])) for item in made.items for tick, m in played(item)] == expected


def test_a_scored_film_lies_within_its_cue(scored_session: Session) -> None:
    made = plan(scored_session, start_s=12.5, end_s=12.5 + scored_session.length_s)
    assert made.tempo[0].time_s == 12.5
    assert made.tempo[0].numerator > 0
    assert made.bars_end_s == max(region.end_s for region in made.regions)
    for live in made.tracks:
        for item in live.items:
            assert (item.start_s, item.start_s + item.length_s) == pytest.approx((12.5, made.bars_end_s), abs=1e-9)
        assert all(12.5 <= t <= made.bars_end_s for e in live.envelopes for t in e.points[::2])
    known = {live.id for live in made.tracks}
    assert all(live.parent in known for live in made.tracks[1:])
    assert all(send.target in known for live in made.tracks for send in live.sends)

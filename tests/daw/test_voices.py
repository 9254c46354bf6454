"""Who plays what, and which families are heard live."""
from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from backend.daw.palette_file import palette_path, read_palettes
from backend.daw.voices import Cast, Voice, cast_voices
from backend.daw.voices_template import bypassed, read_chain
from backend.domain.live import LiveFx
from backend.domain.session import Track

PLUGINS = """[vstcache]
Kontakt_8.vst3=7,9{56,Kontakt 8 (Native Instruments) (64 out)!!!VSTi
BBC.vst3=7,9{57,BBC Symphony Orchestra (Spitfire Audio)!!!VSTi
eq.vst3=7,9{58,ReaEQ (Cockos)
"""
KONTAKT = "VST3i: Kontakt 8 (Native Instruments) (64 out)"
TEMPLATE = """<TRACK
  NAME Violins
  <FXCHAIN
    WNDRECT 1 2 3 4
    SHOW 3
    BYPASS 0 0 0
    <VST "VST3i: Kontakt 8 (Native Instruments) (64 out)" Kontakt_8.vst3 0 "" 9{56} ""
      bWNlcu9e7f4=
    >
    FLOAT 10 20 300 400
    FXID {A}
    BYPASS 0 0 0
    <JS reaticulate ""
      FXID 1
    >
  >
>
"""


def player(id: str, instrument: str, stem: str) -> Track:
    return Track(id, "instrument", id.title(), stem, instrument=instrument)


TRACKS = (
    Track("strings", "folder", "Strings"), player("violins", "violins1", "strings"),
    player("celli", "cellos", "strings"), Track("brass", "folder", "Brass"), player("horns", "horns_a4", "brass"),
    Track("printed", "folder", "Printed stems"),
    Track("printed.strings", "printed", "Strings (printed)", "printed"),
    Track("printed.brass", "printed", "Brass (printed)", "printed"))


@pytest.fixture
def resources(tmp_path: Path) -> Path:
    folder = tmp_path / "REAPER"
    (folder / "TrackTemplates" / "orchestra").mkdir(parents=True)
    (folder / "TrackTemplates" / "orchestra" / "Violins.RTrackTemplate").write_text(TEMPLATE)
    (folder / "reaper-vstplugins64.ini").write_text(PLUGINS)
    return folder


def cast(resources: Path, tracks: tuple[Track, ...] = TRACKS, **instruments: list[dict[str, Any]]) -> Cast:
    """The cast with a user's palette of these entries."""
    palette_path(resources).write_text(json.dumps({
        "schema": "Palette/1", "instruments": instruments,
        "articulation_maps": {"m": {"names": {"long": [{"key": 1}]}}}}))
    return cast_voices(tracks, read_palettes(resources), resources)


ASLEEP = Voice("ReaSynth", bypassed=True)


def test_with_nothing_named_all_families_play_their_stems(resources: Path) -> None:
    made = cast(resources)
    assert made.voices == {"violins": ASLEEP, "celli": ASLEEP, "horns": ASLEEP}
    assert (made.muted, made.all_live) == (frozenset(), False)
    assert made.notes == (
        "Strings: printed stem; no instrument found for Violins and Celli: name one in palette.json "
        "(BBC Symphony Orchestra could play them)",
        "Brass: printed stem; no instrument found for Horns: name one in palette.json "
        "(BBC Symphony Orchestra could play it)")


def test_a_family_whose_tracks_all_sound_plays_live(resources: Path) -> None:
    made = cast(resources, strings=[{"plugin": "Kontakt", "preset": "Tutti", "articulations": "m", "channel": 2}])
    voice = made.voices["violins"]
    assert voice.fx == (LiveFx(KONTAKT, preset="Tutti"),)
    assert (voice.bypassed, voice.programs, voice.channel) == (False, False, 1)
    assert voice.articulations is not None
    assert made.muted == {"printed.strings"}
    assert made.notes[0] == "Strings: Kontakt 8 'Tutti' on 2 tracks"


def test_one_silent_track_keeps_the_family_on_its_stem(resources: Path) -> None:
    made = cast(resources, violins1=[{"plugin": "Kontakt 8", "use": "play", "general_midi": True}])
    assert made.voices["violins"] == Voice("Kontakt 8", (LiveFx(KONTAKT),), bypassed=True, programs=True)
    assert made.voices["celli"] == ASLEEP
    assert made.muted == frozenset()
    assert made.notes[0].startswith("Strings: printed stem; no instrument found for Celli: ")


def test_a_bare_sampler_waits_bypassed_for_its_patch(resources: Path) -> None:
    made = cast(resources, any=[{"plugin": "Kontakt"}])
    assert {voice.what: voice.bypassed for voice in made.voices.values()} == {"Kontakt 8": True}
    assert made.notes[1] == ("Brass: printed stem; Kontakt 8 on 1 track bypassed since a patch must be loaded first: "
                             "name a preset or a track template in palette.json")


def test_the_first_candidate_that_is_there_is_taken_and_the_others_are_named(resources: Path) -> None:
    made = cast(resources, horns_a4=[{"plugin": "Opus"}, {"plugin": "ReaEQ"}, {"track_template": "Horns"},
                                     {"sample": "horn.wav"}, {"plugin": "BBC Symphony Orchestra"}])
    assert made.voices["horns"].what == "BBC Symphony Orchestra"
    assert made.notes[1].endswith("'Opus' is not installed; 'ReaEQ' is an effect, no instrument; "
                                  "track template 'Horns' is not there; sample 'horn.wav' is not there")


def test_the_palette_may_ask_for_the_stem(resources: Path) -> None:
    made = cast(resources, strings=[{"plugin": "Kontakt", "use": "play"}], cellos=[{"printed": True}],
                brass=[{"printed": True}, {"plugin": "Kontakt", "use": "play"}])
    assert made.muted == frozenset()
    assert made.voices["violins"].bypassed
    assert made.notes == ("Strings: printed stem; palette.json asks for it on Celli",
                          "Brass: printed stem; palette.json asks for it")


def test_a_template_brings_its_chain(resources: Path) -> None:
    live = cast(resources, strings=[{"track_template": "violins"}])
    assert live.voices["violins"].template == (
        "<FXCHAIN\nWNDRECT 1 2 3 4\nSHOW 0\nBYPASS 0 0 0\n"
        '<VST "VST3i: Kontakt 8 (Native Instruments) (64 out)" Kontakt_8.vst3 0 "" 9{56} ""\nbWNlcu9e7f4=\n>\n'
        'FLOATPOS 10 20 300 400\nBYPASS 0 0 0\n<JS reaticulate ""\nFXID 1\n>\n>')
    assert live.notes[0] == "Strings: template 'Violins' on 2 tracks"
    assert cast(resources, strings=[{"track_template": "orchestra/Violins"}]).muted == {"printed.strings"}
    path = resources / "TrackTemplates" / "orchestra" / "Violins.RTrackTemplate"
    assert cast(resources, strings=[{"track_template": str(path)}]).muted == {"printed.strings"}


def test_a_template_whose_plugin_is_gone_is_no_voice(resources: Path) -> None:
    (resources / "reaper-vstplugins64.ini").write_text("[vstcache]\n")
    made = cast(resources, strings=[{"track_template": "Violins"}])
    assert made.notes[0].endswith(f"track template 'Violins' needs {KONTAKT}, which is not installed")


def test_a_template_without_instrument_counts_when_the_user_says_so(resources: Path) -> None:
    (resources / "TrackTemplates" / "Remote.RTrackTemplate").write_text("<TRACK\n<FXCHAIN\nBYPASS 0 0 0\n>\n>\n")
    made = cast(resources, strings=[{"track_template": "Remote"}])
    assert made.notes[0].endswith("track template 'Remote' holds no instrument")
    assert cast(resources, strings=[{"track_template": "Remote", "use": "play"}]).muted == {"printed.strings"}


def test_a_sample_is_tuned_around_its_root_and_percussion_is_not(resources: Path) -> None:
    (resources / "boom.wav").write_bytes(b"RIFF")
    tracks = (player("horns", "horns_a4", "brass"), player("drum", "bass_drum", "percussion"))
    made = cast(resources, tracks, any=[{"sample": "boom.wav", "root_pitch": 60}])
    horn, = made.voices["horns"].fx or ()
    assert (horn.name, horn.sample) == ("VSTi: ReaSamplOmatic5000 (Cockos)", str(resources / "boom.wav"))
    assert horn.parameters == ((2, 0.0), (3, 0.0), (4, 1.0), (5, 0.125), (6, 0.5 + 67 / 160), (11, 1.0))
    drum, = made.voices["drum"].fx or ()
    assert drum.parameters == ((2, 0.0),)
    assert made.notes[0] == "Brass: ReaSamplOmatic5000 (boom.wav) on 1 track"


def test_without_a_stem_a_family_is_heard_through_what_there_is(resources: Path) -> None:
    tracks = TRACKS[:5]
    made = cast(resources, tracks, violins1=[{"plugin": "Kontakt", "use": "play"}], cellos=[{"plugin": "Kontakt"}])
    assert made.voices == {"violins": Voice("Kontakt 8", (LiveFx(KONTAKT),), programs=False),
                           "celli": Voice("ReaSynth"), "horns": Voice("ReaSynth")}
    assert made.notes[0].startswith("Strings: ReaSynth; Kontakt 8 on 1 track left out since a patch must be loaded")


def test_a_melody_has_an_entry_of_its_own(resources: Path) -> None:
    melody = (Track("sketch", "melody", "Melody"),)
    made = cast(resources, melody, melody=[{"plugin": "Kontakt", "preset": "Piano"}])
    assert made.voices["sketch"].fx == (LiveFx(KONTAKT, preset="Piano"),)
    assert made.notes == ("Melody: Kontakt 8 'Piano' on 1 track",)


def test_a_real_template_loses_its_windows_and_identities(shared_data: Path) -> None:
    text = (shared_data / "reaper" / "ultraschall_soundboard.RTrackTemplate").read_text()
    chain = read_chain(text)
    assert chain is not None
    assert chain.instruments == ("AUi: Ultraschall: Soundboard",)
    rows = chain.text.split("\n")
    assert (rows[0], rows[2], rows[-1]) == ("<FXCHAIN", "SHOW 0", ">")
    assert chain.text.count("\n>") == sum(row.startswith("<") for row in rows) == 5
    assert "FXID" not in chain.text
    changed = [row for row, before in zip(bypassed(chain.text).split("\n"), rows, strict=True) if row != before]
    assert changed == ["BYPASS 1 0 0", "BYPASS 1 0 0"], "the third was bypassed already"

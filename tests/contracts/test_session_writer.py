"""What every SessionWriter promises. Implementations are added to WRITERS; nothing else changes."""
from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

from backend.daw.rpp.reader import RppProject, read_rpp
from backend.daw.rpp.writer import RppWriter
from backend.domain.session import (
    AudioItem,
    EnvelopePoint,
    Fx,
    Marker,
    MidiItem,
    MidiNote,
    Region,
    Send,
    Session,
    TempoMarker,
    Track,
    VideoItem,
)
from backend.errors import FilmComposerError, OutputError
from backend.ports import SessionWriter

WRITERS: dict[str, tuple[Callable[[], SessionWriter], Callable[[Path], RppProject]]] = {
    "rpp": (RppWriter, read_rpp),
}
"""Name -> how to make one, and how to look at what it made."""


@pytest.fixture(params=sorted(WRITERS))
def writer(request: pytest.FixtureRequest) -> tuple[SessionWriter, Callable[[Path], RppProject]]:
    make, look = WRITERS[request.param]
    made = make()
    assert made.name == request.param
    return made, look


def small_session() -> Session:
    notes = (MidiNote(0, 960, 60, 80), MidiNote(960, 480, 64, 90), MidiNote(960, 480, 67, 91))
    tracks = (
        Track("picture", "picture", "Picture", locked=True),
        Track("strings", "folder", "Strings", color=0xC0392B),
        Track("melody", "instrument", "Violins \"I\"", parent="strings", gain_db=-3.0, pan=-0.4,
              midi=(MidiItem("Violins", 0, 3840, notes),), volume_envelope=(EnvelopePoint(0, -6.0),
              EnvelopePoint(960, 0.0)), sends=(Send("strings.reverb", -12.0),),
              fx=(Fx("synth", "ReaSynth", (), True),)),
        Track("strings.reverb", "reverb", "Hall", parent="strings", fx=(Fx("reverb", "ReaVerbate", (("wet", 1.0),)),)),
        Track("printed", "folder", "Printed stems"),
        Track("printed.strings", "printed", "Strings", parent="printed",
              audio=(AudioItem("stems/strings.wav", "Strings", 0.0, 2.5),)),
    )
    return Session("Cue", "1M1", 2.5, 3840, 25, 1, False, 3600.0, 48_000,
                   VideoItem("clip.mp4", "clip.mp4", 2.5, 1.25), (TempoMarker(0, 500_000, 4, 4),
                   TempoMarker(1920, 600_000)), (Marker(1.0, "H01"), Marker(1.75, "H02")),
                   (Region(0, 3840, "A"),), tracks)


def test_what_was_given_is_there(writer, tmp_path):
    made, look = writer
    target = tmp_path / "Cue.RPP"
    assert made.write(small_session(), target) == target
    project = look(target)
    assert [(m.time_s, m.name) for m in project.markers] == [(1.0, "H01"), (1.75, "H02")]
    assert [(r.start_s, r.end_s, r.name) for r in project.regions] == [(0.0, 2.2, "A")]
    assert [(t.time_s, t.tempo_qpm) for t in project.tempo] == [(0.0, 120.0), (1.0, 100.0)]
    assert [(i.source, i.file, i.length_s) for i in project.items] == [
        ("VIDEO", "clip.mp4", 2.5), ("MIDI", "", 2.2), ("WAVE", "stems/strings.wav", 2.5)]
    assert [(n.tick, n.length_ticks, n.pitch, n.velocity) for n in project.items[1].notes] == [
        (0, 960, 60, 80), (960, 480, 64, 90), (960, 480, 67, 91)]


def test_no_track_is_lost_or_reordered(writer, tmp_path):
    made, look = writer
    project = look(made.write(small_session(), tmp_path / "a.RPP"))
    assert list(project.tracks) == [track.name for track in small_session().tracks]


def test_the_same_session_is_the_same_result(writer, tmp_path):
    made, look = writer
    first = made.write(small_session(), tmp_path / "one" / "a.RPP")
    second = made.write(small_session(), tmp_path / "two" / "a.RPP")
    assert look(first) == look(second)
    assert first.read_bytes() == second.read_bytes()


def test_writing_again_replaces_and_leaves_nothing_beside(writer, tmp_path):
    made, look = writer
    target = tmp_path / "été 'x' (1).RPP"
    made.write(small_session(), target)
    longer = dataclasses.replace(small_session(), markers=(Marker(0.5, "other"),))
    made.write(longer, target)
    assert [m.name for m in look(target).markers] == ["other"]
    assert os.listdir(tmp_path) == [target.name]


def test_an_empty_session_is_written_too(writer, tmp_path):
    made, look = writer
    empty = dataclasses.replace(small_session(), video=None, markers=(), regions=(), tracks=())
    project = look(made.write(empty, tmp_path / "a.RPP"))
    assert (project.tracks, project.markers, project.items) == ((), (), ())
    assert project.tempo[0].tempo_qpm == 120.0


def test_a_place_that_cannot_be_written_raises_one_line_and_keeps_what_was_there(writer, tmp_path):
    made, _ = writer
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError) as raised:
        made.write(small_session(), tmp_path / "file" / "a.RPP")
    assert isinstance(raised.value, FilmComposerError) and "\n" not in str(raised.value)
    (tmp_path / "a.RPP").mkdir()
    with pytest.raises(OutputError):
        made.write(small_session(), tmp_path / "a.RPP")
    assert sorted(os.listdir(tmp_path)) == ["a.RPP", "file"]


@pytest.mark.parametrize("tempo", [500_000, 487_805, 1_000_001])
def test_times_are_exact_to_a_microsecond(writer, tmp_path, tempo):
    made, look = writer
    session = dataclasses.replace(small_session(), tempo=(TempoMarker(0, tempo, 7, 8), TempoMarker(3360, tempo + 7)))
    region = look(made.write(session, tmp_path / "a.RPP")).regions[0]
    exact = Fraction(3360 * tempo + 480 * (tempo + 7), 960 * 1_000_000)
    assert abs(region.end_s - float(exact)) < 1e-6

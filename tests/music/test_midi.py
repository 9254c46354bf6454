"""The MIDI file, read back by three libraries and by our own reader."""
from __future__ import annotations

import dataclasses
import io
from collections import Counter
from fractions import Fraction
from pathlib import Path

import mido
import pretty_midi
import pytest
import symusic
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.domain.session import (
    TICKS_PER_QUARTER,
    Marker,
    MidiControl,
    MidiItem,
    MidiNote,
    MidiProgram,
    Session,
    TempoMarker,
    Track,
)
from backend.errors import EditError
from backend.music.midi import midi_to_notes, session_to_midi
from backend.music.ticks import TickClock

TEMPO = (TempoMarker(0, 521_739, 4, 4), TempoMarker(2880, 519_481), TempoMarker(3840, 519_481, 7, 8),
         TempoMarker(7200, 476_191, 3, 4))
MARKERS = (Marker(0.0, "H01 start"), Marker(2.0869, "H02 Schlag: Tür – \"zu\""), Marker(3.5, "H03 two\nlines"))


def _notes(channel: int, base: int) -> tuple[MidiNote, ...]:
    return tuple(MidiNote(480 * i + i % 7, 300 + 11 * i, base + 3 * (i % 5), 20 + 5 * i, channel) for i in range(20))


def _track(index: int, drum: bool = False) -> Track:
    item = MidiItem(f"item {index}", 0, 11_520, _notes(9 if drum else 0, 36 + index), (
        MidiControl(0, 1, 30 + index), MidiControl(960, 11, 99)), () if drum else (
        MidiProgram(0, 40 + index % 80), MidiProgram(1440, 45)))
    return Track(f"t{index}", "instrument", f"Stimme {index} – é", program=40 + index % 80, drum_kit=drum, midi=(item,))


def _session(count: int = 3, drums: int = 1) -> Session:
    tracks = (Track("spots", "spots", "FilmComposer spots", muted=True, midi=(MidiItem("s", 0, 960, (
        MidiNote(0, 960, 62, 100),)),)), *(_track(i) for i in range(count)),
        *(_track(count + i, True) for i in range(drums)))
    return Session("Nacht", "1M1", 6.0, 11_040, 24000, 1001, False, 0.0, 48_000, None, TEMPO, MARKERS, (), tracks)


def _players(session: Session) -> list[Track]:
    return [track for track in session.tracks if track.kind == "instrument"]


def _utf8(text: str) -> str:
    """mido and pretty_midi take texts for Latin-1."""
    return text.encode("latin-1").decode("utf-8")


def test_mido_reads_every_event_on_its_tick():
    session = _session()
    file = mido.MidiFile(file=io.BytesIO(session_to_midi(session)))
    assert (file.type, file.ticks_per_beat, len(file.tracks)) == (1, 960, 5)
    for track, wanted in zip(file.tracks[1:], _players(session), strict=True):
        now, notes, controls, programs, sounding = 0, [], [], [], {}
        for message in track:
            now += message.time
            if message.type == "note_on":
                sounding[message.note] = (now, message.velocity)
            elif message.type == "note_off":
                start, velocity = sounding.pop(message.note)
                notes.append((start, now - start, message.note, velocity))
            elif message.type == "control_change":
                controls.append((now, message.control, message.value))
            elif message.type == "program_change":
                programs.append((now, message.program))
        item, = wanted.midi
        assert sorted(notes) == sorted((n.tick, n.length_ticks, n.pitch, n.velocity) for n in item.notes)
        assert controls == [(c.tick, c.number, c.value) for c in item.controls]
        assert programs == ([(p.tick, p.program) for p in item.programs] or [(0, wanted.program)])
        assert _utf8(track.name) == wanted.name
        assert now == 11_520


def test_mido_reads_tempo_metre_and_markers():
    session = _session()
    now, tempo, metre, markers = 0, [], [], []
    for message in mido.MidiFile(file=io.BytesIO(session_to_midi(session))).tracks[0]:
        now += message.time
        if message.type == "set_tempo":
            tempo.append((now, message.tempo))
        elif message.type == "time_signature":
            metre.append((now, message.numerator, message.denominator))
        elif message.type == "marker":
            markers.append((now, _utf8(message.text)))
    assert tempo == [(t.tick, t.us_per_quarter) for t in TEMPO]
    assert metre == [(0, 4, 4), (3840, 7, 8), (7200, 3, 4)]
    clock = TickClock(TEMPO)
    assert [text for _, text in markers] == ["H01 start", "H02 Schlag: Tür – \"zu\"", "H03 two lines"]
    for (tick, _), marker in zip(markers, MARKERS, strict=True):
        assert abs(clock.time_s(tick) - Fraction(marker.time_s)) <= Fraction(521_739, 2 * 960_000_000)


def test_pretty_midi_reads_the_same_seconds_ticks_and_names():
    session = _session()
    file = pretty_midi.PrettyMIDI(io.BytesIO(session_to_midi(session)))
    clock = TickClock(TEMPO)
    assert file.resolution == 960
    assert [(s.numerator, s.denominator) for s in file.time_signature_changes] == [(4, 4), (7, 8), (3, 4)]
    assert [_utf8(i.name) for i in file.instruments if i.is_drum] == ["Stimme 3 – é"]
    for track in _players(session):
        read = [note for instrument in file.instruments if _utf8(instrument.name) == track.name
                for note in instrument.notes]
        ticks = sorted((file.time_to_tick(n.start), file.time_to_tick(n.end), n.pitch, n.velocity) for n in read)
        assert ticks == sorted((n.tick, n.tick + n.length_ticks, n.pitch, n.velocity) for n in track.midi[0].notes)
        starts = sorted(n.start for n in read)
        assert starts == pytest.approx(sorted(float(clock.time_s(n.tick)) for n in track.midi[0].notes), abs=1e-9)


def test_symusic_reads_the_same_ticks():
    session = _session()
    score = symusic.Score.from_midi(session_to_midi(session))
    assert score.ticks_per_quarter == 960
    assert [(t.time, t.mspq) for t in score.tempos] == [(t.tick, t.us_per_quarter) for t in TEMPO]
    assert [(m.time, m.text) for m in score.markers][1][1] == "H02 Schlag: Tür – \"zu\""
    for track in _players(session):
        read = [(n.time, n.duration, n.pitch, n.velocity)
                for part in score.tracks if part.name == track.name for n in part.notes]
        assert sorted(read) == sorted((n.tick, n.length_ticks, n.pitch, n.velocity) for n in track.midi[0].notes)


def test_drums_play_on_channel_ten_and_nobody_else_does():
    file = mido.MidiFile(file=io.BytesIO(session_to_midi(_session(12, 2))))
    channels = [{m.channel for m in track if hasattr(m, "channel")} for track in file.tracks[1:]]
    assert channels == [{c} for c in (0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 9, 9)]
    assert not any(m.type == "midi_port" for track in file.tracks for m in track)


def test_more_than_fifteen_instruments_share_channels_on_further_ports():
    session = _session(34, 1)
    data = session_to_midi(session)
    file = mido.MidiFile(file=io.BytesIO(data))
    places = []
    for track in file.tracks[1:-1]:
        port, = (m.port for m in track if m.type == "midi_port")
        channel, = {m.channel for m in track if hasattr(m, "channel")}
        places.append((port, channel))
    assert len(set(places)) == 34
    assert 9 not in {channel for _, channel in places}
    assert [port for port, _ in places] == [0] * 15 + [1] * 15 + [2] * 4
    assert len(midi_to_notes(data)) == 35


def test_our_reader_gives_the_sessions_notes_and_programs():
    session = _session()
    parts = midi_to_notes(session_to_midi(session))
    assert [part.name for part in parts] == [track.name for track in _players(session)]
    assert [part.program for part in parts] == [40, 41, 42, 43]
    for part, track in zip(parts, _players(session), strict=True):
        assert [(n.tick, n.length_ticks, n.pitch, n.velocity) for n in part.notes] == [
            (n.tick, n.length_ticks, n.pitch, n.velocity)
            for n in sorted(track.midi[0].notes, key=lambda n: (n.tick, n.pitch))]


def test_the_muted_spots_do_not_sound():
    assert "FilmComposer spots" not in [part.name for part in midi_to_notes(session_to_midi(_session()))]


def test_equal_sessions_give_equal_bytes_and_a_moved_note_other_ones():
    assert session_to_midi(_session()) == session_to_midi(_session())
    moved = dataclasses.replace(_session(), end_tick=12_000)
    assert session_to_midi(moved) != session_to_midi(_session())


def test_at_one_tick_what_ends_comes_before_what_begins():
    item = MidiItem("i", 0, 1920, (MidiNote(0, 960, 60, 80), MidiNote(960, 960, 60, 90)), (MidiControl(960, 1, 5),),
                    (MidiProgram(960, 45),))
    track = Track("t", "instrument", "T", midi=(item,))
    file = mido.MidiFile(file=io.BytesIO(session_to_midi(dataclasses.replace(_session(), tracks=(track,)))))
    assert [m.type for m in file.tracks[1] if not m.is_meta] == [
        "program_change", "note_on", "note_off", "program_change", "control_change", "note_on", "note_off"]


@st.composite
def _placed(draw) -> tuple[MidiNote, ...]:
    """Notes of any pitch that do not overlap themselves."""
    ends: dict[int, int] = {}
    out = []
    for _ in range(draw(st.integers(1, 12))):
        pitch = draw(st.integers(0, 127))
        tick = ends.get(pitch, 0) + draw(st.integers(0, 5000))
        length = draw(st.integers(1, 20_000))
        ends[pitch] = tick + length
        out.append(MidiNote(tick, length, pitch, draw(st.integers(1, 127))))
    return tuple(sorted(out, key=lambda n: (n.tick, n.pitch)))


@settings(max_examples=40, deadline=None)
@given(_placed())
def test_any_notes_survive(notes):
    track = Track("t", "instrument", "T", midi=(MidiItem("i", 0, 1, notes),))
    data = session_to_midi(dataclasses.replace(_session(), tracks=(track,)))
    assert midi_to_notes(data)[0].notes == notes
    read = symusic.Score.from_midi(data).tracks[0].notes
    assert sorted((n.time, n.duration, n.pitch, n.velocity) for n in read) == sorted(
        (n.tick, n.length_ticks, n.pitch, n.velocity) for n in notes)


def test_other_resolutions_are_counted_in_ours():
    file = mido.MidiFile(type=0, ticks_per_beat=96)
    track = mido.MidiTrack([mido.Message("note_on", note=60, velocity=80, time=48),
                            mido.Message("note_on", note=60, velocity=0, time=96),
                            mido.Message("note_on", note=64, velocity=80, time=0), mido.MetaMessage("end_of_track")])
    file.tracks.append(track)
    out = io.BytesIO()
    file.save(file=out)
    part, = midi_to_notes(out.getvalue())
    assert [(n.tick, n.length_ticks, n.pitch) for n in part.notes] == [(480, 960, 60), (1440, 1, 64)]
    assert TICKS_PER_QUARTER == 960


@pytest.mark.parametrize("data", [b"", b"hello world, this is no MIDI", b"MThd\x00\x00\x00\x06\x00\x01",
                                  b"MThd\x00\x00\x00\x06\x00\x01\x00\x01\x03\xc0MTrk\x00\x00\x00\x10\x00\xff"])
def test_damaged_files_raise_one_line(data):
    with pytest.raises(EditError) as raised:
        midi_to_notes(data)
    assert "\n" not in str(raised.value) and "MIDI file" in str(raised.value)


def test_real_files_have_the_notes_symusic_finds(shared_data: Path):
    """Onset, pitch and velocity of every note.

    The songs hold grace notes of no length, written as an end before a beginning: symusic drops them, we keep them.
    """
    folder = shared_data / "symbolic"
    orchestral = [p for p in sorted(folder.glob("mutopia_orchestral/*.mid")) if "bad_keysig" not in p.name]
    files = [*orchestral[:3], *sorted(folder.glob("openscore_lieder/midi/*"))[:9]]
    assert len(files) == 12
    extra, total = 0, 0
    for path in files:
        score = symusic.Score(str(path))
        scale = Fraction(960, score.ticks_per_quarter)
        theirs = Counter((round(n.time * scale), n.pitch, n.velocity) for t in score.tracks for n in t.notes)
        ours = Counter((n.tick, n.pitch, n.velocity) for part in midi_to_notes(path.read_bytes()) for n in part.notes)
        assert not theirs - ours, path.name
        extra += (ours - theirs).total()
        total += ours.total()
    assert extra < 0.004 * total


def test_a_file_mido_cannot_read_is_refused_in_one_line(shared_data: Path):
    bad, = (shared_data / "symbolic").glob("mutopia_orchestral/*bad_keysig*.mid")
    with pytest.raises(EditError, match="Could not decode key with 8 sharps"):
        midi_to_notes(bad.read_bytes())


def test_names_in_utf_8_and_in_latin_1():
    for encoding in ("utf-8", "latin-1"):
        text = "Flöte".encode(encoding)
        data = (b"MThd\0\0\0\6\0\0\0\1\3\xc0MTrk\0\0\0" + bytes([4 + len(text) + 4 + 5 + 4]) + b"\0\xff\3"
                + bytes([len(text)]) + text + b"\0\x90\x3c\x40" + b"\x87\x40\x80\x3c\0" + b"\0\xff\x2f\0")
        part, = midi_to_notes(data)
        assert part.name == "Flöte"
        assert [(n.tick, n.length_ticks, n.pitch, n.velocity) for n in part.notes] == [(0, 960, 60, 64)]


def test_a_clock_needs_a_tempo_at_zero_and_order():
    with pytest.raises(ValueError, match="must lie at tick 0"):
        TickClock(())
    with pytest.raises(ValueError, match="must lie at tick 0"):
        TickClock((TempoMarker(1, 500_000),))
    with pytest.raises(ValueError, match="sorted by tick"):
        TickClock((TempoMarker(0, 500_000), TempoMarker(0, 600_000)))
    clock = TickClock(TEMPO)
    assert clock.position(clock.time_s(5000)) == 5000
    assert clock.us_per_quarter(2879) == 521_739 and clock.us_per_quarter(2880) == 519_481

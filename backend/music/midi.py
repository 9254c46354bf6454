"""The session as a standard MIDI file (type 1, 960 ticks per quarter), and notes read back from one.

Tempo is written in the session's own whole microseconds per quarter, so tempo map, notes and markers survive the
file bit for bit. Format: Standard MIDI Files 1.0 (MIDI Association, RP-001).
"""
from __future__ import annotations

import io
from dataclasses import dataclass
from fractions import Fraction

import mido

from backend.domain.session import TICKS_PER_QUARTER, MidiItem, MidiNote, Session, Track
from backend.errors import EditError
from backend.music.names import one_line
from backend.music.ticks import TickClock

DRUM_CHANNEL = 9
_FREE_CHANNELS = tuple(channel for channel in range(16) if channel != DRUM_CHANNEL)
_OFF, _PROGRAM, _CONTROL, _ON = range(4)
"""Order of events at one tick: what ends, what sounds, how loud, what begins."""


@dataclass(frozen=True)
class MidiPart:
    """A track of a file: its name, notes sorted by tick and pitch, and the first program of its first channel."""

    name: str
    program: int
    notes: tuple[MidiNote, ...]


def session_to_midi(session: Session) -> bytes:
    """A type 1 file: conductor track (tempo, metre, hits as markers), then one track per instrument track.

    Drum kits use channel 10 (index 9). The other tracks take the fifteen free channels in turn; from the sixteenth
    on a track keeps a channel of a further MIDI port (meta event 0x21), so that no two tracks fight over a program.
    The muted rhythm spots are left out: whatever stands in a MIDI file sounds.
    """
    players = [track for track in session.tracks if track.kind == "instrument"]
    end = max([session.end_tick, *(item.start_tick + item.length_ticks for track in players for item in track.midi)])
    file = mido.MidiFile(type=1, ticks_per_beat=TICKS_PER_QUARTER, charset="utf-8")
    file.tracks.append(_conductor(session, end))
    melodic = 0
    many = sum(not track.drum_kit for track in players) > len(_FREE_CHANNELS)
    for track in players:
        port, index = divmod(melodic, len(_FREE_CHANNELS))
        channel = DRUM_CHANNEL if track.drum_kit else _FREE_CHANNELS[index]
        melodic += not track.drum_kit
        file.tracks.append(_player(track, channel, port if many else None, end))
    out = io.BytesIO()
    file.save(file=out)
    return out.getvalue()


def _conductor(session: Session, end: int) -> mido.MidiTrack:
    clock = TickClock(session.tempo)
    events: list[tuple[int, int, mido.MetaMessage]] = []
    for marker in session.tempo:
        if marker.numerator:
            events.append((marker.tick, 0, mido.MetaMessage(
                "time_signature", numerator=marker.numerator, denominator=marker.denominator)))
        events.append((marker.tick, 1, mido.MetaMessage("set_tempo", tempo=marker.us_per_quarter)))
    for hit in session.markers:
        tick = clock.nearest_tick(Fraction(hit.time_s))
        events.append((max(0, tick), 2, mido.MetaMessage("marker", text=one_line(hit.name))))
    events.sort(key=lambda event: event[:2])
    name = mido.MetaMessage("track_name", name=one_line(f"{session.cue} {session.name}"))
    return _timed([(0, name), *((tick, message) for tick, _, message in events)], end)


def _player(track: Track, channel: int, port: int | None, end: int) -> mido.MidiTrack:
    head = [(0, mido.MetaMessage("track_name", name=one_line(track.name)))]
    if port is not None:
        head.append((0, mido.MetaMessage("midi_port", port=port)))
    if not any(program.tick == 0 for item in track.midi for program in item.programs):
        head.append((0, mido.Message("program_change", channel=channel, program=track.program)))
    events = [event for item in track.midi for event in _item_events(item, channel)]
    events.sort(key=lambda event: event[:3])
    return _timed([*head, *((tick, message) for tick, _, _, message in events)], end)


def _item_events(item: MidiItem, channel: int) -> list[tuple[int, int, int, mido.Message]]:
    """Events with what orders them: tick, kind, and pitch, controller or program."""
    events = []
    for note in item.notes:
        on = mido.Message("note_on", channel=channel, note=note.pitch, velocity=note.velocity)
        off = mido.Message("note_off", channel=channel, note=note.pitch, velocity=0)
        events += [(note.tick, _ON, note.pitch, on), (note.tick + note.length_ticks, _OFF, note.pitch, off)]
    for control in item.controls:
        message = mido.Message("control_change", channel=channel, control=control.number, value=control.value)
        events.append((control.tick, _CONTROL, control.number, message))
    for program in item.programs:
        message = mido.Message("program_change", channel=channel, program=program.program)
        events.append((program.tick, _PROGRAM, program.program, message))
    return events


def _timed(events: list[tuple[int, mido.Message | mido.MetaMessage]], end: int) -> mido.MidiTrack:
    """Absolute ticks to deltas, closed at ``end``."""
    track, now = mido.MidiTrack(), 0
    for tick, message in events:
        track.append(message.copy(time=tick - now))
        now = tick
    track.append(mido.MetaMessage("end_of_track", time=max(0, end - now)))
    return track


def midi_to_notes(data: bytes) -> tuple[MidiPart, ...]:
    """Every track that has notes, in file order; ticks at 960 per quarter whatever the file's resolution.

    Raises EditError when the bytes are no MIDI file.
    """
    try:
        file = mido.MidiFile(file=io.BytesIO(data), charset="latin-1", clip=True)
    except (EOFError, OSError, ValueError, KeyError, IndexError, mido.KeySignatureError) as error:
        raise EditError(f"Not a readable MIDI file ({one_line(str(error)) or type(error).__name__}). "
                        "Export it again as a standard MIDI file.") from None
    if file.ticks_per_beat <= 0:
        raise EditError("The MIDI file counts in SMPTE frames. Export it again in ticks per quarter note.")
    scale = Fraction(TICKS_PER_QUARTER, file.ticks_per_beat)
    parts = (_read_track(track, scale) for track in file.tracks)
    return tuple(part for part in parts if part.notes)


def _read_track(track: mido.MidiTrack, scale: Fraction) -> MidiPart:
    now = 0
    programs: dict[int, int] = {}
    open_notes: dict[tuple[int, int], list[tuple[int, int]]] = {}
    notes: list[MidiNote] = []
    for message in track:
        now += message.time
        if message.type == "program_change":
            programs.setdefault(message.channel, message.program)
        elif message.type == "note_on" and message.velocity > 0:
            open_notes.setdefault((message.channel, message.note), []).append((now, message.velocity))
        elif message.type in ("note_on", "note_off"):
            started = open_notes.get((message.channel, message.note))
            if started:
                notes.append(_note((message.channel, message.note), started.pop(0), now, scale))
    for key, started in open_notes.items():
        notes += [_note(key, start, now, scale) for start in started]
    notes.sort(key=lambda note: (note.tick, note.pitch, note.channel))
    program = programs.get(notes[0].channel, 0) if notes else 0
    return MidiPart(_text(track.name), program, tuple(notes))


def _text(latin: str) -> str:
    """MIDI does not say how its texts are encoded: UTF-8 where that is possible, Latin-1 otherwise."""
    try:
        return latin.encode("latin-1").decode("utf-8")
    except UnicodeDecodeError:
        return latin


def _note(key: tuple[int, int], start: tuple[int, int], end: int, scale: Fraction) -> MidiNote:
    channel, pitch = key
    tick, velocity = start
    first, last = round(tick * scale), round(end * scale)
    return MidiNote(first, max(1, last - first), pitch, velocity, channel)

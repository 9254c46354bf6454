"""Items on tracks: the picture, printed audio, and MIDI."""
from __future__ import annotations

from dataclasses import dataclass

from backend.daw.rpp.chunk import Chunk
from backend.daw.rpp.identity import guid
from backend.domain.session import TICKS_PER_QUARTER, AudioItem, MidiItem, VideoItem
from backend.music.ticks import TickClock

_OFF, _PROGRAM, _CONTROL, _ON = range(4)
"""Order of MIDI events at one tick: what ends, what sounds, how loud, what begins."""


@dataclass(frozen=True)
class Placed:
    """What every item has: where it stands, how long it lasts, and where in its source it begins."""

    place: tuple[str | int, ...]
    name: str
    position_s: float
    length_s: float
    offset_s: float = 0.0
    locked: bool = False
    play_rate: float = 1.0


def video_item(video: VideoItem, track_id: str) -> Chunk:
    """The picture: locked, never looped, starting where the cue starts on the file's clock."""
    item = _item(Placed((track_id, "video"), video.name, 0.0, video.length_s, video.source_offset_s, True,
                         video.play_rate))
    item.chunk("SOURCE", "VIDEO").line("FILE", video.file)
    return item


def audio_item(audio: AudioItem, track_id: str, index: int) -> Chunk:
    item = _item(Placed((track_id, "audio", index), audio.name, audio.start_s, audio.length_s))
    item.chunk("SOURCE", "WAVE").line("FILE", audio.file)
    return item


def midi_item(midi: MidiItem, clock: TickClock, track_id: str, index: int) -> Chunk:
    """Notes, controllers and programs as MIDI bytes at 960 ticks a quarter, counted from the item's start."""
    start_s = clock.time_s(midi.start_tick)
    length_s = clock.time_s(midi.start_tick + midi.length_ticks) - start_s
    place = (track_id, "midi", index)
    item = _item(Placed(place, midi.name, float(start_s), float(length_s)))
    source = item.chunk("SOURCE", "MIDI")
    source.line("HASDATA", 1, TICKS_PER_QUARTER, "QN")
    source.line("CCINTERP", 32)
    source.line("POOLEDEVTS", guid(*place, "pool"))
    for row in _midi_rows(midi):
        source.raw(row)
    source.line("GUID", guid(*place, "source"))
    source.line("IGNTEMPO", 0, 120, 4, 4)
    return item


def _item(placed: Placed) -> Chunk:
    item = Chunk("ITEM")
    item.line("POSITION", placed.position_s)
    item.line("SNAPOFFS", 0)
    item.line("LENGTH", placed.length_s)
    item.line("LOOP", 0)
    item.line("ALLTAKES", 0)
    item.line("FADEIN", 1, 0, 0, 1, 0, 0, 0)
    item.line("FADEOUT", 1, 0, 0, 1, 0, 0, 0)
    item.line("MUTE", 0, 0)
    if placed.locked:
        item.line("LOCK", 1)
    item.line("SEL", 0)
    item.line("IGUID", guid(*placed.place, "item"))
    item.line("NAME", placed.name)
    item.line("VOLPAN", 1, 0, 1, -1)
    item.line("SOFFS", placed.offset_s)
    item.line("PLAYRATE", placed.play_rate, 1, 0, -1, 0, 0.0025)
    item.line("CHANMODE", 0)
    item.line("GUID", guid(*placed.place, "take"))
    return item


def _midi_rows(midi: MidiItem) -> list[str]:
    """``E <ticks since the last event> <status> <data> <data>`` in hex; all notes off marks the item's end.

    A program change carries a zero as third byte: every line of the format has three.
    """
    events: list[tuple[int, int, int, tuple[int, int, int]]] = []
    for note in midi.notes:
        events.append((note.tick, _ON, note.pitch, (0x90 | note.channel, note.pitch, note.velocity)))
        events.append((note.tick + note.length_ticks, _OFF, note.pitch, (0x80 | note.channel, note.pitch, 0)))
    for control in midi.controls:
        events.append((control.tick, _CONTROL, control.number, (0xB0 | control.channel, control.number, control.value)))
    for program in midi.programs:
        events.append((program.tick, _PROGRAM, program.program, (0xC0 | program.channel, program.program, 0)))
    end = max([midi.start_tick + midi.length_ticks, *(event[0] for event in events)])
    rows, now = [], midi.start_tick
    for tick, _, _, (status, first, second) in sorted(events):
        rows.append(f"E {tick - now} {status:02x} {first:02x} {second:02x}")
        now = tick
    return [*rows, f"E {end - now} b0 7b 00"]

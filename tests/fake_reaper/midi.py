"""MIDI of takes: events by kind, all at once as bytes, hashes, and ticks against the project's clock."""
from __future__ import annotations

import hashlib
from typing import Any

from tests.fake_reaper import identity
from tests.fake_reaper.calls import Group, need
from tests.fake_reaper.events import PPQ, Event, MidiEvents, Note, unpack
from tests.fake_reaper.state import Item, Source, Take, Track
from tests.fake_reaper.time_map import TimeMap

_SELECTED, _MUTED = 1, 2
_NOTES, _CONTROLS, _TEXTS = (0x80, 0x90), (0xA0, 0xB0, 0xC0, 0xD0, 0xE0), (0xF0,)


def flags(selected: Any, muted: Any) -> int:
    return (_SELECTED if selected else 0) | (_MUTED if muted else 0)


class Midi(Group):
    def events(self, take: Take | None) -> MidiEvents:
        """Of a MIDI take; NULL for every other one."""
        source = need(take).source
        found: MidiEvents = need(source.midi if source is not None else None)
        return found

    def CreateNewMIDIItemInProj(self, track: Track | None, start: float, end: float,
                                quarters: int) -> tuple[Item, int]:
        track = need(track)
        time_map: TimeMap = self.reaper.time_map()
        if quarters:
            start, end = time_map.time(start), time_map.time(end)
        ticks = round((time_map.quarter(end) - time_map.quarter(start)) * PPQ)
        item, take = Item(identity.new()), Take(identity.new())
        take.source = Source("MIDI", midi=MidiEvents())
        take.source.midi.replace([(max(0, ticks), 0, b"\xb0\x7b\x00")])  # type: ignore[union-attr]
        item.values.update(D_POSITION=start, D_LENGTH=end - start)
        item.takes.append(take)
        track.items.append(item)
        self.reaper.items.in_order(track)
        self.pointers.text(item, track)
        self.changed()
        return item, quarters

    def MIDI_CountEvts(self, take: Take | None, *_: int) -> tuple[int, int, int, int]:
        midi = self.events(take)
        notes, controls, texts = len(midi.notes), len(midi.of_kind(*_CONTROLS)), len(midi.of_kind(*_TEXTS))
        return notes + controls + texts, notes, controls, texts

    def _note(self, take: Take | None, index: int) -> Note | None:
        notes = self.events(take).notes
        return notes[index] if 0 <= index < len(notes) else None

    def MIDI_GetNote(self, take: Take | None, index: int, *_: float) -> tuple[float, ...]:
        note = self._note(take, index)
        if note is None:
            return False, 0, 0, 0.0, 0.0, 0, 0, 0
        return (True, bool(note.flags & _SELECTED), bool(note.flags & _MUTED), note.start, note.end, note.channel,
                note.pitch, note.velocity)

    def MIDI_InsertNote(self, take: Take | None, selected: int, muted: int, start: float,
                        *rest: Any) -> tuple[bool, int]:
        end, channel, pitch, velocity, unsorted = rest
        midi, mark = self.events(take), flags(selected, muted)
        midi.add((round(start), mark, bytes((0x90 | channel & 15, pitch & 127, velocity & 127))),
                 (round(end), mark, bytes((0x80 | channel & 15, pitch & 127, 0))))
        if not unsorted:
            midi.sort()
        self.changed()
        return True, unsorted

    def MIDI_SetNote(self, take: Take | None, index: int, *rest: Any) -> tuple[Any, ...]:
        """Every value is set: the wrapper has no way to leave one out."""
        note, midi = self._note(take, index), self.events(take)
        if note is None:
            return False, *rest
        selected, muted, start, end, channel, pitch, velocity, unsorted = rest
        rows = [row for i, row in enumerate(midi.events) if i not in (note.on, note.off)]
        midi.replace(rows)
        midi.add((round(start), flags(selected, muted), bytes((0x90 | channel & 15, pitch & 127, velocity & 127))),
                 (round(end), flags(selected, muted), bytes((0x80 | channel & 15, pitch & 127, 0))))
        midi.sort()
        self.changed()
        return True, *rest

    def MIDI_DeleteNote(self, take: Take | None, index: int) -> bool:
        note, midi = self._note(take, index), self.events(take)
        if note is None:
            return False
        midi.replace([row for i, row in enumerate(midi.events) if i not in (note.on, note.off)])
        self.changed()
        return True

    def _row(self, take: Take | None, kinds: tuple[int, ...], index: int) -> Event | None:
        midi = self.events(take)
        places = midi.of_kind(*kinds)
        return midi.events[places[index]] if 0 <= index < len(places) else None

    def MIDI_GetCC(self, take: Take | None, index: int, *_: float) -> tuple[float, ...]:
        row = self._row(take, _CONTROLS, index)
        if row is None:
            return False, 0, 0, 0.0, 0, 0, 0, 0
        tick, mark, message = row
        return (True, bool(mark & _SELECTED), bool(mark & _MUTED), tick, message[0] & 0xF0, message[0] & 0x0F,
                message[1], message[2] if len(message) > 2 else 0)

    def MIDI_InsertCC(self, take: Take | None, selected: int, muted: int, tick: float, *rest: int) -> bool:
        status, channel, first, second = rest
        if status not in _CONTROLS:
            return False
        midi = self.events(take)
        midi.add((round(tick), flags(selected, muted), bytes((status | channel & 15, first & 127, second & 127))))
        midi.sort()
        self.changed()
        return True

    def MIDI_DeleteCC(self, take: Take | None, index: int) -> bool:
        return self._delete(take, _CONTROLS, index)

    def _delete(self, take: Take | None, kinds: tuple[int, ...], index: int) -> bool:
        midi = self.events(take)
        places = midi.of_kind(*kinds)
        if not 0 <= index < len(places):
            return False
        midi.replace([row for i, row in enumerate(midi.events) if i != places[index]])
        self.changed()
        return True

    def MIDI_InsertTextSysexEvt(self, take: Take | None, selected: int, muted: int, tick: float, *rest: Any) -> bool:
        """Type -1 is system exclusive (without F0 and F7), 1..15 a text."""
        kind, text, size = rest
        body = text.encode("utf-8")[:size]
        message = b"\xf0" + body + b"\xf7" if kind == -1 else bytes((0xFF, kind)) + body
        return self.insert(take, flags(selected, muted), round(tick), message)

    def MIDI_GetTextSysexEvt(self, take: Take | None, index: int, *_: Any) -> tuple[Any, ...]:
        row = self._row(take, _TEXTS, index)
        if row is None:
            return False, 0, 0, 0.0, 0, "", 0
        tick, mark, message = row
        body = message[1:-1] if message[0] == 0xF0 else message[2:]
        kind = -1 if message[0] == 0xF0 else message[1]
        return (True, bool(mark & _SELECTED), bool(mark & _MUTED), tick, kind, body.decode("utf-8", "replace"),
                len(body))

    def MIDI_InsertEvt(self, take: Take | None, selected: int, muted: int, tick: float, *rest: Any) -> bool:
        """The wrapper's text: bytes above 127 arrive as two."""
        text, size = rest
        return self.insert(take, flags(selected, muted), round(tick), text.encode("utf-8")[:size])

    def insert(self, take: Take | None, mark: int, tick: int, message: bytes) -> bool:
        midi = self.events(take)
        midi.add((tick, mark, message))
        midi.sort()
        self.changed()
        return True

    def MIDI_GetEvt(self, take: Take | None, index: int, *_: Any) -> tuple[Any, ...]:
        """The message as text: the wrapper decodes it, which fails for most messages and ends at a zero byte."""
        rows = self.events(take).events
        if not 0 <= index < len(rows):
            return False, 0, 0, 0.0, "", 0
        tick, mark, message = rows[index]
        return (True, bool(mark & _SELECTED), bool(mark & _MUTED), tick, message.split(b"\0")[0].decode("utf-8"),
                len(message))

    def MIDI_DeleteEvt(self, take: Take | None, index: int) -> bool:
        midi = self.events(take)
        if not 0 <= index < len(midi.events) - 1:
            return False
        midi.replace([row for i, row in enumerate(midi.events) if i != index])
        self.changed()
        return True

    def MIDI_Sort(self, take: Take | None) -> None:
        self.events(take).sort()

    def MIDI_DisableSort(self, take: Take | None) -> None:
        self.events(take)

    def MIDI_SelectAll(self, take: Take | None, select: int) -> None:
        midi = self.events(take)
        midi.replace([(tick, flags(select, mark & _MUTED), message) for tick, mark, message in midi.events])
        self.changed()

    def MIDI_GetHash(self, take: Take | None, notes_only: int, buffer: str, size: int) -> tuple[bool, str]:
        return True, digest(self.events(take), bool(notes_only))

    def MIDI_GetTrackHash(self, track: Track | None, notes_only: int, buffer: str, size: int) -> tuple[bool, str]:
        found = [take.source.midi for item in need(track).items for take in item.takes
                 if take.source is not None and take.source.midi is not None]
        together = "".join(digest(midi, bool(notes_only)) for midi in found)
        return True, hashlib.md5(together.encode(), usedforsecurity=False).hexdigest()

    def MIDI_GetAllEvts(self, take: Take | None, buffer: str, size: int) -> tuple[bool, str, int]:
        """The wrapper takes the buffer for a text: it ends at the first zero byte."""
        data = self.events(take).data
        return True, data.split(b"\0")[0].decode("utf-8"), len(data)

    def MIDI_SetAllEvts(self, take: Take | None, text: str, size: int) -> bool:
        """The wrapper writes the text as UTF-8, which doubles every byte above 127, and ``size`` cuts the rest."""
        return self.set_all(take, text.encode("utf-8")[:size])

    def set_all(self, take: Take | None, data: bytes) -> bool:
        """What REAPER can read of the bytes counts; events that make no sense end the reading."""
        midi = self.events(take)
        midi.data = readable(data)
        self.changed()
        return True

    def MIDI_SetItemExtents(self, item: Item | None, start: float, end: float) -> bool:
        item, time_map = need(item), self.reaper.time_map()
        item.values.update(D_POSITION=time_map.time(start), D_LENGTH=time_map.time(end) - time_map.time(start))
        self.changed()
        return True

    # ticks against the project

    def _origin(self, take: Take | None) -> tuple[float, float]:
        """The quarter at which the take's tick 0 lies, and its play rate. The take's offset is in seconds."""
        take = need(take)
        item = need(self.reaper.takes.item_of(take))
        rate = take.values["D_PLAYRATE"] or 1.0
        start = item.values["D_POSITION"] - take.values["D_STARTOFFS"] / rate
        return self.reaper.time_map().quarter(start), rate

    def MIDI_GetPPQPosFromProjQN(self, take: Take | None, quarter: float) -> float:
        origin, rate = self._origin(take)
        return (quarter - origin) * rate * PPQ

    def MIDI_GetProjQNFromPPQPos(self, take: Take | None, tick: float) -> float:
        origin, rate = self._origin(take)
        return origin + tick / PPQ / rate

    def MIDI_GetPPQPosFromProjTime(self, take: Take | None, time: float) -> float:
        return self.MIDI_GetPPQPosFromProjQN(take, self.reaper.time_map().quarter(time))

    def MIDI_GetProjTimeFromPPQPos(self, take: Take | None, tick: float) -> float:
        time: float = self.reaper.time_map().time(self.MIDI_GetProjQNFromPPQPos(take, tick))
        return time


def digest(midi: MidiEvents, notes_only: bool) -> str:
    """Changes when the events do; the selection is not part of it."""
    if notes_only:
        told = repr([(n.start, n.end, n.channel, n.pitch, n.velocity, n.flags & _MUTED) for n in midi.notes]).encode()
    else:
        told = repr([(tick, mark & _MUTED, message) for tick, mark, message in midi.events]).encode()
    return hashlib.md5(told, usedforsecurity=False).hexdigest()


def readable(data: bytes) -> bytes:
    """The longest head of whole events."""
    try:
        unpack(data)
        return data
    except ValueError:
        pass
    end = at = 0
    while at + 9 <= len(data):
        size = int.from_bytes(data[at + 5:at + 9], "little", signed=True)
        at += 9 + size
        if size < 0 or at > len(data):
            break
        end = at
    return data[:end]

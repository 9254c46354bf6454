"""What MIDI_SetAllEvts would read out of an item of a plan, by hand: no code of the writer is used."""
from __future__ import annotations

import base64

from backend.domain.live import LiveItem
from backend.domain.session import MidiNote

Message = tuple[int, bytes]


def messages(item: LiveItem) -> list[Message]:
    """(absolute tick from the item's start, MIDI message) of every event, the last one included."""
    data, place, tick, out = base64.b64decode(item.events), 0, 0, []
    while place < len(data):
        tick += int.from_bytes(data[place:place + 4], "little", signed=True)
        assert data[place + 4] == 0
        size = int.from_bytes(data[place + 5:place + 9], "little", signed=True)
        out.append((tick, data[place + 9:place + 9 + size]))
        assert len(out[-1][1]) == size
        place += 9 + size
    return out


def played(item: LiveItem) -> list[Message]:
    """Every event but the last."""
    return messages(item)[:-1]


def notes(item: LiveItem) -> list[MidiNote]:
    """Notes as a MIDI device would understand them: an off ends the note of its pitch. Sorted."""
    sounding: dict[tuple[int, int], tuple[int, int]] = {}
    out = []
    for tick, message in played(item):
        kind, channel = message[0] & 0xF0, message[0] & 0x0F
        if kind == 0x90:
            assert (channel, message[1]) not in sounding, f"{message[1]} begins twice"
            sounding[channel, message[1]] = (tick, message[2])
        elif kind == 0x80:
            start, velocity = sounding.pop((channel, message[1]))
            out.append(MidiNote(start, tick - start, message[1], velocity, channel))
    assert not sounding
    return sorted(out, key=lambda note: (note.tick, note.pitch, note.channel))

"""The messages that make a plug-in play an item's articulations."""
from __future__ import annotations

from bisect import bisect_left

from backend.daw.articulations import ArticulationMap, Switch
from backend.domain.session import MidiArticulation, MidiItem
from backend.live.plan_events import Event, release_event, switch_event

KEY_TICKS = 30
"""A latching key switch is held this long after its note begins."""


def articulation_events(item: MidiItem, map_: ArticulationMap, channel: int) -> list[Event]:
    """Program changes, controllers and key switches, unsorted, each before the note it is meant for.

    A key switch comes early by its lead, but never before a note that still belongs to the articulation before it.
    What selects the same thing again is not sent again.
    """
    changes = _changes(item, map_)
    presses: list[int] = []
    for tick, switches in changes:
        presses.append(max(_press_tick(item, tick, switches), presses[-1] + 1 if presses else item.start_tick))
    ends = [*presses[1:], item.start_tick + item.length_ticks]
    events: list[Event] = []
    for (tick, switches), press, end in zip(changes, presses, ends, strict=True):
        place = 0
        for switch in switches:
            messages = _messages(switch, channel)
            events += [switch_event(press, place + i, message) for i, message in enumerate(messages)]
            place += len(messages)
            if switch.key is not None:
                off = end if switch.hold else min(end, tick + KEY_TICKS)
                events.append(release_event(max(press + 1, off), channel, switch.key))
    return events


def clashes(item: MidiItem, map_: ArticulationMap) -> list[int]:
    """Key switches of an item that are also pitches it plays: the plug-in could not tell them apart."""
    keys = {switch.key for _, switches in _changes(item, map_) for switch in switches if switch.key is not None}
    return sorted(keys & {note.pitch for note in item.notes})


def _changes(item: MidiItem, map_: ArticulationMap) -> list[tuple[int, tuple[Switch, ...]]]:
    out: list[tuple[int, tuple[Switch, ...]]] = []
    for articulation in item.articulations or (MidiArticulation(item.start_tick, ""),):
        switches = map_.switches(articulation.name)
        if switches and (not out or out[-1][1] != switches):
            out.append((articulation.tick, switches))
    return out


def _press_tick(item: MidiItem, tick: int, switches: tuple[Switch, ...]) -> int:
    onsets = [note.tick for note in item.notes]
    before = bisect_left(onsets, tick)
    earliest = onsets[before - 1] + 1 if before else item.start_tick
    return max(earliest, tick - max(switch.lead for switch in switches))


def _messages(switch: Switch, channel: int) -> list[bytes]:
    if switch.key is not None:
        return [bytes((0x90 | channel, switch.key, switch.velocity))]
    if switch.cc is not None:
        return [bytes((0xB0 | channel, switch.cc, switch.value or 0))]
    banks = ((0, switch.bank_msb), (32, switch.bank_lsb))
    return [*(bytes((0xB0 | channel, number, bank)) for number, bank in banks if bank is not None),
            bytes((0xC0 | channel, switch.program or 0))]

"""The takes of an item: our own, first; a newer idea of ours as another one, not playing."""
from __future__ import annotations

from typing import Any

from backend.daw.apply.chunk import CHUNK_SIZE, is_whole
from backend.daw.apply.host import Host, is_null
from backend.daw.apply.midi import decoded, hash_of, set_events, shifted
from backend.daw.apply.notes import events_of, same_notes
from backend.daw.apply.placed import Placed
from backend.daw.apply.prints import crc_text
from backend.daw.apply.refusal import Refused

_NAME_SIZE = 4096
_TICKS_PER_QUARTER = 960
_NOWHERE_S = 1e-9


def content_of(host: Host, take: Any) -> int:
    """Of what the take plays: its MIDI, or its file's name. 0 for an empty one."""
    if is_null(take):
        return 0
    if host.read("TakeIsMIDI", take):
        return hash_of(host, take)
    source = host.read("GetMediaItemTake_Source", take)
    return 0 if is_null(source) else crc_text(str(host.read("GetMediaSourceFileName", source, "", _NAME_SIZE)[1]))


def events_in(host: Host, wanted: Placed, item_start_s: float) -> bytes:
    """The plan's events for an item that begins at ``item_start_s``."""
    late_q = 0.0
    if abs(item_start_s - wanted.start_s) > _NOWHERE_S:
        late_q = host.read("TimeMap2_timeToQN", 0, wanted.start_s) - host.read("TimeMap2_timeToQN", 0, item_start_s)
    return shifted(decoded(wanted.events), round(late_q * _TICKS_PER_QUARTER))


def plays(host: Host, item: Any, wanted: Placed, with_ends: bool) -> bool:
    """Whether the take that is heard holds the plan's notes already."""
    take = host.read("GetActiveTake", item)
    if wanted.kind != "midi" or is_null(take) or not host.read("TakeIsMIDI", take):
        return False
    offset, rate = (host.read("GetMediaItemTakeInfo_Value", take, name) for name in ("D_STARTOFFS", "D_PLAYRATE"))
    start_s = host.read("GetMediaItemInfo_Value", item, "D_POSITION")
    if offset != 0.0 or rate != 1.0:
        return False
    there = events_of(host, take)
    return there is not None and same_notes(there, events_in(host, wanted, start_s), with_ends)


def fill(host: Host, take: Any, wanted: Placed, item_start_s: float) -> None:
    """Give the take what the plan wants, so that it sounds where the plan wants it, wherever its item begins now."""
    if wanted.kind == "midi":
        set_events(host, take, events_in(host, wanted, item_start_s))
        return
    host.write("SetMediaItemTake_Source", take, open_source(host, wanted.file))
    offset_s = wanted.offset_s + item_start_s - wanted.start_s
    if host.read("GetMediaItemTakeInfo_Value", take, "D_STARTOFFS") != offset_s:
        host.write("SetMediaItemTakeInfo_Value", take, "D_STARTOFFS", offset_s)


def name_take(host: Host, take: Any, name: str) -> None:
    host.write("GetSetMediaItemTakeInfo_String", take, "P_NAME", name, True)


def name_of_take(host: Host, take: Any) -> str:
    return str(host.read("GetSetMediaItemTakeInfo_String", take, "P_NAME", "", False)[3])


def open_source(host: Host, file: str) -> Any:
    """Raises Refused for a file that REAPER cannot open."""
    source = host.read("PCM_Source_CreateFromFile", file)
    if is_null(source):
        raise Refused(f"REAPER cannot open {file}; nothing was changed. Bring the file back, or score the cue again.")
    return source


def add_take(host: Host, item: Any, wanted: Placed, name: str) -> Any:
    """A take behind the others; what plays keeps playing."""
    playing = host.read("GetMediaItemInfo_Value", item, "I_CURTAKE")
    take = _empty_midi_take(host, item) if wanted.kind == "midi" else host.write("AddTakeToMediaItem", item)
    fill(host, take, wanted, host.read("GetMediaItemInfo_Value", item, "D_POSITION"))
    name_take(host, take, name)
    if host.read("GetMediaItemInfo_Value", item, "I_CURTAKE") != playing:
        host.write("SetMediaItemInfo_Value", item, "I_CURTAKE", playing)
    return take


def _empty_midi_take(host: Host, item: Any) -> Any:
    """Through the item's state text: a MIDI source made by the API on its own takes no events."""
    text = str(host.read("GetItemStateChunk", item, "", CHUNK_SIZE, False)[2])
    lines = [line.rstrip("\r") for line in text.rstrip().split("\n")]
    if not is_whole(lines):
        raise Refused("The state of an item is larger than a script can read; nothing was changed. Split the item, "
                      "then build again.")
    lines[-1:] = ["TAKE", 'NAME ""', "TAKEVOLPAN 0 1 -1", "SOFFS 0 0", "PLAYRATE 1 1 0 -1 0 0.0025", "CHANMODE 0",
                  "<SOURCE MIDI", "HASDATA 1 960 QN", "E 960 b0 7b 00", ">", ">"]
    before = host.read("CountTakes", item)
    host.write("SetItemStateChunk", item, "\n".join(lines) + "\n", False)
    count = host.read("CountTakes", item)
    if count != before + 1:
        raise Refused("REAPER did not add a take to an item; nothing was changed. Please send the support bundle.")
    return host.read("GetTake", item, count - 1)


def guid_of_take(host: Host, take: Any) -> str:
    return str(host.read("GetSetMediaItemTakeInfo_String", take, "GUID", "", False)[3])


def take_with(host: Host, item: Any, guid: str) -> Any | None:
    for i in range(host.read("CountTakes", item)):
        take = host.read("GetTake", item, i)
        if guid_of_take(host, take) == guid:
            return take
    return None

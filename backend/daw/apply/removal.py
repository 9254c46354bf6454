"""Tracks of ours that the plan no longer has: taken out when nobody has touched them."""
from __future__ import annotations

from typing import Any

from backend.daw.apply.chunk import print_of_effects, print_of_envelope
from backend.daw.apply.envelopes import BLOCKS
from backend.daw.apply.host import Host, address
from backend.daw.apply.items import ItemIndex, TrackItems
from backend.daw.apply.ours import OurTrack
from backend.daw.apply.prints import crc_text, same
from backend.daw.apply.sends import RECEIVES, SENDS, held_at
from backend.daw.apply.structure import Row, TrackList
from backend.domain.live import LiveTrack

_NUMBERS = {"volume": "D_VOL", "pan": "D_PAN", "mute": "B_MUTE", "colour": "I_CUSTOMCOLOR"}
_AS_MADE = {"B_PHASE": 0.0, "B_MAINSEND": 1.0, "I_NCHAN": 2.0}
"""What a build never sets."""


def remove_dropped(tracks: TrackList, dropped: list[Row], index: ItemIndex) -> None:
    """``dropped`` in the order of the list; what lies in a folder goes before the folder."""
    host = tracks.host
    going = [row for row in dropped if _untouched(host, row, index)]
    ours = {address(row.track) for row in tracks.rows if row.tag is not None}
    for row in reversed(dropped):
        if any(row is one for one in going) and not tracks.inside(row) and _receives(host, row.track) <= ours:
            tracks.delete(row)
        else:
            host.keep(f"{_name(host, row)}: no longer in the score, but yours now")
    tracks.close_folders()


def _untouched(host: Host, row: Row, index: ItemIndex) -> bool:
    tag = row.tag
    if tag is None:
        return False
    ours = OurTrack(host, row, LiveTrack(tag.id, tag.kind, ""))
    return (not ours.locked and _as_made(ours) and _as_left(ours)
            and TrackItems(ours, index, tag.cue).untouched())


def _as_made(ours: OurTrack) -> bool:
    """Whether nothing was added or set that no build ever does."""
    read, track = ours.host.read, ours.track
    return (ours.chunk().envelopes <= set(BLOCKS.values())
            and all(read("GetMediaTrackInfo_Value", track, name) == value for name, value in _AS_MADE.items()))


def _as_left(ours: OurTrack) -> bool:
    read, track, aspects = ours.host.read, ours.track, ours.tag.aspects
    now: dict[str, Any] = {aspect: float(read("GetMediaTrackInfo_Value", track, parameter))
                           for aspect, parameter in _NUMBERS.items()}
    now["name"] = crc_text(_name(ours.host, ours.row))
    now["fx"] = print_of_effects(ours.chunk())
    now.update({f"{kind} envelope": print_of_envelope(ours.chunk(), block) for kind, block in BLOCKS.items()})
    return (all(aspect in aspects and same(held, aspects[aspect][1]) for aspect, held in now.items())
            and _sends_as_left(ours))


def _sends_as_left(ours: OurTrack) -> bool:
    """Fewer than we made is no work of the user's that could be lost."""
    left = [aspect[1] for name, aspect in ours.tag.aspects.items() if name.startswith("send:")]
    now = [held_at(ours.host, ours.track, i) for i in range(ours.host.read("GetTrackNumSends", ours.track, SENDS))]
    return len(now) <= len(left) and all(any(same(held, one) for one in left) for held in now)


def _receives(host: Host, track: Any) -> set[int]:
    """Addresses of the tracks that send here."""
    return {int(host.read("GetTrackSendInfo_Value", track, RECEIVES, i, "P_SRCTRACK"))
            for i in range(host.read("GetTrackNumSends", track, RECEIVES))}


def _name(host: Host, row: Row) -> str:
    return str(host.read("GetSetMediaTrackInfo_String", row.track, "P_NAME", "", False)[3])

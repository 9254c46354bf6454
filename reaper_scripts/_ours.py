"""The tracks that a build made, found by their tag, and the notes in them."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from backend.daw.apply.host import Host as Reading
from backend.daw.apply.tags import read_tag
from reaper_scripts._picture import bounds


@dataclass(frozen=True)
class OurTrack:
    """``track`` is REAPER's handle; ``cue``, ``id`` and ``kind`` are what the plan called it."""

    track: Any
    cue: str
    id: str
    kind: str


def our_tracks(api: Any) -> list[OurTrack]:
    """Every tagged track, top to bottom. One text call a track."""
    return [ours for i in range(api.RPR_CountTracks(0)) if (ours := our_track(api, api.RPR_GetTrack(0, i)))]


def our_track(api: Any, track: Any) -> OurTrack | None:
    """None for a track of the user's."""
    tag = read_tag(Reading(api, ""), track)
    return OurTrack(track, tag.cue, tag.id, tag.kind) if tag else None


def items_of(api: Any, track: Any) -> list[Any]:
    """The items of a track that sound."""
    items = [api.RPR_GetTrackMediaItem(track, i) for i in range(api.RPR_CountTrackMediaItems(track))]
    return [item for item in items if not api.RPR_GetMediaItemInfo_Value(item, "B_MUTE")]


def items_between(api: Any, track: Any, start_s: float, end_s: float) -> list[Any]:
    found = []
    for item in items_of(api, track):
        left_s, right_s = bounds(api, item)
        if left_s < end_s and right_s > start_s:
            found.append(item)
    return found

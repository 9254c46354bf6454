"""Notes of the user's that follow a new tempo: they are counted in beats, and that is said."""
from __future__ import annotations

from backend.daw.apply.host import Host, is_null
from backend.daw.apply.structure import TrackList
from backend.domain.live import LivePlan


def say_whose_notes_follow(host: Host, plan: LivePlan, tracks: TrackList) -> None:
    """Notes are counted in beats: those of the user's inside the cue play in the new tempo."""
    for number, row in enumerate(tracks.rows, start=1):
        if row.tag is not None:
            continue
        for i in range(host.read("CountTrackMediaItems", row.track)):
            item = host.read("GetTrackMediaItem", row.track, i)
            start_s = host.read("GetMediaItemInfo_Value", item, "D_POSITION")
            end_s = start_s + host.read("GetMediaItemInfo_Value", item, "D_LENGTH")
            take = host.read("GetActiveTake", item)
            if (start_s < plan.bars_end_s and end_s > plan.start_s and not is_null(take)
                    and host.read("TakeIsMIDI", take)):
                host.say(f"Your MIDI on track {number} lies inside the cue: its item stays in place, its notes follow "
                         "the new tempo.")
                break

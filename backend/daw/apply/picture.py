"""The picture: brought along when the project has none, and nailed to time together with the user's audio."""
from __future__ import annotations

from backend.daw.apply.host import Host, is_null
from backend.daw.apply.items import ItemIndex, TrackItems
from backend.daw.apply.ours import OurTrack
from backend.daw.apply.pins import ATTACH, IN_TIME
from backend.daw.apply.placed import Placed
from backend.daw.apply.structure import TrackList
from backend.daw.apply.tags import Tag
from backend.domain.live import LivePlan, LiveTrack

_KIND = "picture"


def bring_picture(host: Host, plan: LivePlan, tracks: TrackList, index: ItemIndex) -> str:
    """A track at the very top for the plan's own video, one for all cues. Returns the GUID of the cue's video item."""
    if plan.picture_item or plan.video is None:
        return plan.picture_item
    row = next((row for row in tracks.rows if row.tag is not None and row.tag.kind == _KIND), None)
    ours = OurTrack(host, row or tracks.make_on_top(Tag(plan.cue, _KIND, _KIND)), LiveTrack(_KIND, _KIND, "Picture"))
    if ours.made:
        tracks.close_folders()
        host.write("GetSetMediaTrackInfo_String", ours.track, "P_NAME", ours.name, True)
    key = f"{plan.cue}:video"
    video = Placed("video", plan.video.name, plan.start_s, plan.video.length_s, file=plan.video.file,
                   offset_s=plan.video.source_offset_s)
    TrackItems(ours, index, f"{plan.cue} {plan.video.name} (new idea)", plan.cue + ":").settle({key: video})
    ours.save()
    return str(ours.tag.items.get(key, {}).get("g", ""))


def pin_media(host: Host, plan: LivePlan) -> None:
    """Every item inside the cue that plays picture or sound keeps its time when somebody changes the tempo later."""
    for i in range(host.read("CountMediaItems", 0)):
        item = host.read("GetMediaItem", 0, i)
        start_s = host.read("GetMediaItemInfo_Value", item, "D_POSITION")
        if start_s >= plan.end_s or start_s + host.read("GetMediaItemInfo_Value", item, "D_LENGTH") <= plan.start_s:
            continue
        take = host.read("GetActiveTake", item)
        if is_null(take) or host.read("TakeIsMIDI", take):
            continue
        if host.read("GetMediaItemInfo_Value", item, ATTACH) != IN_TIME:
            host.write("SetMediaItemInfo_Value", item, ATTACH, IN_TIME)
            host.wrote("item|pinned to time")


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

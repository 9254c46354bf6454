"""The picture: the user's own, which has to be there, or one that is brought along when the project has none."""
from __future__ import annotations

from backend.daw.apply.host import Host
from backend.daw.apply.items import ItemIndex, TrackItems
from backend.daw.apply.ours import OurTrack
from backend.daw.apply.placed import Placed
from backend.daw.apply.refusal import Refused
from backend.daw.apply.structure import TrackList
from backend.daw.apply.tags import Tag
from backend.domain.live import LivePlan, LiveTrack

_KIND = "picture"


def refuse_without_picture(plan: LivePlan, index: ItemIndex) -> None:
    """A plan made for a video item of the user's belongs into the project that holds it, and into no other."""
    if plan.picture_item and index.find(plan.picture_item) is None:
        raise Refused(f"{plan.cue}: its video item is not in the project in front. Go back to the project where the "
                      "action was started, or undo what removed the item, and run the action again; nothing was "
                      "changed, and the work is kept.")


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

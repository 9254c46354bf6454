"""Media nailed to time: what plays picture or sound stays where it is when somebody changes the tempo later."""
from __future__ import annotations

from backend.daw.apply.host import Host, is_null
from backend.daw.apply.pins import ATTACH, IN_TIME
from backend.domain.live import LivePlan


def pin_media(host: Host, plan: LivePlan) -> None:
    """Every item inside the cue that plays picture or sound."""
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

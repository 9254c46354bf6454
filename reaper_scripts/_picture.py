"""The video item behind a cue: its file through sections, where its left edge lies on the file, how fast it plays."""
from __future__ import annotations

import os
from typing import Any, NamedTuple

from backend.daw.apply.host import is_null
from bridge.messages import SeenVideo
from reaper_scripts._errors import ActionError
from reaper_scripts._timeline import NAME_SIZE, PATH_SIZE

SELECT_VIDEO = "Select the video item (your imported film clip), then run the action again."


def bounds(api: Any, item: Any) -> tuple[float, float]:
    """Start and end of an item in project seconds."""
    start_s = float(api.RPR_GetMediaItemInfo_Value(item, "D_POSITION"))
    return start_s, start_s + float(api.RPR_GetMediaItemInfo_Value(item, "D_LENGTH"))


def guid(api: Any, item: Any) -> str:
    return str(api.RPR_GetSetMediaItemInfo_String(item, "GUID", "", False)[3])


def selected_items(api: Any) -> list[Any]:
    return [api.RPR_GetSelectedMediaItem(0, i) for i in range(api.RPR_CountSelectedMediaItems(0))]


def is_video(api: Any, item: Any) -> bool:
    """Whether the active take plays a picture."""
    take = api.RPR_GetActiveTake(item)
    return not is_null(take) and _root(api, take).kind == "VIDEO"


def selected_video(api: Any) -> Any:
    """The one selected video item. Raises ActionError that says what to select."""
    items = selected_items(api)
    if not items:
        raise ActionError(f"nothing is selected. {SELECT_VIDEO}")
    videos = [item for item in items if is_video(api, item)]
    if not videos:
        raise ActionError(f"the selected item is no video. {SELECT_VIDEO}")
    if len(videos) > 1:
        raise ActionError(f"{len(videos)} video items are selected. Select one of them, then run the action again.")
    return videos[0]


def video_under(api: Any, start_s: float, end_s: float) -> Any | None:
    """The video item shown between two times: a selected one first, else as REAPER layers pictures, where the lowest
    track number wins; on one track the item that covers most."""
    found = []
    for index in range(api.RPR_CountMediaItems(0)):
        item = api.RPR_GetMediaItem(0, index)
        left_s, right_s = bounds(api, item)
        shared_s = min(right_s, end_s) - max(left_s, start_s)
        if shared_s > 1e-6 and is_video(api, item):
            selected = bool(api.RPR_GetMediaItemInfo_Value(item, "B_UISEL"))
            track = api.RPR_GetMediaTrackInfo_Value(api.RPR_GetMediaItem_Track(item), "IP_TRACKNUMBER")
            found.append((not selected, track, -shared_s, index, item))
    return min(found, key=lambda row: row[:4])[4] if found else None


def seen_video(api: Any, item: Any) -> SeenVideo:
    """The item as the daemon needs it, without the silence before or after its picture. Raises ActionError."""
    take = api.RPR_GetActiveTake(item)
    root = _root(api, take)
    if root.backwards:
        raise ActionError("the video item plays backwards. Switch Reverse off for it (Item properties), then run the "
                          "action again.")
    file = str(api.RPR_GetMediaSourceFileName(root.source, "", PATH_SIZE)[1])
    if not file or not os.path.isfile(file):
        raise ActionError(f"the film of the video item is not there: '{file}'. Put it back, or choose it anew in the "
                          "item's properties, then run the action again.")
    rate = float(api.RPR_GetMediaItemTakeInfo_Value(take, "D_PLAYRATE"))
    offset_s = float(api.RPR_GetMediaItemTakeInfo_Value(take, "D_STARTOFFS"))
    start_s, end_s = bounds(api, item)
    length_s = float(api.RPR_GetMediaSourceLength(api.RPR_GetMediaItemTake_Source(take), False)[0])
    if offset_s < 0:
        start_s, offset_s = start_s - offset_s / rate, 0.0
    if length_s > 0:
        end_s = min(end_s, start_s + (length_s - offset_s) / rate)
    if end_s <= start_s:
        raise ActionError(f"the video item shows nothing of '{os.path.basename(file)}'. Extend it, then run the "
                          "action again.")
    name = str(api.RPR_GetSetMediaItemTakeInfo_String(take, "P_NAME", "", False)[3]) or os.path.basename(file)
    return SeenVideo(file, guid(api, item), name, start_s, end_s - start_s, root.start_s + offset_s, rate)


class _Root(NamedTuple):
    """The source behind all sections; ``start_s`` is where the outermost one begins on it."""

    source: Any
    kind: str
    start_s: float
    backwards: bool


def _root(api: Any, take: Any) -> _Root:
    source, start_s, backwards = api.RPR_GetMediaItemTake_Source(take), 0.0, False
    while not is_null(source):
        kind = str(api.RPR_GetMediaSourceType(source, "", NAME_SIZE)[1])
        if kind != "SECTION":
            return _Root(source, kind, start_s, backwards)
        _, _, offset_s, _, reverse = api.RPR_PCM_Source_GetSectionInfo(source, 0.0, 0.0, False)
        start_s, backwards = start_s + float(offset_s), backwards or bool(reverse)
        source = api.RPR_GetMediaSourceParent(source)
    return _Root(source, "", start_s, backwards)

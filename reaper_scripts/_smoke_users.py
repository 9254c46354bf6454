"""What a user may have in a project, for the self-test: an item and a marker on beats inside the cue. They must not
move when the cue's tempo map is laid, and both ways to ask REAPER about a handle are tried on their track."""
from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from backend.daw.apply.host import address
from backend.daw.apply.pins import ATTACH
from reaper_scripts._smoke_checks import Check
from reaper_scripts._smoke_plan import BPM, START_S
from reaper_scripts._timeline import markers_and_regions

LAID = "FilmComposer: self-test, things of a user"
"""The undo step that takes them away again."""
_ITEM_S, _ITEM_LENGTH_S, _MARKER_S = 4.9, 0.6, 5.1
"""Behind the change of tempo: what stays on its beat goes to another time there."""
_MARKER = "Self-test: a marker of yours"
_ON_BEATS = 1.0
_UNMOVED_S, _SAME_PLACE_S = 1e-6, 1e-3
_ALL_STATE = -1


def lay(api: Any) -> tuple[Any, Any]:
    """A track with an item on beats, and a marker, in an undo step of their own. Returns the track and the item.

    The item says itself that it goes with the beats; no script can set that for a marker: it goes as the project's
    time base says."""
    api.RPR_Undo_BeginBlock2(0)
    try:
        index = api.RPR_CountTracks(0)
        api.RPR_InsertTrackAtIndex(index, False)
        track = api.RPR_GetTrack(0, index)
        item = api.RPR_AddMediaItemToTrack(track)
        for name, value in ((ATTACH, _ON_BEATS), ("D_POSITION", _ITEM_S), ("D_LENGTH", _ITEM_LENGTH_S)):
            api.RPR_SetMediaItemInfo_Value(item, name, value)
        api.RPR_AddProjectMarker2(0, False, _MARKER_S, 0.0, _MARKER, -1, 0)
    finally:
        api.RPR_Undo_EndBlock2(0, LAID, _ALL_STATE)
    return track, item


def unmoved(api: Any, item: Any) -> Iterator[Check]:
    """The item and the marker, after a tempo map was laid under them."""
    start_s, length_s, attach = (float(api.RPR_GetMediaItemInfo_Value(item, name))
                                 for name in ("D_POSITION", "D_LENGTH", ATTACH))
    off_s = max(abs(start_s - _ITEM_S), abs(length_s - _ITEM_LENGTH_S))
    yield Check("an item on beats stays where it was, and on beats", off_s < _UNMOVED_S and attach == _ON_BEATS,
                f"{start_s:.6f} s, {length_s:.6f} s long, attached {attach:g}")
    places_s = [marker.time_s for marker in markers_and_regions(api)[0] if marker.name == _MARKER]
    yield Check("a marker stays where it was, whatever the project's time base",
                len(places_s) == 1 and abs(places_s[0] - _MARKER_S) < _UNMOVED_S,
                ", ".join(f"{place_s:.6f} s" for place_s in places_s) or "it is gone")


def first_metre(api: Any) -> Check:
    """The cue's first metre, whose bar begins off the project's bar lines: REAPER may want to move it onto one."""
    rows = [api.RPR_GetTempoTimeSigMarker(0, i, 0.0, 0, 0.0, 0.0, 0, 0, False)
            for i in range(api.RPR_CountTempoTimeSigMarkers(0))]
    near = min(rows, key=lambda row: abs(float(row[3]) - START_S), default=None)
    _, _, numerator, denominator, bpm = api.RPR_TimeMap_GetTimeSigAtTime(0, START_S + _SAME_PLACE_S, 0, 0, 0.0)
    found = f"{numerator}/{denominator} at {bpm:g} in force there, "
    found += "no tempo point" if near is None else f"the point at {float(near[3]):.6f} s says {near[7]}/{near[8]}"
    passed = (near is not None and abs(float(near[3]) - START_S) < _SAME_PLACE_S and (near[7], near[8]) == (3, 4)
              and (numerator, denominator) == (3, 4) and abs(bpm - BPM) < _SAME_PLACE_S)
    return Check(f"the first metre is at {START_S:g} s, off the bar line, where it was put", passed, found)


def handle(api: Any, track: Any) -> Check:
    """The form without a project."""
    number = address(track)
    return _told_apart("RPR_ValidatePtr", bool(api.RPR_ValidatePtr(number, "MediaTrack*")),
                       bool(api.RPR_ValidatePtr(number, "MediaItem*")))


def handle_in_project(api: Any, track: Any) -> Check:
    number = address(track)
    return _told_apart("RPR_ValidatePtr2", bool(api.RPR_ValidatePtr2(0, number, "MediaTrack*")),
                       bool(api.RPR_ValidatePtr2(0, number, "MediaItem*")))


def _told_apart(function: str, as_track: bool, as_item: bool) -> Check:
    return Check(f"{function} knows a track by its number", as_track and not as_item,
                 f"as a track {as_track}, as an item {as_item}")

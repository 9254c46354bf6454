"""Sessions for the actions to look at: a film on a track, regions, markers, as a user would lay them."""
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from reaper_scripts._host import Host
from tests.fake_reaper import FakeReaper
from tests.fake_reaper.state import Item, Source, Take

Call = Callable[..., Any]
"""``call("CountTracks", 0)``: a function of REAPER's, without RPR_, in this process or in another one."""


def calls_of(reaper: FakeReaper) -> Call:
    return lambda name, *arguments: getattr(reaper.api, f"RPR_{name}")(*arguments)


def host_of(reaper: FakeReaper) -> Host:
    """What a script gets, outside any script: nothing it defers is ever run."""
    main = ModuleType("__main__")
    vars(main).update(RPR_defer=lambda code: None, RPR_atexit=lambda code: None)
    return Host(reaper.api, main)


def add_track(call: Call, name: str) -> Any:
    index = call("CountTracks", 0)
    call("InsertTrackAtIndex", index, False)
    track = call("GetTrack", 0, index)
    call("GetSetMediaTrackInfo_String", track, "P_NAME", name, True)
    return track


def add_media(call: Call, track: Any, file: Path, start_s: float, length_s: float) -> Any:
    """An item of a media file, unselected."""
    item = call("AddMediaItemToTrack", track)
    take = call("AddTakeToMediaItem", item)
    call("SetMediaItemTake_Source", take, call("PCM_Source_CreateFromFile", str(file)))
    call("GetSetMediaItemTakeInfo_String", take, "P_NAME", file.name, True)
    call("SetMediaItemInfo_Value", item, "D_POSITION", start_s)
    call("SetMediaItemInfo_Value", item, "D_LENGTH", length_s)
    return item


def add_region(call: Call, start_s: float, end_s: float, name: str, number: int = -1) -> int:
    return int(call("AddProjectMarker2", 0, True, start_s, end_s, name, number, 0))


def add_marker(call: Call, time_s: float, name: str) -> int:
    return int(call("AddProjectMarker2", 0, False, time_s, 0.0, name, -1, 0))


def select_time(call: Call, start_s: float, end_s: float) -> None:
    call("GetSet_LoopTimeRange2", 0, True, False, start_s, end_s, False)


class FilmSession:
    """A fake REAPER with one selected video item of 20 s at 10 s, on the first track.

    ``film`` needs no picture in it: the source's length is set by hand."""

    def __init__(self, folder: Path) -> None:
        self.reaper = FakeReaper(folder / "reaper")
        self.call = calls_of(self.reaper)
        self.host = host_of(self.reaper)
        self.film = folder / "film.mp4"
        self.film.write_bytes(b"no picture in it")
        self.item = self.add_film(add_track(self.call, "Picture"), 10.0, 20.0)
        self.call("SetMediaItemSelected", self.item, True)

    def add_film(self, track: Any, start_s: float, length_s: float, media_s: float = 60.0) -> Any:
        item = add_media(self.call, track, self.film, start_s, length_s)
        self.take_of(item).source = Source("VIDEO", file=str(self.film), length_s=media_s, channels=2,
                                           sample_rate=48000)
        return item

    def state_of(self, item: Any) -> Item:
        guid = self.call("GetSetMediaItemInfo_String", item, "GUID", "", False)[3]
        return next(one for track in self.reaper.project.tracks for one in track.items if one.guid == guid)

    def take_of(self, item: Any) -> Take:
        return self.state_of(item).takes[0]

    def guid(self, item: Any) -> str:
        return str(self.call("GetSetMediaItemInfo_String", item, "GUID", "", False)[3])

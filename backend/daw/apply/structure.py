"""The list of tracks with its folders: finding ours, making what is missing in the right place, closing folders.

REAPER stores folders as a step per track (1 opens, -n closes n). Here every track has a level, and the steps are worked
out again after every change, so that tracks of the user's keep theirs.
"""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from backend.daw.apply.host import Host
from backend.daw.apply.prints import same
from backend.daw.apply.tags import Tag, read_tag
from backend.domain.live import LiveTrack

_DEPTH = "I_FOLDERDEPTH"


@dataclass
class Row:
    """A track in the list; ``tag`` is None for the user's. ``made`` by this very build."""

    track: Any
    level: int
    tag: Tag | None
    made: bool = False


class TrackList:
    """Read once, kept in step with what is inserted and deleted."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.rows: list[Row] = []
        level = 0
        for i in range(host.read("CountTracks", 0)):
            track = host.read("GetTrack", 0, i)
            self.rows.append(Row(track, level, read_tag(host, track)))
            level += int(host.read("GetMediaTrackInfo_Value", track, _DEPTH))
        self._end_level = level

    def of_cue(self, cue: str) -> dict[str, Row]:
        """Our tracks of a cue by id. A copy that the user made of one is the user's: it holds none of our items."""
        found: dict[str, Row] = {}
        for row in self.rows:
            if row.tag is None or row.tag.cue != cue:
                continue
            first = found.setdefault(row.tag.id, row)
            if first is not row and self._holds(row) > self._holds(first):
                found[row.tag.id] = row
        return found

    def _holds(self, row: Row) -> int:
        """How many of the items that the tag speaks of lie on the track."""
        wanted = {item["g"] for item in row.tag.items.values()} if row.tag else set()
        return sum(guid in wanted for guid in item_guids(self.host, row.track))

    def parent(self, row: Row) -> Row | None:
        at = self._index(row)
        return next((self.rows[i] for i in range(at - 1, -1, -1) if self.rows[i].level < row.level), None)

    def inside(self, row: Row) -> list[Row]:
        """Everything in a folder, however deep."""
        at = self._index(row)
        return self.rows[at + 1:self._end(at)]

    def make_on_top(self, tag: Tag) -> Row:
        return self._insert(0, 0, tag)

    def make(self, tag: Tag, folder: Row | None, before: list[Row]) -> Row:
        """A new track in ``folder``, behind the last one of ``before`` that still lies there; else first in the folder.
        Without a folder: at the end of the list."""
        if folder is None:
            return self._insert(len(self.rows), self._end_level, tag)
        level = folder.level + 1
        inside = self.inside(folder)
        siblings = [row for row in before if row.level == level and any(row is one for one in inside)]
        place = self._end(self._index(siblings[-1])) if siblings else self._index(folder) + 1
        return self._insert(place, level, tag)

    def delete(self, row: Row) -> None:
        """Only for tracks without anything inside."""
        self.host.write("DeleteTrack", row.track)
        self.host.wrote("track|removed")
        self.rows.pop(self._index(row))

    def close_folders(self) -> None:
        """Write every step that is not what the levels ask for."""
        levels = [row.level for row in self.rows] + [self._end_level]
        for row, level, after in zip(self.rows, levels, levels[1:], strict=False):
            if not same(self.host.read("GetMediaTrackInfo_Value", row.track, _DEPTH), float(after - level)):
                self.host.write("SetMediaTrackInfo_Value", row.track, _DEPTH, float(after - level))

    def _insert(self, place: int, level: int, tag: Tag) -> Row:
        self.host.write("InsertTrackAtIndex", place, False)
        track = self.host.read("GetTrack", 0, place)
        if self.host.read("GetMediaTrackInfo_Value", track, "I_SELECTED"):
            self.host.write("SetMediaTrackInfo_Value", track, "I_SELECTED", 0.0)
        row = Row(track, level, tag, made=True)
        self.rows.insert(place, row)
        self.host.wrote("track")
        return row

    def _index(self, row: Row) -> int:
        return next(i for i, one in enumerate(self.rows) if one is row)

    def _end(self, at: int) -> int:
        """Where what lies in the folder at this place ends."""
        level = self.rows[at].level
        return next((i for i in range(at + 1, len(self.rows)) if self.rows[i].level <= level), len(self.rows))


def item_guids(host: Host, track: Any) -> dict[str, Any]:
    """GUID -> item, of one track."""
    found = {}
    for i in range(host.read("CountTrackMediaItems", track)):
        item = host.read("GetTrackMediaItem", track, i)
        found[guid_of(host, item)] = item
    return found


def guid_of(host: Host, item: Any) -> str:
    return str(host.read("GetSetMediaItemInfo_String", item, "GUID", "", False)[3])


def settle_structure(tracks: TrackList, cue: str, plan: tuple[LiveTrack, ...]) -> dict[str, Row]:
    """Every track of the plan, by id: found wherever the user moved it, or made in its folder.

    A folder that the user took away stays away while everything that lay in it is still there.
    """
    rows = tracks.of_cue(cue)
    wanted = _to_make(plan, set(rows))
    for track in plan:
        if track.id in wanted:
            folder = rows.get(_folder_of(track, plan))
            before = [rows[other.id] for other in _siblings_before(track, plan) if other.id in rows]
            rows[track.id] = tracks.make(Tag(cue, track.id, track.kind), folder, before)
    tracks.close_folders()
    return {track.id: rows[track.id] for track in plan if track.id in rows}


def _folder_of(track: LiveTrack, plan: tuple[LiveTrack, ...]) -> str:
    """Id of the folder a track lies in; empty for the cue's own."""
    if track.parent or track.kind == "cue":
        return track.parent
    return next((other.id for other in plan if other.kind == "cue"), "")


def _siblings_before(track: LiveTrack, plan: tuple[LiveTrack, ...]) -> list[LiveTrack]:
    folder = _folder_of(track, plan)
    place = next(i for i, other in enumerate(plan) if other.id == track.id)
    return [other for other in plan[:place] if _folder_of(other, plan) == folder]


def _to_make(plan: tuple[LiveTrack, ...], there: set[str]) -> set[str]:
    """Ids that are missing; of folders those alone that something will be made in."""
    folders = {_folder_of(track, plan) for track in plan}
    missing = {track.id for track in plan if track.id not in there}
    wanted = {track_id for track_id in missing if track_id not in folders}
    for track in reversed(plan):
        if track.id in wanted and _folder_of(track, plan) in missing:
            wanted.add(_folder_of(track, plan))
    return wanted

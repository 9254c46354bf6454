"""Tracks: the list, their numbers and texts, selection, colours."""
from __future__ import annotations

from typing import Any

from tests.fake_reaper import identity
from tests.fake_reaper.calls import Group, need
from tests.fake_reaper.state import TRACK_VALUES, Project, Track


class Tracks(Group):
    def at(self, index: int) -> Track | None:
        tracks = self.project.tracks
        return tracks[index] if 0 <= index < len(tracks) else None

    def CountTracks(self, project: Project) -> int:
        return len(project.tracks)

    def GetNumTracks(self) -> int:
        return len(self.project.tracks)

    def GetTrack(self, project: Project, index: int) -> Track | None:
        return self.at(index)

    def GetMasterTrack(self, project: Project) -> Track:
        return project.master

    def InsertTrackAtIndex(self, index: int, defaults: int) -> None:
        """Indices behind the end append; the new track is selected by nobody."""
        tracks = self.project.tracks
        tracks.insert(min(max(index, 0), len(tracks)), Track(identity.new()))
        self.changed()

    def DeleteTrack(self, track: Track | None) -> None:
        track = need(track)
        tracks = self.project.tracks
        index = next((i for i, one in enumerate(tracks) if one is track), None)
        if index is None:
            return
        del tracks[index]
        self._keep_folders(track, index)
        for other in tracks:
            other.sends[:] = [send for send in other.sends if send.target != track.guid]
        self.pointers.drop(track)
        self.changed()

    def _keep_folders(self, gone: Track, index: int) -> None:
        """The folders that the deleted track closed are closed by the one before it."""
        depth = gone.values["I_FOLDERDEPTH"]
        if depth < 0 and index > 0:
            self.project.tracks[index - 1].values["I_FOLDERDEPTH"] += depth

    def GetTrackGUID(self, track: Track | None) -> str:
        """The wrapper gives the address of the GUID, not the GUID."""
        return f"(GUID*)0x{self.pointers.address(need(track)) + 8:016X}"

    def GetTrackName(self, track: Track | None, buffer: str, size: int) -> tuple[bool, str]:
        track = need(track)
        if track is self.project.master:
            return True, "MASTER"
        return True, track.name or f"Track {self.number(track)}"

    def number(self, track: Track) -> int:
        """From 1; 0 when it is not there, -1 for the master."""
        if track is self.project.master:
            return -1
        return next((i + 1 for i, one in enumerate(self.project.tracks) if one is track), 0)

    def GetMediaTrackInfo_Value(self, track: Track | None, name: str) -> float:
        track = need(track)
        if name == "IP_TRACKNUMBER":
            return float(self.number(track))
        known(name, track.values, "RPR_GetMediaTrackInfo_Value")
        return track.values[name]

    def SetMediaTrackInfo_Value(self, track: Track | None, name: str, value: float) -> bool:
        track = need(track)
        known(name, TRACK_VALUES, "RPR_SetMediaTrackInfo_Value")
        if track.values[name] != value:
            track.values[name] = whole(name, value)
            self.changed()
        return True

    def GetSetMediaTrackInfo_String(self, track: Track | None, name: str, text: str, write: int) -> tuple[bool, str]:
        track = need(track)
        if name == "P_NAME":
            if write:
                track.name = text
                self.changed()
            return True, track.name
        if name == "GUID":
            if write:
                track.guid = text
                self.changed()
            return True, track.guid
        return extension(self, track.ext, name, text, write)

    def CountSelectedTracks(self, project: Project) -> int:
        return len(self.selected())

    def CountSelectedTracks2(self, project: Project, with_master: int) -> int:
        return len(self.selected(bool(with_master)))

    def GetSelectedTrack(self, project: Project, index: int) -> Track | None:
        found: Track | None = pick(self.selected(), index)
        return found

    def GetSelectedTrack2(self, project: Project, index: int, with_master: int) -> Track | None:
        found: Track | None = pick(self.selected(bool(with_master)), index)
        return found

    def selected(self, with_master: bool = False) -> list[Track]:
        tracks = [*([self.project.master] if with_master else []), *self.project.tracks]
        return [track for track in tracks if track.values["I_SELECTED"]]

    def SetTrackSelected(self, track: Track | None, selected: int) -> None:
        self.SetMediaTrackInfo_Value(track, "I_SELECTED", float(bool(selected)))

    def SetOnlyTrackSelected(self, track: Track | None) -> None:
        for one in (*self.project.tracks, self.project.master):
            self.SetMediaTrackInfo_Value(one, "I_SELECTED", float(one is track))

    def IsTrackSelected(self, track: Track | None) -> bool:
        return bool(need(track).values["I_SELECTED"])

    def GetParentTrack(self, track: Track | None) -> Track | None:
        return self.parents().get(id(need(track)))

    def GetTrackDepth(self, track: Track | None) -> int:
        track, depth, parents = need(track), 0, self.parents()
        while (parent := parents.get(id(track))) is not None:
            track, depth = parent, depth + 1
        return depth

    def parents(self) -> dict[int, Track | None]:
        """The folder of every track."""
        found: dict[int, Track | None] = {}
        open_folders: list[Track] = []
        for track in self.project.tracks:
            found[id(track)] = open_folders[-1] if open_folders else None
            depth = int(track.values["I_FOLDERDEPTH"])
            if depth > 0:
                open_folders.append(track)
            elif depth < 0:
                del open_folders[max(0, len(open_folders) + depth):]
        return found

    def SetTrackColor(self, track: Track | None, color: int) -> None:
        self.SetMediaTrackInfo_Value(track, "I_CUSTOMCOLOR", float(color | 0x1000000))

    def GetTrackColor(self, track: Track | None) -> int:
        color = int(need(track).values["I_CUSTOMCOLOR"])
        return color if color & 0x1000000 else 0

    def CSurf_TrackFromID(self, index: int, mixer: int) -> Track | None:
        return self.project.master if index == 0 else self.at(index - 1)

    def CSurf_TrackToID(self, track: Track | None, mixer: int) -> int:
        track = need(track)
        return 0 if track is self.project.master else self.number(track) or -1

    def ReorderSelectedTracks(self, before: int, make_folder: int) -> bool:
        if make_folder:
            raise NotImplementedError(f"RPR_ReorderSelectedTracks: makePrevFolder {make_folder}")
        moving = self.selected()
        tracks = self.project.tracks
        after = [track for track in tracks[before:] if not any(track is one for one in moving)]
        head = [track for track in tracks[:before] if not any(track is one for one in moving)]
        self.project.tracks[:] = [*head, *moving, *after]
        self.changed()
        return bool(moving)


def known(name: str, values: dict[str, float], function: str) -> None:
    if name not in values:
        raise NotImplementedError(f"{function}: the fake REAPER does not know '{name}'")


def whole(name: str, value: float) -> float:
    """Flags and whole numbers lose their fraction on the way in."""
    return float(int(value)) if name[:2] in ("B_", "C_", "I_") else float(value)


def pick(rows: list[Any], index: int) -> Any:
    return rows[index] if 0 <= index < len(rows) else None


def extension(group: Group, ext: dict[str, str], name: str, text: str, write: int) -> tuple[bool, str]:
    """``P_EXT:key`` of any object; an empty text takes the key away. Nothing there: false and an empty text."""
    if not name.startswith("P_EXT:") or len(name) == len("P_EXT:"):
        raise NotImplementedError(f"the fake REAPER does not know the text parameter '{name}'")
    key = name.removeprefix("P_EXT:")
    if write:
        if text:
            ext[key] = text
        else:
            ext.pop(key, None)
        group.changed()
        return True, text
    return key in ext, ext.get(key, "")

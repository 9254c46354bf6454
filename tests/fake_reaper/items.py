"""Media items: where they stand, what is selected, what hangs on them."""
from __future__ import annotations

from copy import deepcopy

from tests.fake_reaper import identity
from tests.fake_reaper.calls import Group, need
from tests.fake_reaper.state import ITEM_VALUES, Item, Project, Track
from tests.fake_reaper.tracks import extension, known, pick, whole


class Items(Group):
    def all(self) -> list[Item]:
        """In the order of the tracks."""
        return [item for track in self.project.tracks for item in track.items]

    def track_of(self, item: Item) -> Track | None:
        known_owner = self.pointers.owner(item)
        if known_owner is not None and any(one is item for one in known_owner.items):
            found: Track = known_owner
            return found
        for track in self.project.tracks:
            if any(one is item for one in track.items):
                self.pointers.text(item, track)
                return track
        return None

    def CountMediaItems(self, project: Project) -> int:
        return len(self.all())

    def GetMediaItem(self, project: Project, index: int) -> Item | None:
        found: Item | None = pick(self.all(), index)
        return found

    def GetTrackNumMediaItems(self, track: Track | None) -> int:
        return len(need(track).items)

    def CountTrackMediaItems(self, track: Track | None) -> int:
        return len(need(track).items)

    def GetTrackMediaItem(self, track: Track | None, index: int) -> Item | None:
        item: Item | None = pick(need(track).items, index)
        if item is not None:
            self.pointers.text(item, track)
        return item

    def AddMediaItemToTrack(self, track: Track | None) -> Item:
        """An empty item without a take. Items of a track stay in the order of their positions."""
        track, item = need(track), Item(identity.new())
        track.items.insert(0, item)
        self.in_order(track)
        self.pointers.text(item, track)
        self.changed()
        return item

    def in_order(self, track: Track) -> None:
        track.items.sort(key=lambda item: item.values["D_POSITION"])

    def DeleteTrackMediaItem(self, track: Track | None, item: Item | None) -> bool:
        track, item = need(track), need(item)
        left = [one for one in track.items if one is not item]
        if len(left) == len(track.items):
            return False
        track.items[:] = left
        self.pointers.drop(item)
        self.changed()
        return True

    def MoveMediaItemToTrack(self, item: Item | None, track: Track | None) -> bool:
        item, track = need(item), need(track)
        old = self.track_of(item)
        if old is None or old is track:
            return False
        old.items[:] = [one for one in old.items if one is not item]
        track.items.append(item)
        self.in_order(track)
        self.pointers.text(item, track)
        self.changed()
        return True

    def GetMediaItem_Track(self, item: Item | None) -> Track | None:
        return self.track_of(need(item))

    def GetMediaItemTrack(self, item: Item | None) -> Track | None:
        return self.track_of(need(item))

    def GetMediaItemInfo_Value(self, item: Item | None, name: str) -> float:
        item = need(item)
        if name == "I_CURTAKE":
            return float(item.active)
        if name == "IP_ITEMNUMBER":
            track = self.track_of(item)
            return float(next(i for i, one in enumerate(track.items) if one is item)) if track else -1.0
        known(name, item.values, "RPR_GetMediaItemInfo_Value")
        return item.values[name]

    def SetMediaItemInfo_Value(self, item: Item | None, name: str, value: float) -> bool:
        item = need(item)
        if name == "I_CURTAKE":
            item.active = int(value)
            self.changed()
            return True
        known(name, ITEM_VALUES, "RPR_SetMediaItemInfo_Value")
        value = whole(name, value)
        if item.values[name] != value:
            item.values[name] = value
            track = self.track_of(item)
            if name == "D_POSITION" and track is not None:
                self.in_order(track)
            self.changed()
        return True

    def SetMediaItemPosition(self, item: Item | None, position: float, redraw: int) -> bool:
        return self.SetMediaItemInfo_Value(item, "D_POSITION", position)

    def SetMediaItemLength(self, item: Item | None, length: float, redraw: int) -> bool:
        return self.SetMediaItemInfo_Value(item, "D_LENGTH", length)

    def GetSetMediaItemInfo_String(self, item: Item | None, name: str, text: str, write: int) -> tuple[bool, str]:
        item = need(item)
        if name in ("GUID", "P_NOTES"):
            field = "guid" if name == "GUID" else "notes"
            if write:
                setattr(item, field, text)
                self.changed()
            return True, getattr(item, field)
        return extension(self, item.ext, name, text, write)

    def selected(self) -> list[Item]:
        return [item for item in self.all() if item.values["B_UISEL"]]

    def CountSelectedMediaItems(self, project: Project) -> int:
        return len(self.selected())

    def GetSelectedMediaItem(self, project: Project, index: int) -> Item | None:
        found: Item | None = pick(self.selected(), index)
        return found

    def SetMediaItemSelected(self, item: Item | None, selected: int) -> None:
        self.SetMediaItemInfo_Value(item, "B_UISEL", float(bool(selected)))

    def IsMediaItemSelected(self, item: Item | None) -> bool:
        return bool(need(item).values["B_UISEL"])

    def SelectAllMediaItems(self, project: Project, selected: int) -> None:
        for item in self.all():
            self.SetMediaItemInfo_Value(item, "B_UISEL", float(bool(selected)))

    def UpdateItemInProject(self, item: Item | None) -> None:
        need(item)

    def SplitMediaItem(self, item: Item | None, position: float) -> Item | None:
        """The right part, or NULL when the place lies outside. The left part keeps the identity."""
        item = need(item)
        start, length, track = item.values["D_POSITION"], item.values["D_LENGTH"], self.track_of(item)
        if track is None or not start < position < start + length:
            return None
        right = deepcopy(item)
        right.guid = identity.new()
        right.values.update(D_POSITION=position, D_LENGTH=start + length - position)
        for take in right.takes:
            take.guid = identity.new()
            take.values["D_STARTOFFS"] += (position - start) * take.values["D_PLAYRATE"]
        item.values["D_LENGTH"] = position - start
        track.items.append(right)
        self.in_order(track)
        self.pointers.text(right, track)
        self.changed()
        return right

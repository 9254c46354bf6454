"""Items of our tracks: made, replaced while untouched, given another take once the user has had a hand in them.

An item is remembered by REAPER's own GUID, wherever the user drags it. How it was left: content of its first take,
place, length, number of takes, offset, rate, mute. Anything else there now is the user's work, and then the item stays
as it is and the new idea becomes a take behind it, which a later run replaces as long as nobody touches that either.
Where the take that is heard has the new idea's notes already (the plan was made from the user's own edit), no take is
added.

An item that the user deleted stays deleted while the idea is the same; a new idea is laid down again. When the user has
put something of their own in its place meanwhile (glued, rendered, played in), the new one is muted.
"""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

from backend.daw.apply.extras import fades_of, has_extras
from backend.daw.apply.host import Host, address
from backend.daw.apply.ours import OurTrack
from backend.daw.apply.placed import Placed
from backend.daw.apply.prints import crc, crc_text, same
from backend.daw.apply.structure import guid_of, item_guids
from backend.daw.apply.takes import (
    add_take,
    content_of,
    fill,
    guid_of_take,
    name_of_take,
    name_take,
    plays,
    take_with,
)

_LOCKED_BIT = 1
_IN_TIME = 0.0
_HELD = ("D_POSITION", "D_LENGTH", "B_MUTE")
_HELD_OF_TAKE = ("D_STARTOFFS", "D_PLAYRATE")


class ItemIndex:
    """Every item of the project by GUID; only looked up when one is not on its own track any more. A track's state text
    makes its items anew: what was found before one was written has to be forgotten."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._items: dict[str, Any] | None = None

    def find(self, guid: str) -> Any | None:
        if self._items is None:
            count = self._host.read("CountMediaItems", 0)
            items = [self._host.read("GetMediaItem", 0, i) for i in range(count)]
            self._items = {guid_of(self._host, item): item for item in items}
        return self._items.get(guid)

    def forget(self) -> None:
        """Look anew when the next one is asked for."""
        self._items = None


class TrackItems:
    """The items of one track of ours. ``new_name`` names the take that carries a newer idea. ``scope`` starts the keys
    that this build may take away, on a track that several cues share."""

    def __init__(self, ours: OurTrack, index: ItemIndex, new_name: str, scope: str = "") -> None:
        self.ours = ours
        self.host = ours.host
        self.index = index
        self.new_name = new_name
        self.scope = scope
        self._here: dict[str, Any] = {} if ours.made else item_guids(self.host, ours.track)

    def settle(self, wanted: dict[str, Placed]) -> None:
        """``wanted`` by a key that stays the same from run to run."""
        for key, item in wanted.items():
            self._settle(key, item)
        for key in [key for key in self.ours.tag.items if key.startswith(self.scope) and key not in wanted]:
            self._remove(key)

    def _settle(self, key: str, wanted: Placed) -> None:
        left = self.ours.tag.items.get(key)
        if left is None:
            if self._unlocked():
                self._make(key, wanted, muted=False)
            return
        item = self._item(left["g"])
        idea = crc(wanted.idea)
        if item is None:
            self._deleted(key, left, wanted)
        elif left["i"] != idea and self._free(item):
            if self._untouched(item, left):
                self._replace(item, left, wanted)
            else:
                self._another_take(item, left, wanted)

    def _item(self, guid: str) -> Any | None:
        return self._here.get(guid) or self.index.find(guid)

    def _unlocked(self) -> bool:
        if self.ours.locked:
            self.host.keep(f"{self.ours.name}: the track is locked")
            return False
        return True

    def _free(self, item: Any) -> bool:
        if int(self.host.read("GetMediaItemInfo_Value", item, "C_LOCK")) & _LOCKED_BIT:
            self.host.keep(f"{self.ours.name}: the item is locked")
            return False
        return self._unlocked()

    def _deleted(self, key: str, left: dict[str, Any], wanted: Placed) -> None:
        if left["i"] == crc(wanted.idea):
            self.host.keep(f"{self.ours.name}: you deleted its item")
        elif self._unlocked():
            theirs = self._overlapped(wanted)
            self._make(key, wanted, muted=theirs)
            if theirs:
                self.host.keep(f"{self.ours.name}: what you put in place of its item (the new idea lies there, muted)")

    def _overlapped(self, wanted: Placed) -> bool:
        ours = {item["g"] for item in self.ours.tag.items.values()}
        for guid, item in self._here.items():
            start_s = self.host.read("GetMediaItemInfo_Value", item, "D_POSITION")
            end_s = start_s + self.host.read("GetMediaItemInfo_Value", item, "D_LENGTH")
            if guid not in ours and start_s < wanted.end_s and end_s > wanted.start_s:
                return True
        return False

    def _make(self, key: str, wanted: Placed, muted: bool) -> None:
        host, track = self.host, self.ours.track
        if wanted.kind == "midi":
            made = host.write("CreateNewMIDIItemInProj", track, wanted.start_s, wanted.end_s, False)
            item = made[0] if isinstance(made, tuple) else made
            take = host.read("GetActiveTake", item)
            self._value(item, "B_LOOPSRC", 0.0)
        else:
            item = host.write("AddMediaItemToTrack", track)
            take = host.write("AddTakeToMediaItem", item)
            self._value(item, "C_BEATATTACHMODE", _IN_TIME)
            self._value(item, "B_LOOPSRC", 0.0)
        fill(host, take, wanted, wanted.start_s)
        name_take(host, take, wanted.name)
        self._place(item, wanted)
        self._value(item, "B_UISEL", 0.0)
        if muted:
            self._value(item, "B_MUTE", 1.0)
        host.wrote("item")
        self.ours.tag.items[key] = {"g": guid_of(host, item), "i": crc(wanted.idea), "h": self._held(item, 0),
                                    "t": crc_text(wanted.name), "f": fades_of(host, item)}

    def _place(self, item: Any, wanted: Placed) -> None:
        self._value(item, "D_POSITION", wanted.start_s)
        self._value(item, "D_LENGTH", wanted.length_s)

    def _value(self, item: Any, name: str, value: float) -> None:
        if self.host.read("GetMediaItemInfo_Value", item, name) != value:
            self.host.write("SetMediaItemInfo_Value", item, name, value)

    def _held(self, item: Any, extra_takes: int) -> list[Any]:
        """How the item stands. ``extra_takes`` of ours do not count."""
        read = self.host.read
        take = read("GetTake", item, 0)
        count = read("CountTakes", item)
        of_take = [float(read("GetMediaItemTakeInfo_Value", take, name)) for name in _HELD_OF_TAKE] if count else []
        home = address(read("GetMediaItem_Track", item)) == address(self.ours.track)
        return [content_of(self.host, take) if count else 0, count - extra_takes, int(home), *of_take,
                *(float(read("GetMediaItemInfo_Value", item, name)) for name in _HELD)]

    def _untouched(self, item: Any, left: dict[str, Any]) -> bool:
        newer = left.get("n")
        extra = 1 if newer and take_with(self.host, item, newer["g"]) is not None else 0
        return same(self._held(item, extra), left["h"])

    def _as_made(self, item: Any, left: dict[str, Any]) -> bool:
        """Nothing on it would be lost with the item."""
        return self._untouched(item, left) and not has_extras(self.host, item, left.get("f"))

    def _replace(self, item: Any, left: dict[str, Any], wanted: Placed) -> None:
        take = self.host.read("GetTake", item, 0)
        fill(self.host, take, wanted, wanted.start_s)
        self._rename(take, left, wanted.name)
        self._place(item, wanted)
        self.host.wrote("item|replaced")
        newer = left.get("n")
        extra = 1 if newer and take_with(self.host, item, newer["g"]) is not None else 0
        left.update(i=crc(wanted.idea), h=self._held(item, extra))

    def _rename(self, take: Any, left: dict[str, Any], name: str) -> None:
        """A name that the user gave stays."""
        if left.get("t") in (None, crc_text(name_of_take(self.host, take))):
            name_take(self.host, take, name)
            left["t"] = crc_text(name)

    def _another_take(self, item: Any, left: dict[str, Any], wanted: Placed) -> None:
        if plays(self.host, item, wanted, with_ends=self.ours.plan.kind != "spots"):
            self.host.keep(f"{self.ours.name}: your item, whose notes are the new idea's")
            return
        self.host.keep(f"{self.ours.name}: your item (the new idea is another take)")
        idea, newer = crc(wanted.idea), left.get("n")
        if newer and newer["i"] == idea:
            return
        take = take_with(self.host, item, newer["g"]) if newer else None
        if newer and take is not None and content_of(self.host, take) == newer["h"]:
            fill(self.host, take, wanted, self.host.read("GetMediaItemInfo_Value", item, "D_POSITION"))
        else:
            take = add_take(self.host, item, wanted, self.new_name)
        self.host.wrote("take")
        left["n"] = {"g": guid_of_take(self.host, take), "i": idea, "h": content_of(self.host, take)}

    def _remove(self, key: str) -> None:
        """An item that the plan no longer has: gone when untouched, else it is the user's from now on."""
        left = self.ours.tag.items[key]
        item = self._item(left["g"])
        if item is not None and not self._free(item):
            return
        if item is not None and self._as_made(item, left):
            self.host.write("DeleteTrackMediaItem", self.host.read("GetMediaItem_Track", item), item)
            self.index.forget()
            self.host.wrote("item|removed")
        elif item is not None:
            self.host.keep(f"{self.ours.name}: your item, which the score no longer has")
        del self.ours.tag.items[key]

    def untouched(self) -> bool:
        """Nothing but what we left, as we left it: no item of the user's, none edited, locked or dragged away."""
        left = {item["g"]: item for item in self.ours.tag.items.values()}
        read: Callable[..., Any] = self.host.read
        return all(guid in left and not int(read("GetMediaItemInfo_Value", item, "C_LOCK")) & _LOCKED_BIT
                   and self._as_made(item, left[guid]) for guid, item in self._here.items())

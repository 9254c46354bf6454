"""Addresses of live objects, as REAPER's wrapper writes them: ``(MediaTrack*)0x0000000000001A20``.

What is deleted or undone loses its address for good; tracks keep theirs through an undo.
"""
from __future__ import annotations

from typing import Any

from tests.fake_reaper.state import Envelope, Item, Project, Source, Take, Track

KINDS: dict[type, str] = {Project: "ReaProject*", Track: "MediaTrack*", Item: "MediaItem*", Take: "MediaItem_Take*",
                          Envelope: "TrackEnvelope*", Source: "PCM_source*"}
_STEP = 0x20


def null(kind: str) -> str:
    return f"({kind})0x{0:016X}"


class Pointers:
    """Object to address and back. Objects are held, so that an address is never used twice."""

    def __init__(self) -> None:
        self._next = 0x5EA0_0000
        self._addresses: dict[int, int] = {}
        self._objects: dict[int, Any] = {}
        self._texts: dict[int, str] = {}
        self._owners: dict[int, Any] = {}

    def text(self, thing: Any, owner: Any = None) -> str:
        """The pointer of a live object; ``owner`` is what it lies in (the track of an item, the item of a take)."""
        key = id(thing)
        address = self._addresses.get(key)
        if address is None:
            address = self.place(thing, self._next)
            self._next += _STEP
        if owner is not None:
            self._owners[key] = owner
        return self._texts[address]

    def address(self, thing: Any) -> int:
        self.text(thing)
        return self._addresses[id(thing)]

    def place(self, thing: Any, address: int) -> int:
        """Give an address to an object (a track after an undo takes its old one)."""
        self._addresses[id(thing)] = address
        self._objects[address] = thing
        self._texts[address] = f"({KINDS[type(thing)]})0x{address:016X}"
        return address

    def at(self, address: int) -> Any:
        """The object, or None."""
        return self._objects.get(address)

    def find(self, text: str, kind: str) -> Any:
        """The live object behind a pointer of this kind, else None."""
        mark, _, digits = text.partition(")0x")
        if mark != "(" + kind or len(digits) != 16:
            return None
        return self._objects.get(int(digits, 16))

    def owner(self, thing: Any) -> Any:
        return self._owners.get(id(thing))

    def drop(self, thing: Any) -> None:
        """This object and everything inside is gone."""
        address = self._addresses.pop(id(thing), None)
        if address is not None:
            del self._objects[address], self._texts[address]
        self._owners.pop(id(thing), None)
        for inner in inside(thing):
            self.drop(inner)

    def swap(self, old: Project, new: Project) -> None:
        """After an undo: the project and tracks that are still there keep their addresses, the rest is gone."""
        kept = {track.guid: self._addresses.get(id(track)) for track in (*old.tracks, old.master)}
        address = self._addresses.get(id(old))
        self.drop(old)
        if address is not None:
            self.place(new, address)
        for track in (*new.tracks, new.master):
            where = kept.get(track.guid)
            if where is not None:
                self.place(track, where)


def inside(thing: Any) -> list[Any]:
    """What hangs on an object and dies with it."""
    if isinstance(thing, Project):
        return [*thing.tracks, thing.master]
    if isinstance(thing, Track):
        return [*thing.items, *thing.envelopes]
    if isinstance(thing, Item):
        return list(thing.takes)
    if isinstance(thing, Take):
        return [thing.source] if thing.source is not None else []
    if isinstance(thing, Source):
        return [thing.parent] if thing.parent is not None else []
    return []

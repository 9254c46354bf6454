"""Getting and setting whole objects as text. What is set is made anew: old items and envelopes lose their pointers."""
from __future__ import annotations

from typing import Any

from tests.fake_reaper.calls import Group, cut, need
from tests.fake_reaper.chunk_items import item_lines, read_item
from tests.fake_reaper.chunk_text import Block, indented, read
from tests.fake_reaper.chunk_tracks import envelope_lines, fill, read_envelope, read_track, track_lines
from tests.fake_reaper.state import Envelope, Item, Send, Track


class Chunks(Group):
    """A getter whose buffer is too small says false and gives what fits. A setter says false for broken text."""

    def _fits(self, lines: list[str], size: int) -> tuple[bool, str]:
        text = indented(lines)
        return cut(text, size) == text, text

    def _read(self, text: str, name: str) -> Block | None:
        try:
            block = read(text)
        except ValueError:
            return None
        return block if block.name == name else None

    def GetTrackStateChunk(self, track: Track | None, buffer: str, size: int, undo: int) -> tuple[bool, str]:
        track = need(track)
        return self._fits(track_lines(track, self._receives(track)), size)

    def _receives(self, track: Track) -> list[tuple[int, Send]]:
        return [(index, send) for index, one in enumerate(self.project.tracks) for send in one.sends
                if send.target == track.guid]

    def SetTrackStateChunk(self, track: Track | None, text: str, undo: int) -> bool:
        track, block = need(track), self._read(text, "TRACK")
        if block is None:
            return False
        found, receives = read_track(block)
        fill(found.fx, self.reaper.plugins)
        self._set_receives(track, found.guid, receives)
        for old in (*track.items, *track.envelopes):
            self.pointers.drop(old)
        sends = track.sends
        vars(track).update(vars(found))
        track.sends = sends
        self.changed()
        return True

    def _set_receives(self, track: Track, guid: str, receives: list[tuple[int, Send]]) -> None:
        """Sends that are there already keep their place among their track's sends."""
        wanted: dict[int, list[Send]] = {}
        for index, send in receives:
            wanted.setdefault(index, []).append(send)
        for index, one in enumerate(self.project.tracks):
            rest = wanted.get(index, [])
            kept = []
            for send in one.sends:
                if send.target != track.guid:
                    kept.append(send)
                elif rest:
                    kept.append(Send(guid, rest.pop(0).values))
            one.sends[:] = [*kept, *(Send(guid, send.values) for send in rest)]

    def GetItemStateChunk(self, item: Item | None, buffer: str, size: int, undo: int) -> tuple[bool, str]:
        return self._fits(item_lines(need(item)), size)

    def SetItemStateChunk(self, item: Item | None, text: str, undo: int) -> bool:
        """The item keeps its pointer, its takes do not."""
        item, block = need(item), self._read(text, "ITEM")
        if block is None:
            return False
        found = read_item(block)
        for take in item.takes:
            self.pointers.drop(take)
        vars(item).update(vars(found))
        track = self.reaper.items.track_of(item)
        if track is not None:
            self.reaper.items.in_order(track)
        self.changed()
        return True

    def GetEnvelopeStateChunk(self, envelope: Envelope | None, buffer: str, size: int, undo: int) -> tuple[bool, str]:
        return self._fits(envelope_lines(need(envelope)), size)

    def SetEnvelopeStateChunk(self, envelope: Envelope | None, text: str, undo: int) -> bool:
        envelope = need(envelope)
        block: Any = self._read(text, envelope.chunk)
        if block is None:
            return False
        vars(envelope).update(vars(read_envelope(block)))
        self.changed()
        return True

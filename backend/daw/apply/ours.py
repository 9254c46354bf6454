"""One track of ours at work: what may be written on it, and what the user has made their own.

Every aspect (volume, pan, a send, the effects ...) is remembered with the idea it came from and with what REAPER held
after it was written. An unchanged idea is left alone, whatever the user did. A new idea replaces what is as it was
left; what the user changed stays and is reported.
"""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

from backend.daw.apply.chunk import TrackChunk, read_chunk
from backend.daw.apply.host import Host
from backend.daw.apply.prints import crc, same
from backend.daw.apply.structure import Row
from backend.daw.apply.tags import Tag, write_tag
from backend.domain.live import LiveTrack


class OurTrack:
    def __init__(self, host: Host, row: Row, plan: LiveTrack) -> None:
        self.host = host
        self.row = row
        self.plan = plan
        self.track: Any = row.track
        self.made = row.made
        self.tag: Tag = row.tag or Tag("", plan.id, plan.kind)
        self._before = "" if row.made else self.tag.text
        self._chunk: TrackChunk | None = None

    @property
    def name(self) -> str:
        return self.plan.name

    def chunk(self) -> TrackChunk:
        """The track's state text; read once, until ``forget``."""
        if self._chunk is None:
            self._chunk = read_chunk(self.host, self.track)
        return self._chunk

    def forget(self) -> None:
        """The state text is not what it was."""
        self._chunk = None

    @property
    def locked(self) -> bool:
        return not self.made and self.chunk().locked

    def may_write(self, aspect: str, words: str, idea: Any, held: Callable[[], Any]) -> bool:
        """Whether an idea is new here and the place is as we left it. ``words``: what is kept when it is not."""
        known = self.tag.aspects.get(aspect)
        if known is not None and known[0] == crc(idea):
            return False
        if self.made:
            return True
        if self.locked:
            self.host.keep(f"{self.name}: the track is locked")
            return False
        left = known[1] if known is not None else 0
        if same(held(), left):
            return True
        self.host.keep(f"{self.name}: your {words}")
        return False

    def remember(self, aspect: str, idea: Any, held: Any) -> None:
        self.tag.aspects[aspect] = [crc(idea), held]

    def save(self) -> None:
        """Write the memory when it changed."""
        if self.tag.text != self._before:
            write_tag(self.host, self.track, self.tag)
            self._before = self.tag.text

"""Everything in the project nailed to its time while the tempo changes under it.

Items are switched to the time base for the change and back afterwards. Markers, regions and envelope points have no
such switch that a script can reach: they are recorded and put back. At the end all is compared with the record.
"""
from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from backend.daw.apply.chunk import CHUNK_SIZE
from backend.daw.apply.host import Host
from backend.daw.apply.marks import Mark, read_marks
from backend.daw.apply.refusal import Refused

ATTACH = "C_BEATATTACHMODE"
IN_TIME = 0.0
_TEMPO_MAP = "<TEMPOENVEX"
_UNMOVED_S = 1e-9
_PLACE = ("D_POSITION", "D_LENGTH")


@dataclass(frozen=True)
class _PinnedItem:
    item: Any
    place: tuple[float, float]
    attach: float


@dataclass(frozen=True)
class _PinnedEnvelope:
    """``points``: index -> (time_s, value, shape, tension, selected)."""

    envelope: Any
    points: dict[int, tuple[float, float, int, float, bool]]


class Pins:
    """Recorded on making; ``put_back`` after the change. What ends before ``from_s`` cannot move and is left out."""

    def __init__(self, host: Host, from_s: float) -> None:
        self.host = host
        self.from_s = from_s
        self._marks = [mark for mark in read_marks(host) if mark.end_s >= from_s - _UNMOVED_S]
        envelopes = [self._envelope(envelope) for envelope in self._all_envelopes()]
        self._envelopes = [pinned for pinned in envelopes if pinned.points]
        items = [self._item(i) for i in range(host.read("CountMediaItems", 0))]
        self._items = [item for item in items if item is not None]
        for pinned in self._items:
            if pinned.attach != IN_TIME:
                host.write("SetMediaItemInfo_Value", pinned.item, ATTACH, IN_TIME)

    def put_back(self) -> None:
        """Raises Refused when something cannot be brought back to its place."""
        self._put_back_items()
        self._put_back_marks()
        for pinned in self._envelopes:
            self._put_back_envelope(pinned)
        self._check()

    # items

    def _item(self, index: int) -> _PinnedItem | None:
        item = self.host.read("GetMediaItem", 0, index)
        place = self._place(item)
        if place[0] + place[1] < self.from_s - _UNMOVED_S:
            return None
        return _PinnedItem(item, place, float(self.host.read("GetMediaItemInfo_Value", item, ATTACH)))

    def _place(self, item: Any) -> tuple[float, float]:
        read = self.host.read
        return (float(read("GetMediaItemInfo_Value", item, _PLACE[0])),
                float(read("GetMediaItemInfo_Value", item, _PLACE[1])))

    def _put_back_items(self) -> None:
        for pinned in self._items:
            for name, then, now in zip(_PLACE, pinned.place, self._place(pinned.item), strict=True):
                if now != then:
                    self.host.write("SetMediaItemInfo_Value", pinned.item, name, then)
        for pinned in self._items:
            if pinned.attach != IN_TIME:
                self.host.write("SetMediaItemInfo_Value", pinned.item, ATTACH, pinned.attach)

    # markers and regions

    def _put_back_marks(self) -> None:
        """By number where a number is there once. The others by their order: first those that were pulled forward, the
        last one first, then the rest, so that none passes another."""
        there = read_marks(self.host)
        numbers = Counter((mark.is_region, mark.number) for mark in there)
        places = {(mark.is_region, mark.number): mark.place for mark in there}
        moved = [mark for mark in self._marks if places[mark.is_region, mark.number] != mark.place
                 or numbers[mark.is_region, mark.number] > 1]
        alone = [mark for mark in moved if numbers[mark.is_region, mark.number] == 1]
        for mark in alone:
            self.host.write("SetProjectMarker4", 0, mark.number, mark.is_region, mark.start_s, mark.end_s, mark.name,
                            mark.color, 0)
        doubled = [mark for mark in moved if mark not in alone]
        for mark in reversed(doubled):
            self._put_back_mark(mark, forward=True)
        for mark in doubled:
            self._put_back_mark(mark, forward=False)

    def _put_back_mark(self, mark: Mark, forward: bool) -> None:
        now = self._now(mark)
        if now is not None and now.place != mark.place and (now.start_s < mark.start_s or not forward):
            self.host.write("SetProjectMarkerByIndex2", 0, now.index, mark.is_region, mark.start_s, mark.end_s,
                            mark.number, mark.name, mark.color, 0)

    def _now(self, mark: Mark) -> Mark | None:
        """The same mark in today's list: of those that look like it, the one at the same turn."""
        turn = [m for m in self._marks if m.looks_like(mark)].index(mark)
        alike = [m for m in read_marks(self.host) if m.looks_like(mark) and m.end_s >= self.from_s - _UNMOVED_S]
        return alike[turn] if turn < len(alike) else None

    # envelopes

    def _all_envelopes(self) -> list[Any]:
        """Of every track and of the master; not the tempo map, which REAPER may list there too."""
        read = self.host.read
        master = read("GetMasterTrack", 0)
        tracks = [master, *(read("GetTrack", 0, i) for i in range(read("CountTracks", 0)))]
        found = [(track, read("GetTrackEnvelope", track, i)) for track in tracks
                 for i in range(read("CountTrackEnvelopes", track))]
        return [envelope for track, envelope in found if track != master or not self._is_tempo_map(envelope)]

    def _is_tempo_map(self, envelope: Any) -> bool:
        """By how its state begins: its name depends on REAPER's language."""
        state = str(self.host.read("GetEnvelopeStateChunk", envelope, "", CHUNK_SIZE, False)[2])
        return state.startswith(_TEMPO_MAP)

    def _point(self, envelope: Any, index: int) -> tuple[float, float, int, float, bool]:
        row = self.host.read("GetEnvelopePoint", envelope, index, 0.0, 0.0, 0, 0.0, False)
        return float(row[3]), float(row[4]), int(row[5]), float(row[6]), bool(row[7])

    def _envelope(self, envelope: Any) -> _PinnedEnvelope:
        """From the last point back to the first that can move."""
        points = {}
        for i in reversed(range(self.host.read("CountEnvelopePoints", envelope))):
            point = self._point(envelope, i)
            if point[0] < self.from_s - _UNMOVED_S:
                break
            points[i] = point
        return _PinnedEnvelope(envelope, points)

    def _put_back_envelope(self, pinned: _PinnedEnvelope) -> None:
        moved = self._moved_points(pinned)
        for index in moved:
            self.host.write("SetEnvelopePoint", pinned.envelope, index, *pinned.points[index], True)
        if moved:
            self.host.write("Envelope_SortPoints", pinned.envelope)

    def _moved_points(self, pinned: _PinnedEnvelope) -> list[int]:
        return [i for i, then in pinned.points.items()
                if self._point(pinned.envelope, i)[0] != then[0]]

    def _check(self) -> None:
        items = all(abs(then - now) < _UNMOVED_S for pinned in self._items
                    for then, now in zip(pinned.place, self._place(pinned.item), strict=True))
        now = {(mark.is_region, mark.number, mark.name, mark.place) for mark in read_marks(self.host)}
        marks = all((mark.is_region, mark.number, mark.name, mark.place) in now for mark in self._marks)
        if not items or not marks or any(self._moved_points(pinned) for pinned in self._envelopes):
            raise Refused("REAPER moved something with the tempo that could not be put back; nothing was changed. "
                          "Set the project's time base to Time and build again.")

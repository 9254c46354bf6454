"""The project's tempo points as REAPER lists them."""
from __future__ import annotations

from dataclasses import dataclass, replace

from backend.daw.apply.host import Host

SAME_TIME_S = 1e-6
"""Nearer than this two points are one; project files keep more digits."""
_SAME_BPM = 1e-6
_UNMOVED_S = 1e-9
_PASSES = 3


@dataclass(frozen=True)
class Point:
    """``numerator`` 0: the metre goes on. ``linear``: a ramp to the next point."""

    time_s: float
    bpm: float
    numerator: int = 0
    denominator: int = 0
    linear: bool = False

    def is_at(self, time_s: float) -> bool:
        return abs(self.time_s - time_s) < SAME_TIME_S

    def equals(self, other: Point) -> bool:
        return (self.is_at(other.time_s) and abs(self.bpm - other.bpm) < _SAME_BPM * self.bpm
                and self.metre == other.metre and self.linear == other.linear)

    @property
    def metre(self) -> tuple[int, int]:
        return (self.numerator, self.denominator) if self.numerator > 0 else (0, 0)

    @property
    def claim(self) -> list[float]:
        return [self.time_s, self.bpm, *self.metre]


def claimed(row: list[float]) -> Point:
    return Point(row[0], row[1], int(row[2]), int(row[3]))


def read_points(host: Host) -> list[Point]:
    return [read_point(host, i) for i in range(host.read("CountTempoTimeSigMarkers", 0))]


def read_point(host: Host, index: int) -> Point:
    row = host.read("GetTempoTimeSigMarker", 0, index, 0.0, 0, 0.0, 0.0, 0, 0, False)
    numerator = max(0, int(row[7]))
    return Point(float(row[3]), float(row[6]), numerator, int(row[8]) if numerator else 0, bool(row[9]))


def set_point(host: Host, index: int, point: Point) -> None:
    """By time; index -1 makes a new one."""
    host.write("SetTempoTimeSigMarker", 0, index, point.time_s, -1, -1.0, point.bpm, point.numerator,
               point.denominator, point.linear)


class TempoEditor:
    """Changes one point after another and sees to it that every other one stays where it is in time.

    With a project in beats REAPER keeps later points on their beat: they move when the tempo before them changes.
    """

    def __init__(self, host: Host, points: list[Point]) -> None:
        self.host = host
        self.points = list(points)
        self.appeared: list[Point] = []
        """Points that REAPER added on its own (it may want one at the project's start)."""

    def remove(self, point: Point) -> None:
        index = self.points.index(point)
        self.host.write("DeleteTempoTimeSigMarker", 0, index)
        del self.points[index]
        self._straighten(index)

    def change(self, old: Point, new: Point) -> None:
        index = self.points.index(old)
        set_point(self.host, index, new)
        self.points[index] = new
        self._straighten(index)

    def add(self, point: Point) -> None:
        index = sum(other.time_s < point.time_s for other in self.points)
        set_point(self.host, -1, point)
        self.points.insert(index, point)
        self._straighten(index)

    def _straighten(self, index: int) -> None:
        """Put back what the last change moved. When anything moved, the last point did.

        First those that came forward, from the last one on; each pushes the ones behind it further back. Then those
        that lie too far back, from the first one on. So no point ever passes another.
        """
        self._count()
        if not self.points or not self._late_s(len(self.points) - 1):
            return
        for _ in range(_PASSES):
            for i in reversed(range(index, len(self.points))):
                if self._late_s(i) < 0:
                    self._put(i)
            for i in range(index, len(self.points)):
                if self._late_s(i) > 0:
                    self._put(i)
            if not any(self._late_s(i) for i in range(index, len(self.points))):
                return

    def _late_s(self, index: int) -> float:
        """How much later than wanted a point lies."""
        return read_point(self.host, index).time_s - self.points[index].time_s

    def _put(self, index: int) -> None:
        """By time; made anew when REAPER counts the given time on the map as it was with the point elsewhere."""
        set_point(self.host, index, self.points[index])
        if abs(read_point(self.host, index).time_s - self.points[index].time_s) > _UNMOVED_S:
            self.host.write("DeleteTempoTimeSigMarker", 0, index)
            set_point(self.host, -1, self.points[index])

    def _count(self) -> None:
        count = self.host.read("CountTempoTimeSigMarkers", 0)
        if count == len(self.points) + 1 and not (self.points and self.points[0].is_at(0.0)):
            first = read_point(self.host, 0)
            if first.is_at(0.0):
                self.points.insert(0, first)
                self.appeared.append(first)

    def worst_ms(self, ours: list[Point]) -> tuple[float, float]:
        """How far ``ours``, and all others, are from where they should be; infinite when the map is another one."""
        now = read_points(self.host)
        if len(now) != len(self.points) or any(not replace(there, time_s=wanted.time_s).equals(wanted)
                                               for there, wanted in zip(now, self.points, strict=True)):
            return float("inf"), float("inf")
        off_ms = [(wanted in ours, abs(there.time_s - wanted.time_s) * 1000)
                  for there, wanted in zip(now, self.points, strict=True)]
        return (max((ms for mine, ms in off_ms if mine), default=0.0),
                max((ms for mine, ms in off_ms if not mine), default=0.0))

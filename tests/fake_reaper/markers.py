"""Markers and regions: one list in the order of their starts, in which both kinds are mixed.

Enumeration counts through both. Numbers are per kind and are not indices. Names never come back through the wrapper:
it hands the caller's own argument back.
"""
from __future__ import annotations

from typing import Any

from tests.fake_reaper import identity
from tests.fake_reaper.calls import Group
from tests.fake_reaper.state import Marker, Project

_CUSTOM = 0x1000000
_CLEAR_NAME = 1


class Markers(Group):
    def rows(self) -> list[Marker]:
        """By start; at one place markers stand before regions."""
        self.project.markers.sort(key=lambda marker: (marker.start, marker.region, marker.number))
        return self.project.markers

    def CountProjectMarkers(self, project: Project, *_: int) -> tuple[int, int, int]:
        """Both together, markers, regions."""
        regions = sum(marker.region for marker in project.markers)
        return len(project.markers), len(project.markers) - regions, regions

    def at(self, index: int) -> Marker | None:
        rows = self.rows()
        return rows[index] if 0 <= index < len(rows) else None

    def EnumProjectMarkers(self, index: int, *_: Any) -> tuple[float, ...]:
        return self.EnumProjectMarkers3(self.project, index)[:-1]

    def EnumProjectMarkers2(self, project: Project, index: int, *_: Any) -> tuple[float, ...]:
        return self.EnumProjectMarkers3(project, index)[:-1]

    def EnumProjectMarkers3(self, project: Project, index: int, *_: Any) -> tuple[float, ...]:
        """The next index (0 behind the last one), is it a region, start, end, number, colour."""
        marker = self.at(index)
        if marker is None:
            return 0, 0, 0.0, 0.0, 0, 0
        return index + 1, marker.region, marker.start, marker.end, marker.number, marker.color

    def AddProjectMarker(self, project: Project, *rest: Any) -> int:
        return self.AddProjectMarker2(project, *rest, 0)

    def AddProjectMarker2(self, project: Project, region: int, start: float, *rest: Any) -> int:
        """Returns the number given: the wanted one when it is free in this kind, else the next free one."""
        end, name, wanted, color = rest
        taken = {marker.number for marker in project.markers if marker.region == bool(region)}
        number = wanted
        if wanted < 0 or wanted in taken:
            number = next(i for i in range(1, len(taken) + 2) if i not in taken)
        project.markers.append(Marker(number, start, name, color if color & _CUSTOM else 0, bool(region),
                                      max(start, end) if region else 0.0, identity.new()))
        self.rows()
        self.changed()
        return int(number)

    def _number(self, number: int, region: int) -> Marker | None:
        return next((one for one in self.rows() if one.number == number and one.region == bool(region)), None)

    def SetProjectMarker(self, number: int, region: int, *rest: Any) -> bool:
        return self.SetProjectMarker4(self.project, number, region, *rest, 0, 0)

    def SetProjectMarker2(self, project: Project, number: int, region: int, *rest: Any) -> bool:
        return self.SetProjectMarker4(project, number, region, *rest, 0, 0)

    def SetProjectMarker3(self, project: Project, number: int, region: int, *rest: Any) -> bool:
        return self.SetProjectMarker4(project, number, region, *rest, 0)

    def SetProjectMarker4(self, project: Project, number: int, region: int, *rest: Any) -> bool:
        start, end, name, color, flags = rest
        return self._set(self._number(number, region), start, end, name, color, flags)

    def SetProjectMarkerByIndex(self, project: Project, index: int, region: int, *rest: Any) -> bool:
        return self.SetProjectMarkerByIndex2(project, index, region, *rest, 0)

    def SetProjectMarkerByIndex2(self, project: Project, index: int, region: int, *rest: Any) -> bool:
        start, end, number, name, color, flags = rest
        marker = self.at(index)
        if marker is None or marker.region != bool(region):
            return False
        marker.number = number if number >= 0 else marker.number
        return self._set(marker, start, end, name, color, flags)

    def _set(self, marker: Marker | None, *rest: Any) -> bool:
        """An empty name leaves the name unless the flag says to clear it; colour 0 leaves the colour."""
        start, end, name, color, flags = rest
        if marker is None:
            return False
        marker.start = start
        marker.end = max(start, end) if marker.region else 0.0
        if name or flags & _CLEAR_NAME:
            marker.name = name
        if color & _CUSTOM:
            marker.color = color
        self.rows()
        self.changed()
        return True

    def DeleteProjectMarker(self, project: Project, number: int, region: int) -> bool:
        return self._delete(self._number(number, region))

    def DeleteProjectMarkerByIndex(self, project: Project, index: int) -> bool:
        return self._delete(self.at(index))

    def _delete(self, marker: Marker | None) -> bool:
        if marker is None:
            return False
        self.project.markers[:] = [one for one in self.project.markers if one is not marker]
        self.changed()
        return True

    def GetLastMarkerAndCurRegion(self, project: Project, time: float, *_: int) -> tuple[None, int, int]:
        marker = region = -1
        for i, one in enumerate(self.rows()):
            if one.region and one.start <= time < one.end:
                region = i
            elif not one.region and one.start <= time:
                marker = i
        return None, marker, region

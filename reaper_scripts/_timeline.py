"""The project as it stands: time selection, cursor, markers and regions, clock. Reads only."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from backend.daw.apply.host import Host as Reading
from backend.daw.apply.marks import read_marks
from bridge.messages import SeenMarker, SeenProject

PATH_SIZE = 4096
NAME_SIZE = 1024


@dataclass(frozen=True)
class Region:
    start_s: float
    end_s: float
    name: str
    number: int


def time_selection(api: Any) -> tuple[float, float] | None:
    """Start and end in seconds; None when nothing is selected."""
    start_s, end_s = api.RPR_GetSet_LoopTimeRange2(0, False, False, 0.0, 0.0, False)[3:5]
    return (float(start_s), float(end_s)) if end_s > start_s else None


def cursor_s(api: Any) -> float:
    return float(api.RPR_GetCursorPositionEx(0))


def markers_and_regions(api: Any) -> tuple[list[SeenMarker], list[Region]]:
    """Both lists in project order."""
    marks = read_marks(Reading(api, ""))
    return ([SeenMarker(m.start_s, m.name, m.number) for m in marks if not m.is_region],
            [Region(m.start_s, m.end_s, m.name, m.number) for m in marks if m.is_region])


def markers_inside(markers: list[SeenMarker], start_s: float, end_s: float) -> tuple[SeenMarker, ...]:
    """Those of the cue. ``!`` starts a marker that runs an action and ``=`` one that trims a render: no hits."""
    return tuple(m for m in markers if start_s - 1e-6 <= m.time_s <= end_s + 1e-6 and m.name[:1] not in ("!", "="))


def this_project(api: Any) -> str:
    """The handle of the project tab in front."""
    return str(api.RPR_EnumProjects(-1, "", PATH_SIZE)[0])


def project_file(api: Any) -> str:
    """Empty for a project that was never saved."""
    return str(api.RPR_EnumProjects(-1, "", PATH_SIZE)[2])


def seen_project(api: Any) -> SeenProject:
    rate, _, drop = api.RPR_TimeMap_curFrameRate(0, False)
    return SeenProject(
        folder=str(api.RPR_GetProjectPathEx(0, "", PATH_SIZE)[1]),
        name=str(api.RPR_GetProjectName(0, "", NAME_SIZE)[1]),
        offset_s=float(api.RPR_GetProjectTimeOffset(0, False)),
        frame_rate=float(rate), drop_frame=bool(drop),
        resource_folder=str(api.RPR_GetResourcePath()))

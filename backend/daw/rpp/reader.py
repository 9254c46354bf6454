"""Markers, regions, tempo and items of any REAPER project.

Times are seconds on the project's own clock, as written (without the start offset). What is read is what the product
takes from a user's project: the picture, the hits, the sections, the tempo map, the notes.
"""
from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from backend.daw.rpp.midi_rows import SourceNote, source_notes
from backend.daw.rpp.tree import Node, decode, parse
from backend.errors import EditError, InputError

_METRE_DENOMINATOR = 65536
_REGION = 1


@dataclass(frozen=True)
class ProjectMarker:
    number: int
    time_s: float
    name: str
    color: int = 0


@dataclass(frozen=True)
class ProjectRegion:
    number: int
    start_s: float
    end_s: float
    name: str
    color: int = 0


@dataclass(frozen=True)
class ProjectTempo:
    """``numerator`` 0 means the metre does not change here. ``shape`` 0 slides to the next tempo, 1 holds."""

    time_s: float
    tempo_qpm: float
    shape: int
    numerator: int = 0
    denominator: int = 4


@dataclass(frozen=True)
class ProjectItem:
    """``source`` is the kind of the active take's innermost source (WAVE, MIDI, VIDEO ...), "" for an empty item.

    ``notes`` are in the source's own ticks, ``ticks_per_quarter`` of them, counted from the source's start.
    """

    track: int
    position_s: float
    length_s: float
    offset_s: float
    play_rate: float
    name: str
    source: str
    file: str
    ticks_per_quarter: int = 0
    notes: tuple[SourceNote, ...] = ()


@dataclass(frozen=True)
class RppProject:
    """``tempo_qpm`` and metre are the project's own; ``tempo`` points, where there are any, stand above them."""

    version: str
    offset_s: float
    tempo_qpm: float
    numerator: int
    denominator: int
    tempo: tuple[ProjectTempo, ...]
    markers: tuple[ProjectMarker, ...]
    regions: tuple[ProjectRegion, ...]
    tracks: tuple[str, ...]
    items: tuple[ProjectItem, ...]


def read_rpp(path: Path) -> RppProject:
    """Read a project or track template. Raises InputError (no such file) and EditError (damaged), one line each."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"Cannot read '{path}': {error.strerror or error}.") from None
    try:
        return parse_rpp(decode(data))
    except EditError as error:
        raise EditError(f"'{path.name}': {error}") from None


def parse_rpp(text: str) -> RppProject:
    """Read the text of a project. Raises EditError."""
    roots = parse(text)
    project = roots[0] if roots[0].name == "REAPER_PROJECT" else Node("REAPER_PROJECT", [], 1, list(roots))
    tracks = list(project.nodes("TRACK"))
    tempo = project.first("TEMPO")
    markers, regions = _markers(project)
    return RppProject(
        version=project.params[1] if len(project.params) > 1 else "",
        offset_s=_number(project.first("PROJOFFS"), 0, 0.0, project), tempo_qpm=_number(tempo, 0, 120.0, project),
        numerator=int(_number(tempo, 1, 4, project)), denominator=int(_number(tempo, 2, 4, project)),
        tempo=_tempo(project), markers=markers, regions=regions,
        tracks=tuple(_name(track) for track in tracks),
        items=tuple(_item(item, index) for index, track in enumerate(tracks) for item in track.nodes("ITEM")))


def _number(values: list[str], index: int, default: float, node: Node) -> float:
    if index >= len(values):
        return default
    try:
        value = float(values[index])
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise EditError(f"Line {node.line}, <{node.name}: expected a number, got '{values[index][:40]}'. "
                        "The project is damaged; save it again in REAPER.")
    return value


def _name(node: Node) -> str:
    """A name with all three kinds of quotes stands once more in full, as a chunk: ``<NAME``, ``|text``, ``>``."""
    for chunk in node.nodes("NAME"):
        return "\n".join(row.removeprefix("|") for row in chunk.rows if isinstance(row, str))
    return (node.first("NAME") or [""])[0]


def _tempo(project: Node) -> tuple[ProjectTempo, ...]:
    """Points of the tempo envelope; the metre is ``denominator * 65536 + numerator``."""
    out = []
    for envelope in project.nodes("TEMPOENVEX", "TEMPOENV"):
        for values in envelope.lines("PT"):
            metre = int(_number(values, 3, 0, envelope))
            denominator, numerator = divmod(metre, _METRE_DENOMINATOR)
            out.append(ProjectTempo(_number(values, 0, 0.0, envelope), _number(values, 1, 120.0, envelope),
                                    int(_number(values, 2, 0, envelope)), numerator, denominator or 4))
    return tuple(out)


def _markers(project: Node) -> tuple[tuple[ProjectMarker, ...], tuple[ProjectRegion, ...]]:
    """A region is two lines with one number; its second line carries the end and no name."""
    markers: list[ProjectMarker] = []
    regions: list[ProjectRegion] = []
    open_regions: dict[int, ProjectRegion] = {}
    for values in project.lines("MARKER"):
        number, time_s = int(_number(values, 0, 0, project)), _number(values, 1, 0.0, project)
        flags, color = int(_number(values, 3, 0, project)), int(_number(values, 4, 0, project))
        name = values[2] if len(values) > 2 else ""
        if not flags & _REGION:
            markers.append(ProjectMarker(number, time_s, name, color))
        elif number in open_regions:
            start = open_regions.pop(number)
            regions.append(ProjectRegion(number, start.start_s, time_s, start.name, start.color))
        else:
            open_regions[number] = ProjectRegion(number, time_s, time_s, name, color)
    if open_regions:
        raise EditError(f"Region {min(open_regions)} has no end. The project is damaged; save it again in REAPER.")
    return tuple(markers), tuple(regions)


def _item(item: Node, track: int) -> ProjectItem:
    take = _active_take(item)
    source = next(take.nodes("SOURCE"), None)
    while source is not None and next(source.nodes("SOURCE"), None) is not None:
        source = next(source.nodes("SOURCE"))
    kind = source.params[0] if source is not None and source.params else ""
    file = (source.first("FILE") or [""])[0] if source is not None else ""
    resolution = source.first("HASDATA") if source is not None else []
    return ProjectItem(
        track=track, position_s=_number(item.first("POSITION"), 0, 0.0, item),
        length_s=_number(item.first("LENGTH"), 0, 0.0, item), offset_s=_number(take.first("SOFFS"), 0, 0.0, item),
        play_rate=_number(take.first("PLAYRATE"), 0, 1.0, item), name=_name(take), source=kind,
        file=file, ticks_per_quarter=int(_number(resolution, 1, 0, item)),
        notes=source_notes(source) if source is not None and kind == "MIDI" else ())


def _active_take(item: Node) -> Node:
    """The rows of the take that plays: takes after the first begin with a line TAKE, the active one with TAKE SEL."""
    takes = [Node("ITEM", item.params, item.line)]
    active = 0
    for row in item.rows:
        words = row.split() if isinstance(row, str) else []
        if words and words[0] == "TAKE":
            takes.append(Node("ITEM", item.params, item.line))
            active = len(takes) - 1 if "SEL" in words else active
        else:
            takes[-1].rows.append(row)
    return takes[active]

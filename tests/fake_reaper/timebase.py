"""What a change of tempo does to everything else.

What is attached to beats keeps its quarters and therefore moves in time: items, envelope points, markers, regions by
the project's timebase (or their own, or their track's), later tempo markers by the tempo map's own. What is attached
to time stays.
"""
from __future__ import annotations

from tests.fake_reaper.state import BEATS, TIME, Item, Project, Track
from tests.fake_reaper.time_map import TimeMap


def move(project: Project, old: TimeMap, new: TimeMap) -> None:
    """After the tempo markers changed from ``old`` to ``new``."""
    def moved(time: float) -> float:
        return new.time(old.quarter(time))

    for track in (*project.tracks, project.master):
        base = _base(track.values["C_BEATATTACHMODE"], project.timebase)
        for item in track.items:
            _move_item(item, _base(item.values["C_BEATATTACHMODE"], base), old, new)
        if base != TIME:
            _move_points(track, old, new)
        track.items.sort(key=lambda item: item.values["D_POSITION"])
    if project.timebase != TIME:
        for marker in project.markers:
            marker.start, marker.end = moved(marker.start), moved(marker.end) if marker.region else 0.0


def _base(own: float, inherited: int) -> int:
    return inherited if own < 0 else int(own)


def _move_item(item: Item, base: int, old: TimeMap, new: TimeMap) -> None:
    if base == TIME:
        return
    values = item.values
    start, length = values["D_POSITION"], values["D_LENGTH"]
    values["D_POSITION"] = new.time(old.quarter(start))
    if base != BEATS:
        return
    values["D_LENGTH"] = new.time(old.quarter(start + length)) - values["D_POSITION"]
    stretch = length / values["D_LENGTH"] if values["D_LENGTH"] > 0 else 1.0
    for take in item.takes:
        if take.source is not None and take.source.kind != "MIDI":
            take.values["D_PLAYRATE"] *= stretch


def _move_points(track: Track, old: TimeMap, new: TimeMap) -> None:
    for envelope in track.envelopes:
        for point in envelope.points:
            point.time = new.time(old.quarter(point.time))

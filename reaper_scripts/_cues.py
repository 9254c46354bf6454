"""Which cue is meant: the cues of this project, names of regions, free labels."""
from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from backend.daw.apply.claims import Ledger
from backend.daw.apply.host import Host as Reading
from backend.daw.apply.marks import read_marks
from bridge.messages import Span
from reaper_scripts._host import SECTION
from reaper_scripts._timeline import Region

_LABEL = re.compile(r"(\d+[mM]\d+[a-zA-Z]?)(?:\s*[-:–_]\s*|\s+|$)(.*)")
_STATE_SIZE = 1 << 20


@dataclass(frozen=True)
class BuiltCue:
    """A cue that stands in this project. ``item`` is the GUID of its video item."""

    span: Span
    item: str


@dataclass(frozen=True)
class CueRegion:
    """A region that is a cue. ``span`` is the cue as it was asked for: a region that a build laid goes on to the end
    of the last bar."""

    number: int
    name: str
    span: Span


def built_cues(api: Any) -> dict[str, BuiltCue]:
    """By label, in the order of time. A record that cannot be read counts as none: the project may be from anywhere."""
    text = api.RPR_GetProjExtState(0, SECTION, "cues", "", _STATE_SIZE)[4]
    try:
        rows = json.loads(text) if text else {}
        cues = [BuiltCue(Span(str(label), str(row.get("title", "")).removeprefix(str(label)).strip(),
                              float(row["start_s"]), float(row["end_s"])),
                         str(row.get("item", ""))) for label, row in rows.items()]
    except (ValueError, TypeError, KeyError, AttributeError):
        return {}
    return {cue.span.label: cue for cue in sorted(cues, key=lambda cue: cue.span.start_s)}


def laid_regions(api: Any) -> dict[int, str]:
    """Regions that a build laid and nobody touched since: number -> label of the cue."""
    reading = Reading(api, "")
    return {mark.number: label for label, claims in Ledger(reading, "").others.items() for mark in read_marks(reading)
            if mark.is_region and mark.is_among(claims.regions)}


def cue_regions(regions: list[Region], built: dict[str, BuiltCue], laid: dict[int, str]) -> list[CueRegion]:
    """The regions that are cues: the user's; and, for a cue without one, the region that its build laid over all of
    it. The sections of the form, which a build lays inside the cue, are none, even where one section is all of it."""
    users = [CueRegion(r.number, r.name, span_of_region(r)) for r in regions if r.number not in laid]
    labels = {region.span.label for region in users}
    ours: dict[str, CueRegion] = {}
    for r in sorted(regions, key=lambda region: region.number):
        cue = built.get(laid.get(r.number, ""))
        if cue and cue.span.label not in labels and _is_whole(r, cue.span):
            ours.setdefault(cue.span.label, CueRegion(r.number, r.name, cue.span))
    return sorted([*users, *ours.values()], key=lambda region: region.span.start_s)


def span_of_region(region: Region) -> Span:
    """``1M2 Chase`` is the cue 1M2, titled Chase; any other name is a title, and the region's number the label."""
    match = _LABEL.fullmatch(region.name.strip())
    label, title = (match[1].upper(), match[2].strip()) if match else (f"R{region.number}", region.name.strip())
    return Span(label, title, region.start_s, region.end_s)


def _is_whole(region: Region, span: Span) -> bool:
    return abs(region.start_s - span.start_s) < 1e-3 and region.end_s > span.end_s - 1e-3


def span_of_item(place: tuple[float, float], title: str, regions: list[CueRegion], built: dict[str, BuiltCue]) -> Span:
    """A stretch of picture without a region: the cue that was scored there before, else the next free label."""
    start_s, end_s = place
    best = max(built.values(), key=lambda cue: _shared_s(cue.span, start_s, end_s), default=None)
    if best:
        shorter_s = min(best.span.end_s - best.span.start_s, end_s - start_s)
        if _shared_s(best.span, start_s, end_s) > shorter_s / 2:
            return Span(best.span.label, best.span.title or title, start_s, end_s)
    return Span(_free_label(regions, built), title, start_s, end_s)


def _shared_s(span: Span, start_s: float, end_s: float) -> float:
    return min(span.end_s, end_s) - max(span.start_s, start_s)


def _free_label(regions: list[CueRegion], built: dict[str, BuiltCue]) -> str:
    taken = set(built) | {region.span.label for region in regions}
    number = 1
    while f"1M{number}" in taken:
        number += 1
    return f"1M{number}"

"""Which cue is meant: the cues of this project, names of regions, free labels."""
from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from bridge.messages import Span
from reaper_scripts._host import SECTION
from reaper_scripts._timeline import Region

_LABEL = re.compile(r"(\d+[mM]\d+[a-zA-Z]?)(?:\s*[-:–_]\s*|\s+|$)(.*)")
_SECTION_REGION = re.compile(r"[A-Z]+'* \(bars \d+-\d+\)")
"""What we call the regions of a cue's form; they are no cues."""
_STATE_SIZE = 1 << 20


@dataclass(frozen=True)
class BuiltCue:
    """A cue that stands in this project. ``item`` is the GUID of its video item."""

    span: Span
    item: str


def built_cues(api: Any) -> dict[str, BuiltCue]:
    """By label, in the order of time. A record that cannot be read counts as none: the project may be from anywhere."""
    text = api.RPR_GetProjExtState(0, SECTION, "cues", "", _STATE_SIZE)[4]
    try:
        rows = json.loads(text) if text else {}
        cues = [BuiltCue(Span(str(label), str(row.get("title", "")), float(row["start_s"]), float(row["end_s"])),
                         str(row.get("item", ""))) for label, row in rows.items()]
    except (ValueError, TypeError, KeyError, AttributeError):
        return {}
    return {cue.span.label: cue for cue in sorted(cues, key=lambda cue: cue.span.start_s)}


def cue_regions(regions: list[Region], built: dict[str, BuiltCue]) -> list[Region]:
    """The regions that are cues: not the form's, which a build lays inside the cue."""
    return [r for r in regions if not (_SECTION_REGION.fullmatch(r.name) and any(
        cue.span.start_s - 0.01 <= r.start_s < cue.span.end_s for cue in built.values()))]


def span_of_region(region: Region, built: dict[str, BuiltCue]) -> Span:
    """``1M2 Chase`` is the cue 1M2, titled Chase; any other name is a title, and the region's number the label. The
    region that a build itself laid (to the end of the last bar) stands for the cue as it was asked for."""
    match = _LABEL.fullmatch(region.name.strip())
    label, title = (match[1].upper(), match[2].strip()) if match else (f"R{region.number}", region.name.strip())
    known = built.get(label)
    if known and not title and abs(known.span.start_s - region.start_s) < 1e-3:
        return known.span
    return Span(label, title, region.start_s, region.end_s)


def span_of_item(start_s: float, end_s: float, title: str, regions: list[Region], built: dict[str, BuiltCue]) -> Span:
    """A stretch of picture without a region: the cue that was scored there before, else the next free label."""
    best = max(built.values(), key=lambda cue: _shared_s(cue.span, start_s, end_s), default=None)
    if best:
        shorter_s = min(best.span.end_s - best.span.start_s, end_s - start_s)
        if _shared_s(best.span, start_s, end_s) > shorter_s / 2:
            return Span(best.span.label, best.span.title or title, start_s, end_s)
    return Span(_free_label(regions, built), title, start_s, end_s)


def _shared_s(span: Span, start_s: float, end_s: float) -> float:
    return min(span.end_s, end_s) - max(span.start_s, start_s)


def _free_label(regions: list[Region], built: dict[str, BuiltCue]) -> str:
    taken = set(built) | {span_of_region(region, {}).label for region in regions}
    number = 1
    while f"1M{number}" in taken:
        number += 1
    return f"1M{number}"

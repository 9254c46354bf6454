"""What the user sees, as a request: picture, cue, markers, spots and melody as they stand in the session now."""
from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from bridge.messages import JobKind, JobRequest, SeenMarker, SeenVideo, Span
from reaper_scripts._cues import BuiltCue, CueRegion, built_cues, cue_regions, laid_regions, span_of_item
from reaper_scripts._errors import ActionError
from reaper_scripts._host import Host
from reaper_scripts._notes import seen_notes
from reaper_scripts._picture import seen_video, selected_items, selected_video, video_under
from reaper_scripts._timeline import (
    cursor_s,
    markers_and_regions,
    markers_inside,
    seen_project,
    time_selection,
)
from reaper_scripts._wish_book import wishes_of

_SHORTEST_S = 1.0


@dataclass(frozen=True)
class _Page:
    """One reading of the time line. ``place`` is the time selection, or the edit cursor twice."""

    markers: list[SeenMarker]
    regions: list[CueRegion]
    built: dict[str, BuiltCue]
    place: tuple[float, float]


def _page(api: Any) -> _Page:
    markers, regions = markers_and_regions(api)
    built = built_cues(api)
    at_s = cursor_s(api)
    cues = cue_regions(regions, built, laid_regions(api))
    return _Page(markers, cues, built, time_selection(api) or (at_s, at_s))


def look_at_clip(host: Host, kind: JobKind) -> JobRequest:
    """The selected video item: the part of it inside the time selection, else the region around the edit cursor, else
    all of it. Raises ActionError that says what to select."""
    api = host.api
    video = seen_video(api, selected_video(api))
    page = _page(api)
    return _request(host, kind, video, _span_on(video, page), page)


def look_at_music(host: Host, kind: JobKind) -> JobRequest:
    """The cue that stands on the selected item, whole, wherever a time selection was left; where none stands yet, as
    :func:`look_at_clip`. With no item selected, the cue at the time selection or edit cursor."""
    page = _page(host.api)
    if not selected_items(host.api):
        return look_at_cue(host, kind, cue_at(page.built, page.place))
    item = seen_video(host.api, selected_video(host.api)).item
    standing = [cue for cue in page.built.values() if cue.item == item]
    here = [cue for cue in standing if _touches(cue.span.start_s, cue.span.end_s, page.place)] or standing
    return look_at_cue(host, kind, here[0]) if len(here) == 1 else look_at_clip(host, kind)


def look_at_cue(host: Host, kind: JobKind, cue: BuiltCue) -> JobRequest:
    """A cue that stands in the project. Raises ActionError when its picture is gone."""
    return _on_picture(host, kind, cue.span, _page(host.api))


def cue_here(host: Host) -> BuiltCue:
    """The cue at the time selection or edit cursor. Raises ActionError."""
    page = _page(host.api)
    return cue_at(page.built, page.place)


def cue_at(built: dict[str, BuiltCue], place: tuple[float, float]) -> BuiltCue:
    """The cue under the time selection or the edit cursor; the only one, wherever that is. Raises ActionError."""
    if not built:
        raise ActionError("this project holds no cue yet. Select the video item and run Score clip first.")
    touching = [cue for cue in built.values() if _touches(cue.span.start_s, cue.span.end_s, place)]
    if len(touching) == 1 or (len(built) == 1 and not touching):
        return (touching or list(built.values()))[0]
    raise ActionError(f"{'several cues lie' if touching else 'no cue lies'} there. Put the edit cursor into one of "
                      f"{', '.join(built)}, then run the action again.")


def label_here(host: Host) -> str:
    """The label of the one cue, or region, at the time selection or edit cursor; empty where there is none."""
    page = _page(host.api)
    spans = [*(cue.span for cue in page.built.values()), *(region.span for region in page.regions)]
    labels = {span.label for span in spans if _touches(span.start_s, span.end_s, page.place)}
    return labels.pop() if len(labels) == 1 else ""


def regions_here(host: Host) -> list[CueRegion]:
    """The regions at the time selection or edit cursor. Raises ActionError."""
    page = _page(host.api)
    found = [r for r in page.regions if _touches(r.span.start_s, r.span.end_s, page.place)]
    if found:
        return found
    hint = "Put the cursor into one" if page.regions else "Make one over the picture and name it (1M2 Chase)"
    raise ActionError(f"no region lies at the time selection or edit cursor. {hint}, then run the action again.")


def regions_with_picture(host: Host) -> list[CueRegion]:
    """Every region that lies on a video item, in order. Raises ActionError when there is none."""
    page = _page(host.api)
    found = [r for r in page.regions if video_under(host.api, r.span.start_s, r.span.end_s)]
    if found:
        return found
    raise ActionError("no region lies on a video item. Make a region for every cue over the picture and name it "
                      "(1M2 Chase), then run the action again.")


def look_at_region(host: Host, kind: JobKind, region: CueRegion) -> JobRequest:
    """One region as a cue, as it lies now. Raises ActionError when it or the picture under it is gone."""
    page = _page(host.api)
    now = next((r for r in page.regions if (r.number, r.name) == (region.number, region.name)), None)
    if now is None:
        raise ActionError(f"the region {region.name or region.number} is gone; it is left out.")
    return _on_picture(host, kind, now.span, page)


def _on_picture(host: Host, kind: JobKind, span: Span, page: _Page) -> JobRequest:
    item = video_under(host.api, span.start_s, span.end_s)
    if item is None:
        raise ActionError(f"no video item lies under {span.label}. Put the film back under it, or move the region.")
    video = seen_video(host.api, item)
    return _request(host, kind, video, _cut(span, video), page)


def _span_on(video: SeenVideo, page: _Page) -> Span:
    left_s, right_s = video.position_s, video.position_s + video.length_s
    start_s, end_s = page.place
    title = os.path.splitext(video.name)[0]
    if end_s > start_s and start_s < right_s and end_s > left_s:
        start_s, end_s = max(left_s, start_s), min(right_s, end_s)
        same = [r.span for r in page.regions
                if abs(r.span.start_s - start_s) < 1e-3 and abs(r.span.end_s - end_s) < 1e-3]
        return _cut(same[0] if same else span_of_item((start_s, end_s), title, page.regions, page.built), video)
    inside = [r.span for r in page.regions if left_s - 1e-3 <= r.span.start_s and r.span.end_s <= right_s + 1e-3
              and r.span.start_s <= page.place[0] < r.span.end_s]
    if inside:
        return _cut(min(inside, key=lambda span: span.end_s - span.start_s), video)
    return _cut(span_of_item((left_s, right_s), title, page.regions, page.built), video)


def _cut(span: Span, video: SeenVideo) -> Span:
    """The part of the cue that has a picture. Raises ActionError when that is too little."""
    start_s = max(span.start_s, video.position_s)
    end_s = min(span.end_s, video.position_s + video.length_s)
    if end_s - start_s < _SHORTEST_S:
        raise ActionError(f"{span.label} has less than {_SHORTEST_S:g} s of picture. Give it a longer clip, time "
                          "selection or region, then run the action again.")
    return Span(span.label, span.title, start_s, end_s)


def _touches(start_s: float, end_s: float, place: tuple[float, float]) -> bool:
    """A time selection shares time with the stretch; a cursor lies in it."""
    return start_s < place[1] and end_s > place[0] if place[1] > place[0] else start_s <= place[0] < end_s


def _request(host: Host, kind: JobKind, video: SeenVideo, span: Span, page: _Page) -> JobRequest:
    return JobRequest(
        kind, video, span, seen_project(host.api), markers_inside(page.markers, span.start_s, span.end_s),
        spots=seen_notes(host, span, "spots"), melody=seen_notes(host, span, "melody"),
        known=span.label in page.built, options=wishes_of(host.api, span.label) or None)

"""What *Regenerate* is to write anew: bars from the time selection or selected items, tracks from selected tracks."""
from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from bridge.messages import JobRequest
from reaper_scripts._cues import BuiltCue, built_cues
from reaper_scripts._errors import ActionError
from reaper_scripts._host import Host
from reaper_scripts._look import cue_at, look_at_cue
from reaper_scripts._ours import OurTrack, our_track
from reaper_scripts._picture import bounds, selected_items
from reaper_scripts._timeline import time_selection

_SELECT = ("Select bars (a time selection inside a scored cue), tracks that FilmComposer made, or their MIDI items, "
           "then run the action again.")
_PLAYED = ("instrument", "melody")


@dataclass(frozen=True)
class _Chosen:
    """Our tracks that are selected, themselves or through an item; the time that is; ``None``: all of the cue."""

    tracks: tuple[OurTrack, ...]
    time_s: tuple[float, float] | None


def look_at_selection(host: Host) -> JobRequest:
    """The request of *Regenerate selected bars or tracks*. Raises ActionError that says what to select."""
    built = built_cues(host.api)
    if not built:
        raise ActionError("this project holds no cue yet. Select the video item and run Score clip first.")
    chosen = _chosen(host.api)
    cue = _cue(chosen, built)
    request = look_at_cue(host, "regenerate", cue)
    ids = sorted({t.id for t in chosen.tracks if t.kind in _PLAYED})
    if chosen.tracks and not ids:
        raise ActionError("the selected tracks hold no notes of ours (folders, reverb and printed stems follow from "
                          "them). Select instrument tracks, then run the action again.")
    return replace(request, tracks=",".join(ids), bars=_bars(host.api, cue, chosen.time_s))


def _chosen(api: Any) -> _Chosen:
    handles = [api.RPR_GetSelectedTrack(0, i) for i in range(api.RPR_CountSelectedTracks(0))]
    tracks = [t for t in (our_track(api, handle) for handle in handles) if t]
    items = [(item, t) for item in selected_items(api) if (t := our_track(api, api.RPR_GetMediaItem_Track(item)))]
    time_s = time_selection(api)
    if items and {t.id for t in tracks} <= {t.id for _, t in items}:
        tracks = tracks or [t for _, t in items]
        edges = [bounds(api, item) for item, _ in items]
        time_s = time_s or (min(e[0] for e in edges), max(e[1] for e in edges))
    if not tracks and not time_s:
        foreign = " The selected tracks are your own." if handles else ""
        raise ActionError(f"nothing to write anew is selected.{foreign} {_SELECT}")
    return _Chosen(tuple(tracks), time_s)


def _cue(chosen: _Chosen, built: dict[str, BuiltCue]) -> BuiltCue:
    labels = sorted({t.cue for t in chosen.tracks})
    if len(labels) > 1:
        raise ActionError(f"tracks of several cues are selected ({', '.join(labels)}). Select those of one cue.")
    if labels and labels[0] in built:
        return built[labels[0]]
    if chosen.time_s is None:
        raise ActionError(f"the selected tracks belong to no cue of this project. {_SELECT}")
    return cue_at(built, chosen.time_s)


def _bars(api: Any, cue: BuiltCue, time_s: tuple[float, float] | None) -> str:
    """``3-5``: the bars that a stretch of time touches, counted from the cue's first; empty: all of them."""
    if time_s is None:
        return ""
    start_s, end_s = max(time_s[0], cue.span.start_s), min(time_s[1], cue.span.end_s)
    if end_s <= start_s:
        raise ActionError(f"the time selection lies outside {cue.span.label}. {_SELECT}")
    if start_s <= cue.span.start_s + 1e-3 and end_s >= cue.span.end_s - 1e-3:
        return ""
    first = _measure(api, cue.span.start_s + 1e-6)
    return f"{_measure(api, start_s + 1e-6) - first + 1}-{_measure(api, max(start_s, end_s - 1e-3)) - first + 1}"


def _measure(api: Any, time_s: float) -> int:
    return int(api.RPR_TimeMap2_timeToBeats(0, time_s, 0, 0, 0.0, 0)[3])

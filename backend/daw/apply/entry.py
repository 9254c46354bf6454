"""A live plan into the open project: everything in one undo step, or nothing at all."""
from __future__ import annotations

import logging
import time
from typing import Any

from backend.daw.apply.claims import Ledger
from backend.daw.apply.followers import say_whose_notes_follow
from backend.daw.apply.host import Host
from backend.daw.apply.items import ItemIndex, TrackItems
from backend.daw.apply.levels import settle_levels
from backend.daw.apply.markers import settle_markers, settle_regions
from backend.daw.apply.marks import read_marks
from backend.daw.apply.media import pin_media
from backend.daw.apply.ours import OurTrack
from backend.daw.apply.picture import bring_picture, refuse_without_picture
from backend.daw.apply.placed import placed
from backend.daw.apply.refusal import Refused
from backend.daw.apply.removal import remove_dropped
from backend.daw.apply.sends import settle_sends
from backend.daw.apply.sound import settle_sound
from backend.daw.apply.structure import Row, TrackList, settle_structure
from backend.daw.apply.taken import refuse_a_taken_place
from backend.daw.apply.tempo import lay_tempo
from backend.daw.apply.tempo_plan import TempoChange, TempoSurvey
from backend.daw.apply.tempo_points import read_points
from backend.domain.live import BuildReport, LivePlan, LiveTrack

_log = logging.getLogger(__name__)


def apply_session(plan: LivePlan, api: Any) -> BuildReport:
    """Put one cue into the project in front. ``api`` is the module ``reaper_python``; main thread only.

    Never raises: what went wrong is in ``refused``, and then the project is as it was.
    """
    started_s = time.perf_counter()
    host = Host(api, plan.undo_name)
    try:
        _build(plan, host)
        changed = host.finish()
    except Exception as error:
        return _refused(host, plan, error, started_s)
    return BuildReport(changed=changed, kept=tuple(host.kept), lines=(*plan.notes, *host.lines, _summary(host)),
                       main_thread_s=time.perf_counter() - started_s)


def _refused(host: Host, plan: LivePlan, error: Exception, started_s: float) -> BuildReport:
    back = host.take_back()
    if isinstance(error, Refused):
        why = str(error)
    else:
        _log.error("building %s failed", plan.cue, exc_info=error)
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        why = f"{plan.cue}: building failed ({reason}); nothing was changed. Please send the support bundle."
    if not back:
        why = why.replace("nothing was changed", "REAPER did not take it back: undo it, or close without saving")
    return BuildReport(refused=why, main_thread_s=time.perf_counter() - started_s)


def _build(plan: LivePlan, host: Host) -> None:
    """What may be refused is decided first; then the time line, and then what lies on it."""
    index = ItemIndex(host)
    refuse_without_picture(plan, index)
    ledger = Ledger(host, plan.cue)
    refuse_a_taken_place(host, plan, ledger, index)
    change = _tempo_change(host, plan, ledger) if "tempo" in plan.parts else None
    tracks = TrackList(host)
    if change is not None:
        lay_tempo(host, change, ledger)
        say_whose_notes_follow(host, plan, tracks)
    picture = bring_picture(host, plan, tracks, index)
    if "tempo" in plan.parts:
        pin_media(host, plan)
    if "markers" in plan.parts:
        settle_markers(host, plan, ledger)
    if "regions" in plan.parts:
        settle_regions(host, plan, ledger)
    if {"spots", "tracks"} & set(plan.parts):
        _settle_tracks(host, plan, tracks, index)
    ledger.save(plan, picture)


def _tempo_change(host: Host, plan: LivePlan, ledger: Ledger) -> TempoChange | None:
    starts_s = [mark.start_s for mark in read_marks(host)
                if mark.is_region and not mark.is_among(ledger.mine.regions)]
    starts_s += [float(row["start_s"]) for label, row in ledger.cues.items()
                 if label != plan.cue and isinstance(row, dict) and isinstance(row.get("start_s"), (int, float))]
    return TempoSurvey(host, plan, ledger, read_points(host), starts_s).change()


def _settle_tracks(host: Host, plan: LivePlan, tracks: TrackList, index: ItemIndex) -> None:
    """Every track first, so that sends find their targets; items last, since a track's state text replaces them."""
    wanted = tuple(track for track in plan.tracks if _is_asked(track.kind, plan))
    rows = settle_structure(tracks, plan.cue, wanted)
    ours = [OurTrack(host, rows[track.id], track) for track in wanted if track.id in rows]
    for track in ours:
        settle_levels(track)
        settle_sound(track)
    index.forget()
    by_id = {track.plan.id: track for track in ours}
    for track in ours:
        settle_sends(track, by_id)
        new_name = f"{plan.cue} {track.name} (new idea)"
        items = {str(i): placed(item) for i, item in enumerate(track.plan.items)}
        TrackItems(track, index, new_name).settle(items)
        track.save()
    remove_dropped(tracks, _dropped(plan, tracks, wanted), index)


def _is_asked(kind: str, plan: LivePlan) -> bool:
    """The cue's own folder comes with either part."""
    return kind == "cue" or ("spots" if kind == "spots" else "tracks") in plan.parts


def _dropped(plan: LivePlan, tracks: TrackList, wanted: tuple[LiveTrack, ...]) -> list[Row]:
    if plan.adds:
        return []
    ids = {track.id for track in wanted}
    return [row for row in tracks.rows if row.tag is not None and row.tag.cue == plan.cue
            and row.tag.kind not in ("picture", "cue") and row.tag.id not in ids and _is_asked(row.tag.kind, plan)]


def _summary(host: Host) -> str:
    if not host.changed:
        return "Nothing had changed: the project already holds all of it."
    parts = [f"{count} {noun}{'' if count == 1 else 's'} {done}".rstrip()
             for (noun, _, done), count in ((what.partition("|"), count) for what, count in host.counts.items())]
    return "Written: " + (", ".join(parts) or "the record of the cue") + "."

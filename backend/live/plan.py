"""A session as one cue of an open project: LivePlan out of Session, with every time on the project's clock.

Times are computed exactly from the session's tempo and become floats once, at the end. The same session and placing
give the same plan.
"""
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from backend.daw.palette_file import palette_path, read_palettes
from backend.daw.voices import Cast, cast_voices
from backend.domain.live import LiveMarker, LivePlan, LiveRegion, LiveTempo, LiveTrack, LiveVideo, Part
from backend.domain.session import Session
from backend.live.plan_clock import ProjectClock, bars_end_tick
from backend.live.plan_tracks import TrackMaker, clash_notes, cue_folder, wanted_tracks


@dataclass(frozen=True)
class Placing:
    """Where a cue goes and what a build may touch.

    ``cue`` tags everything made ("1M1"); ``start_s`` .. ``end_s`` is the cue on the project's clock. ``picture_item``
    is the GUID of the user's video item, or ``video`` is brought along, or neither. ``results_folder`` is absolute:
    the printed stems lie there. ``resource_folder`` is REAPER's (empty: unknown; only stock plug-ins are taken as
    present). ``palette_folder`` holds the user's own ``palette.json`` (empty, or no such file: the shipped one alone).
    """

    cue: str
    title: str
    undo_name: str
    start_s: float
    end_s: float
    parts: tuple[Part, ...]
    results_folder: str
    picture_item: str = ""
    video: LiveVideo | None = None
    resource_folder: str = ""
    palette_folder: str = ""


def live_plan(session: Session, placing: Placing) -> LivePlan:
    """The plan of a session, whole or partial (markers alone, spots alone, a melody ...).

    A session without tempo may hold markers only. Instruments whose family has no printed stem in the session are
    heard through what is there, so a rebuild of some tracks should still pass the whole session. Raises InputError
    for a palette that cannot be used.
    """
    clock = ProjectClock(session.tempo, placing.start_s)
    tracks, notes = _tracks(session, placing, clock)
    return LivePlan(
        cue=placing.cue, title=placing.title, undo_name=placing.undo_name, start_s=placing.start_s,
        end_s=placing.end_s, bars_end_s=_bars_end_s(session, placing, clock), parts=placing.parts,
        picture_item=placing.picture_item, video=placing.video, tempo=_tempo(session, placing, clock),
        markers=_markers(session, placing, clock), regions=_regions(session, placing, clock), tracks=tracks,
        notes=notes)


def _tracks(session: Session, placing: Placing, clock: ProjectClock) -> tuple[tuple[LiveTrack, ...], tuple[str, ...]]:
    """The cue's folder with its tracks, and how they sound; neither where no tracks are asked for."""
    wanted = wanted_tracks(session, placing.parts)
    if not wanted:
        return (), ()
    resources = Path(placing.resource_folder) if placing.resource_folder else None
    palettes = read_palettes(Path(placing.palette_folder) if placing.palette_folder else None)
    cast = cast_voices(wanted, palettes, resources)
    folder = cue_folder(_folder_name(placing), wanted)
    maker = TrackMaker(folder.id, clock, placing.results_folder, cast)
    return (folder, *map(maker.make, wanted)), (*cast.notes, *clash_notes(wanted, cast), *_where(placing, cast))


def _where(placing: Placing, cast: Cast) -> tuple[str, ...]:
    """Where the user's palette lies, once anything waits for it."""
    if cast.all_live or not placing.palette_folder:
        return ()
    path = palette_path(Path(placing.palette_folder))
    return (f"Palette: '{path}'{'' if path.is_file() else ', not made yet'}; docs/palette.md shows what stands in it",)


def _folder_name(placing: Placing) -> str:
    """``FilmComposer 1M1 Rooftop``, whether or not the title already begins with the label."""
    words = placing.title.split()
    label = placing.cue.split()
    return " ".join(("FilmComposer", *label, *(words[len(label):] if words[:len(label)] == label else words)))


def _bars_end_s(session: Session, placing: Placing, clock: ProjectClock) -> float:
    if not session.tempo:
        return placing.end_s
    return clock.tick_s(bars_end_tick(session))


def _tempo(session: Session, placing: Placing, clock: ProjectClock) -> tuple[LiveTempo, ...]:
    """Quarters a minute are 60e6 / microseconds as a double, REAPER's own precision."""
    if "tempo" not in placing.parts:
        return ()
    return tuple(LiveTempo(clock.tick_s(marker.tick), 60_000_000 / marker.us_per_quarter, marker.numerator,
                           marker.denominator if marker.numerator else 0) for marker in session.tempo)


def _markers(session: Session, placing: Placing, clock: ProjectClock) -> tuple[LiveMarker, ...]:
    if "markers" not in placing.parts:
        return ()
    return tuple(LiveMarker(clock.cue_s(marker.time_s), marker.name, marker.color) for marker in session.markers)


def _regions(session: Session, placing: Placing, clock: ProjectClock) -> tuple[LiveRegion, ...]:
    if "regions" not in placing.parts:
        return ()
    return tuple(LiveRegion(clock.tick_s(region.start_tick), clock.tick_s(region.end_tick), region.name, region.color)
                 for region in session.regions)

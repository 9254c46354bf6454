"""A request from an open session: work on the cue's folder, and a plan for the session to hold the outcome."""
from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from backend.config import Options
from backend.cue_job import CueJob
from backend.daw.build import build_sketch
from backend.domain.live import PARTS, LivePlan, LiveVideo, Part
from backend.domain.session import Session
from backend.live.measure_mix import measured_lines
from backend.live.memory import CueClock, SessionMemory, ToldHits, ToldMelody, ToldSpots, told, write_memory
from backend.live.open_cue import OpenCue, Rewire, open_cue
from backend.live.outcome_lines import description_lines, hits_lines, music_lines, spot_lines
from backend.live.plan import Placing, live_plan
from backend.live.seen_session import SeenSession
from backend.live.session_sound import with_own_sound
from backend.live.take_hits import on_film, own_hits, take_hits
from backend.live.take_music import take_melody, take_spots
from backend.pipeline import StageNews, Tell
from backend.ports import Services
from backend.regenerate import regenerate
from backend.results import relative_to
from bridge.messages import JobKind, JobRequest

Announce = Callable[[CueJob, str], None]
"""Called with the job and its last stage before anything is done."""


@dataclass(frozen=True)
class LiveOutcome:
    """``plan`` null: the session is not touched. ``lines`` are for people, ``folder`` holds the results."""

    plan: LivePlan | None
    title: str
    lines: tuple[str, ...]
    folder: str


@dataclass(frozen=True)
class _Kind:
    """``until`` is the last stage; ``parts`` what of the session a build may touch."""

    until: str
    parts: tuple[Part, ...]
    undo_name: str
    lines: Callable[[CueJob], tuple[str, ...]]


_RHYTHM: tuple[Part, ...] = ("markers", "tempo", "regions", "spots")
_KINDS: dict[JobKind, _Kind] = {
    "hits": _Kind("hits", ("markers",), "find hits", hits_lines),
    "describe": _Kind("describe", (), "describe clip", description_lines),
    "spot": _Kind("spot", _RHYTHM, "spot clip", spot_lines),
    "compose": _Kind("compose", PARTS, "compose melody", music_lines),
    "arrange": _Kind("render", PARTS, "arrange and mix", music_lines),
    "score": _Kind("report", PARTS, "score", music_lines),
    "regenerate": _Kind("report", PARTS, "regenerate", music_lines)}


def as_given(services: Services, options: Options, folder: Path) -> Services:
    """No choice between writers: the services as they were handed in."""
    return services


def unannounced(job: CueJob, until: str) -> None:
    """Nothing is said before the work begins."""


def run_request(request: JobRequest, services: Services, tell: Tell, rewire: Rewire = as_given,
                announce: Announce = unannounced) -> LiveOutcome:
    """Do what is asked. Edits made in the session become edits of the documents first; finished stages stand, so that
    a request that was interrupted goes on, and one made twice gives the same plan. Raises FilmComposerError."""
    if request.kind == "measure":
        title, folder, lines = measured_lines(request)
        return LiveOutcome(None, title, lines, folder)
    cue = open_cue(request, services, rewire)
    try:
        with cue.job.folder.held():
            announce(cue.job, "arrange" if request.kind == "regenerate" else _KINDS[request.kind].until)
            return _run(cue, _Once(tell))
    finally:
        cue.job.folder.discard_if_empty()


class _Once:
    """Tells that a stage is unchanged, or kept, once: stages are looked at again after every edit."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._told: set[StageNews] = set()

    def __call__(self, news: StageNews) -> None:
        if news.status in ("unchanged", "kept"):
            if any(earlier.stage == news.stage for earlier in self._told):
                return
            self._told.add(news)
        self._tell(news)


def _run(cue: OpenCue, tell: Tell) -> LiveOutcome:
    seen, kind = SeenSession(cue.job, cue.request, cue.picture, tell), _KINDS[cue.request.kind]
    lines = list(cue.notes)
    memory = _with_clocks(seen, cue.memory)
    if cue.job.folder.is_known:
        write_memory(cue.job.folder, memory)  # before the analysis is made again for another stretch
    if kind.parts:
        memory = _take_over(seen, cue, memory, lines)
    if cue.request.kind == "regenerate":
        changed = regenerate(cue.job, cue.request.bars or None, _part_names(cue.request.tracks), tell)
        lines.append(f"Written anew: {', '.join(changed)}")
    else:
        seen.bring(kind.until)
    lines += kind.lines(cue.job)
    plan = None
    if kind.parts:
        plan = _plan(cue, seen, kind)
        write_memory(cue.job.folder, _as_told(memory, seen, plan))
        lines += plan.notes
    return LiveOutcome(plan, cue.job.title, tuple(lines), str(cue.job.folder.path))


def _take_over(seen: SeenSession, cue: OpenCue, memory: SessionMemory, lines: list[str]) -> SessionMemory:
    """The session's edits into the documents, as far as the job goes."""
    folder, kind = cue.job.folder, cue.request.kind
    seen.bring("analyze")
    memory, note = take_hits(seen, memory, cue.place.replaced)
    notes = [note]
    if kind != "hits":
        memory, note = take_spots(seen, memory)
        notes.append(note)
    if kind not in ("hits", "spot"):
        memory, note = take_melody(seen, memory)
        notes.append(note)
    if kind != "hits":
        memory = replace(memory, clock=seen.clock(with_map=True))
    write_memory(folder, memory)
    lines += [note for note in notes if note]
    return memory


def _with_clocks(seen: SeenSession, memory: SessionMemory) -> SessionMemory:
    """Without a memory, the documents hold for the cue as it stands in the folder."""
    folder = seen.job.folder
    if not folder.has("analysis.json"):
        return memory
    if memory.hits_clock is None:
        memory = replace(memory, hits_clock=seen.clock())
    if memory.clock is None and folder.has("tempo_map.json", "hits.json"):
        memory = replace(memory, clock=seen.clock(with_map=True))
    return memory


def _part_names(tracks: str) -> str | None:
    """Track ids of a session as names of parts: the prefixes that keep ids apart go, reverbs have no notes."""
    names = [name.strip() for name in tracks.split(",")]
    for prefix in ("part.", "sketch.", "printed."):
        names = [name.removeprefix(prefix) for name in names]
    return ",".join(name for name in names if name and not name.endswith(".reverb")) or None


def _plan(cue: OpenCue, seen: SeenSession, kind: _Kind) -> LivePlan:
    job, request, picture = cue.job, cue.request, cue.picture
    analysis = job.analysis
    start_s = _start_s(cue)
    session = _session(job, request.kind)
    own = own_hits(seen, seen.clock())
    session = replace(session, markers=tuple(m for i, m in enumerate(session.markers) if i not in own))
    project = request.project
    video = None
    if picture is None and session.video is not None:
        video = LiveVideo(str(job.clip), session.video.name, session.video.length_s, session.video.source_offset_s)
    plan = live_plan(session, Placing(
        cue=analysis.cue.label, title=job.title, undo_name=f"FilmComposer: {kind.undo_name} {job.title}",
        start_s=float(start_s), end_s=float(start_s + analysis.cue.duration_s), parts=kind.parts,
        results_folder=str(job.folder.path), picture_item=picture.item if picture else "", video=video,
        resource_folder=project.resource_folder if project else "",
        palette_folder=_palette_folder(project.resource_folder if project else "")))
    return replace(with_own_sound(plan, job.folder.path), adds=request.kind == "compose")


def _start_s(cue: OpenCue) -> Fraction:
    """The cue's first frame on the project's clock; a film that is brought along starts where it is put."""
    if cue.picture is None:
        return Fraction(cue.request.video.position_s if cue.request.video else 0.0)
    return max(Fraction(0), cue.picture.project_s(cue.job.analysis.cue.start_s))


def _palette_folder(resource_folder: str) -> str:
    """Beside the user's other settings of REAPER, where they can find it."""
    return os.path.join(resource_folder, "FilmComposer") if resource_folder else ""


def _session(job: CueJob, kind: JobKind) -> Session:
    """As far as the job went: hits; with bars and rhythm; with the melody; or everything."""
    if kind not in ("hits", "spot", "compose"):
        return job.session()
    analysis = job.analysis
    music = kind != "hits"
    return build_sketch(
        name=job.title, clip=analysis.clip, cue=analysis.cue, video_file=relative_to(job.clip, job.folder.path),
        hits=job.hits, tempo_map=job.tempo_map if music else None, spots=job.spots if music else None,
        melody=job.melody if kind == "compose" else None)


def _as_told(memory: SessionMemory, seen: SeenSession, plan: LivePlan) -> SessionMemory:
    """What the session will hold when the plan has been built."""
    job, clock = seen.job, seen.clock("tempo" in plan.parts)
    cue = CueClock(clock.start_s, clock.play_rate)
    origin_s = Fraction(plan.start_s) - clock.start_s
    hits = ToldHits(on_film(job.hits.hits, cue), seen.picture.origin_s if seen.picture else origin_s, clock.play_rate)
    memory = replace(memory, hits=told(memory.hits, hits), start_s=plan.start_s, end_s=plan.end_s,
                     bars_end_s=plan.bars_end_s)
    if "spots" in plan.parts:
        memory = replace(memory, spots=told(memory.spots, ToldSpots(clock, job.spots, plan.start_s)))
    if seen.request.kind == "compose":
        memory = replace(memory, melody=told(memory.melody, ToldMelody(clock, job.melody, plan.start_s)))
    return memory

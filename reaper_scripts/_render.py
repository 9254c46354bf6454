"""Render cue: mix and stems of one cue, then measured by the daemon."""
from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from typing import Any

from bridge.messages import JobRequest
from reaper_scripts._cues import BuiltCue
from reaper_scripts._errors import ActionError
from reaper_scripts._host import Host
from reaper_scripts._look import cue_here, look_at_cue
from reaper_scripts._ours import OurTrack, our_tracks
from reaper_scripts._render_settings import Take, render
from reaper_scripts._run_job import run_jobs
from reaper_scripts._timeline import seen_project

MIX = "mix"


def render_cue(host: Host) -> None:
    """The cue at the time selection or edit cursor. Raises ActionError."""
    if host.api.RPR_GetPlayState():
        raise ActionError("REAPER is playing. Stop it, then run the action again.")
    cue = cue_here(host)
    tracks = [t for t in our_tracks(host.api) if t.cue == cue.span.label]
    folder = _free_folder(host, cue)
    files = render_files(host, cue, tracks, folder)
    host.tell(f"{cue.span.label}: mix and {len(files) - 1} stems lie in {folder}")
    run_jobs(host, [partial(_measure, host, cue, files)])


def render_files(host: Host, cue: BuiltCue, tracks: list[OurTrack], folder: str) -> tuple[str, ...]:
    """Mix first, then the stems that sound. Raises ActionError when the render was not finished."""
    whole = tuple(t.track for t in tracks if t.kind == "cue")
    if not whole:
        raise ActionError(f"the folder of {cue.span.label} is gone. Run Score clip on it, then render.")
    families = tuple(_sounding(host, tracks))
    stretch = cue.span.start_s, cue.span.end_s
    mix, stems = os.path.join(folder, f"{MIX}.wav"), os.path.join(folder, "stems")
    render(host.api, Take(folder, MIX, whole, *stretch))
    if not os.path.isfile(mix):
        raise ActionError("the render was not finished, so nothing is measured. Your render settings are as they were.")
    if families:
        render(host.api, Take(stems, "$track", families, *stretch, skip_silent=True))
    return mix, *_waves(stems)


def _sounding(host: Host, tracks: list[OurTrack]) -> Iterator[Any]:
    """Folders of families with a track that is not muted, and printed stems that are not: one of the two is heard."""
    family: OurTrack | None = None
    for track in tracks:
        muted = host.api.RPR_GetMediaTrackInfo_Value(track.track, "B_MUTE")
        if track.kind == "folder":
            family = None if muted or track.id == "printed" else track
        elif track.kind == "printed" and not muted:
            yield track.track
        elif track.kind in ("instrument", "melody") and not muted and family:
            yield family.track
            family = None


def _waves(folder: str) -> tuple[str, ...]:
    """The folder was empty before: what lies in it is this render's."""
    if not os.path.isdir(folder):
        return ()
    return tuple(os.path.join(folder, name) for name in sorted(os.listdir(folder)) if name.lower().endswith(".wav"))


def _free_folder(host: Host, cue: BuiltCue) -> str:
    """``render/01`` and so on in the cue's results folder, so that no earlier render is overwritten."""
    base = os.path.join(_cue_folder(seen_project(host.api).folder, cue), "render")
    number = 1
    while os.path.exists(os.path.join(base, f"{number:02d}")):
        number += 1
    folder = os.path.join(base, f"{number:02d}")
    try:
        os.makedirs(folder)
    except OSError as error:
        raise ActionError(f"'{folder}' cannot be made ({error.strerror}). Save the project elsewhere, then render."
                          ) from None
    return folder


def _cue_folder(project_folder: str, cue: BuiltCue) -> str:
    """The folder beside the project that begins with the cue's label; the one with its title first."""
    parent, label = os.path.join(project_folder, "FilmComposer"), cue.span.label
    named = f"{label} {cue.span.title}".strip()
    here = sorted(os.listdir(parent)) if os.path.isdir(parent) else []
    found = [name for name in here if name == label or name.startswith(f"{label} ")]
    return os.path.join(parent, named if named in found else next(iter(found), label))


def _measure(host: Host, cue: BuiltCue, files: tuple[str, ...]) -> JobRequest:
    seen = look_at_cue(host, "measure", cue)
    return JobRequest("measure", seen.video, seen.span, seen.project, seen.markers, known=True, files=files)

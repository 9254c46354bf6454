"""Files rendered in REAPER, measured: loudness, true peak, and whether the hits are heard on the frame."""
from __future__ import annotations

from pathlib import Path

from backend.cue_job import CueJob, job_of
from backend.errors import InputError
from backend.evaluation import loudness
from backend.evaluation.measure_sync import measure_sync
from backend.evaluation.onsets import find_rises
from backend.evaluation.sound import Sound, read_sound
from backend.live.folder import finished_folder
from backend.live.open_cue import cue_name
from bridge.messages import JobRequest

_NEEDED = ("analysis.json", "hits.json", "tempo_map.json", "score.json")
STILL_DB = -120.0


def measured_lines(request: JobRequest) -> tuple[str, str, tuple[str, ...]]:
    """Title, results folder (empty: none) and the figures. Raises InputError for files that are no sound."""
    if not request.files:
        raise InputError("There is no rendered file to measure. Render the cue first.")
    mix = read_sound(_sound_file(request.files[0]))
    job = _finished(request)
    lines = [_mix_line(mix, job)]
    for file in request.files[1:]:
        lines.append(_stem_line(_sound_file(file), mix))
    return (job.title if job else cue_name(request).folder_name, str(job.folder.path) if job else "", tuple(lines))


def _sound_file(file: str) -> Path:
    path = Path(file)
    if not path.is_absolute() or not path.is_file():
        raise InputError(f"'{file}' is not there. Render the cue again.")
    return path


def _finished(request: JobRequest) -> CueJob | None:
    """The cue's documents, where there are some to measure against."""
    if request.video is None:
        return None
    folder = finished_folder(Path(request.video.file), cue_name(request),
                             request.project.folder if request.project else "", request.output)
    return job_of(folder) if folder is not None and folder.has(*_NEEDED) else None


def _mix_line(mix: Sound, job: CueJob | None) -> str:
    integrated = loudness.integrated_lufs(loudness.block_powers(mix))
    peak = loudness.true_peak_dbtp(mix)
    said = [_hits(mix, job)] if job else ["no score of this cue to compare the hits with"]
    said.append("silent" if integrated is None else f"{integrated:.1f} LUFS")
    said.append("no peak" if peak is None or peak <= STILL_DB else f"true peak {peak:.1f} dBTP")
    return ", ".join(said)


def _hits(mix: Sound, job: CueJob) -> str:
    """Sample 0 of the mix is the cue's start."""
    sync = measure_sync(analysis=job.analysis, hits=job.hits, tempo_map=job.tempo_map, score=job.score, render=None,
                        folder=job.folder.path, onsets=find_rises(mix).clear())
    errors = [abs(row.error_ms) for row in sync.hits
              if row.type == "hard" and row.anchored and row.error_ms is not None and row.status == "hit"]
    worst = f" (largest error {max(errors):.0f} ms)" if errors else ""
    return f"{sync.on_frame} of {sync.hard} hard hits on the frame{worst}" if sync.hard else "no hard hits"


def _stem_line(path: Path, mix: Sound) -> str:
    stem = read_sound(path)
    integrated = loudness.integrated_lufs(loudness.block_powers(stem))
    level = "silent" if integrated is None else f"{integrated:.1f} LUFS"
    off = stem.duration_s - mix.duration_s
    return f"{path.stem}: {level}" + (f", {abs(off):.2f} s {'longer' if off > 0 else 'shorter'} than the mix"
                                      if abs(off) > 0.01 else "")

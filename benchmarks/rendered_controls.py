"""Loudness against motion on rendered controls: ``python benchmarks/rendered_controls.py WORK``.

WORK holds the finished cues of ``shared_clips.py``. Each is rendered twice more: *flat* (every note at the mean
velocity, no controllers, level envelopes at 1) and *melody only*; both keep who plays when. The figure is that of the
report: Spearman of momentary loudness (400 ms) and motion at the best lag within a bar.
"""
from __future__ import annotations

import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from statistics import mean

from backend.audio.renderer import SoundfontRenderer
from backend.cue_job import CueJob, job_of
from backend.daw.build import build_session
from backend.domain.requests import RenderRequest
from backend.domain.scheme import ArrangementScheme
from backend.domain.score import Score
from backend.evaluation.measure import measure_cue
from backend.results import ResultsFolder
from backend.stages import results_of


def flat(score: Score, scheme: ArrangementScheme) -> tuple[Score, ArrangementScheme]:
    """The same notes without dynamics."""
    velocity = round(mean(note.velocity for part in score.parts for note in part.notes))
    parts = tuple(replace(part, controls=(), notes=tuple(replace(n, velocity=velocity) for n in part.notes))
                  for part in score.parts)
    tracks = tuple(replace(track, volume_envelope={1: 1.0}) for track in scheme.tracks)
    return replace(score, parts=parts), replace(scheme, tracks=tracks)


def melody_only(score: Score, scheme: ArrangementScheme) -> tuple[Score, ArrangementScheme]:
    kept = {part.id for part in score.parts if part.role == "melody"}
    return (replace(score, parts=tuple(p for p in score.parts if p.id in kept)),
            replace(scheme, tracks=tuple(t for t in scheme.tracks if t.part in kept)))


def spearman(job: CueJob, score: Score, scheme: ArrangementScheme) -> float | None:
    """Render and measure one version."""
    analysis = job.analysis
    session = build_session(name="control", clip=analysis.clip, cue=analysis.cue, video_file="x", hits=job.hits,
                            tempo_map=job.tempo_map, spots=job.spots, score=score, scheme=scheme)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        SoundfontRenderer().render(RenderRequest(session, folder, -23.0), lambda done: None)
        r = results_of(job)
        metrics = measure_cue(analysis=analysis, hits=r.hits, tempo_map=r.tempo_map, spots=r.spots, melody=r.melody,
                              score=score, scheme=scheme, render=None, assessment=r.assessment, folder=folder)
    return metrics.dynamics.motion_spearman


def main() -> None:
    wins = {"flat": 0, "melody only": 0}
    count = 0
    print("| clip | seed | as arranged | flat | melody only |\n|---|---|---|---|---|")
    for folder in sorted(p for p in Path(sys.argv[1]).glob("*/*") if (p / "scheme.json").is_file()):
        job = job_of(ResultsFolder(folder).open())
        score, scheme = job.score, job.scheme
        real = spearman(job, score, scheme)
        if real is None:
            continue
        found = {"flat": spearman(job, *flat(score, scheme)), "melody only": spearman(job, *melody_only(score, scheme))}
        count += 1
        for name, value in found.items():
            wins[name] += value is None or real > value
        print(f"| {folder.parent.name[:28]} | {folder.name} | {real:.2f} | "
              + " | ".join("-" if v is None else f"{v:.2f}" for v in found.values()) + " |", flush=True)
    print(f"better than flat {wins['flat']} of {count}, than the melody alone {wins['melody only']} of {count}")


if __name__ == "__main__":
    main()

"""The learned rhythm beside the rules on real clips: does density follow the motion, and what does a melody make of it?

Run: python -m benchmarks.learned_rhythm SHARED_DATA FOLDER   (FOLDER keeps the analysed clips)
"""
from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr

from backend.config import DEFAULTS
from backend.cue_job import CueJob
from backend.domain.requests import MelodyRequest, SpotRequest
from backend.domain.spotting import RhythmSpots
from backend.music.form import bar_means
from backend.pipeline import run_cue
from backend.results import ResultsFolder
from backend.wiring import wire

SEEDS = (1, 2, 3, 4, 5)
CANDIDATES = 4


def analysed(clip: Path, folder: Path) -> CueJob:
    """The clip as far as its tempo map."""
    job = CueJob(clip, ResultsFolder(folder / clip.stem).open(), replace(DEFAULTS, seed=1), wire())
    run_cue(job, lambda news: None, until="tempo")
    return job


def bar_counts(job: CueJob, spots: RhythmSpots) -> np.ndarray:
    """Onsets a quarter of every bar before the end."""
    bars = [bar for bar in job.tempo_map.bars if bar.start_q < job.tempo_map.end_q]
    return np.array([sum(bar.start_q <= spot.onset_q < bar.end_q for spot in spots.spots) / float(bar.length_q)
                     for bar in bars])


def follows(job: CueJob, spots: RhythmSpots) -> tuple[float, float]:
    """Rank correlation of density and motion by bar, and the 95th percentile over all circular shifts."""
    bars = [bar for bar in job.tempo_map.bars if bar.start_q < job.tempo_map.end_q]
    motion, counts = bar_means(bars, job.tempo_map, job.analysis, "motion"), bar_counts(job, spots)
    if len(bars) < 5 or np.ptp(counts) == 0 or np.ptp(motion) == 0:
        return float("nan"), float("nan")
    shifted = [float(spearmanr(counts, np.roll(motion, shift)).statistic) for shift in range(1, len(bars))]
    return float(spearmanr(counts, motion).statistic), float(np.percentile(shifted, 95))


def accepted(job: CueJob, spots: RhythmSpots, seed: int) -> tuple[bool, float]:
    """Whether a melody by rule on these spots is accepted within four candidates, and the best probability."""
    best, fixes = 0.0, ()
    for number in range(1, CANDIDATES + 1):
        request = MelodyRequest(spots, job.tempo_map, job.brief, seed * 1000 + number, fixes)
        melody = job.services.melody_writer.write(request)
        verdict = job.services.assessor.assess(melody, job.tempo_map, job.brief, False)
        best, fixes = max(best, verdict.probability), verdict.fixes
        if verdict.accepted:
            return True, best
    return False, best


def main(arguments: Sequence[str]) -> None:
    clips = sorted(p for p in (Path(arguments[0]) / "video" / "clips").iterdir() if p.suffix in (".mp4", ".webm"))
    writers = {name: wire(replace(DEFAULTS, spotter=name)).spotter for name in ("peaks", "crt")}
    rows: dict[str, list[tuple[float, float, float, bool, float, float]]] = {name: [] for name in writers}
    for clip in clips:
        job = analysed(clip, Path(arguments[1]))
        for name, spotter in writers.items():
            for seed in SEEDS:
                started = time.perf_counter()
                spots = spotter.spot(SpotRequest(job.analysis, job.hits, job.tempo_map, job.brief, seed))
                took_s = time.perf_counter() - started
                rows[name].append((*follows(job, spots), float(len(spots.spots)), *accepted(job, spots, seed), took_s))
            last = rows[name][-len(SEEDS):]
            print(f"{clip.stem[:32]:<34} {name:<6} follows {np.mean([r[0] for r in last]):.2f} "
                  f"(chance {np.mean([r[1] for r in last]):.2f}), {np.mean([r[2] for r in last]):.0f} spots, accepted "
                  f"{sum(r[3] for r in last)}/{len(last)}, p {np.mean([r[4] for r in last]):.3f}", flush=True)
    for name, made in rows.items():
        known = [r for r in made if not np.isnan(r[0])]
        print(f"{name:<6} follows {np.mean([r[0] for r in known]):.3f}, above chance in "
              f"{sum(r[0] > r[1] for r in known)}/{len(known)}, accepted {sum(r[3] for r in made)}/{len(made)}, p "
              f"{np.mean([r[4] for r in made]):.3f}, {1000 * max(r[5] for r in made):.0f} ms at most")


if __name__ == "__main__":
    main(sys.argv[1:])

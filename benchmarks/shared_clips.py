"""The figures of a whole set of clips.

    python benchmarks/shared_clips.py FOLDER_OF_CLIPS WORK_FOLDER [SEEDS [NAME=VALUE ...]]

Scores every clip with seeds 1..SEEDS (default 3), measures each result with its controls, and prints one row a cue and
the pooled figures: sync against chance, dynamics against motion, development, endings, diversity, acceptance.
"""
from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from backend.config import DEFAULTS, options_from
from backend.cue_job import CueJob
from backend.domain.metrics import CueMetrics
from backend.domain.requests import CueResults
from backend.evaluation.diversity import cue_chroma, diversity, heard_chroma
from backend.evaluation.sound import read_sound
from backend.evaluation.sync import Alignment, Chance, pooled_chance
from backend.pipeline import run_cue
from backend.results import ResultsFolder
from backend.stages import results_of
from backend.wiring import wire


@dataclass(frozen=True)
class Row:
    clip: str
    seed: int
    results: CueResults
    metrics: CueMetrics


def score_all(clips: list[Path], work: Path, seeds: int, wishes: dict[str, str]) -> list[Row]:
    """``wishes`` are options by name, such as spotter=crt."""
    options = options_from(wishes).over(DEFAULTS)
    services = wire(options)
    rows = []
    for clip in clips:
        for seed in range(1, seeds + 1):
            folder = ResultsFolder(work / clip.stem / str(seed)).open()
            job = CueJob(clip, folder, replace(options, seed=seed), services)
            run_cue(job, lambda news: None)
            results = results_of(job)
            rows.append(Row(clip.stem, seed, results, job.folder.load(CueMetrics, "metrics.json")))
            print(line(rows[-1]), flush=True)
    return rows


def line(row: Row) -> str:
    m = row.metrics
    assert m.sync is not None
    families = sorted({f for h in m.sync.hits if h.type == "hard" and h.status == "hit" for f in h.families})
    return (f"| {row.clip[:28]:<28} | {row.seed} | {m.sync.on_frame}/{m.sync.anchored}/{m.sync.hard} | "
            f"{show(m.sync.chance)} | {show(m.sync.moved_recall)} | {show(m.dynamics.motion_spearman)} | "
            f"{show(m.dynamics.motion_spearman_bar)} | {m.dynamics.motion_varies} | "
            f"{show(m.development.head_recurrence)} | "
            f"{show(m.development.novelty_ratio)} | {show(m.ending.score_frames)} | {show(m.ending.tail_s)} | "
            f"{m.ranges.practical_share:.4f} | {m.musicality.accepted} {m.musicality.candidates} | "
            f"{','.join(families)} |")


def show(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def alignments(rows: list[Row]) -> tuple[list[Alignment], list[float]]:
    """Anchored hard hits of every cue, and five frames of each, in seconds."""
    found, moved = [], []
    for row in rows:
        sync = row.metrics.sync
        assert sync is not None
        times = np.array([h.time_s for h in sync.hits if h.type == "hard" and h.anchored])
        if len(times):
            found.append(Alignment(np.array(sync.accents_s), times, sync.duration_s, sync.tolerance_ms / 1000))
            moved.append(5 * float(row.results.analysis.clip.frame_rate.frame_s))
    return found, moved


def pooled(rows: list[Row]) -> None:
    found, moved = alignments(rows)
    print("sync      ", chance_text(pooled_chance(found)))
    print("moved by 5", chance_text(pooled_chance(found, moved_s=moved)))
    syncs = [r.metrics.sync for r in rows if r.metrics.sync]
    print(f"anchored   {sum(s.anchored for s in syncs)} of {sum(s.hard for s in syncs)} hard hits")
    moving = [r for r in rows if r.metrics.dynamics.motion_varies]
    following = {r.clip for r in moving}
    weak = {r.clip for r in moving if (r.metrics.dynamics.motion_spearman or 0) < 0.5}
    print(f"dynamics   Spearman >= .5 at every seed on {len(following - weak)} of {len(following)} clips that move; "
          f"weak: {sorted(weak)}")
    for name in ("head_recurrence", "novelty_ratio"):
        values = [v for r in rows if (v := getattr(r.metrics.development, name)) is not None]
        print(f"{name:<16} min {min(values):.2f} median {np.median(values):.2f} n {len(values)}")
    first = [r.results for r in rows if r.seed == 1]
    print(f"diversity  written {diversity([cue_chroma(r.score, r.tempo_map) for r in first])}")
    print(f"diversity  heard   {diversity([heard_chroma(read_sound(r.folder / 'mix.wav')) for r in first])}")
    print(f"accepted   {sum(bool(r.metrics.musicality.accepted) for r in rows)} of {len(rows)}")
    endings = [abs(r.metrics.ending.score_frames or 0) for r in rows]
    print(f"ending     worst {max(endings):.2f} frames")
    lu = [abs(r.metrics.loudness.error_lu or 0) for r in rows if r.metrics.loudness]
    peak = max(r.metrics.loudness.true_peak_dbtp or -99 for r in rows if r.metrics.loudness)
    print(f"loudness   worst error {max(lu):.3f} LU, highest true peak {peak:.2f} dBTP")
    for metric, control in sorted({(c.metric, c.control) for r in rows for c in r.metrics.controls}):
        pairs = [c for r in rows for c in r.metrics.controls if (c.metric, c.control) == (metric, control)]
        told = [c for c in pairs if c.separated is not None]
        print(f"control    {metric} / {control}: separated {sum(bool(c.separated) for c in told)} of {len(told)}")


def chance_text(chance: Chance | None) -> str:
    return "no hits" if chance is None else (f"{chance.met} of {chance.hits}, chance {chance.chance:.3f}, "
                                             f"p {chance.p_value:.4f}")


def main() -> None:
    clips = sorted(p for p in Path(sys.argv[1]).iterdir() if p.is_file())
    print("| clip | seed | heard/anchored/hard | chance | moved | rho 400 ms | rho bar | moves | head | novelty | "
          "end f | tail s | practical | accepted, tries | families on hits |")
    wishes = dict(wish.split("=", 1) for wish in sys.argv[4:])
    pooled(score_all(clips, Path(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 3, wishes))


if __name__ == "__main__":
    main()

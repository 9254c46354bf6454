"""Measure finished cues together: sync against chance, loudness against motion, development, diversity.

    python benchmarks/sync.py RESULTS [RESULTS ...]

Every RESULTS is a folder made by ``filmcomposer score``. Prints Markdown tables for docs/benchmarks/sync.md.
"""
from __future__ import annotations

import sys
import time
from collections import Counter
from pathlib import Path

from backend.domain import serial
from backend.domain.analysis import ClipAnalysis
from backend.domain.assessment import AssessmentReport
from backend.domain.hits import HitPoints
from backend.domain.metrics import CueMetrics
from backend.domain.render import RenderReport
from backend.domain.scheme import ArrangementScheme
from backend.domain.score import Melody, Score
from backend.domain.spotting import RhythmSpots
from backend.domain.tempo import TempoMap
from backend.evaluation.diversity import cue_chroma, diversity, heard_chroma
from backend.evaluation.measure import measure_cue
from backend.evaluation.measure_sync import alignment_of, pooled_sync
from backend.evaluation.sound import read_sound
from backend.evaluation.sync import MOVED_FRAMES, pooled_chance


def load(folder: Path, kind: type, name: str):  # noqa: ANN201
    return serial.loads(kind, (folder / name).read_text(encoding="utf-8"))


def measured(folder: Path) -> tuple[CueMetrics, ClipAnalysis, Score, TempoMap, float]:
    """The metrics of one folder, and the CPU seconds they took."""
    analysis, tempo_map = load(folder, ClipAnalysis, "analysis.json"), load(folder, TempoMap, "tempo_map.json")
    score = load(folder, Score, "score.json")
    documents = {"hits": load(folder, HitPoints, "hits.json"), "spots": load(folder, RhythmSpots, "spots.json"),
                 "melody": load(folder, Melody, "melody.json"),
                 "scheme": load(folder, ArrangementScheme, "scheme.json"),
                 "assessment": load(folder, AssessmentReport, "assessment.json"),
                 "render": load(folder, RenderReport, "render.json")}
    start = time.process_time()
    metrics = measure_cue(analysis=analysis, tempo_map=tempo_map, score=score, folder=folder, **documents)
    return metrics, analysis, score, tempo_map, time.process_time() - start


def show(value: float | None, digits: int = 2) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def main(folders: list[Path]) -> None:
    rows = [measured(folder) for folder in folders]
    print("| clip | s | fps | onsets/s | anchored hard | on frame | worst ms | chance | p | moved | F1 | x-corr (p99) "
          "| CPU s |\n|---|---|---|---|---|---|---|---|---|---|---|---|---|")
    for metrics, analysis, _, _, cpu in rows:
        sync = metrics.sync
        assert sync is not None
        errors = [abs(h.error_ms or 0) for h in sync.hits if h.type == "hard" and h.anchored and h.status == "hit"]
        print(f"| {analysis.clip.name} | {show(float(analysis.cue.duration_s), 1)} | {analysis.clip.frame_rate} | "
              f"{show(sync.onsets / sync.duration_s, 1)} | {sync.anchored} | {sync.on_frame} | "
              f"{show(max(errors, default=None), 1)} | {show(sync.chance)} | {show(sync.p_value, 4)} | "
              f"{show(sync.moved_recall)} | {show(sync.f1)} | {show(sync.rhythm_correlation)} "
              f"({show(sync.rhythm_chance_p99)}) | {cpu:.1f} |")
    pool([metrics for metrics, *_ in rows], [float(a.clip.frame_rate.frame_s) for _, a, *_ in rows])
    print("\n| clip | rho 400 ms | lag s | rho bar | chance p95 | head min | recurrence | novelty | tension | end"
          " frames (heard) | tail s | practical | low/100 | breath |\n|" + "---|" * 14)
    for metrics, analysis, *_ in rows:
        d, v, e, r = metrics.dynamics, metrics.development, metrics.ending, metrics.ranges
        print(f"| {analysis.clip.name} | {show(d.motion_spearman)} | {show(d.lag_s, 1)} | "
              f"{show(d.motion_spearman_bar)} | {show(d.chance_p95)} | {show(v.head_similarity_min)} | "
              f"{show(v.head_recurrence)} | {show(v.novelty_ratio)} | {show(v.tension_spearman)} | "
              f"{show(e.score_frames, 1)} ({show(e.sound_frames, 1)}) | {show(e.tail_s, 1)} | "
              f"{show(r.practical_share, 3)} | {show(r.low_interval_per_100_notes, 1)} | {r.breath_violations} |")
    spoiled([metrics for metrics, *_ in rows])
    chromas = diversity([cue_chroma(score, tempo_map) for _, _, score, tempo_map, _ in rows])
    if chromas:
        print(f"\nChroma diversity, eq. (7), {chromas.cues} cues, from the notes: {chromas.raw:.3f} "
              f"(best transposition {chromas.transposed:.3f})")
    heard = diversity([heard_chroma(read_sound(folder / "mix.wav")) for folder in folders])
    if heard:
        print(f"From the sound: {heard.raw:.3f} (best transposition {heard.transposed:.3f})")


def pool(metrics: list[CueMetrics], frames_s: list[float]) -> None:
    """Sync over all cues together, the control, and who plays the accents."""
    proof = pooled_sync(metrics)
    pairs = [(a, MOVED_FRAMES * f) for a, f in zip(map(alignment_of, metrics), frames_s, strict=True) if a]
    moved = pooled_chance([a for a, _ in pairs], moved_s=[m for _, m in pairs])
    if proof and moved:
        print(f"\nPooled: {proof.met} of {proof.hits} on the frame, chance {proof.chance:.3f}, p {proof.p_value:.4f}; "
              f"moved by {MOVED_FRAMES} frames: {moved.met} of {moved.hits}, p {moved.p_value:.4f}.")
    families = Counter(h.families[0] for m in metrics if m.sync for h in m.sync.hits
                       if h.type == "hard" and h.anchored and h.families)
    print("Loudest family at the anchored hard hits: " + ", ".join(f"{n} {c}" for n, c in families.most_common()))


def spoiled(metrics: list[CueMetrics]) -> None:
    """How often each metric beats its control."""
    print("\n| metric | control | better in | mean | control mean |\n|---|---|---|---|---|")
    names = sorted({(c.metric, c.control) for m in metrics for c in m.controls})
    for metric, control in names:
        found = [c for m in metrics for c in m.controls if (c.metric, c.control) == (metric, control)
                 and c.value is not None and c.control_value is not None]
        if found:
            print(f"| {metric} | {control} | {sum(bool(c.separated) for c in found)} of {len(found)} | "
                  f"{sum(c.value for c in found) / len(found):.2f} | "
                  f"{sum(c.control_value for c in found) / len(found):.2f} |")


if __name__ == "__main__":
    main([Path(name) for name in sys.argv[1:]])

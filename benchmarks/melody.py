"""How often the rule writer's melodies are accepted, and what they are like: the tables of docs/benchmarks/melody.md.

    python benchmarks/melody.py FOLDER_OF_CLIPS [--seeds 5] [--emotion NAME] [--cache FOLDER] [--detail]

Every clip is analysed once (kept in the cache folder as JSON), then brief, tempo map, spots and up to four melody
candidates are made for every seed, as ``filmcomposer score`` makes them.
"""
from __future__ import annotations

import argparse
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from backend.agents.rules.assessor import CriteriaAssessor
from backend.agents.rules.melody import RuleMelodyWriter
from backend.agents.rules.spotter import PeakSpotter
from backend.domain import serial
from backend.domain.analysis import ClipAnalysis
from backend.domain.assessment import Assessment, Fix
from backend.domain.requests import ClipRequest, DescribeRequest, MelodyRequest, SpotRequest
from backend.domain.score import Melody
from backend.domain.spotting import RhythmSpots
from backend.domain.tempo import TempoMap
from backend.evaluation.development import head_similarities
from backend.music.brief import make_brief
from backend.music.tempo_fit import fit_tempo
from backend.video.analyzer import PyAvAnalyzer
from backend.video.describe import MeasuredDescriber
from backend.video.hit_finder import CurveHitFinder

CANDIDATES = 4


@dataclass(frozen=True)
class Run:
    """One clip and seed: the chosen melody, every verdict, and what it was written on."""

    clip: str
    seed: int
    melody: Melody
    spots: RhythmSpots
    tempo_map: TempoMap
    verdicts: tuple[Assessment, ...]
    write_s: float


def analysis_of(path: Path, cache: Path | None) -> ClipAnalysis:
    kept = cache / f"{path.stem}.json" if cache else None
    if kept is not None and kept.exists():
        return serial.loads(ClipAnalysis, kept.read_text(encoding="utf-8"))
    analysis = PyAvAnalyzer().analyze(ClipRequest(path), lambda share: None)
    if kept is not None:
        kept.write_text(serial.dumps(analysis), encoding="utf-8")
    return analysis


def compose(analysis: ClipAnalysis, seed: int, emotion: str | None) -> Run:
    """The path of ``filmcomposer score`` from the analysis to the melody."""
    description = MeasuredDescriber().describe(DescribeRequest(analysis, emotion))
    hits = CurveHitFinder().find(analysis)
    brief = make_brief(description, float(analysis.cue.duration_s), emotion, seed=seed)
    tempo_map = fit_tempo(hits, analysis.cue, analysis.clip.frame_rate, brief)
    spots = PeakSpotter().spot(SpotRequest(analysis, hits, tempo_map, brief, seed))
    fixes: tuple[Fix, ...] = ()
    tried: list[tuple[Melody, Assessment]] = []
    took = 0.0
    for number in range(1, CANDIDATES + 1):
        start = time.perf_counter()
        melody = RuleMelodyWriter().write(MelodyRequest(spots, tempo_map, brief, seed * 1000 + number, fixes))
        took += time.perf_counter() - start
        tried.append((melody, CriteriaAssessor().assess(melody, tempo_map, brief, False)))
        if tried[-1][1].accepted:
            break
        fixes = tried[-1][1].fixes
    best = max(tried, key=lambda pair: (pair[1].accepted, pair[1].probability))[0]
    return Run("", seed, best, spots, tempo_map, tuple(verdict for _, verdict in tried), took)


def head_motif(run: Run) -> list[float]:
    """Likeness of the nearest return of the head motif, for every section after the first."""
    found = head_similarities(run.melody.notes, run.melody.sections, run.tempo_map)
    return [value for value in found[1:] if value is not None]


def report(runs: list[Run], detail: bool) -> None:
    print("| clip | notes | bars | accepted | candidates | probability | weakest criteria |")
    print("|---|---|---|---|---|---|---|")
    for clip in sorted({run.clip for run in runs}):
        mine = [run for run in runs if run.clip == clip]
        weak = Counter(c.id for run in mine for c in run.verdicts[-1].criteria if c.passed is False)
        print(f"| {clip[:28]} | {np.mean([len(r.melody.notes) for r in mine]):.0f} | {mine[0].tempo_map.bar_count} | "
              f"{sum(r.verdicts[-1].accepted for r in mine)}/{len(mine)} | "
              f"{np.mean([len(r.verdicts) for r in mine]):.1f} | "
              f"{np.mean([r.verdicts[-1].probability for r in mine]):.2f} | "
              f"{', '.join(f'{k} x{n}' for k, n in weak.most_common(4))} |")
        if detail:
            print("    heads", [[round(value, 2) for value in head_motif(run)] for run in mine])
            for run in mine:
                for verdict in run.verdicts:
                    low = {c.id: round(c.rating, 2) for c in verdict.criteria if c.rating is not None and c.rating < .6}
                    print("   ", run.seed, verdict.accepted, verdict.probability, verdict.veto, low,
                          [f.criterion for f in verdict.fixes])
    accepted = sum(run.verdicts[-1].accepted for run in runs)
    first = sum(run.verdicts[0].accepted for run in runs)
    heads = [value for run in runs for value in head_motif(run)]
    exact = sum([n.onset_q for n in run.melody.notes] == [s.onset_q for s in run.spots.spots] for run in runs)
    print(f"\naccepted within {CANDIDATES}: {accepted}/{len(runs)} = {accepted / len(runs):.2f}; at the first: "
          f"{first / len(runs):.2f}; head motif >= .5 in {np.mean([h >= .5 for h in heads]):.2f} of {len(heads)} later "
          f"sections (mean {np.mean(heads):.2f}); onsets exact {exact}/{len(runs)}; "
          f"{np.mean([run.write_s for run in runs]):.3f} s a cue")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clips", type=Path)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--emotion")
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--detail", action="store_true")
    options = parser.parse_args()
    runs = []
    for path in sorted(p for p in options.clips.iterdir() if p.suffix in (".mp4", ".webm", ".mov", ".mkv")):
        analysis = analysis_of(path, options.cache)
        for seed in range(1, options.seeds + 1):
            run = compose(analysis, seed, options.emotion)
            runs.append(Run(path.stem, seed, run.melody, run.spots, run.tempo_map, run.verdicts, run.write_s))
    report(runs, options.detail)


if __name__ == "__main__":
    main()

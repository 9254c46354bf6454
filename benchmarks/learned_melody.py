"""The melody model against composers and against the rules: the tables of docs/models/melody.md.

    python benchmarks/learned_melody.py dev DATA WEIGHTS             figures of several samplers on the dev pieces
    python benchmarks/learned_melody.py writers DATA WEIGHTS         rules and model as writers on the test rhythms
    python benchmarks/learned_melody.py card WEIGHTS                 the tables that training put into the file
    python benchmarks/learned_melody.py clips CLIPS CACHE WEIGHTS [FIRST_SEED SEEDS [SPOTTER [EMOTION]]]    side by side

DATA is the folder that holds ``symbolic``. Real rhythms of held-out pieces are given, chords and pitches are the
model's. The clips are analysed once (CACHE holds the analyses as JSON); the rest is made anew for every seed, as
``filmcomposer score`` makes it.
"""
from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from backend.agents.rules.assessor import CriteriaAssessor
from backend.agents.rules.melody import RuleMelodyWriter
from backend.agents.rules.spotter import PeakSpotter
from backend.domain import serial
from backend.domain.analysis import ClipAnalysis
from backend.domain.assessment import Assessment, Fix
from backend.domain.description import Attribute, Attributes, ClipDescription
from backend.domain.requests import ClipRequest, DescribeRequest, MelodyRequest, SpotRequest
from backend.domain.score import Melody
from backend.evaluation.development import head_similarities
from backend.models.melody import MelodyTransformer, Sampling
from backend.models.melody_controls import Wishes
from backend.models.melody_events import HOME, folded
from backend.models.melody_writer import LINES, LearnedMelodyWriter
from backend.models.rhythm_spotter import CrtSpotter
from backend.models.weights import read_weights
from backend.music.brief import make_brief
from backend.music.tempo_fit import fit_tempo
from backend.ports import MelodyWriter, Spotter
from backend.training.melody_material import Window, melody_pieces
from backend.training.melody_run import DEV_SEED, TEST_SEED, held_out_windows, write_lines
from backend.training.melody_scores import FIGURES, known, likeness
from backend.video.analyzer import PyAvAnalyzer
from backend.video.describe import MeasuredDescriber
from backend.video.hit_finder import CurveHitFinder

CANDIDATES = 4
SAMPLERS = tuple(Sampling(temperature=t, top_p=p, copy_bias=c, sequence=q, spread=d, repeat=r)
                 for t, p, c, q, d, r in (
    (1.0, 1.0, 0.0, 0.0, 0.0, 0.0), (1.0, 0.98, 0.7, 0.0, 0.0, 0.0), (1.0, 0.98, 1.2, 0.5, 0.0, 0.3),
    (1.0, 0.98, 1.2, 0.5, 1.0, 0.3), (1.0, 0.99, 1.1, 0.6, 1.0, 0.4), (1.05, 0.98, 1.1, 0.7, 1.0, 0.4)))
SPOTTERS: dict[str, Callable[[], Spotter]] = {"peaks": PeakSpotter, "crt": CrtSpotter}
RULES, LEARNED, RULES_AS_OFTEN = "rules", "model", "rules, best of as many lines"


def dev(data: Path, weights: Path) -> None:
    pieces = melody_pieces(data)
    windows = held_out_windows(pieces, "dev", DEV_SEED)
    training = known(p for p in pieces if p.split == "train")
    model = MelodyTransformer(read_weights(weights))
    for s in SAMPLERS:
        found = likeness(windows, write_lines(model, windows, s), training)
        print(f"| {s.temperature} | {s.top_p} | {s.copy_bias} | {s.sequence} | {s.spread} | {s.repeat} | "
              f"{found.mean_overlap:.3f} | {min(found.overlap.values()):.2f} | {found.made['bar repeat']:.2f} "
              f"(real {found.real['bar repeat']:.2f}) | {found.known_made:.2f} (real {found.known_real:.2f}) | "
              f"{found.copies_made} |", flush=True)


def writers(data: Path, weights: Path) -> None:
    """Both adapters asked alike, told key, mode and register; chord tones left out (the chords are not theirs)."""
    pieces = melody_pieces(data)
    windows = held_out_windows(pieces, "test", TEST_SEED)
    training = known(p for p in pieces if p.split == "train")
    asked: dict[str, MelodyWriter] = {
        "rules": RuleMelodyWriter(), "model": LearnedMelodyWriter(weights=weights),
        "model, one line": LearnedMelodyWriter(weights=weights, lines=1)}
    for name, writer in asked.items():
        made = [tokens_of(w, writer.write(window_request(w, i))) for i, w in enumerate(windows)]
        found = likeness(windows, made, training)
        kept = {figure: value for figure, value in found.overlap.items() if figure != "chord tones"}
        print(f"| {name} | {np.mean(list(kept.values())):.3f} | {min(kept.values()):.2f} | "
              + " | ".join(f"{value:.2f}" for value in kept.values()) + " |", flush=True)


def window_request(window: Window, seed: int) -> MelodyRequest:
    none = Attribute(None)
    description = ClipDescription(Attributes(*[none] * 7), (), (), "", 0.0, 0.0, 0.2, 0.4)
    brief = replace(make_brief(description, 40.0, seed=seed), tonic_pc=window.key.tonic_pc, mode=window.key.mode,
                    register_pitch=round(float(window.pitches.mean())), progressions=())
    return MelodyRequest(window.spots, window.tempo_map, brief, seed)


def tokens_of(window: Window, melody: Melody) -> np.ndarray:
    tokens = window.tokens.copy()
    tokens[window.events.spot >= 0] = folded(np.array([n.pitch for n in melody.notes]) - window.home + HOME)
    return tokens


def card(weights: Path) -> None:
    found = read_weights(weights).card
    for split in ("dev", "test"):
        rows = {name: found[split][name] for name in ("model", "random in the scale")}
        print(f"\n{split}: {rows['model']['pieces']} pieces, onsets exact {found[split]['onsets exact']}, log loss "
              f"{found[split]['log loss']} nats a note (chance {found[split]['log loss of chance']})")
        for figure in FIGURES:
            print(f"| {figure} | {rows['model']['real'][figure]:.2f} | " + " | ".join(
                f"{row['made'][figure]:.2f}, {row['overlap'][figure]:.2f}" for row in rows.values()) + " |")
        print("| mean overlap | | " + " | ".join(f"{row['mean_overlap']:.3f}" for row in rows.values()) + " |")
        for name in ("known", "copies"):
            print(f"| {name} | {rows['model'][name + '_real']} | " + " | ".join(
                f"{row[name + '_made']}" for row in rows.values()) + " |")


@dataclass(frozen=True)
class Run:
    """One clip, seed and writer: every verdict up to the first that is accepted, whether onsets are the spots."""

    clip: str
    verdicts: tuple[Assessment, ...]
    exact: bool
    write_s: float
    returns: tuple[float, ...]
    """Of the chosen melody: likeness of the head motif's return in every later section (.5 and more: it is heard)."""

    @property
    def chosen(self) -> Assessment:
        return max(self.verdicts, key=lambda verdict: (verdict.accepted, verdict.probability))


@dataclass(frozen=True)
class ClipWishes:
    first_seed: int
    seeds: int
    spotter: Spotter
    emotion: str | None


def analysis_of(path: Path, cache: Path) -> ClipAnalysis:
    kept = cache / f"{path.stem}.json"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(serial.dumps(PyAvAnalyzer().analyze(ClipRequest(path), lambda share: None)), encoding="utf-8")
    return serial.loads(ClipAnalysis, kept.read_text(encoding="utf-8"))


def request_of(analysis: ClipAnalysis, seed: int, spotter: Spotter, emotion: str | None) -> MelodyRequest:
    hits = CurveHitFinder().find(analysis)
    described = MeasuredDescriber().describe(DescribeRequest(analysis))
    brief = make_brief(described, float(analysis.cue.duration_s), emotion, seed=seed)
    tempo_map = fit_tempo(hits, analysis.cue, analysis.clip.frame_rate, brief)
    spots = spotter.spot(SpotRequest(analysis, hits, tempo_map, brief, seed))
    return MelodyRequest(spots, tempo_map, brief, seed)


def compose(name: str, writer: MelodyWriter, base: MelodyRequest, lines: int) -> Run:
    """As the product's stage: up to four candidates, each told what the one before missed."""
    fixes: tuple[Fix, ...] = ()
    chosen: list[tuple[Assessment, Melody]] = []
    exact, took = True, 0.0
    for number in range(1, CANDIDATES + 1):
        start = time.process_time()
        tries = []
        for line in range(lines):
            seed = (base.seed * 1000 + number) * 100 + line if lines > 1 else base.seed * 1000 + number
            melody = writer.write(MelodyRequest(base.spots, base.tempo_map, base.brief, seed, fixes))
            tries.append((CriteriaAssessor().assess(melody, base.tempo_map, base.brief, False), melody))
        took += time.process_time() - start
        verdict, melody = max(tries, key=lambda pair: (pair[0].accepted, pair[0].probability))
        chosen.append((verdict, melody))
        exact &= [n.onset_q for n in melody.notes] == [s.onset_q for s in base.spots.spots]
        if verdict.accepted:
            break
        fixes = verdict.fixes
    best = max(chosen, key=lambda pair: (pair[0].accepted, pair[0].probability))[1]
    returns = head_similarities(best.notes, base.spots.sections, base.tempo_map)
    return Run(name, tuple(verdict for verdict, _ in chosen), exact, took, tuple(v for v in returns if v is not None))


def clips(folder: Path, cache: Path, weights: Path, wishes: ClipWishes) -> None:
    first_seed, seeds = wishes.first_seed, wishes.seeds
    learned = LearnedMelodyWriter(Wishes(), weights)
    writers: dict[str, tuple[MelodyWriter, int]] = {
        RULES: (RuleMelodyWriter(), 1), LEARNED: (learned, 1),
        "model, one line": (LearnedMelodyWriter(Wishes(), weights, lines=1), 1),
        RULES_AS_OFTEN: (RuleMelodyWriter(), LINES)}
    runs: dict[str, list[Run]] = {name: [] for name in writers}
    for path in sorted(p for p in folder.iterdir() if p.suffix in (".mp4", ".webm", ".mov", ".mkv")):
        analysis = analysis_of(path, cache)
        for seed in range(first_seed, first_seed + seeds):
            base = request_of(analysis, seed, wishes.spotter, wishes.emotion)
            for name, (writer, lines) in writers.items():
                runs[name].append(compose(path.stem, writer, base, lines))
        print(path.stem[:28], {name: f"{sum(r.chosen.accepted for r in mine[-seeds:])}/{seeds} "
                                     f"{np.mean([r.chosen.probability for r in mine[-seeds:]]):.3f}"
                               for name, mine in runs.items()}, flush=True)
    summary(runs)


def summary(runs: dict[str, list[Run]]) -> None:
    print("| | " + " | ".join(runs) + " |")
    rows: dict[str, Callable[[list[Run]], str]] = {
        "accepted within 4": lambda rs: f"{sum(r.chosen.accepted for r in rs)}/{len(rs)}",
        "accepted at the first": lambda rs: f"{sum(r.verdicts[0].accepted for r in rs)}/{len(rs)}",
        "mean probability": lambda rs: f"{np.mean([r.chosen.probability for r in rs]):.3f}",
        "mean probability of first": lambda rs: f"{np.mean([r.verdicts[0].probability for r in rs]):.3f}",
        "criteria met of 19": lambda rs: f"{np.mean([r.chosen.count for r in rs]):.2f}",
        "head back in later sections": lambda rs: f"{np.mean([v >= 0.5 for r in rs for v in r.returns]):.2f} of "
                                                  f"{sum(len(r.returns) for r in rs)}",
        "likeness of its return": lambda rs: f"{np.mean([v for r in rs for v in r.returns]):.2f}",
        "onsets exact": lambda rs: f"{sum(r.exact for r in rs)}/{len(rs)}",
        "CPU s a cue": lambda rs: f"{np.mean([r.write_s for r in rs]):.2f}"}
    for title, figure in rows.items():
        print(f"| {title} | " + " | ".join(figure(mine) for mine in runs.values()) + " |")
    for number in range(1, 20):
        ratings = {name: [c.rating for r in mine for c in r.chosen.criteria if c.id == number and c.rating is not None]
                   for name, mine in runs.items()}
        if all(ratings.values()):
            print(f"| C{number} | " + " | ".join(f"{np.mean(values):.3f}" for values in ratings.values()) + " |")
    better = [a.chosen.probability - b.chosen.probability for a, b in zip(runs[LEARNED], runs[RULES], strict=True)]
    wins = sum(d > 0 for d in better)
    print(f"model above rules in {wins} of {len(better)} cues, mean difference {np.mean(better):+.3f}")


def main() -> None:
    command, *rest = sys.argv[1:]
    if command == "clips":
        first, seeds = (int(rest[3]), int(rest[4])) if len(rest) > 3 else (1, 5)
        spotter = SPOTTERS[rest[5] if len(rest) > 5 else "crt"]()
        clips(Path(rest[0]), Path(rest[1]), Path(rest[2]),
              ClipWishes(first, seeds, spotter, rest[6] if len(rest) > 6 else None))
    elif command == "dev":
        dev(Path(rest[0]), Path(rest[1]))
    elif command == "writers":
        writers(Path(rest[0]), Path(rest[1]))
    elif command == "card":
        card(Path(rest[0]))


if __name__ == "__main__":
    main()

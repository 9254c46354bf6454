"""The material of the picture benchmarks: clips with truth, and drawn films, measured once."""
from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from backend.video import reader, truth_score
from backend.video.features import FeatureMeter, Features
from backend.video.film_truth import FilmTruth
from backend.video.seeded_film import draw_test_film

DEV_SEEDS, TEST_SEEDS = range(1000, 1060), range(0, 50)
"""Drawn films that constants were fitted on, and those that are only ever scored."""

SECOND_STREAM = "nasa_jwst_multistream.v1"


@dataclass(frozen=True)
class Film:
    """A measured film with its truth. ``ignored``: ranges in which cut reports count neither way."""

    name: str
    fps: float
    features: Features
    cuts: tuple[int, ...]
    ignored: tuple[tuple[int, int], ...]
    fades: tuple[tuple[int, int], ...]
    dissolves: tuple[tuple[int, int], ...]
    impacts: tuple[int, ...] = ()
    low_salience: tuple[int, ...] = ()


def measure(path: Path) -> tuple[Features, float]:
    """Features of all frames of a file, and its frame rate."""
    facts, meter, last = reader.read_facts(path), FeatureMeter(), None
    for tick, picture in reader.pictures(facts, Fraction(0), None, reader.DecodeLog()):
        meter.add(picture, 0.0 if last is None else float((tick - last) * facts.time_base))
        last = tick
    return meter.features(), float(facts.fps)


def real_films(shared_data: Path) -> list[Film]:
    """The clips with truth files, scored by the rules of the shared README."""
    films = []
    for path in sorted((shared_data / "video" / "ground_truth").glob("*.cuts.json")):
        truth = json.loads(path.read_text(encoding="utf-8"))
        if "clip" in truth and path.name != f"{SECOND_STREAM}.cuts.json":
            films.append(_real_film(shared_data / "video" / truth["clip"], truth))
    return films


def _real_film(path: Path, truth: dict) -> Film:
    features, fps = measure(path)
    ranges = [(t["type"], (t["start_frame"], t["end_frame"])) for t in truth["transitions"]]
    ignored = truth_score.widened([span for _, span in ranges])
    ignored += [(u["frame"] - 2, u["frame"] + 2) for u in truth["uncertain"]]
    return Film(
        path.name, fps, features, tuple(c["frame"] for c in truth["cuts"]), tuple(ignored),
        tuple(span for kind, span in ranges if kind.startswith("fade")) or _grey_fades(truth),
        tuple(span for kind, span in ranges if not kind.startswith("fade")),
        low_salience=tuple(c["frame"] for c in truth["cuts"] if c.get("low_salience")))


def _grey_fades(truth: dict) -> tuple[tuple[int, int], ...]:
    """The fades of PySceneDetect's own test film, from the frames of its darkest and brightest places."""
    turns = sorted(frame for name, frames in truth.get("expected", {}).items() for frame in frames
                   if "FLOOR" in name or "CEILING" in name)
    return tuple(zip([0, *turns], turns, strict=False)) if turns else ()


def drawn_films(seeds: range) -> list[Film]:
    """Random small films with exact truth."""
    with tempfile.TemporaryDirectory() as folder:
        return [_drawn_film(seed, Path(folder) / "film.mp4") for seed in seeds]


def _drawn_film(seed: int, path: Path) -> Film:
    truth: FilmTruth = draw_test_film(seed, path)
    features, fps = measure(path)
    return Film(f"drawn {seed}", fps, features, truth.cuts, tuple(truth_score.widened(truth.fades + truth.dissolves)),
                truth.fades, truth.dissolves, truth.impacts)

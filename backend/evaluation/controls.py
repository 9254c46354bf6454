"""Each metric beside the same metric on a spoiled version. A metric that does not separate them says nothing."""
from __future__ import annotations

import numpy as np

from backend.domain.analysis import ClipAnalysis
from backend.domain.metrics import ControlMetrics, SyncMetrics
from backend.domain.scheme import ArrangementScheme
from backend.domain.score import Melody, Score
from backend.domain.tempo import TempoMap
from backend.evaluation import development, dynamics, sync
from backend.evaluation.notes import melody_part

SHUFFLES = 200
MELODY_SHUFFLES = 20


def _row(metric: str, control: str, value: float | None, other: float | None) -> ControlMetrics:
    separated = value > other if value is not None and other is not None else None
    return ControlMetrics(metric, control, value, other, separated)


def sync_controls(metrics: SyncMetrics | None) -> tuple[ControlMetrics, ...]:
    """Hits moved by 5 frames, and the hits' intervals in another order (mean of 200)."""
    if metrics is None or metrics.recall_anchored is None:
        return ()
    hits = np.array([row.time_s for row in metrics.hits if row.type == "hard" and row.anchored])
    accents = np.array(metrics.accents_s)
    rng = np.random.default_rng(0)
    counts = [sync.met_count(sync.Alignment(accents, shuffled_times(hits, metrics.duration_s, rng), metrics.duration_s,
                                            metrics.tolerance_ms / 1000)) for _ in range(SHUFFLES)]
    return (_row("sync.recall_anchored", "hits moved by 5 frames", metrics.recall_anchored, metrics.moved_recall),
            _row("sync.recall_anchored", "hits shuffled", metrics.recall_anchored, float(np.mean(counts)) / len(hits)))


def shuffled_times(times_s: np.ndarray, duration_s: float, rng: np.random.Generator) -> np.ndarray:
    """The same gaps (before the first, between, after the last) in random order."""
    gaps = np.diff(np.concatenate([[0.0], times_s, [duration_s]]))
    return np.cumsum(rng.permutation(gaps))[:-1]


def dynamics_controls(analysis: ClipAnalysis, tempo_map: TempoMap, score: Score,
                      scheme: ArrangementScheme) -> tuple[ControlMetrics, ...]:
    """The level as written against motion; the control is the flat arrangement."""
    duration = min(float(tempo_map.time_s(tempo_map.end_q)), float(analysis.cue.duration_s))
    grid = dynamics.grid_of(tempo_map, duration)
    motion = dynamics.motion_on(analysis, grid)
    if not dynamics.motion_varies(motion):
        return ()
    values = []
    for flat in (False, True):
        level = dynamics.written_level_db(score, scheme, tempo_map, grid, flat)
        found = dynamics.follow(motion, level, grid)
        values.append(found.rho if found else None)
    return (_row("dynamics.written_spearman", "flat arrangement", values[0], values[1] or 0.0),)


def development_controls(tempo_map: TempoMap, melody: Melody, score: Score) -> tuple[ControlMetrics, ...]:
    """Novelty ratio of a flat arrangement and of the melody alone; recurrence with shuffled pitches (mean of 20)."""
    sections = score.sections or melody.sections
    lines = development.boundary_lines(sections, tempo_map.bar_count)
    features = development.bar_features(score.parts, tempo_map)
    alone = development.bar_features((melody_part(melody.notes, "violins1"),), tempo_map)
    ratio, flat, bare = (development.novelty_ratio(development.novelty(f), lines)
                         for f in (features, features.flat(), alone))
    value = _mean_similarity(development.head_similarities(melody.notes, sections, tempo_map))
    shuffles = [_mean_similarity(development.head_similarities(
        development.shuffled_pitches(melody.notes, seed), sections, tempo_map)) for seed in range(MELODY_SHUFFLES)]
    known = [v for v in shuffles if v is not None]
    return (_row("development.novelty_ratio", "flat arrangement", ratio, flat),
            _row("development.novelty_ratio", "melody only", ratio, bare),
            _row("development.head_similarity", "pitches shuffled", value, float(np.mean(known)) if known else None))


def _mean_similarity(values: tuple[float | None, ...]) -> float | None:
    known = [v for v in values if v is not None]
    return float(np.mean(known)) if known else None

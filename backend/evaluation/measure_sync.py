"""The sync figures of one cue: every hit against the accents of its render."""
from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from backend.domain.analysis import ClipAnalysis
from backend.domain.hits import HitPoints
from backend.domain.metrics import CueMetrics, HitMetrics, HitStatus, SyncMetrics
from backend.domain.render import RenderReport
from backend.domain.score import Score
from backend.domain.tempo import TempoMap
from backend.evaluation import sync
from backend.evaluation.families import families_heard, families_written
from backend.evaluation.onsets import Onsets
from backend.evaluation.rhythm import raw_correlation, rhythm_correlation

NEAR_FRAMES = 2.0


def measure_sync(*, analysis: ClipAnalysis, hits: HitPoints, tempo_map: TempoMap, score: Score,
                 render: RenderReport | None, folder: Path, onsets: Onsets) -> SyncMetrics:
    """Sync of one cue; figures that need hits or accents are null without them."""
    frame = float(analysis.clip.frame_rate.frame_s)
    accents = onsets.accents_s()
    duration = max(onsets.duration_s, float(analysis.cue.duration_s))
    tolerance = sync.tolerance_s(frame)
    rows = _hit_rows(hits, tempo_map, accents, frame)
    rows = _with_families(rows, score, tempo_map, render, folder)
    wanted = [i for i, row in enumerate(rows) if row.type == "hard" and row.anchored]
    proof = sync.Alignment(accents, np.array([rows[i].time_s for i in wanted]), duration, tolerance)
    chance = sync.pooled_chance([proof])
    moved = sync.pooled_chance([proof], moved_s=[sync.MOVED_FRAMES * frame])
    musical = [row for row in rows if row.type in ("hard", "soft")]
    times = np.array([row.time_s for row in musical])
    every = sync.Alignment(accents, times, duration, tolerance)
    f1, precision, recall = sync.sync_f1(every, np.array([row.weight for row in musical]), frame) or (None, None, None)
    rhythm = rhythm_correlation(times, accents, duration)
    return SyncMetrics(
        onsets=len(onsets.times_s), accents_s=tuple(float(t) for t in accents), salience_p75=onsets.salience_p75(),
        duration_s=duration, tolerance_ms=1000 * tolerance, hard=sum(row.type == "hard" for row in rows),
        anchored=len(wanted), on_frame=chance.met if chance else 0, recall_anchored=chance.recall if chance else None,
        chance=chance.chance if chance else None, p_value=chance.p_value if chance else None,
        moved_recall=moved.recall if moved else None, f1=f1, precision=precision, recall=recall,
        rhythm_correlation=rhythm.value if rhythm else None, rhythm_lag_ms=1000 * rhythm.lag_s if rhythm else None,
        rhythm_chance_p99=rhythm.chance_p99 if rhythm else None, rhythm_raw=raw_correlation(times, accents),
        hits=rows)


def _hit_rows(hits: HitPoints, tempo_map: TempoMap, accents: np.ndarray, frame_s: float) -> tuple[HitMetrics, ...]:
    met = {point.hit: point for point in tempo_map.sync}
    times = np.array([float(hit.time_s) for hit in hits.hits])
    errors = sync.nearest_errors_s(times, accents)
    rows = []
    for index, (hit, error) in enumerate(zip(hits.hits, errors, strict=True)):
        point = met.get(index)
        known = bool(np.isfinite(error))
        rows.append(HitMetrics(
            hit=index, time_s=float(hit.time_s), weight=hit.weight, type=hit.type,
            anchored=bool(point and point.anchored), map_error_ms=1000 * point.error_s if point else None,
            accent_s=float(hit.time_s) + float(error) if known else None,
            error_ms=1000 * float(error) if known else None, error_frames=float(error) / frame_s if known else None,
            status=hit_status(float(error), frame_s)))
    return tuple(rows)


def hit_status(error_s: float, frame_s: float) -> HitStatus:
    """hit: within one frame or 10 ms; near: within two frames or 20 ms; else miss."""
    tolerance = sync.tolerance_s(frame_s) + 1e-9
    if abs(error_s) <= tolerance:
        return "hit"
    return "near" if abs(error_s) <= NEAR_FRAMES * tolerance else "miss"


def _with_families(rows: tuple[HitMetrics, ...], score: Score, tempo_map: TempoMap, render: RenderReport | None,
                   folder: Path) -> tuple[HitMetrics, ...]:
    import dataclasses

    times = tuple(row.accent_s if row.status == "hit" and row.accent_s is not None else row.time_s for row in rows)
    stems = render is not None and bool(render.stems) and all((folder / stem.file).is_file() for stem in render.stems)
    found = (families_heard(render, folder, times) if render is not None and stems
             else families_written(score, tempo_map, times))
    return tuple(dataclasses.replace(row, families=names) for row, names in zip(rows, found, strict=True))


def alignment_of(metrics: CueMetrics) -> sync.Alignment | None:
    """The proof of one cue, from its document: anchored hard hits against accents; None without a render."""
    if metrics.sync is None:
        return None
    hits = [row.time_s for row in metrics.sync.hits if row.type == "hard" and row.anchored]
    return sync.Alignment(np.array(metrics.sync.accents_s), np.array(hits), metrics.sync.duration_s,
                          metrics.sync.tolerance_ms / 1000)


def pooled_sync(documents: Sequence[CueMetrics], seed: int = 0) -> sync.Chance | None:
    """Recall and chance over the cues of several documents together."""
    return sync.pooled_chance([a for a in map(alignment_of, documents) if a is not None], seed)

"""The whole document of the fake cue."""
from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from backend.domain import serial
from backend.domain.hits import HitPoints
from backend.domain.metrics import CueMetrics
from backend.evaluation.measure import measure_cue, rounded
from backend.evaluation.measure_sync import pooled_sync
from backend.evaluation.sync import SHIFTS


def measure(cue: Any, folder: Path, hits: HitPoints | None = None) -> CueMetrics:
    return measure_cue(analysis=cue.analysis, hits=hits or cue.hits, tempo_map=cue.tempo_map, spots=cue.spots,
                       melody=cue.melody, score=cue.score, scheme=cue.scheme, render=cue.render,
                       assessment=cue.assessment, folder=folder)


@pytest.fixture(scope="module")
def rendered(cues: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path, CueMetrics]:
    cue, folder = cues.fake_cue(), tmp_path_factory.mktemp("cue")
    cues.write_mix(cue, folder)
    return cue, folder, measure(cue, folder)


def test_every_hard_hit_is_heard_on_the_frame(rendered: tuple[Any, Path, CueMetrics]) -> None:
    sync = rendered[2].sync
    assert sync is not None
    assert (sync.hard, sync.anchored, sync.on_frame, sync.recall_anchored) == (7, 7, 7, 1.0)
    assert max(abs(h.error_ms or 99) for h in sync.hits if h.type == "hard") < 2
    assert sync.p_value is not None and sync.p_value < 0.01
    assert sync.tolerance_ms == pytest.approx(1000 / 24, abs=1e-5)


def test_the_same_render_fails_against_moved_hits(rendered: tuple[Any, Path, CueMetrics]) -> None:
    cue, folder, metrics = rendered
    assert metrics.sync is not None and metrics.sync.moved_recall == 0.0
    frame = cue.analysis.clip.frame_rate.frame_s
    later = HitPoints(tuple(replace(hit, time_s=hit.time_s + 5 * frame) for hit in cue.hits.hits))
    moved = measure(cue, folder, later).sync
    assert moved is not None and moved.on_frame == 0 and moved.p_value == 1.0


def test_document_round_trip_and_six_decimals(rendered: tuple[Any, Path, CueMetrics]) -> None:
    text = serial.dumps(rendered[2])
    assert serial.loads(CueMetrics, text) == rendered[2]
    assert rounded(rendered[2]) == rendered[2]
    assert text == serial.dumps(measure(rendered[0], rendered[1]))


def test_music_is_measured_without_a_render(cues: ModuleType, tmp_path: Path) -> None:
    metrics = measure(cues.fake_cue(), tmp_path)
    assert metrics.sync is None and metrics.loudness is None and metrics.dynamics.motion_spearman is None
    assert metrics.development.head_recurrence == 1.0
    assert metrics.ending.sound_frames is None and metrics.ending.score_frames is not None
    assert (metrics.musicality.count, metrics.musicality.accepted, metrics.musicality.candidates) == (14.2, True, 2)


def test_loudness_is_measured_again(rendered: tuple[Any, Path, CueMetrics], cues: ModuleType, tmp_path: Path) -> None:
    """Half the level reads 6 dB less on both meters."""
    cue, _, full = rendered
    cues.write_mix(cue, tmp_path, gain=0.5)
    half = measure(cue, tmp_path)
    assert full.loudness is not None and half.loudness is not None
    assert half.loudness.integrated_lufs == pytest.approx((full.loudness.integrated_lufs or 0) - 6.02, abs=0.05)
    assert half.loudness.error_lu == pytest.approx((half.loudness.integrated_lufs or 0) + 23.0, abs=1e-5)
    assert half.sync is not None and half.sync.on_frame == 7


def test_controls_are_named_and_separated(rendered: tuple[Any, Path, CueMetrics]) -> None:
    rows = {(c.metric, c.control): c for c in rendered[2].controls}
    assert rows["sync.recall_anchored", "hits moved by 5 frames"].separated is True
    assert rows["sync.recall_anchored", "hits shuffled"].separated is True
    assert rows["development.head_similarity", "pitches shuffled"].separated is True
    assert rows["dynamics.written_spearman", "flat arrangement"].separated is True
    assert ("development.novelty_ratio", "melody only") in rows


def test_pooling_documents(rendered: tuple[Any, Path, CueMetrics]) -> None:
    pooled = pooled_sync([rendered[2], rendered[2]])
    assert pooled is not None
    assert (pooled.met, pooled.hits) == (14, 14)
    assert pooled.p_value == pytest.approx(1 / (1 + SHIFTS))


def test_no_hits_no_sync_figures(rendered: tuple[Any, Path, CueMetrics]) -> None:
    cue, folder, _ = rendered
    bare = replace(cue, tempo_map=replace(cue.tempo_map, sync=()))
    sync = measure(bare, folder, HitPoints(())).sync
    assert sync is not None
    assert (sync.hard, sync.anchored, sync.hits) == (0, 0, ())
    assert {sync.recall_anchored, sync.p_value, sync.f1, sync.rhythm_correlation} == {None}

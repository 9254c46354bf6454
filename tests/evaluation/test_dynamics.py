"""Loudness against motion on the fake cue."""
from __future__ import annotations

from dataclasses import replace
from types import ModuleType

import numpy as np
import pytest

from backend.domain.analysis import ClipAnalysis, Curve
from backend.evaluation.dynamics import (
    Grid,
    grid_of,
    measure_dynamics,
    motion_on,
    motion_varies,
    tension_follows,
    window_means,
    written_level_db,
)


def with_motion(analysis: ClipAnalysis, values: np.ndarray) -> ClipAnalysis:
    kept = tuple(c for c in analysis.curves if c.name != "motion")
    return replace(analysis, curves=(Curve("motion", "frame heights/s", tuple(values.tolist())), *kept))


def test_windows_are_400_ms_means_every_100_ms() -> None:
    grid = Grid(np.array([0.2, 0.3, 0.4]), 10)
    means = window_means(np.array([0.0, 0.1, 0.2, 0.3, 0.45, 0.55]), np.array([1.0, 2, 3, 4, 5, 6]), grid)
    assert means == pytest.approx([2.5, 3.5, 4.5])


def test_loudness_made_from_the_motion_follows_it(cues: ModuleType) -> None:
    cue = cues.fake_cue()
    grid = grid_of(cue.tempo_map, 38.0)
    motion = motion_on(cue.analysis, grid)
    late = np.concatenate([np.full(5, -40.0), -40 + 20 * motion])[:len(motion)]
    result = measure_dynamics(cue.analysis, cue.tempo_map, late)
    assert result.motion_spearman == pytest.approx(1.0, abs=0.03)
    assert result.lag_s == pytest.approx(0.5)
    assert result.chance_p95 is not None and result.chance_p95 < 0.6
    unrelated = measure_dynamics(cue.analysis, cue.tempo_map, np.sin(np.arange(len(motion)) / 3.0) - 20)
    assert unrelated.motion_spearman is not None and unrelated.motion_spearman < 0.3


def test_nothing_is_due_without_sound_or_motion(cues: ModuleType) -> None:
    cue = cues.fake_cue()
    silent = measure_dynamics(cue.analysis, cue.tempo_map, None)
    assert (silent.motion_spearman, silent.loudness_range_db, silent.motion_varies) == (None, None, True)
    still = with_motion(cue.analysis, np.full(960, 0.3))
    result = measure_dynamics(still, cue.tempo_map, np.linspace(-40, -20, 380))
    assert (result.motion_varies, result.motion_spearman) == (False, None)
    assert result.loudness_range_db == pytest.approx(17.0, abs=0.3)
    assert not motion_varies(np.full(50, 0.001) * np.arange(50) / 50)


def test_the_flat_arrangement_follows_less_than_the_written_one(cues: ModuleType) -> None:
    cue = cues.fake_cue()
    grid = grid_of(cue.tempo_map, 38.0)
    written = written_level_db(cue.score, cue.scheme, cue.tempo_map, grid)
    flat = written_level_db(cue.score, cue.scheme, cue.tempo_map, grid, flat=True)
    assert written.max() == flat.max() == 0
    assert np.ptp(written) > 3 * np.ptp(flat)


def test_written_level_obeys_the_envelope(cues: ModuleType) -> None:
    """Halving a bar's envelope on every track lowers it by 6 dB there."""
    cue = cues.fake_cue()
    grid = grid_of(cue.tempo_map, 38.0)
    tracks = tuple(replace(t, volume_envelope={n: 1.0 if n != 6 else 0.5 for n in range(1, 17)})
                   for t in cue.scheme.tracks)
    level = [tuple(replace(t, volume_envelope=dict.fromkeys(range(1, 17), 1.0)) for t in cue.scheme.tracks), tracks]
    one, two = (written_level_db(cue.score, replace(cue.scheme, tracks=t), cue.tempo_map, grid) for t in level)
    bar = cue.tempo_map.bars[5]
    middle = int(np.argmin(np.abs(grid.times_s - float(cue.tempo_map.time_s(bar.start_q + 2)))))
    assert one[middle] - two[middle] == pytest.approx(20 * np.log10(2), abs=0.01)


def test_tension_made_from_saliency_follows_it(cues: ModuleType) -> None:
    cue = cues.fake_cue()
    saliency = np.array(cue.analysis.curve("saliency").values)
    beats = [float(cue.tempo_map.time_s(k)) for k in range(63)]
    curve = np.array([saliency[int(t * 24):int((t + 0.7) * 24)].mean() for t in beats])
    follows = tension_follows(cue.analysis, cue.tempo_map, curve, 1.0)
    assert follows is not None and follows > 0.8
    assert tension_follows(cue.analysis, cue.tempo_map, np.ones(63), 1.0) is None

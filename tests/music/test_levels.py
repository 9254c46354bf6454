from __future__ import annotations

import math

import numpy as np
import pytest

from backend.music.brief import make_brief
from backend.music.levels import (
    LevelCurve,
    bar_energies,
    bar_levels,
    base_level,
    dynamic_index,
    level_curve,
    picture_energy,
)
from tests.agents.sample_cue import EXPERTS, description, request, tempo_map
from tests.music.drawn import picture


def test_energy_follows_motion_and_ignores_its_scale() -> None:
    small = picture_energy(picture(20, lambda t: 0.2 + 0.15 * math.sin(t)))
    large = picture_energy(picture(20, lambda t: 2.0 + 1.5 * math.sin(t)))
    assert np.corrcoef(small.values, large.values)[0, 1] > 0.9
    assert small.at_s(1.6) > 0.7 > 0.3 > small.at_s(4.7)


def test_still_picture_is_even() -> None:
    energy = picture_energy(picture(10, lambda t: 0.3))
    assert set(energy.values.tolist()) == {0.5} and energy.contrast == 0.0


def test_faint_motion_does_not_become_drama() -> None:
    energy = picture_energy(picture(10, lambda t: 0.02 + 0.005 * math.sin(t)))
    assert float(energy.values.max() - energy.values.min()) < 0.25


def test_levels_sit_around_the_briefs_dynamic() -> None:
    soft, loud = (make_brief(description(e), 20, e) for e in ("Calm", "Exciting"))
    assert base_level(soft) + 0.3 < base_level(loud)
    assert bar_levels((0.5,), soft) == [base_level(soft)]
    assert bar_levels((0.0, 1.0), loud)[0] < base_level(loud) < bar_levels((0.0, 1.0), loud)[1]


@pytest.mark.parametrize(("level", "index"), [(0.0, 0), (0.124, 0), (0.5, 4), (0.99, 7), (1.0, 7)])
def test_dynamic_index(level: float, index: int) -> None:
    assert dynamic_index(level) == index


def test_curve_interpolates_and_dies_after_the_end() -> None:
    curve = LevelCurve((0.0, 4.0), (0.2, 0.6))
    assert [curve.at(q) for q in (-1, 0, 2, 9)] == pytest.approx([0.2, 0.2, 0.4, 0.6])
    asked = request("Sad")
    whole = level_curve(EXPERTS.analyzer.analyze(asked).measures, picture_energy(asked.analysis), asked.tempo_map)
    end = float(asked.tempo_map.end_q)
    assert whole.at(end + 4) < 0.3 * whole.at(end)


def test_bar_energies_cover_every_bar() -> None:
    beats = tempo_map(24, (7, 8))
    found = bar_energies(picture_energy(picture(24, lambda t: t / 24)), beats)
    assert len(found) == beats.bar_count
    assert list(found) == sorted(found)

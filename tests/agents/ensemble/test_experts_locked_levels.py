"""Levels that the user locked, and a volume expert that says others: named, mended, and put right in the end."""
from __future__ import annotations

from dataclasses import replace

import pytest

from backend.agents.ensemble.arrange.experts import ModelVolume
from backend.domain.ensemble import Lock
from backend.domain.scheme import VolumePlan
from tests.agents.ensemble.spoken_line import spoken_desk
from tests.agents.ensemble.test_experts_arrange import ASKED, CASTING, PLAN, VOLUME, _always

LEVELS_LOCKED = replace(ASKED, locks=(Lock("/tracks/melody/volume_envelope/3", 0.25),))


def _volume(melody: dict[int, float]) -> VolumePlan:
    """The rules' levels, those of the melody replaced."""
    lead = next(track.track_index for track in CASTING.tracks if track.part == "melody")
    return VolumePlan(tuple(replace(track, measures=melody) if track.track_index == lead else track
                            for track in VOLUME.tracks))


@pytest.mark.parametrize(("said", "named", "stands"), [
    ({1: 0.8, 3: 0.9}, ("/measures/3: this is locked: keep 0.25", "/measures/4: say the level after"), None),
    ({1: 0.8}, ("/measures/3: this is locked: keep 0.25", "/measures/4: say the level after"), None),
    ({1: 0.8, 3: 0.9, 4: 0.7}, ("/measures/3: this is locked: keep 0.25",), {1: 0.8, 3: 0.25, 4: 0.7}),
    ({1: 0.8, 3: 0.25, 4: 0.7}, (), {1: 0.8, 3: 0.25, 4: 0.7}),
    ({1: 0.8, 3: 0.25}, (), {1: 0.8, 3: 0.25, 4: 0.25}),
])
def test_a_level_that_breaks_a_lock_is_named_and_put_right(said: dict[int, float], named: tuple[str, ...],
                                                           stands: dict[int, float] | None) -> None:
    desk, line = spoken_desk(_always(_volume(said)))
    heard = ModelVolume(desk=desk).balance(LEVELS_LOCKED, PLAN, CASTING)
    errors = line.heard[1].errors if named else ""
    assert len(line.heard) == (2 if named else 1)
    assert errors.count("- /tracks/") == len(named) and all(text in errors for text in named)
    lead = next(track.track_index for track in CASTING.tracks if track.part == "melody")
    levels = next(track.measures for track in heard.tracks if track.track_index == lead)
    ruled = next(track.measures for track in VOLUME.tracks if track.track_index == lead)
    now = [bar for bar in sorted(ruled) if bar <= 4][-1]
    assert levels == (stands or {1: 0.8, 3: 0.25, 4: ruled[now]})


def test_the_volume_expert_mends_a_level_that_was_named() -> None:
    right = _volume({1: 0.8, 3: 0.25, 4: 0.6})
    desk, line = spoken_desk(_always(_volume({1: 0.8, 3: 0.9, 4: 0.6}), right))
    heard = ModelVolume(desk=desk).balance(LEVELS_LOCKED, PLAN, CASTING)
    assert len(line.heard) == 2 and heard == right
    assert {field.source for field in desk.record("arrange").fields} == {"llm"}

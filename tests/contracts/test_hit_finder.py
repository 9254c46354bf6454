"""What every HitFinder keeps to."""
from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest

from backend.domain.analysis import ClipAnalysis
from backend.domain.hits import HitPoint, HitPoints
from backend.domain.serial import loads
from backend.domain.time import timecode_frame
from backend.errors import InputError
from backend.ports import HitFinder
from backend.video.hit_finder import CurveHitFinder

FINDERS: list[Callable[[], HitFinder]] = [CurveHitFinder]


@pytest.fixture(scope="module")
def analysis(scored: Path) -> ClipAnalysis:
    return loads(ClipAnalysis, (scored / "out" / "analysis.json").read_text(encoding="utf-8"))


@pytest.fixture(params=FINDERS)
def finder(request: pytest.FixtureRequest) -> HitFinder:
    made: HitFinder = request.param()
    return made


def test_hits_lie_on_frames_in_order_and_say_why(finder: HitFinder, analysis: ClipAnalysis) -> None:
    hits = finder.find(analysis).hits
    assert hits
    times = set(analysis.frame_times_s)
    rate = analysis.clip.frame_rate
    assert all(hit.time_s in times and hit.reason and hit.frame == rate.nearest_frame(hit.time_s) for hit in hits)
    assert all(a.time_s < b.time_s for a, b in pairwise(hits))
    assert all(timecode_frame(hit.timecode, rate) == analysis.cue.start_frame + hit.frame for hit in hits)


def test_the_same_picture_gives_the_same_hits(finder: HitFinder, analysis: ClipAnalysis) -> None:
    assert finder.find(analysis) == finder.find(analysis)


def test_a_users_list_is_put_in_order_and_kept(finder: HitFinder, analysis: ClipAnalysis) -> None:
    mine = HitPoints((HitPoint(Fraction(6), 1.0, "user", "hard", "late", locked=True),
                      HitPoint(Fraction(2), 0.4, "user", "avoid", "she speaks", locked=True)))
    kept = finder.accept(mine, analysis).hits
    assert [(h.time_s, h.reason, h.type, h.frame) for h in kept] == [
        (2, "she speaks", "avoid", 48), (6, "late", "hard", 144)]


def test_a_hit_outside_the_cue_is_refused(finder: HitFinder, analysis: ClipAnalysis) -> None:
    with pytest.raises(InputError) as caught:
        finder.accept(HitPoints((HitPoint(Fraction(99), 1.0, "user", "hard", "x"),)), analysis)
    assert "\n" not in str(caught.value)

"""Hits against bars and beats."""
from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from types import ModuleType

import pytest

from backend.domain.hits import HitPoint, HitPoints
from backend.domain.tempo import Meter, SyncPoint, TempoMap, TempoPoint
from backend.domain.time import FrameRate
from backend.report.hit_rows import hit_rows, place, status_of

RATE = FrameRate(24)
MAP = TempoMap((TempoPoint(Fraction(0), 500_000),), (Meter(1, 4), Meter(2, 3)), 3, Fraction(10))


def hit(time_s: Fraction) -> HitPoint:
    return HitPoint(time_s, 0.9, "cut", "hard", "Cut")


def test_place_in_bars_of_changing_metre() -> None:
    hits = HitPoints(tuple(hit(MAP.time_s(Fraction(q))) for q in (0, 4, Fraction(11, 2), 7)))
    rows = hit_rows(hits, MAP, RATE)
    assert [place(row) for row in rows] == ["1|1", "2|1", "2|2.5", "3|1"]
    assert {row.status for row in rows} == {"on the frame"} and {row.error_s for row in rows} == {0.0}


def test_beats_follow_the_beat_of_the_map() -> None:
    compound = TempoMap((TempoPoint(Fraction(0), 500_000),), (Meter(1, 6, 8),), 2, Fraction(6), beat_q=Fraction(3, 2))
    row = hit_rows(HitPoints((hit(compound.time_s(Fraction(9, 2))),)), compound, RATE)[0]
    assert place(row) == "2|2"


def test_unlisted_hits_are_held_against_the_nearest_half_beat() -> None:
    early = hit_rows(HitPoints((hit(Fraction(1, 4) - Fraction(1, 24)),)), MAP, RATE)[0]
    assert (early.beat, early.error_frames, early.anchored) == (1.5, pytest.approx(1.0), False)


def test_listed_hits_keep_the_error_of_the_map() -> None:
    listed = replace(MAP, sync=(SyncPoint(0, Fraction(2), 0.1, False),))
    row = hit_rows(HitPoints((hit(Fraction(9, 10)),)), listed, RATE)[0]
    assert (place(row), row.error_frames, row.status) == ("1|3", pytest.approx(2.4), "missed")


@pytest.mark.parametrize(("fps", "ms", "status"), [
    (24, 41, "on the frame"), (24, -42, "near"), (24, 84, "missed"), (200, 9, "on the frame"), (200, 19, "near")])
def test_status_by_frame_or_ten_milliseconds(fps: int, ms: int, status: str) -> None:
    assert status_of(Fraction(ms, 1000), FrameRate(fps)) == status


def test_anchored_hits_of_the_fake_cue(cues: ModuleType) -> None:
    cue = cues.fake_cue()
    rows = hit_rows(cue.hits, cue.tempo_map, RATE)
    assert [row.number for row in rows if not row.anchored] == [3, 5, 8, 11]
    assert [place(row) for row in rows[3:7]] == ["5|1", "6|4.5", "8|1", "10|1"]

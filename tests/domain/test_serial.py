"""The JSON documents: exact round trip, and mistakes named by their place."""
from __future__ import annotations

from fractions import Fraction

import pytest

from backend.domain import serial
from backend.domain.hits import HitPoint, HitPoints
from backend.domain.scheme import TrackVolume, VolumePlan

HITS = HitPoints((HitPoint(Fraction(1001, 24000), 0.5, "cut", "hard", "a \"quoted\" cut – été"),
                  HitPoint(Fraction(7), 1.0, "user", "soft", "", locked=True)), "test")


def test_round_trip_is_exact() -> None:
    assert serial.loads(HitPoints, serial.dumps(HITS)) == HITS


def test_integer_keys_survive() -> None:
    plan = VolumePlan((TrackVolume(1, {1: 0.25, 12: 1.0}),))
    assert serial.loads(VolumePlan, serial.dumps(plan)) == plan


def test_a_user_may_write_plain_numbers() -> None:
    text = serial.dumps(HITS).replace('"1001/24000"', "2.25")
    assert serial.loads(HitPoints, text).hits[0].time_s == Fraction(9, 4)


@pytest.mark.parametrize(("old", "new", "message"), [
    ('"weight": 0.5', '"weight": "x"', r'^hits\[0\]\.weight: expected a number, got "x"'),
    ('"weight": 0.5', '"weight": 7', r"^hits\[0\]: weight: 7.0 is not within 0 and 1"),
    ('"type": "hard"', '"type": "loud"', r"^hits\[0\]\.type: expected one of hard, soft, avoid, ring_out"),
    ('"weight": 0.5', '"wait": 0.5', r"^hits\[0\]\.wait: unknown field"),
    ('"1001/24000"', '"1/0"', r"^hits\[0\]\.time_s: expected a number or a fraction"),
    ('"1001/24000"', "true", r"^hits\[0\]\.time_s: expected a number"),
    ('"HitPoints/1"', '"HitPoints/9"', r"^schema: expected 'HitPoints/1', got 'HitPoints/9'"),
    ('"weight": 0.5', '"weight": NaN', r"^hits\[0\]\.weight: expected a finite number"),
    ("{", "", r"^line 2: not valid JSON"),
])
def test_mistakes_are_named(old: str, new: str, message: str) -> None:
    with pytest.raises(serial.SchemaError, match=message):
        serial.loads(HitPoints, serial.dumps(HITS).replace(old, new, 1))


def test_missing_field_is_named() -> None:
    with pytest.raises(serial.SchemaError, match=r"^hits\[0\]\.time_s: missing"):
        serial.loads(HitPoints, '{"schema": "HitPoints/1", "hits": [{"weight": 1}]}')


def test_a_hit_needs_a_time_and_nothing_else() -> None:
    hit = serial.loads(HitPoints, '{"schema": "HitPoints/1", "hits": [{"time_s": 3}]}').hits[0]
    assert (hit.weight, hit.kind, hit.type, hit.reason) == (1.0, "user", "hard", "")


def test_infinity_is_never_written() -> None:
    with pytest.raises(ValueError):
        serial.dumps(VolumePlan((TrackVolume(1, {1: float("inf")}),)))

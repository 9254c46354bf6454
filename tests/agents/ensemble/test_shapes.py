"""The envelope's schema and what is said of a payload that does not fit."""
from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import pytest

from backend.agents.ensemble.desk.bounds import RANGES, clip
from backend.agents.ensemble.desk.shapes import MOST_FAULTS, built, envelope_schema, envelope_slips, plain_of
from backend.agents.ensemble.question import Fault
from backend.domain import description, scheme
from backend.domain.scheme import Casting, CastTrack, MeasurePlan, MixPlan, Review, VolumePlan


@dataclass(frozen=True)
class Inner:
    share: float = field(metadata={"range": (0, 1)})
    note: str | None = None

    def __post_init__(self) -> None:
        if self.note == "bad":
            raise ValueError("note: is bad")
        if self.share == 0.25:
            raise ValueError("a quarter is not wanted")


@dataclass(frozen=True)
class Outer:
    kind: Literal["a", "b"]
    pair: tuple[int, float]
    levels: dict[int, float] = field(metadata={"range": (-1, 1)})
    inner: Inner | None = None
    many: tuple[Inner, ...] = ()


GOOD: dict[str, Any] = {"kind": "a", "pair": [1, 2.5], "levels": {"1": 0, "12": 0.5},
                        "inner": {"share": 1}, "many": [{"share": 0.5, "note": "x"}]}


def _payload(shape: type, **given: Any) -> dict[str, Any]:
    return dict(envelope_schema(shape, **given)["properties"]["payload"]["properties"])


def _faults(shape: type, plain: Any) -> dict[str, str]:
    found = built(shape, plain)
    assert isinstance(found, tuple)
    return {"/".join(map(str, fault.path)): fault.problem for fault in found}


def test_what_fits_becomes_the_dataclass_and_goes_back() -> None:
    payload = built(Outer, GOOD)
    assert payload == Outer("a", (1, 2.5), {1: 0.0, 12: 0.5}, Inner(1.0), (Inner(0.5, "x"),))
    assert plain_of(payload) == {**GOOD, "inner": {"share": 1.0, "note": None}}
    assert isinstance(payload, Outer) and list(payload.levels) == [1, 12]


@pytest.mark.parametrize(("change", "path", "problem"), [
    ({"kind": "c"}, "kind", "must be 'a' or 'b', not \"c\""),
    ({"kind": None}, "kind", "must be 'a' or 'b', not null"),
    ({"pair": [1]}, "pair/1", "is missing"), ({"pair": [1, 2, 3]}, "pair",
                                              "Tuple should have at most 2 items after validation, not 3"),
    ({"pair": [1.5, 2]}, "pair/0", "must be a whole number, not 1.5"),
    ({"pair": [True, 2]}, "pair/0", "must be a whole number, not true"),
    ({"pair": ["1", 2]}, "pair/0", 'must be a whole number, not "1"'),
    ({"pair": "ab"}, "pair", 'must be a list, not "ab"'),
    ({"levels": {"x": 1}}, "levels/x", "must be a whole number as key"),
    ({"levels": {"01": 1}}, "levels/01", "must be a whole number as key"),
    ({"levels": {" 1": 1}}, "levels/ 1", "must be a whole number as key"),
    ({"levels": {"1": "loud"}}, "levels/1", 'must be a number, not "loud"'),
    ({"levels": [0.5]}, "levels", "must be an object, not [0.5]"),
    ({"inner": {"share": True}}, "inner/share", "must be a number, not true"),
    ({"inner": {"share": 1, "weight": 2}}, "inner/weight", "is not a known field"),
    ({"inner": {"share": 1, "note": "bad"}}, "inner/note", "is bad"),
    ({"inner": {"share": 0.25}}, "inner", "a quarter is not wanted"),
    ({"inner": 3}, "inner", "must be an object, not 3"),
    ({"many": [{"share": 1}, {}]}, "many/1/share", "is missing"),
    ({"many": [{"share": 1, "note": "x" * 2001}]}, "many/0/note", "has 2001 characters, more than 2000"),
    ({"many": [{"share": 1, "note": "a\x00b"}]}, "many/0/note", "has control characters"),
    ({"extra": {}}, "extra", "is not a known field"),
])
def test_faults_in_plain_words_at_their_place(change: dict[str, Any], path: str, problem: str) -> None:
    assert _faults(Outer, {**GOOD, **change}) == {path: problem}


def test_a_fault_at_every_place_at_once_and_none_twice() -> None:
    faults = _faults(Outer, {"kind": 1, "pair": [None, "x"], "levels": {"1": None}, "inner": {"share": "1"}})
    assert sorted(faults) == ["inner/share", "kind", "levels/1", "pair/0", "pair/1"]


def test_ranges_of_the_domain_speak_at_the_field() -> None:
    measure = {"m": 1, "dynamic": "p", "level": 7, "tension": 0, "texture": []}
    plan = {"summary": "", "measures": [measure], "sections": [{"label": "A", "first_bar": 3, "last_bar": 2}]}
    assert _faults(MeasurePlan, plan) == {"measures/0/level": "7.0 is not within 0 and 1",
                                          "sections/0/last_bar": "2 is less than first_bar"}


def test_a_payload_of_nothing_but_faults_is_one_fault() -> None:
    found = built(Outer, {**GOOD, "many": [3] * (MOST_FAULTS + 1)})
    assert found == (Fault((), f"has {MOST_FAULTS + 1} faults"),)


@pytest.mark.parametrize("payload", [[], "text", 3, None])
def test_a_payload_that_is_no_object(payload: Any) -> None:
    (problem,) = _faults(Outer, payload).values()
    assert problem.startswith("must be an object, not ")


def test_a_little_out_of_range_is_cut_back_and_said_a_lot_is_a_fault() -> None:
    plain = {**GOOD, "levels": {"1": 1.2, "2": -1.19, "3": 1.21, "4": 5}, "inner": {"share": -0.1},
             "many": [{"share": 1.05}, {"share": 80}, {"share": "x"}, {"share": True}]}
    done = clip(Outer, plain)
    assert done.plain["levels"] == {"1": 1, "2": -1, "3": 1.21, "4": 5}
    assert [item["share"] for item in done.plain["many"]] == [1, 80, "x", True]
    assert done.plain["inner"]["share"] == 0
    assert done.notes[0] == Fault(("levels", "1"), "1.2 is not within -1 and 1 and was taken as 1")
    assert [note.path for note in done.notes] == [("levels", "1"), ("levels", "2"), ("inner", "share"),
                                                 ("many", 0, "share")]
    assert done.faults == (Fault(("levels", "3"), "1.21 is not within -1 and 1"),
                           Fault(("levels", "4"), "5 is not within -1 and 1"),
                           Fault(("many", 1, "share"), "80 is not within 0 and 1"))
    assert plain["levels"]["1"] == 1.2


def test_ten_times_the_pan_is_no_slip() -> None:
    done = clip(MixPlan, {"tracks": [{"track_index": 1, "gain_db": 0, "pan": -3.0, "reverb_space": 0.3}]})
    assert [fault.path for fault in done.faults] == [("tracks", 0, "pan")]
    assert not done.notes


def test_every_range_is_one_of_a_field_that_exists() -> None:
    for name, field_name in RANGES:
        kind = getattr(scheme, name, None) or getattr(description, name)
        assert field_name in kind.__dataclass_fields__


def test_the_schema_asks_for_every_field_and_nothing_else() -> None:
    schema = envelope_schema(Casting)
    assert schema["required"] == ["reasoning_summary", "metrics", "confidence", "payload"]
    assert schema["additionalProperties"] is False
    track = schema["properties"]["payload"]["properties"]["tracks"]["items"]
    assert track["required"] == list(CastTrack.__dataclass_fields__)
    assert track["additionalProperties"] is False
    assert not any(word in str(schema) for word in ("'title'", "'default'", "'description'"))


def test_ranges_are_in_the_schema() -> None:
    levels = _payload(VolumePlan)["tracks"]["items"]["properties"]["measures"]
    assert levels == {"type": "object", "additionalProperties": {"type": "number", "minimum": 0, "maximum": 1}}
    assert _payload(Outer)["many"]["items"]["properties"]["share"] == {"type": "number", "minimum": 0, "maximum": 1}


def test_only_what_is_asked_for_is_in_the_schema() -> None:
    payload = envelope_schema(Review, ("verdict", "issues"))["properties"]["payload"]
    assert payload["required"] == list(payload["properties"]) == ["verdict", "issues"]
    assert list(_payload(Outer, only=("kind", "pair"))) == ["kind", "pair"]
    assert list(_payload(Review)) == ["verdict", "rating", "issues", "qa"]


@pytest.mark.parametrize("shape", [Casting, MeasurePlan, MixPlan, Review, VolumePlan, Outer,
                                   description.VisualElements])
def test_the_schema_has_no_references(shape: type) -> None:
    """Many small servers refuse them."""
    assert "$ref" not in str(envelope_schema(shape)) and "$defs" not in str(envelope_schema(shape))


def test_words_to_choose_from_are_in_the_schema_where_they_belong() -> None:
    places = {"many/*/note": ("x", "y"), "inner/note": ("z",), "kind": (), "levels/*": ("1",), "gone/*/x": ("1",)}
    found = _payload(Outer, choices=places)
    assert found["many"]["items"]["properties"]["note"] == {"anyOf": [{"type": "string", "enum": ["x", "y"]},
                                                                      {"type": "null"}]}
    inner, nothing = found["inner"]["anyOf"]
    assert inner["properties"]["note"]["anyOf"][0] == {"type": "string", "enum": ["z"]} and nothing == {"type": "null"}
    assert (found["kind"], found["levels"]) == (_payload(Outer)["kind"], _payload(Outer)["levels"])
    assert "enum" not in str(_payload(Outer)["many"]), "the next schema knows nothing of it"


@pytest.mark.parametrize(("change", "slips"), [
    ({}, ()), ({"schema": "fc/1"}, ("schema: is not a known field",)),
    ({"confidence": 1.5}, ("confidence: 1.5 is not within 0 and 1",)),
    ({"confidence": "high"}, ('confidence: must be a number, not "high"',)),
    ({"metrics": "motion"}, ('metrics: must be a list, not "motion"',)),
    ({"metrics": ["a", 3]}, ("metrics/1: must be text, not 3",)),
    ({"reasoning_summary": None}, ("reasoning_summary: must be text, not null",)),
])
def test_what_is_wrong_around_the_payload(change: dict[str, Any], slips: tuple[str, ...]) -> None:
    found = {"reasoning_summary": "x", "metrics": [], "confidence": 0.5, "payload": {}}
    assert envelope_slips({**found, **change}) == slips


def test_a_bare_payload_is_not_an_answer() -> None:
    assert envelope_slips({"tracks": []}) == ("reasoning_summary: is missing", "metrics: is missing",
                                              "confidence: is missing", "tracks: is not a known field",
                                              "payload: is missing")

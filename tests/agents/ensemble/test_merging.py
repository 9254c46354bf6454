"""A faulty payload merged with the twin: the result passes, and what was valid and unrelated stays."""
from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.agents.ensemble.desk.examining import Examiner
from backend.agents.ensemble.desk.merging import Merged
from backend.agents.ensemble.desk.shapes import plain_of
from backend.agents.ensemble.question import Fault, Question

BARS = 4


@dataclass(frozen=True)
class Row:
    index: int
    name: str
    levels: dict[int, float]
    octave: int = 0


@dataclass(frozen=True)
class Span:
    first: int
    last: int


@dataclass(frozen=True)
class Plan:
    title: str
    rows: tuple[Row, ...]
    spans: tuple[Span, ...] = ()
    pair: tuple[int, int] = (0, 1)


def check(plan: Plan) -> tuple[Fault, ...]:
    """Rows 1 and 2 are needed, 4 are the most; every row has every bar; spans lie inside; rows differ in name."""
    out = []
    missing = {1, 2} - {row.index for row in plan.rows}
    if missing:
        out.append(Fault(("rows",), f"rows {sorted(missing)} are missing"))
    for i, row in enumerate(plan.rows):
        if row.index > 4:
            out.append(Fault(("rows", i, "index"), "there is no such row"))
        if set(range(1, BARS + 1)) - set(row.levels):
            out.append(Fault(("rows", i, "levels"), "bars are missing"))
        out += [Fault(("rows", i, "levels", bar), "no such bar") for bar in row.levels if not 1 <= bar <= BARS]
        if row.name in [other.name for other in plan.rows[:i]]:
            out.append(Fault(("rows", i), "the name is taken"))
        if not -2 <= row.octave <= 2:
            out.append(Fault(("rows", i, "octave"), "out of reach"))
    out += [Fault(("spans", i), "outside") for i, span in enumerate(plan.spans)
            if not 1 <= span.first <= span.last <= BARS]
    if plan.title == "CONTRADICTION":
        out.append(Fault((), "contradicts itself"))
    if plan.pair[0] > plan.pair[1]:
        out.append(Fault(("pair",), "must rise"))
    return tuple(out)


def row(index: int, name: str, level: float, **more: Any) -> dict[str, Any]:
    return {"index": index, "name": name, "levels": {str(bar): level for bar in range(1, BARS + 1)}, **more}


TWIN = Plan("twin", tuple(Row(i, f"twin {i}", dict.fromkeys(range(1, BARS + 1), 0.1)) for i in (1, 2, 3)),
            (Span(1, 1),), (3, 4))


def examiner(twin: Plan = TWIN) -> Examiner[Plan]:
    return Examiner(Question("arrange", "X", "x", "", "", Plan, lambda: twin, check, identity={"rows": "index"},
                             named={"rows": "name"}))


def merged(plain: Any, twin: Plan = TWIN) -> Merged[Plan]:
    done = examiner(twin).merged(plain)
    assert examiner(twin).judge(plain_of(done.payload)) == done.payload
    return done


def good() -> dict[str, Any]:
    return {"title": "mine", "rows": [row(1, "a", 0.5), row(2, "b", 0.6)], "spans": [{"first": 1, "last": 2}]}


def expected(**changes: Any) -> Any:
    return {**plain_of(examiner().judge(good())), **changes}


def rows(*changed: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"octave": 0, **one} for one in changed]


def test_a_valid_payload_stays_as_it_is() -> None:
    done = merged(good())
    assert plain_of(done.payload) == expected()
    assert (done.taken, done.left_out, done.moved) == ((), (), False)


def test_one_field_is_the_twins_and_nothing_else() -> None:
    plain = good()
    plain["rows"][1]["levels"]["3"] = "loud"
    done = merged(plain)
    wanted = row(2, "b", 0.6)
    wanted["levels"]["3"] = 0.1
    assert plain_of(done.payload) == expected(rows=rows(row(1, "a", 0.5), wanted))
    assert [(one.path, one.problem) for one in done.taken] == [
        (("rows", 1, "levels", "3"), '/rows/b/levels/3: must be a number, not "loud"')]


def test_items_are_matched_by_what_identifies_them() -> None:
    plain = good()
    plain["rows"] = [row(2, "b", 0.6, octave=9), row(1, "a", 0.5)]
    twin = Plan("t", (Row(1, "x", {}, 1), Row(2, "y", {}, 2)))
    done = merged(plain, twin)
    assert [(one.index, one.octave) for one in done.payload.rows] == [(2, 2), (1, 0)]


def test_missing_items_and_bars_come_from_the_twin_in_their_place() -> None:
    plain = good()
    del plain["rows"][0]
    del plain["rows"][0]["levels"]["2"]
    done = merged(plain)
    assert [one.name for one in done.payload.rows] == ["twin 1", "b"]
    assert done.payload.rows[1].levels == {1: 0.6, 2: 0.1, 3: 0.6, 4: 0.6}
    assert sorted(one.path for one in done.taken) == [("rows", 0), ("rows", 1, "levels", "2")]


def test_what_the_twin_has_no_place_for_is_left_out() -> None:
    plain = good()
    plain["rows"][0]["levels"]["99"] = 0.5
    plain["rows"].append(row(9, "z", 0.9))
    plain["spans"] += [{"first": 3, "last": 9}, {"first": 3, "last": 4}, {"first": "x", "last": 4}]
    plain["colour"] = "blue"
    done = merged(plain)
    assert plain_of(done.payload) == expected(spans=[{"first": 1, "last": 2}, {"first": 3, "last": 4}])
    assert done.taken == ()
    assert len(done.left_out) == 5


def test_of_two_with_one_identity_the_first_stays() -> None:
    plain = good()
    plain["rows"].insert(1, row(1, "again", 0.9))
    done = merged(plain)
    assert plain_of(done.payload) == expected()
    assert done.left_out == ("/rows/again/index: 1 is there twice",)


def test_an_identity_written_as_text_is_still_one() -> None:
    plain = good()
    plain["rows"][1]["index"] = "2"
    done = merged(plain)
    assert plain_of(done.payload) == expected()
    assert [one.path for one in done.taken] == [("rows", 1, "index")]


def test_the_place_around_is_taken_when_the_field_does_not_help() -> None:
    """The twin's level for a bar does not make the name free: then the twin's row, and its name, are taken."""
    plain = good()
    plain["rows"][1]["name"] = "a"
    done = merged(plain)
    assert [one.name for one in done.payload.rows] == ["a", "twin 2"]
    assert [one.path for one in done.taken] == [("rows", 1)]


def test_a_twin_that_collides_with_what_was_said_goes_all_the_way() -> None:
    plain = good()
    plain["rows"][0]["name"] = "twin 2"
    plain["rows"][1]["octave"] = 7
    plain["rows"][1]["name"] = "twin 2"
    done = merged(plain)
    assert plain_of(done.payload)["spans"] == [{"first": 1, "last": 2}]
    assert [one.name for one in done.payload.rows] == ["twin 1", "twin 2", "twin 3"]


def test_a_pair_is_a_whole() -> None:
    plain = {**good(), "pair": [9, 2]}
    assert merged(plain).payload.pair == (3, 4)
    plain = {**good(), "pair": [9, 10, 11]}
    assert merged(plain).payload.pair == (3, 4)
    plain = {**good(), "pair": [2, None]}
    assert merged(plain).payload.pair == (3, 4)


def test_a_field_of_the_twins_in_an_item_that_is_left_out_later_is_forgotten() -> None:
    """The row's octave is mended first; only then the check sees that there is no such row."""
    twin = Plan("t", (*TWIN.rows, Row(5, "five", dict.fromkeys(range(1, BARS + 1), 0.2))))
    plain = good()
    plain["rows"].append({**row(5, "e", 0.5), "octave": "x"})
    done = merged(plain, twin)
    assert [one.index for one in done.payload.rows] == [1, 2]
    assert done.taken == ()
    assert done.left_out == ("/rows/e/index: there is no such row",)


@pytest.mark.parametrize("plain", [{}, {"title": 1, "rows": 2}, {"rows": [3, None, [], "x"]},
                                   {**good(), "title": "CONTRADICTION"}, {"rows": {"1": {}}, "levels": {}}])
def test_where_nothing_can_stay_it_is_the_whole_twin_or_all_of_its_places(plain: dict[str, Any]) -> None:
    done = merged(plain)
    assert done.payload.rows == TWIN.rows
    assert done.taken


def test_a_contradiction_of_the_whole_is_the_twins() -> None:
    done = merged({**good(), "title": "CONTRADICTION"})
    assert done.is_whole
    assert done.payload is TWIN
    assert done.taken[0].problem == "the whole answer: contradicts itself"


def test_the_given_payload_is_not_touched() -> None:
    plain = good()
    plain["rows"][0]["octave"] = 9
    before = copy.deepcopy(plain)
    merged(plain)
    assert plain == before


_level = st.floats(0, 1).map(lambda value: round(value, 3))
_rubbish = st.one_of(st.none(), st.text(max_size=3), st.lists(st.integers(), max_size=2), st.booleans(),
                     st.dictionaries(st.text(max_size=2), st.integers(), max_size=2))


@st.composite
def plans(draw: st.DrawFn, prefix: str) -> dict[str, Any]:
    indices = draw(st.permutations(range(1, draw(st.integers(2, 4)) + 1)))
    made = [{"index": i, "name": f"{prefix} {i}", "levels": {str(bar): draw(_level) for bar in range(1, BARS + 1)},
             "octave": draw(st.integers(-2, 2))} for i in indices]
    spans = [{"first": first, "last": draw(st.integers(first, BARS))}
             for first in draw(st.lists(st.integers(1, BARS), max_size=3))]
    return {"title": draw(st.text("abc", max_size=3)), "rows": made, "spans": spans,
            "pair": sorted(draw(st.tuples(st.integers(0, 9), st.integers(0, 9))))}


@settings(max_examples=100, derandomize=True, deadline=None)
@given(plans("twin"), plans("model"), st.data())
def test_faulty_fields_and_nothing_else_are_the_twins(twin_plain: dict[str, Any], said: dict[str, Any],
                                                      data: st.DataObject) -> None:
    """Spoil some fields of a valid answer: exactly those come from the twin's row of the same index."""
    twin = examiner().judge(twin_plain)
    assert isinstance(twin, Plan)
    theirs = {one["index"]: one for one in twin_plain["rows"]}
    spoiled, wanted = copy.deepcopy(said), copy.deepcopy(said)
    for i, one in enumerate(said["rows"]):
        for key, rubbish in (("octave", 7), ("name", data.draw(_rubbish.filter(lambda x: not isinstance(x, str))))):
            if one["index"] in theirs and data.draw(st.booleans()):
                spoiled["rows"][i][key] = rubbish
                wanted["rows"][i][key] = theirs[one["index"]][key]
        bar = str(data.draw(st.integers(1, BARS)))
        if one["index"] in theirs and data.draw(st.booleans()):
            spoiled["rows"][i]["levels"][bar] = data.draw(_rubbish.filter(lambda x: not isinstance(x, bool)))
            wanted["rows"][i]["levels"][bar] = theirs[one["index"]]["levels"][bar]
    done = merged(spoiled, twin)
    assert plain_of(done.payload) == wanted


@settings(max_examples=250, derandomize=True, deadline=None)
@given(plans("twin"), plans("model"), st.data())
def test_anything_spoiled_anywhere_still_passes(twin_plain: dict[str, Any], said: dict[str, Any],
                                                data: st.DataObject) -> None:
    """Rubbish at any places, keys gone, items doubled: the result passes, and rows that were left alone stay."""
    twin = examiner().judge(twin_plain)
    assert isinstance(twin, Plan)
    spoiled = copy.deepcopy(said)
    touched = set()
    for _ in range(data.draw(st.integers(1, 4))):
        touched.add(_spoil(spoiled, data))
    done = merged(spoiled, twin)
    assert not done.is_whole
    if "rows" not in touched:
        assert plain_of(done.payload)["rows"] == said["rows"]
    if touched <= {"title", "rows"}:
        assert (list(done.payload.pair), plain_of(done.payload)["spans"]) == (said["pair"], said["spans"])
    for one in done.taken:
        assert one.problem


def _spoil(plain: dict[str, Any], data: st.DataObject) -> str:
    """Change one place at random; its field's name at the top."""
    top = data.draw(st.sampled_from(sorted(plain))) if plain else "title"
    node: Any = plain
    key: Any = top
    while key in node if isinstance(node, dict) else True:
        inner = node[key]
        if not isinstance(inner, (dict, list)) or not inner or data.draw(st.booleans()):
            break
        node, key = inner, data.draw(st.sampled_from(sorted(inner) if isinstance(inner, dict)
                                                     else range(len(inner))))
    kind = data.draw(st.sampled_from(["rubbish", "gone", "double", "number"]))
    if kind == "gone":
        node.pop(key, None) if isinstance(node, dict) else node.pop(key)
    elif kind == "double" and isinstance(node, list):
        node.append(copy.deepcopy(node[key]))
    else:
        node[key] = data.draw(_rubbish) if kind == "rubbish" else data.draw(st.sampled_from([-7, 5, 99, 10**17, 0.5]))
    return top

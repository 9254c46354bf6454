"""A model's text to an object: what is accepted, what is refused, and that nothing is guessed."""
from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.agents.ensemble.desk.parsing import MOST_CHARACTERS, MOST_LEVELS, read_object, shown

WHOLE = '{"payload": {"a": [1, 2.5, "x}{", null, true]}}'
FOUND = {"payload": {"a": [1, 2.5, "x}{", None, True]}}


@pytest.mark.parametrize("text", [
    WHOLE, f"```json\n{WHOLE}\n```", f"```\n{WHOLE}```", f"Here is my plan:\n\n{WHOLE}\n\nI hope it helps {{really}}.",
    f"<think>maybe {{\"a\": 1}} or {{}}</think>{WHOLE}", f"I use {{curly}} words {{ here: {WHOLE}",
    f'Draft: {{"payload": {{"a": 1}}}} No. {{"payload": better: {WHOLE}', f'{{"payload": {{}}}}\n</think>\n{WHOLE}',
    f'<think>{{"payload": {{"a": []}}</thinking>{WHOLE} hm', WHOLE + ' {"a": 1}',
    f"\ufeff{WHOLE}", f"{WHOLE}{WHOLE}", f'{{"payload": NaN}} no: {WHOLE}',
])
def test_fences_and_prose_are_dropped(text: str) -> None:
    reading = read_object(text)
    assert (reading.found, reading.problem) == (FOUND, "")


def test_words_about_thoughts_inside_an_answer_are_no_end_of_thoughts() -> None:
    text = '{"reasoning_summary": "no </think> here", "payload": {}}'
    assert read_object(text).found == {"reasoning_summary": "no </think> here", "payload": {}}


def test_what_breaks_off_is_not_read_by_its_pieces() -> None:
    reading = read_object('{"payload": {"rows": [{"m": 1}, {"m": 2}, {"m"')
    assert reading.found == {"payload": {"rows": [{"m": 1}, {"m": 2}]}} and "breaks off" in reading.problem
    assert read_object('{"payload": [{"m": 1}}').found is None
    assert read_object('{"' * 200_000).found is None


def test_without_the_key_the_first_object_is_taken() -> None:
    assert read_object('x {"tracks": []} y {"b": 2}').found == {"tracks": []}


@pytest.mark.parametrize(("text", "problem"), [
    ("", "the reply is empty"), (" \n\t", "the reply is empty"),
    ("I cannot do that.", "there is no JSON object in the reply"),
    ("[1, 2]", "there is no JSON object in the reply"),
    ('{"a": NaN}', "NaN is not a number of JSON"), ('{"a": -Infinity}', "-Infinity is not a number of JSON"),
    ('{"a": 1e999}', "the number 1e999 is too large"), (f'{{"a": 1{"0" * 5000}}}', "a number of 5001 digits"),
    ('{"a": 1, "b": {"c": 2, "c": 3}}', 'the key "c" stands twice in one object'),
    ('{"a": "\\ud800"}', "half a character (a lone surrogate) cannot be written"),
    ('{"a": "\ud800"}', "half a character (a lone surrogate) cannot be written"),
    ('{"\\udc00": 1}', "half a character (a lone surrogate) cannot be written"),
    ('{"a": [1, 2}', "not valid JSON: brackets do not match"),
    ('{"a":' * (MOST_LEVELS + 1) + "1" + "}" * (MOST_LEVELS + 1), f"nested deeper than {MOST_LEVELS} levels"),
    ('{"a":[' * 60_000, f"nested deeper than {MOST_LEVELS} levels"),
])
def test_refused_with_a_reason(text: str, problem: str) -> None:
    reading = read_object(text)
    assert (reading.found, reading.problem) == (None, problem)


@pytest.mark.parametrize("text", ['{"a": 1,}', '{"a": 1 "b": 2}', '{"a": 01}', '{"a": "\\x"}', '{"a": True}',
                                  '{"a": 1 /* one */}', '{"a": "two\nlines"}'])
def test_what_is_nearly_json_is_refused_with_its_place(text: str) -> None:
    reading = read_object(text)
    assert reading.found is None
    assert reading.problem.startswith("not valid JSON: ")
    assert "line 1, column" in reading.problem


def test_too_long_is_not_even_looked_at() -> None:
    reading = read_object(WHOLE + " " * MOST_CHARACTERS)
    assert reading.found is None
    assert f"more than {MOST_CHARACTERS}" in reading.problem


def test_a_long_reply_that_breaks_off_is_read_in_one_go() -> None:
    rows = ",".join(f'{{"m": {i}, "level": 0.5}}' for i in range(1, 10_001))
    reading = read_object(f'{{"payload": {{"measures": [{rows}, {{"m": 99')
    assert reading.found is not None
    assert len(reading.found["payload"]["measures"]) == 10_000
    assert reading.problem.startswith("the reply breaks off")


def test_a_whole_pair_of_escapes_is_a_character() -> None:
    assert read_object('{"a": "\\ud83d\\ude00 \\u00e9"}').found == {"a": "\U0001f600 \u00e9"}


@pytest.mark.parametrize(("text", "found"), [
    ('{"payload": {"measures": [{"m": 1}, {"m": 2}, {"m": 3, "lev', {"payload": {"measures": [{"m": 1}, {"m": 2},
                                                                                             {"m": 3}]}}),
    ('{"a": 1, "b": "half a sent', {"a": 1}), ('{"a": 1, "b": 12', {"a": 1}), ('{"a": {"b": 1}', {"a": {"b": 1}}),
    ('{"a": [1, 2], "b', {"a": [1, 2]}), ('{"a": "x, y', None), ('{"a', None), ("{", None),
])
def test_what_breaks_off_is_kept_up_to_the_last_whole_value(text: str, found: object) -> None:
    reading = read_object(text)
    assert reading.found == found
    assert reading.problem == f"the reply breaks off after {len(text)} characters"


_JSON = st.recursive(st.none() | st.booleans() | st.integers(-10**9, 10**9) | st.text(max_size=8)
                     | st.floats(allow_nan=False, allow_infinity=False),
                     lambda inner: st.lists(inner, max_size=4)
                     | st.dictionaries(st.text(max_size=5), inner, max_size=4),
                     max_leaves=12)


@settings(max_examples=150, derandomize=True, deadline=None)
@given(st.dictionaries(st.text(max_size=5), _JSON, min_size=1, max_size=4), st.data())
def test_every_cut_of_an_object_is_read_without_guessing(payload: dict[str, object], data: st.DataObject) -> None:
    """Cut anywhere, what comes back was there: the same values at the same keys, lists from the front."""
    text = json.dumps({"payload": payload}, ensure_ascii=data.draw(st.booleans()))
    assert read_object(text).found == {"payload": payload}
    cut = data.draw(st.integers(1, len(text) - 1))
    reading = read_object(text[:cut])
    assert reading.problem
    assert reading.found is None or _is_part(reading.found, {"payload": payload})


def _is_part(part: object, whole: object) -> bool:
    if isinstance(part, dict) and isinstance(whole, dict):
        return all(key in whole and _is_part(value, whole[key]) for key, value in part.items())
    if isinstance(part, list) and isinstance(whole, list):
        return len(part) <= len(whole) and all(_is_part(a, b) for a, b in zip(part, whole, strict=False))
    return type(part) is type(whole) and part == whole


@settings(max_examples=200, derandomize=True, deadline=None)
@given(st.text(alphabet=st.sampled_from('{}[]",:\\ \n01-eEnNtfx\ud800\u202e\x00'), max_size=60))
def test_any_text_is_an_object_or_a_reason(text: str) -> None:
    reading = read_object(text)
    assert (reading.found is None) <= bool(reading.problem)


def test_values_are_shown_short_and_clean() -> None:
    assert shown("a\n\u202eb") == '"a\\n\\u202eb"'
    assert shown(list(range(100))) == "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11..."

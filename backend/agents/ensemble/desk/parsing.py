"""A model's text to a JSON object: fences and prose around it are dropped, everything doubtful is refused.

Nothing is evaluated and nothing is guessed. A reply that breaks off is cut back to its last whole value, so that what
was said can still be kept, and called broken off.
"""
from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

from backend.agents.ensemble.line.thoughts import without_thoughts

MOST_CHARACTERS = 400_000
"""Sixteen tracks with a level in each of 600 bars take a third of it."""
MOST_LEVELS = 32
MOST_DIGITS = 18
"""Of a whole number."""
_MOST_UNCLOSED = 40
"""Beginnings of objects that lead nowhere; each is looked for to the end of the reply."""
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+"?|[{}\[\],]', re.DOTALL)
_OPENING = re.compile(r'\{(?=\s*(?:["}]|\Z))')
_CLOSER = {"{": "}", "[": "]"}


class Unreadable(ValueError):
    """A reply that is no JSON object. The message says why, in one line."""


@dataclass(frozen=True)
class Reading:
    """What could be read. ``problem`` is "" when that is all of it; ``found`` is None when it is nothing."""

    found: dict[str, Any] | None
    problem: str = ""


def read_object(text: str, key: str = "payload") -> Reading:
    """The last whole object of ``text`` that has ``key``: drafts and thoughts come before it. Where there is none, the
    first that breaks off with ``key`` in it, or else the first object. Never raises."""
    if len(text) > MOST_CHARACTERS:
        return Reading(None, f"the reply has {len(text)} characters, more than {MOST_CHARACTERS}")
    if not text.strip():
        return Reading(None, "the reply is empty")
    readings = _readings(without_thoughts(text), key)
    keyed = [one for one in readings if one.found is not None and key in one.found]
    if answers := [one for one in keyed if not one.problem]:
        return answers[-1]
    found = [one for one in readings if one.found is not None]
    return next(iter((*keyed, *found, *readings)), Reading(None, "there is no JSON object in the reply"))


def _readings(text: str, key: str) -> list[Reading]:
    """Of every object; inside of one that is never closed only those count that can have ``key``."""
    readings, is_inside = [], False
    for start, end in _objects(text):
        if not is_inside or f'"{key}"' in text[start:end or None]:
            readings.append(_decoded(text[start:end]) if end else _broken_off(text[start:]))
        is_inside = is_inside or not end
    return readings


def _objects(text: str) -> Iterator[tuple[int, int]]:
    """(start, end) of what looks like an object, one after the other; end 0: it is never closed, and what stands in it
    comes after it."""
    at = unclosed = 0
    while unclosed < _MOST_UNCLOSED and (opening := _OPENING.search(text, at)):
        end = _end(text, opening.start())
        yield opening.start(), end
        unclosed += not end
        at = end or opening.end()


def _end(text: str, start: int) -> int:
    """Where the bracket at ``start`` is closed; 0 when it is not."""
    depth = 0
    for token in _TOKEN.finditer(text, start):
        if token[0] in "{[":
            depth += 1
        elif token[0] in "}]":
            depth -= 1
            if depth == 0:
                return token.end()
    return 0


def _decoded(text: str) -> Reading:
    try:
        _refuse_depth(text)
        found = json.loads(text, object_pairs_hook=_no_key_twice, parse_constant=_refuse_constant, parse_int=_whole,
                           parse_float=_finite)
        _refuse_half_characters(text, found)
    except Unreadable as error:
        return Reading(None, str(error))
    except json.JSONDecodeError as error:
        return Reading(None, f"not valid JSON: {error.msg} at line {error.lineno}, column {error.colno} of the object")
    return Reading(found)


def _broken_off(text: str) -> Reading:
    """Up to the last whole value, with everything that is still open closed."""
    stack: list[str] = []
    end, closers = 0, ""
    for token in _TOKEN.finditer(text):
        mark = token[0]
        if mark in _CLOSER:
            stack.append(_CLOSER[mark])
        elif mark in "}]":
            if not stack or stack.pop() != mark:
                return Reading(None, "not valid JSON: brackets do not match")
            end, closers = token.end(), "".join(reversed(stack))
        elif mark == ",":
            end, closers = token.start(), "".join(reversed(stack))
        if len(stack) > MOST_LEVELS:
            return Reading(None, f"nested deeper than {MOST_LEVELS} levels")
    reading = _decoded(text[:end] + closers) if end else Reading(None)
    return Reading(reading.found, reading.problem or f"the reply breaks off after {len(text)} characters")


def _refuse_depth(text: str) -> None:
    depth = 0
    for token in _TOKEN.finditer(text):
        depth += (token[0] in _CLOSER) - (token[0] in "}]")
        if depth > MOST_LEVELS:
            raise Unreadable(f"nested deeper than {MOST_LEVELS} levels")


def _no_key_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Unreadable(f"the key {shown(twice)} stands twice in one object")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise Unreadable(f"{name} is not a number of JSON")


def _whole(digits: str) -> int:
    if len(digits) > MOST_DIGITS:
        raise Unreadable(f"a number of {len(digits)} digits")
    return int(digits)


def _finite(digits: str) -> float:
    value = float(digits)
    if value in (float("inf"), float("-inf")):
        raise Unreadable(f"the number {digits[:20]} is too large")
    return value


def _refuse_half_characters(text: str, found: Any) -> None:
    """Surrogates come in raw or as escapes, and only a whole pair of escapes makes a character."""
    try:
        text.encode("utf-8")
        if "\\u" in text:
            json.dumps(found, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        raise Unreadable("half a character (a lone surrogate) cannot be written") from None


def shown(value: Any) -> str:
    """A value as short, clean text of one line, for a sentence about it."""
    text = json.dumps(value, ensure_ascii=True, default=str)
    return text if len(text) <= 40 else text[:37] + "..."

"""The form of an answer: the envelope's JSON schema, made from a domain dataclass, and what is wrong with one.

The schema asks for every field and nothing else (so that servers can hold a model to it); the reader takes a field
left out at its default. Unknown keys are faults, numbers are numbers, text is text.
"""
from __future__ import annotations

import functools
import json
import typing
import unicodedata
from collections.abc import Mapping
from dataclasses import is_dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError, create_model

from backend.agents.ensemble.desk.bounds import fields_of, nodes
from backend.agents.ensemble.desk.parsing import shown
from backend.agents.ensemble.desk.places import Path, at
from backend.agents.ensemble.question import Fault

T = TypeVar("T")
UNKNOWN = "is not a known field"
MOST_FAULTS = 1000
"""A payload with more is no answer."""
LONGEST_TEXT = 2000
_STRICT = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)
_DROPPED = ("title", "description", "default")
_PLAIN_WORDS = {
    "missing": "is missing", "unexpected_keyword_argument": UNKNOWN, "extra_forbidden": UNKNOWN,
    "int_type": "must be a whole number", "int_from_float": "must be a whole number",
    "int_parsing": "must be a whole number", "float_type": "must be a number", "string_type": "must be text",
    "bool_type": "must be true or false", "dict_type": "must be an object", "dataclass_type": "must be an object",
    "model_type": "must be an object", "tuple_type": "must be a list", "list_type": "must be a list",
    "finite_number": "must be a finite number", "none_required": "must be null",
}
_WITHOUT_VALUE = ("missing", "unexpected_keyword_argument", "extra_forbidden")


class Envelope(BaseModel):
    """What every answer carries around its payload."""

    model_config = _STRICT
    reasoning_summary: str
    metrics: list[str]
    confidence: float


@functools.cache
def _model(shape: Any) -> type[BaseModel]:
    return create_model("Answer", __base__=Envelope, payload=(shape, ...))


@functools.cache
def _adapter(shape: Any) -> TypeAdapter[Any]:
    return TypeAdapter(shape)


def plain_of(payload: Any) -> Any:
    """A payload as JSON data: lists, dicts with text as keys, numbers, text."""
    return _adapter(typing.cast(Any, type(payload))).dump_python(payload, mode="json")


def envelope_schema(shape: Any, only: tuple[str, ...] | None = None,
                    choices: Mapping[str, tuple[str, ...]] | None = None) -> dict[str, Any]:
    """JSON schema of the envelope around the fields ``only`` of ``shape`` (None is all). Without titles, defaults and
    references, which many servers do not take; every object closed and every field required. Ranges of numbers are in
    it, and at the places ``choices`` (``tracks/*/instrument``) the words to choose from."""
    schema = _model(shape).model_json_schema()
    definitions: dict[str, Any] = schema.pop("$defs", {})
    for kind in _dataclasses_of(shape):
        _add_ranges(definitions.get(kind.__name__, {}), kind)
    whole = _inlined(_tidy(schema), _tidy(definitions, is_schema=False))
    payload = whole["properties"]["payload"]
    if only is not None:
        payload |= {"properties": {name: payload["properties"][name] for name in only}, "required": list(only)}
    for place, words in (choices or {}).items():
        for node in _nodes_at(payload, place.split("/")) if words else ():
            node["enum"] = list(words)
    whole["properties"]["confidence"] |= {"minimum": 0, "maximum": 1}
    return typing.cast(dict[str, Any], whole)


def _inlined(node: Any, definitions: dict[str, Any]) -> Any:
    """References replaced by what they refer to; our shapes hold none of themselves."""
    if isinstance(node, list):
        return [_inlined(item, definitions) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return _inlined(definitions[node["$ref"].rpartition("/")[2]], definitions)
    return {key: _inlined(value, definitions) for key, value in node.items()}


def _nodes_at(node: dict[str, Any], place: list[str]) -> list[dict[str, Any]]:
    """The text at a place, on every way there; nothing where the schema has no such place."""
    if options := node.get("anyOf"):
        return [found for option in options for found in _nodes_at(option, place)]
    if not place:
        return [node] if node.get("type") == "string" else []
    key, rest = place[0], place[1:]
    below = ([node[name] for name in ("items", "additionalProperties") if isinstance(node.get(name), dict)]
             if key == "*" else [node["properties"][key]] if key in node.get("properties", {}) else [])
    return [found for one in below for found in _nodes_at(one, rest)]


def _dataclasses_of(kind: Any, found: tuple[type, ...] = ()) -> tuple[type, ...]:
    if isinstance(kind, type) and is_dataclass(kind) and kind not in found:
        kind = typing.cast(Any, kind)
        found = (*found, kind)
        for hint, _ in fields_of(kind).values():
            found = _dataclasses_of(hint, found)
    for part in typing.get_args(kind):
        found = _dataclasses_of(part, found)
    return found


def _add_ranges(definition: dict[str, Any], kind: type) -> None:
    for name, (_, limits) in fields_of(kind).items():
        node = definition.get("properties", {}).get(name)
        if limits is None or node is None:
            continue
        node = node.get("additionalProperties", node) if node.get("type") == "object" else node.get("items", node)
        if node.get("type") in ("number", "integer"):
            node |= {"minimum": limits[0], "maximum": limits[1]}


def _tidy(node: Any, is_schema: bool = True) -> Any:
    if isinstance(node, list):
        return [_tidy(item) for item in node]
    if not isinstance(node, dict):
        return node
    out = {key: _tidy(value, key != "properties") for key, value in node.items()
           if not (is_schema and key in _DROPPED)}
    if is_schema and "properties" in out:
        out |= {"required": list(out["properties"]), "additionalProperties": False}
    return out


def envelope_slips(found: dict[str, Any]) -> tuple[str, ...]:
    """What is wrong around the payload, in plain words."""
    around = {key: value for key, value in found.items() if key != "payload"}
    slips = []
    try:
        Envelope.model_validate_json(json.dumps(around))
    except ValidationError as error:
        slips = [f"{_slip_path(fault.path)}: {fault.problem}" for fault in _faults(error, around)]
    if "payload" not in found:
        slips.append("payload: is missing")
    confidence = found.get("confidence", 0)
    if isinstance(confidence, (int, float)) and not 0 <= confidence <= 1:
        slips.append(f"confidence: {confidence:g} is not within 0 and 1")
    return tuple(slips)


def _slip_path(path: Path) -> str:
    return "/".join(str(key)[:60] if str(key).isprintable() else "?" for key in path) or "envelope"


def built(shape: type[T], plain: Any) -> T | tuple[Fault, ...]:
    """The payload, or everything that does not fit its form. ``plain`` is JSON data."""
    faults = _text_faults(plain) + _key_faults(shape, plain)
    try:
        answer = _model(typing.cast(Any, shape)).model_validate_json(
            json.dumps({"reasoning_summary": "", "metrics": [], "confidence": 0, "payload": plain}))
    except ValidationError as error:
        faults += _faults(error, {"payload": plain})
    if not faults:
        return typing.cast(T, answer.payload)  # type: ignore[attr-defined]
    if len(faults) > MOST_FAULTS:
        return (Fault((), f"has {len(faults)} faults"),)
    return once(faults)


def once(faults: list[Fault]) -> tuple[Fault, ...]:
    """The first fault at every place."""
    first: dict[Path, Fault] = {}
    for fault in faults:
        first.setdefault(fault.path, fault)
    return tuple(first.values())


def _faults(error: ValidationError, plain: Any) -> list[Fault]:
    out = []
    for found in error.errors(include_url=False):
        path = _path(found["loc"], found["type"], plain)
        if found["type"] == "value_error":
            path, problem = _own_words(path, str(found["ctx"]["error"]), plain)
        elif found["type"] == "literal_error":
            problem = f"must be {found['ctx']['expected']}, not {shown(found['input'])}"
        else:
            problem = _PLAIN_WORDS.get(found["type"], found["msg"])
            if found["type"] in _PLAIN_WORDS and found["type"] not in _WITHOUT_VALUE:
                problem += f", not {shown(found['input'])}"
        out.append(Fault(path[1:] if path[:1] == ("payload",) else path, problem))
    return out


def _path(loc: tuple[str | int, ...], kind: str, plain: Any) -> Path:
    """The part of pydantic's location that leads through the data; it also names types and keys."""
    path: Path = ()
    for i, key in enumerate(loc):
        try:
            at(plain, (*path, key))
        except LookupError:
            if not (kind == "missing" and i == len(loc) - 1):
                continue
        path = (*path, key)
    return path


def _own_words(path: Path, text: str, plain: Any) -> tuple[Path, str]:
    """A dataclass's own complaint begins with the field's name: ``level: 2 is not within 0 and 1``."""
    name, colon, problem = text.partition(": ")
    inner = tuple(name.split("."))
    try:
        at(plain, (*path, *inner))
    except LookupError:
        return path, text
    return ((*path, *inner), problem) if colon else (path, text)


def _text_faults(plain: Any) -> list[Fault]:
    """Text that is longer than anybody reads, or that holds control characters."""
    out: list[Fault] = []
    todo: list[tuple[Path, Any]] = [((), plain)]
    while todo:
        path, node = todo.pop()
        if isinstance(node, dict):
            todo += [((*path, key), value) for key, value in node.items()]
        elif isinstance(node, list):
            todo += [((*path, i), value) for i, value in enumerate(node)]
        elif isinstance(node, str) and len(node) > LONGEST_TEXT:
            out.append(Fault(path, f"has {len(node)} characters, more than {LONGEST_TEXT}"))
        elif isinstance(node, str) and any(_is_control(c) for c in node):
            out.append(Fault(path, "has control characters"))
    return out


def _is_control(character: str) -> bool:
    return unicodedata.category(character) == "Cc" and character not in "\n\t\r"


def _key_faults(shape: type, plain: Any) -> list[Fault]:
    """Keys that mean numbers, written in any other way than ``12``."""
    out = []
    for path, kind, node, _ in nodes(shape, plain):
        if isinstance(node, dict) and typing.get_args(kind)[:1] == (int,):
            out += [Fault((*path, key), "must be a whole number as key") for key in node if not _is_canonical(key)]
    return out


def _is_canonical(key: str) -> bool:
    return key.isascii() and len(key) <= 18 and key.removeprefix("-").isdecimal() and str(int(key)) == key

"""Dataclasses to JSON and back, checked field by field.

A document is ``{"schema": "HitPoints/1", ...fields}``. Reading names the place of every mistake
(``hits[3].weight: expected a number, got 'x'``), because these files are meant to be edited by hand.
Stays inside what REAPER's Python may import (no fractions, decimal, datetime, hashlib): other modules
register codecs for their own types with :func:`register`.
"""
from __future__ import annotations

import dataclasses
import functools
import json
import types
import typing
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


class SchemaError(ValueError):
    """A document does not fit its schema. The message starts with the path of the offending field."""


_CODECS: dict[type, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {}


def register(kind: type, to_plain: Callable[[Any], Any], from_plain: Callable[[Any], Any]) -> None:
    """Teach the codec a leaf type. ``from_plain`` raises ValueError or TypeError on bad input."""
    _CODECS[kind] = (to_plain, from_plain)


def schema_of(kind: type) -> str:
    """``"HitPoints/1"``: class name and the class attribute ``SCHEMA_VERSION`` (default 1)."""
    return f"{kind.__name__}/{getattr(kind, 'SCHEMA_VERSION', 1)}"


def to_plain(value: Any) -> Any:
    """A dataclass, tuple, dict or leaf as lists, dicts and scalars."""
    codec = _CODECS.get(type(value))
    if codec:
        return codec[0](value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, (list, tuple)):
        return [to_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): to_plain(item) for key, item in value.items()}
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise TypeError(f"cannot serialise {type(value).__name__}")


def from_plain(kind: Any, value: Any, path: str = "") -> Any:
    """Build ``kind`` (a dataclass or a type hint) from plain data.

    Raises SchemaError naming the path of the first field that does not fit.
    """
    if kind in _CODECS:
        try:
            return _CODECS[kind][1](value)
        except (ValueError, TypeError, ZeroDivisionError) as error:
            raise SchemaError(f"{path}: {error}") from None
    if dataclasses.is_dataclass(kind):
        return _from_mapping(typing.cast(type, kind), value, path)
    origin = typing.get_origin(kind)
    if origin in (typing.Union, types.UnionType):
        return _from_union(kind, value, path)
    if origin is tuple:
        return _from_sequence(kind, value, path)
    if origin is dict:
        if not isinstance(value, dict):
            raise SchemaError(f"{path}: expected an object, got {_show(value)}")
        key_kind, item_kind = typing.get_args(kind)
        return {_key(key_kind, key, path): from_plain(item_kind, item, f"{path}.{key}")
                for key, item in value.items()}
    if origin is typing.Literal:
        if value not in typing.get_args(kind):
            raise SchemaError(f"{path}: expected one of {', '.join(str(one) for one in typing.get_args(kind) if one)}, "
                              f"got {_show(value)}")
        return value
    return _leaf(kind, value, path)


def _key(kind: Any, key: str, path: str) -> Any:
    if kind is not int:
        return key
    try:
        return int(key)
    except ValueError:
        raise SchemaError(f"{path}: expected a whole number as key, got {key!r}") from None


def _leaf(kind: Any, value: Any, path: str) -> Any:
    if kind is Any:
        return value
    if kind is float and isinstance(value, (int, float)) and not isinstance(value, bool):
        if value != value or value in (float("inf"), float("-inf")):
            raise SchemaError(f"{path}: expected a finite number")
        return _finite(value, path)
    if kind is int and isinstance(value, int) and not isinstance(value, bool):
        return value
    if kind is str and isinstance(value, str) and _has_half_characters(value):
        raise SchemaError(f"{path}: half a character (a lone surrogate) cannot be written")
    if kind in (str, bool) and isinstance(value, kind):
        return value
    names = {float: "a number", int: "a whole number", str: "text", bool: "true or false"}
    raise SchemaError(f"{path}: expected {names.get(kind, getattr(kind, '__name__', kind))}, got {_show(value)}")


def _has_half_characters(text: str) -> bool:
    return not text.isascii() and any("\ud800" <= c <= "\udfff" for c in text)


def _finite(value: float, path: str) -> float:
    try:
        return float(value)
    except OverflowError:
        raise SchemaError(f"{path}: the number is too large") from None


def _from_union(kind: Any, value: Any, path: str) -> Any:
    options = typing.get_args(kind)
    if value is None and type(None) in options:
        return None
    real = [option for option in options if option is not type(None)]
    return from_plain(real[0], value, path)


def _from_sequence(kind: Any, value: Any, path: str) -> tuple[Any, ...]:
    if not isinstance(value, (list, tuple)):
        raise SchemaError(f"{path}: expected a list, got {_show(value)}")
    arguments = typing.get_args(kind)
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        return tuple(from_plain(arguments[0], item, f"{path}[{i}]") for i, item in enumerate(value))
    if len(arguments) != len(value):
        raise SchemaError(f"{path}: expected {len(arguments)} values, got {len(value)}")
    return tuple(from_plain(a, item, f"{path}[{i}]") for i, (a, item) in enumerate(zip(arguments, value, strict=True)))


@functools.cache
def _hints(kind: type) -> dict[str, Any]:
    """Type hints by field; looked up once a class, since reading a plan inside REAPER must not take long."""
    return typing.get_type_hints(kind)


def _from_mapping(kind: type, value: Any, path: str) -> Any:
    if not isinstance(value, dict):
        raise SchemaError(f"{path or kind.__name__}: expected an object, got {_show(value)}")
    hints = _hints(kind)
    fields = {f.name: f for f in dataclasses.fields(kind)}
    unknown = [key for key in value if key not in fields]
    if unknown:
        raise SchemaError(f"{_join(path, unknown[0])}: unknown field; known are {', '.join(fields)}")
    given: dict[str, Any] = {}
    for name, field in fields.items():
        if name in value:
            given[name] = from_plain(hints[name], value[name], _join(path, name))
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise SchemaError(f"{_join(path, name)}: missing")
    try:
        return kind(**given)
    except ValueError as error:
        raise SchemaError(f"{path or kind.__name__}: {error}") from None


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _show(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 40 else text[:37] + "..."


def dumps(document: Any) -> str:
    """A dataclass as a labelled, stable, readable JSON text (records one a line, ends with a newline)."""
    plain = {"schema": schema_of(type(document)), **to_plain(document)}
    return _layout(plain, 0) + "\n"


def loads(kind: type[T], text: str) -> T:
    """Read a labelled document. Raises SchemaError with the path of the mistake."""
    try:
        plain = json.loads(text)
    except json.JSONDecodeError as error:
        raise SchemaError(f"line {error.lineno}: not valid JSON ({error.msg})") from None
    except (ValueError, RecursionError):
        raise SchemaError("not valid JSON (a number too long or lists too deep)") from None
    if not isinstance(plain, dict):
        raise SchemaError("expected an object at the top")
    label = plain.pop("schema", None)
    if label != schema_of(kind):
        raise SchemaError(f"schema: expected {schema_of(kind)!r}, got {label!r}")
    return typing.cast(T, from_plain(kind, plain))


_WIDTH = 110


def _layout(value: Any, depth: int) -> str:
    """JSON with one record a line: a value that fits a line stays on it, long number lists are wrapped."""
    flat = json.dumps(value, ensure_ascii=False, allow_nan=False)
    indent = "  " * depth
    if len(flat) + len(indent) <= _WIDTH or not isinstance(value, (list, dict)):
        return flat
    inner = "  " * (depth + 1)
    if isinstance(value, dict):
        rows = [f"{inner}{json.dumps(k, ensure_ascii=False)}: {_layout(v, depth + 1)}" for k, v in value.items()]
        return "{\n" + ",\n".join(rows) + f"\n{indent}}}"
    if all(not isinstance(item, (list, dict)) for item in value):
        return _wrap_scalars(value, inner, indent)
    return "[\n" + ",\n".join(inner + _layout(item, depth + 1) for item in value) + f"\n{indent}]"


def _wrap_scalars(values: list[Any], inner: str, indent: str) -> str:
    lines, line = [], inner
    for i, value in enumerate(values):
        text = json.dumps(value, ensure_ascii=False, allow_nan=False) + ("," if i < len(values) - 1 else "")
        if len(line) + len(text) > _WIDTH and line.strip():
            lines.append(line.rstrip())
            line = inner
        line += text + " "
    return "[\n" + "\n".join([*lines, line.rstrip()]) + f"\n{indent}]"

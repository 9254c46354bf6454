"""How a call gets in and out: what REAPER's own wrapper does with arguments and results, by a table of facts.

``signatures.json`` says for every function what each argument is packed as, what is returned and which arguments come
back changed. The wrapper's habits are traps of their own and are kept: a stale pointer arrives as NULL and the function
does nothing, an integer parameter refuses a float, a string result of NULL raises AttributeError, a string comes back
cut at the size the caller gave.
"""
from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

from tests.fake_reaper.pointers import Pointers, null
from tests.fake_reaper.state import Project

BIG_BUFFER = 4 * 1024 * 1024
_ZERO: dict[str, Any] = {"int": 0, "bool": 0, "float": 0.0, "str": "", "none": None}
_NUMBERS = ("int", "bool", "float")


class NullPointer(Exception):
    """A function got NULL where it needs an object: REAPER does nothing and returns zeros."""


class WrongThread(RuntimeError):
    """An RPR_ function was called from another thread than REAPER's main one."""


@lru_cache(maxsize=1)
def signatures() -> dict[str, dict[str, Any]]:
    text = (Path(__file__).parent / "signatures.json").read_text(encoding="utf-8")
    found: dict[str, dict[str, Any]] = json.loads(text)
    return found


def cut(text: str, size: int) -> str:
    """What fits into a buffer of ``size`` bytes with its closing zero."""
    data = text.encode("utf-8")
    if len(data) < size:
        return text
    return data[:max(0, size - 1)].decode("utf-8", "ignore")


class Calls:
    """Wraps bodies into functions as scripts see them, and keeps the books about who called what."""

    def __init__(self, pointers: Pointers, project: Callable[[], Project]) -> None:
        self.pointers = pointers
        self.project = project
        self.counts: Counter[str] = Counter()
        self.stale: list[str] = []
        """Calls that were handed a pointer that is no longer, or never was, of that kind."""
        self.thread = threading.get_ident()

    def wrap(self, name: str, body: Callable[..., Any]) -> Callable[..., Any]:
        """The function ``RPR_name``. KeyError when there are no facts about it."""
        fact = signatures()[name]
        kinds: list[str] = fact["args"]
        count = len(kinds)
        takers = [self._taker(name, i, kind) for i, kind in enumerate(kinds)]
        answer = self._answer(name, fact)
        empty = (0,) * (1 + sum(not out.startswith("=") for out in fact["outs"]))
        counts = self.counts

        def call(*args: Any) -> Any:
            if threading.get_ident() != self.thread:
                raise WrongThread(f"RPR_{name} was called from another thread; REAPER allows its main thread only")
            counts[name] += 1
            if len(args) != count:
                raise TypeError(f"RPR_{name}() takes {count} positional arguments but {len(args)} were given")
            try:
                result = body(*[take(arg) for take, arg in zip(takers, args, strict=True)])
            except NullPointer:
                return answer(args, empty, True)
            return answer(args, result, False)

        call.__name__ = call.__qualname__ = f"RPR_{name}"
        return call

    def _taker(self, name: str, index: int, kind: str) -> Callable[[Any], Any]:
        where = f"RPR_{name}, argument {index + 1}"
        if kind == "float":
            return lambda value: _number(value, where)
        if kind in ("int", "bool"):
            return lambda value: _whole(value, where)
        if kind == "buf":
            return lambda value: _buffer(value, where)
        if kind == "str":
            return lambda value: _text(value, where)
        if kind in ("char**", "void*"):
            return lambda value: value
        if kind == "ReaProject*":
            return lambda value: self._project(value, where)
        return lambda value: self._object(value, kind, where)

    def _project(self, value: Any, where: str) -> Project:
        """Nearly every value means the current project: that is what NULL means."""
        if value in (0, None, "") or isinstance(value, str):
            return self.project()
        raise TypeError(f"{where}: {value!r} is no project; give 0 or what RPR_EnumProjects returned")

    def _object(self, value: Any, kind: str, where: str) -> Any:
        if isinstance(value, str):
            found = self.pointers.find(value, kind)
            if found is None and value != null(kind):
                self.stale.append(f"{where}: {value} is no live {kind}")
            return found
        if value is None or value == 0:
            return None
        raise TypeError(f"{where}: {value!r} is no pointer")

    def _answer(self, name: str, fact: dict[str, Any]) -> Callable[..., Any]:
        kinds, returns, outs = fact["args"], fact["returns"], fact["outs"]
        sizes = {int(key): value for key, value in fact.get("sizes", {}).items()}
        give = self._giver(name, returns)
        given = 1 + sum(not out.startswith("=") for out in outs)
        if not outs:
            return lambda args, result, nothing: _zero(returns) if nothing else give(result)

        def answer(args: tuple[Any, ...], result: Any, nothing: bool) -> Any:
            if len(result) != given:
                raise AssertionError(f"the body of {name} gives {len(result)} values instead of {given}")
            values = iter(result)
            first = next(values)
            row = [] if returns == "none" else [_zero(returns) if nothing else give(first)]
            for out in outs:
                if out[0] == "=":
                    row.append(args[int(out[1:])])
                    continue
                index = int(out)
                value = next(values)
                row.append(args[index] if nothing else _convert(value, kinds[index], args, sizes.get(index)))
            return tuple(row)

        return answer

    def _giver(self, name: str, returns: str) -> Callable[[Any], Any]:
        if returns == "none":
            return lambda value: None
        if returns in ("int", "bool"):
            return int
        if returns == "float":
            return float
        if returns == "str":
            return _decoded
        return lambda value: null(returns) if value is None else self._pointer(value, returns)

    def _pointer(self, value: Any, kind: str) -> str:
        return value if isinstance(value, str) else self.pointers.text(value)


def _zero(returns: str) -> Any:
    return _ZERO[returns] if returns in _ZERO else null(returns)


def _decoded(value: str | None) -> str:
    """The wrapper decodes what it gets; NULL has nothing to decode."""
    if value is None:
        raise AttributeError("'NoneType' object has no attribute 'decode'")
    return value


def _convert(value: Any, kind: str, args: tuple[Any, ...], size_at: int | None) -> Any:
    if kind == "float":
        return float(value)
    if kind in ("int", "bool"):
        return int(value)
    size = BIG_BUFFER if size_at is None else args[size_at]
    if size > BIG_BUFFER:
        raise MemoryError(f"a size of {size} lets REAPER write past the wrapper's buffer of {BIG_BUFFER} bytes")
    return cut(value, size)


def _number(value: Any, where: str) -> float:
    if isinstance(value, (int, float)):
        return float(value)
    raise TypeError(f"{where}: must be a real number, not {type(value).__name__}")


def _whole(value: Any, where: str) -> int:
    if isinstance(value, int):
        return int(value)
    raise TypeError(f"{where}: 'an integer is required', got {value!r}")


def _text(value: Any, where: str) -> str:
    """The wrapper writes ``str(value)``; for bytes that is never what anybody wants."""
    if isinstance(value, (bytes, bytearray)):
        raise TypeError(f"{where}: the wrapper would write {value!r} as text; give a str")
    return str(value)


def _buffer(value: Any, where: str) -> str:
    """The wrapper copies the text into 4 MiB; ctypes refuses a longer one."""
    text = _text(value, where)
    if len(text) * 4 >= BIG_BUFFER and len(text.encode()) > BIG_BUFFER:
        raise ValueError(f"{where}: byte string too long")
    return text


class Group:
    """Bodies of API functions of one noun. ``exports`` are its public methods, by the name scripts use."""

    def __init__(self, reaper: Any) -> None:
        self.reaper = reaper
        self.pointers: Pointers = reaper.pointers

    @property
    def project(self) -> Project:
        found: Project = self.reaper.project
        return found

    def changed(self) -> None:
        """The project is not what it was: REAPER's change counter goes up."""
        self.reaper.changed()

    def exports(self) -> dict[str, Callable[..., Any]]:
        names = [name for name in dir(type(self)) if name[0].isupper() or name in _LOWER]
        return {name: getattr(self, name) for name in names if name in signatures()}


_LOWER = ("time_precise", "format_timestr_pos", "file_exists")


def need(thing: Any) -> Any:
    """The object, or out with NullPointer."""
    if thing is None:
        raise NullPointer
    return thing

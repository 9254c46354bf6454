"""Messages as bytes: the part of msgpack that they need, and the map that carries each of them.

nil, bool, integers of 64 bits, float64, text, bytes, arrays, and maps with text as keys. Everything is written in its
shortest form, as the ``msgpack`` package does. What is read is bounded in size, depth and number of values, so that a
hostile message costs little. Standard library only: REAPER's Python loads this.
"""
from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any, TypeVar, cast

from backend.domain.serial import SchemaError, from_plain, to_plain
from bridge.errors import BadMessage

MAX_BYTES = 4 << 20
"""Of one packed message. A cue with 20,000 notes packs to about 1.2 MB."""
MAX_DEPTH = 32
MAX_VALUES = 200_000
"""Scalars, arrays, maps and keys together, 9 a note: 4 MiB of empty arrays would cost 256 MiB as Python lists."""
TYPE = "type"
"""The key of a message's map that holds the name of its dataclass."""

T = TypeVar("T")


def pack(value: Any) -> bytes:
    """Plain data as msgpack, at most MAX_BYTES. Raises BadMessage for what has no place in a message."""
    parts: list[bytes] = []
    _pack(value, parts, MAX_DEPTH)
    data = b"".join(parts)
    if len(data) > MAX_BYTES:
        raise BadMessage(f"the message has {len(data)} bytes, more than {MAX_BYTES}: send a shorter cue")
    return data


def _pack(value: Any, parts: list[bytes], depth_left: int) -> None:
    kind = type(value)
    if kind is str:
        data = _utf8(value)
        parts += (_head(len(data), (0xA0, 31), (0xD9, 0xDA, 0xDB)), data)
    elif kind is int:
        parts.append(_integer(value))
    elif kind is float:
        parts.append(struct.pack(">Bd", 0xCB, value))
    elif value is None or kind is bool:
        parts.append(b"\xc0" if value is None else b"\xc3" if value else b"\xc2")
    elif kind is bytes:
        parts += (_head(len(value), None, (0xC4, 0xC5, 0xC6)), value)
    elif kind in (list, tuple, dict):
        _pack_container(value, parts, depth_left - 1)
    else:
        raise BadMessage(f"a {kind.__name__} cannot be sent: use text, numbers, lists and maps")


def _pack_container(value: Any, parts: list[bytes], depth_left: int) -> None:
    if depth_left < 0:
        raise BadMessage(f"the message is nested deeper than {MAX_DEPTH}: send plain lists and maps")
    if not isinstance(value, dict):
        parts.append(_head(len(value), (0x90, 15), (None, 0xDC, 0xDD)))
        for item in value:
            _pack(item, parts, depth_left)
        return
    parts.append(_head(len(value), (0x80, 15), (None, 0xDE, 0xDF)))
    for key, item in value.items():
        if type(key) is not str:
            raise BadMessage(f"the key {key!r} of a map is not text: use text")
        _pack(key, parts, depth_left)
        _pack(item, parts, depth_left)


def _utf8(text: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        raise BadMessage(f"{text[:40]!a} holds half a character: rename what has that name") from None


def _head(length: int, fix: tuple[int, int] | None, codes: tuple[int | None, int, int]) -> bytes:
    """The shortest head for a length: inside the code's low bits, else in 8, 16 or 32 bits."""
    if fix and length <= fix[1]:
        return bytes((fix[0] | length,))
    if codes[0] is not None and length < 1 << 8:
        return struct.pack(">BB", codes[0], length)
    if length < 1 << 16:
        return struct.pack(">BH", codes[1], length)
    if length < 1 << 32:
        return struct.pack(">BI", codes[2], length)
    raise BadMessage(f"a value of {length} bytes or entries is too long for a message: send a shorter cue")


def _integer(value: int) -> bytes:
    if -32 <= value < 128:
        return struct.pack("B" if value >= 0 else "b", value)
    unsigned, signed = ((0xCC, "B"), (0xCD, "H"), (0xCE, "I"), (0xCF, "Q")), (
        (0xD0, "b"), (0xD1, "h"), (0xD2, "i"), (0xD3, "q"))
    for code, form in unsigned if value >= 0 else signed:
        try:
            return struct.pack(f">B{form}", code, value)
        except struct.error:
            continue
    raise BadMessage(f"a whole number of {value.bit_length()} bits does not fit 64: send a smaller one")


def unpack(data: bytes) -> Any:
    """Plain data out of msgpack. Raises BadMessage for anything outside the subset, the limits or the end."""
    if len(data) > MAX_BYTES:
        raise BadMessage(f"a message of {len(data)} bytes is longer than {MAX_BYTES}: it is not one of ours")
    reader = _Reader(data)
    value = reader.value(MAX_DEPTH)
    if reader.at != len(data):
        raise BadMessage(f"{len(data) - reader.at} bytes follow the message: it is not one of ours")
    return value


class _Reader:
    """A position in packed data. ``values_left`` bounds what a few bytes can make us build."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0
        self.values_left = MAX_VALUES

    def value(self, depth_left: int) -> Any:
        self.values_left -= 1
        if depth_left < 0 or self.values_left < 0:
            raise BadMessage(f"a message nested deeper than {MAX_DEPTH} or with more than {MAX_VALUES} values: "
                             "it is not one of ours")
        code = self.take(1)[0]
        if code < 0x80:
            return code
        if code >= 0xE0:
            return code - 0x100
        if code < 0x90:
            return self.map(code & 15, depth_left)
        if code < 0xA0:
            return self.array(code & 15, depth_left)
        if code < 0xC0:
            return self.text(code & 31)
        read = _CODES.get(code)
        if read is None:
            raise BadMessage(f"the msgpack code 0x{code:02x} is not used here: the message is not one of ours")
        return read(self, depth_left)

    def take(self, count: int) -> bytes:
        start, self.at = self.at, self.at + count
        if self.at > len(self.data):
            raise BadMessage("a message ends in the middle of a value: it is not one of ours")
        return self.data[start:self.at]

    def number(self, form: str) -> Any:
        return struct.unpack(form, self.take(struct.calcsize(form)))[0]

    def text(self, count: int) -> str:
        try:
            return self.take(count).decode("utf-8")
        except UnicodeDecodeError:
            raise BadMessage("a text of the message is not UTF-8: it is not one of ours") from None

    def array(self, count: int, depth_left: int) -> list[Any]:
        self._announced(count)
        return [self.value(depth_left - 1) for _ in range(count)]

    def map(self, count: int, depth_left: int) -> dict[str, Any]:
        self._announced(2 * count)
        found: dict[str, Any] = {}
        for _ in range(count):
            key = self.value(depth_left - 1)
            if type(key) is not str or key in found:
                raise BadMessage(f"a map of the message has the key {str(key)[:40]!r}, not text or given twice")
            found[key] = self.value(depth_left - 1)
        return found

    def _announced(self, count: int) -> None:
        """Refuse a length that the bytes at hand cannot hold, before anything is built."""
        if count > len(self.data) - self.at:
            raise BadMessage("a message announces more values than it has bytes: it is not one of ours")


_CODES: dict[int, Callable[[_Reader, int], Any]] = {
    0xC0: lambda r, d: None, 0xC2: lambda r, d: False, 0xC3: lambda r, d: True,
    0xC4: lambda r, d: r.take(r.number(">B")), 0xC5: lambda r, d: r.take(r.number(">H")),
    0xC6: lambda r, d: r.take(r.number(">I")), 0xCB: lambda r, d: r.number(">d"),
    0xCC: lambda r, d: r.number(">B"), 0xCD: lambda r, d: r.number(">H"), 0xCE: lambda r, d: r.number(">I"),
    0xCF: lambda r, d: r.number(">Q"), 0xD0: lambda r, d: r.number(">b"), 0xD1: lambda r, d: r.number(">h"),
    0xD2: lambda r, d: r.number(">i"), 0xD3: lambda r, d: r.number(">q"),
    0xD9: lambda r, d: r.text(r.number(">B")), 0xDA: lambda r, d: r.text(r.number(">H")),
    0xDB: lambda r, d: r.text(r.number(">I")), 0xDC: lambda r, d: r.array(r.number(">H"), d),
    0xDD: lambda r, d: r.array(r.number(">I"), d), 0xDE: lambda r, d: r.map(r.number(">H"), d),
    0xDF: lambda r, d: r.map(r.number(">I"), d),
}


def to_map(message: object) -> dict[str, Any]:
    """A message as plain data: its fields, and its name under ``type``."""
    return {TYPE: type(message).__name__, **to_plain(message)}


def from_map(kinds: tuple[type[T], ...], plain: object) -> T:
    """The message of ``kinds`` that plain data describes. Raises BadMessage for other types and wrong fields."""
    known = {kind.__name__: kind for kind in kinds}
    name = plain.get(TYPE) if isinstance(plain, dict) else None
    if not isinstance(plain, dict) or not isinstance(name, str) or name not in known:
        raise BadMessage(f"{str(name)[:40]!r} is not a message of this protocol; known are {', '.join(known)}")
    try:
        return cast(T, from_plain(known[name], {key: value for key, value in plain.items() if key != TYPE}))
    except (SchemaError, RecursionError) as error:
        raise BadMessage(f"the message {name} does not fit: {' '.join(str(error)[:200].split())}") from None


def encode(message: object) -> bytes:
    """A message of bridge/messages.py as bytes. Raises BadMessage when it is too large or holds broken text."""
    return pack(to_map(message))


def decode(kinds: tuple[type[T], ...], data: bytes) -> T:
    """The message of ``kinds`` that ``data`` holds. Raises BadMessage."""
    return from_map(kinds, unpack(data))

"""Our msgpack against the ``msgpack`` package, both ways, and what neither may let through."""
from __future__ import annotations

import math
import struct
import tracemalloc

import msgpack
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bridge.errors import BadMessage
from bridge.messages import (
    REPLIES,
    REQUESTS,
    AskStatus,
    Hello,
    JobList,
    JobRequest,
    JobStatus,
    ReaperAddress,
    SeenMarker,
    SeenNote,
    SeenProject,
    SeenVideo,
    Span,
    Submit,
    Welcome,
)
from bridge.packing import MAX_BYTES, MAX_DEPTH, MAX_VALUES, decode, encode, from_map, pack, to_map, unpack

SCALARS = (st.none() | st.booleans() | st.integers(-(1 << 63), (1 << 64) - 1) | st.floats() | st.text()
           | st.binary(max_size=40))
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=20)
                      | st.dictionaries(st.text(max_size=6), inner, max_size=20), max_leaves=60)
BORDERS = [n + d for n in (0, 1 << 5, 1 << 7, 1 << 8, 1 << 15, 1 << 16, 1 << 31, 1 << 32, 1 << 63)
           for d in (-1, 0, 1)]
JOB = JobRequest(
    "score", SeenVideo("/films/a b.mov", "{1}", "Bär", 10.0, 60.5, 3.25, 0.5), Span("1M1", "Chase", 10, 70.5),
    SeenProject("/p", "film", 3600.0, 24000 / 1001, False, "/r"), (SeenMarker(12.0, "door", 3, True),),
    (SeenNote(0, 0.5, 60, 100),), (), True, "3-5", "violins", {"tempo": "96"}, ("mix.wav",), "out",
    ReaperAddress(5000, "secret", 77))
"""Every field set, so that a field that gets lost shows."""


def same(a: object, b: object) -> bool:
    """Equal in value and type, NaN included."""
    if isinstance(a, float) and isinstance(b, float):
        return struct.pack(">d", a) == struct.pack(">d", b) or math.isnan(a) and math.isnan(b)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    return type(a) is type(b) and a == b


@settings(deadline=None, max_examples=150)
@given(VALUES)
def test_the_bytes_are_those_of_msgpack_and_come_back(value: object) -> None:
    assert pack(value) == msgpack.packb(value)
    assert same(unpack(msgpack.packb(value)), value)
    assert same(msgpack.unpackb(pack(value)), value)


@pytest.mark.parametrize("length", [0, 15, 16, 31, 32, 255, 256, 65535, 65536])
def test_every_length_of_head(length: int) -> None:
    for value in ("x" * length, b"x" * length, [1] * length, {str(i): i for i in range(length)}):
        assert pack(value) == msgpack.packb(value)
        assert unpack(pack(value)) == value


@pytest.mark.parametrize("number", [n for n in BORDERS if n < 1 << 64] + [-n for n in BORDERS if n <= 1 << 63])
def test_every_width_of_integer(number: int) -> None:
    assert pack(number) == msgpack.packb(number)
    assert unpack(pack(number)) == number


@pytest.mark.parametrize("value, said", [
    (1 << 64, "65 bits"), (-(1 << 63) - 1, "64 bits"), (1 << 6000, "6001 bits"), ("\ud800", "half a character"),
    ({1: 2}, "not text"), (object(), "object cannot"), ([b"x" * 8, {"a": {3}}], "set cannot"),
    ("x" * (MAX_BYTES + 1), "more than")], ids=range(8))
def test_what_has_no_place_is_refused_in_a_line(value: object, said: str) -> None:
    with pytest.raises(BadMessage) as caught:
        pack(value)
    assert said in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("data, said", [
    (b"", "ends in"), (b"\xa5ab", "ends in"), (b"\x01\x02", "1 bytes follow"), (b"\xc1", "0xc1"),
    (b"\xca\0\0\0\0", "0xca"), (b"\xd4\x01\x00", "0xd4"), (b"\xc7\x01\x01a", "0xc7"), (b"\xa1\xff", "UTF-8"),
    (b"\x81\x01\x01", "not text"), (b"\x82\xa1a\x01\xa1a\x02", "twice"), (b"\xdd\xff\xff\xff\xff", "announces"),
    (b"\xdf\xff\xff\xff\xff" + b"\xa0" * 99, "announces"), (b"\xdb\xff\xff\xff\xffabc", "ends in"),
    (b"\x91" * (MAX_DEPTH + 1) + b"\xc0", "deeper"), (b"\0" * (MAX_BYTES + 1), "longer")], ids=range(15))
def test_strange_bytes_are_refused_in_a_line(data: bytes, said: str) -> None:
    with pytest.raises(BadMessage) as caught:
        unpack(data)
    assert said in str(caught.value) and "\n" not in str(caught.value)


def test_depth_is_bounded_both_ways() -> None:
    deep: list[object] = []
    for _ in range(MAX_DEPTH - 1):
        deep = [deep]
    assert unpack(pack(deep)) == deep
    with pytest.raises(BadMessage, match="deeper"):
        pack([[deep]])
    with pytest.raises(BadMessage, match="deeper"):
        unpack(b"\x91" * 500_000 + b"\xc0")


def test_few_bytes_cannot_cost_much_memory() -> None:
    count = MAX_BYTES - 5
    tracemalloc.start()
    try:
        with pytest.raises(BadMessage, match=str(MAX_VALUES)):
            unpack(b"\xdd" + struct.pack(">I", count) + b"\x90" * count)
        assert tracemalloc.get_traced_memory()[1] < 40e6
    finally:
        tracemalloc.stop()


@settings(deadline=None, max_examples=150)
@given(st.binary(max_size=60))
@example(b"\x81\xa4type\xa5Hello")
def test_any_bytes_are_a_value_or_one_error(data: bytes) -> None:
    try:
        value = unpack(data)
    except BadMessage:
        return
    assert same(unpack(pack(value)), value)


@pytest.mark.parametrize("message", [
    Hello("reaper"), Submit(JOB, "r1"), Submit(JobRequest("hits"), ""), AskStatus(), AskStatus("j7")],
    ids=lambda m: type(m).__name__)
def test_requests_come_back_whole(message: object) -> None:
    assert decode(REQUESTS, encode(message)) == message
    assert from_map(REQUESTS, msgpack.unpackb(msgpack.packb(to_map(message)))) == message


def test_replies_come_back_whole() -> None:
    status = JobStatus("j1", "score", "running", "Chase", "music", 0.25, "a line", ("one",), ("kept",), "/out", True)
    for message in (JobList((status, status)), Welcome("1", 2, "j1", 3, True)):
        assert decode(REPLIES, encode(message)) == message


def test_no_message_has_a_field_where_its_name_travels() -> None:
    names = [kind.__name__ for kind in (*REQUESTS, *REPLIES)]
    assert len(set(names)) == len(names) == 13
    assert all("type" not in kind.__dataclass_fields__ for kind in (*REQUESTS, *REPLIES))


@pytest.mark.parametrize("plain, said", [
    ([], "not a message"), ({}, "not a message"), ({"type": "Welcome"}, "'Welcome' is not a message"),
    ({"type": ["Hello"]}, "not a message"), ({"type": "Hello"}, "client: missing"),
    ({"type": "Hello", "client": 3}, "client: expected text"),
    ({"type": "Hello", "client": "x", "more": 1}, "more: unknown field"),
    ({"type": "Submit", "request": {"kind": "rm"}, "reply_id": ""}, "request.kind: expected one of"),
    ({"type": "Hello", "client": "a\nb" * 5, "\n": "x"}, "unknown field"),
    ({"type": "Submit", "reply_id": "", "request": {"kind": "hits", "markers": [{"time_s": math.nan}]}},
     "finite number")])
def test_a_wrong_field_is_named_in_one_line(plain: object, said: str) -> None:
    with pytest.raises(BadMessage) as caught:
        from_map(REQUESTS, plain)
    assert said in str(caught.value) and "\n" not in str(caught.value)


def test_nesting_that_only_msgpack_lets_through_is_a_bad_message() -> None:
    deep: list[object] = []
    for _ in range(5000):
        deep = [deep]
    with pytest.raises(BadMessage, match="Hello"):
        from_map(REQUESTS, {"type": "Hello", "client": deep})

"""More than ten thousand hostile inputs on one listener, seeded; then it answers as if nothing had been.

Some come from whoever can reach the port, some from a program that holds the key and is broken.
"""
from __future__ import annotations

import random
import socket
import struct
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bridge.messages import (
    AskStatus,
    Cancel,
    Hello,
    JobRequest,
    ReaperAddress,
    RegisterReaper,
    SeenMarker,
    SeenNote,
    SeenVideo,
    Shutdown,
    Span,
    Submit,
)
from bridge.packing import MAX_BYTES, encode
from tests.bridge.raw_peers import command, frame, greeting, hello, initiate, message, ready, until
from tests.bridge.under_fire import Target, Watch, resident_mb, still_answers

SUBMIT = Submit(JobRequest("score", SeenVideo("/f.mov", "{1}", "f", 1, 2, 3), Span("1M1", "Chase", 1, 3),
                           markers=(SeenMarker(2.0, "door", 1),), spots=(SeenNote(0, 1, 60, 90),) * 3,
                           options={"tempo": "96"}, reaper=ReaperAddress(5, "secret", 6)), "once")
VALID = [encode(m) for m in (SUBMIT, Hello("x"), AskStatus("j"), Cancel(), RegisterReaper(ReaperAddress(1, "s", 2)))]


@pytest.fixture(scope="module")
def watch() -> Watch:
    watch = Watch()
    watch.on = True
    sys.audit("os.system", b"")  # a canary: the hook does see
    watch.on = False
    assert watch.seen == {"os.system": 1}
    return watch


@pytest.fixture
def target(tmp_path: Path, watch: Watch) -> Iterator[Target]:
    target = Target(tmp_path, watch)
    target.throw_inside([[target.key, b"1", data] for data in VALID])  # everything is loaded and warm
    target.passed.clear()
    watch.seen.clear()
    yield target
    target.listener.close()


def survives(target: Target, watch: Watch, most_mb: float, attack: Callable[[], None]) -> None:
    before = resident_mb()
    attack()
    until(lambda: target.listener.peers == 0, target.tick)
    assert resident_mb() - before < most_mb
    assert watch.seen == {}
    still_answers(target)


def mutated(rng: random.Random, data: bytes) -> bytes:
    """A few bytes changed, cut out, doubled, or the end cut off."""
    out = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(out) or 1)
        what = rng.randrange(5)
        if what == 0:
            out[at:at + 1] = bytes((rng.randrange(256),))
        elif what == 1:
            del out[at:at + rng.randint(1, 8)]
        elif what == 2:
            out[at:at] = out[at:at + rng.randint(1, 40)]
        elif what == 3:
            out[at:at] = rng.randbytes(rng.randint(1, 8))
        else:
            del out[rng.randrange(len(out) + 1):]
    return bytes(out)


LETTERS = [greeting(b"PLAIN") + hello(b"k" * 32), greeting() + ready(b"DEALER") + message(b"k" * 32, b"1", VALID[0]),
           greeting(b"PLAIN", 1) + hello(b"k" * 32) + initiate() + message(b"", b"1", VALID[1])]
GREEDY = [struct.pack(">BQ", flags, size) for flags in (2, 3, 6, 7) for size in (MAX_BYTES + 1, 1 << 32, (1 << 64) - 1)]


def from_outside(rng: random.Random) -> bytes:
    """What somebody without the key may send."""
    kind = rng.randrange(7)
    if kind == 0:
        return rng.randbytes(rng.randint(0, 3000))
    if kind == 1:
        return greeting(rng.choice((b"PLAIN", b"NULL")))[:rng.randint(0, 64)]
    if kind == 2:
        return mutated(rng, greeting(rng.choice((b"PLAIN", b"NULL", b"CURVE", b"GSSAPI")), rng.randrange(256)))
    if kind == 3:
        return mutated(rng, rng.choice(LETTERS))
    if kind == 4:
        return rng.choice(LETTERS)
    if kind == 5:
        return greeting(rng.choice((b"PLAIN", b"NULL"))) + rng.choice(GREEDY) + rng.randbytes(rng.randint(0, 500))
    return greeting(b"PLAIN") + command(rng.choice((b"HELLO", b"INITIATE", b"READY", b"", b"ERROR")),
                                        rng.randbytes(rng.randint(0, 600)))


def test_four_thousand_strangers(target: Target, watch: Watch) -> None:
    rng = random.Random(1)
    survives(target, watch, 30, lambda: [target.throw(from_outside(rng)) for _ in range(4000)])
    assert target.inputs >= 4000 and target.passed == [] and target.listener.counts == {}
    assert target.listener.turned_away > 200  # as many had a whole handshake and a wrong key


def test_an_endless_message_of_a_stranger_stops_at_the_handshake(target: Target, watch: Watch) -> None:
    """20 MB of empty frames would be 640 MB in the daemon if it let them in."""
    flood = frame(b"", more=True) * 500_000
    survives(target, watch, 30, lambda: [target.throw(start + flood) for start in LETTERS for _ in range(5)])
    assert target.passed == []


def test_a_thousand_wrong_keys_at_the_door(target: Target, watch: Watch) -> None:
    rng = random.Random(2)

    def knock() -> None:
        for i in range(0, 1000, 8):
            keys = [rng.choice((rng.randbytes(32), target.key[:-1], target.key + b"x", b"", b"x" * 255))
                    for _ in range(8)]
            wires = [socket.create_connection(("127.0.0.1", target.port), timeout=30) for _ in keys]
            for key, wire in zip(keys, wires, strict=True):
                wire.sendall(greeting(b"PLAIN") + hello(key) + initiate() + message(target.key, b"1", VALID[0]))
            until(lambda i=i: target.listener.turned_away >= i + 8, target.tick)  # type: ignore[misc]
            for wire in wires:
                wire.close()
            target.inputs += 8
    survives(target, watch, 30, knock)
    assert target.passed == [] and target.listener.turned_away == 1000


def inside(rng: random.Random, key: bytes) -> list[bytes]:
    """Frames that a broken program with the key may send, none of which is a request."""
    kind = rng.randrange(7)
    valid = rng.choice(VALID)
    if kind == 0:
        return [rng.choice((rng.randbytes(32), key[:-1], key + b"\0", b"")), b"1", valid]
    if kind == 1:
        return [key, rng.choice((b"0", b"2", b"01", b"1 ", b"", b"999999", rng.randbytes(5))), valid]
    if kind == 2:
        return [key, b"1", valid[:rng.randrange(len(valid))]]
    if kind == 3:
        return [key, b"1", rng.choice((b"\x91", b"\x81\xa1a", b"\x82\xa4type\xa5Hello\xa6client\x91"))
                * rng.randint(1, 3000) + valid]
    if kind == 4:
        size = struct.pack(">I", rng.choice(((1 << 32) - 1, 1 << 31, 100_000, MAX_BYTES)))
        return [key, b"1", (rng.choice((b"\xdd", b"\xdf", b"\xdb", b"\xc6", b"\xc9")) + size) * rng.randint(1, 200)]
    if kind == 5:
        return [key, *(rng.randbytes(rng.randint(0, 40)) for _ in range(rng.choice((0, 1, 3, 4, 15))))]
    return [key, b"1", b"\xc1" + rng.randbytes(rng.randint(0, 300))]


def test_four_thousand_broken_messages(target: Target, watch: Watch) -> None:
    rng = random.Random(3)
    survives(target, watch, 60, lambda: [target.throw_inside([inside(rng, target.key) for _ in range(50)])
                                         for _ in range(80)])
    assert target.passed == []
    assert sum(target.listener.counts.values()) == 4000
    assert set(target.listener.counts) == {"wrong key", "wrong version", "malformed"}


def test_two_thousand_mutated_requests_are_requests_or_refused(target: Target, watch: Watch) -> None:
    rng = random.Random(4)
    survives(target, watch, 60, lambda: [
        target.throw_inside([[target.key, b"1", mutated(rng, rng.choice(VALID))] for _ in range(50)])
        for _ in range(40)])
    assert target.listener.counts["malformed"] + len(target.passed) == 2000
    assert target.listener.counts["malformed"] > 1500
    assert not any(isinstance(request, Shutdown) for request in target.passed)


def test_five_hundred_streams_mutated_after_the_handshake(target: Target, watch: Watch) -> None:
    rng = random.Random(5)

    def stream() -> None:
        for _ in range(500):
            tail = message(target.key, b"1", rng.choice(VALID)) * 2
            target.throw(rng.choice((mutated(rng, tail), rng.choice(GREEDY) + tail, tail[:-3])), target.enter())
    survives(target, watch, 60, stream)
    assert len(target.passed) > 50 and sum(target.listener.counts.values()) > 10  # they were read


def test_a_recorded_conversation_says_the_same_again_and_nothing_after_a_restart(tmp_path: Path, watch: Watch) -> None:
    first = Target(tmp_path, watch)
    tape = message(first.key, b"1", encode(SUBMIT))
    for _ in range(2):
        first.throw(tape, first.enter())
    until(lambda: len(first.passed) == 2, first.tick)
    assert first.passed == [SUBMIT, SUBMIT]  # with one reply_id: one job
    old_key = first.key
    first.listener.close()
    second = Target(tmp_path, watch)
    second.throw(greeting(b"PLAIN") + hello(old_key) + initiate() + tape)
    second.throw(tape, second.enter())
    assert second.listener.turned_away == 1 and second.listener.counts == {"wrong key": 1}
    still_answers(second)
    assert second.passed == []
    second.listener.close()

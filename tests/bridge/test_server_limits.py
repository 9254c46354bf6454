"""What the listener holds at most: memory, connections, messages, time."""
from __future__ import annotations

import struct
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.errors import DaemonUnreachable
from bridge.messages import REPLIES, AskStatus, Hello, JobList, JobRequest, JobStatus, Refused, SeenNote, Submit
from bridge.packing import MAX_BYTES, decode, encode
from bridge.server import BATCH, Listener
from bridge.zmtp import Dealer
from tests.bridge.asking import answer_to, dealer_of, frames_of, request_of
from tests.bridge.raw_peers import until
from tests.bridge.under_fire import resident_mb


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[Listener]:
    listener = Listener(tmp_path / "state", max_peers=6)
    yield listener
    listener.close()


@pytest.mark.parametrize("body", [
    (b"\xdd" + struct.pack(">I", 25_000) + b"\x90" * 25_000) * 160, b"\x9f" + b"\xdc\x61\xa8" * 1_000_000,
    b"\x9f" + (b"\xdc\x61\xa8" + b"\x90" * 25_000) * 15 * 8, b"\x91" * 4_000_000,
    b"\x9f" + (b"\xdc\x61\xa8" + b"\xcb" + bytes(8)) * 300_000], ids=range(5))
def test_few_bytes_cannot_cost_much_memory(listener: Listener, body: bytes) -> None:
    dealer = dealer_of(listener)
    tracemalloc.start()
    try:
        reply = answer_to(listener, dealer, frames_of(listener, body))
        assert tracemalloc.get_traced_memory()[1] < 120e6
    finally:
        tracemalloc.stop()
        dealer.close()
    assert isinstance(reply, Refused) and "cannot be unpacked" in reply.reason


def test_the_largest_cue_arrives_and_a_larger_one_ends_the_connection(listener: Listener) -> None:
    notes = tuple(SeenNote(i / 8, 0.5, 60, 90) for i in range(20_000))
    submit = Submit(JobRequest("arrange", melody=notes), "r")
    dealer = dealer_of(listener)
    assert request_of(listener, dealer, frames_of(listener, encode(submit)))[1] == submit
    dealer.close()
    greedy = Dealer(listener.connection.port, listener.connection.key)
    greedy.send(frames_of(listener, bytes(MAX_BYTES + 1)))
    with pytest.raises(DaemonUnreachable):
        until(lambda: False, lambda: (listener.poll(0), greedy.poll()))


def test_a_peer_that_never_reads_does_not_fill_the_daemon(listener: Listener) -> None:
    """Replies past the high-water mark are thrown away."""
    dealer = dealer_of(listener)
    peer, _ = request_of(listener, dealer, frames_of(listener, encode(AskStatus())))
    before = resident_mb()
    long = JobList((JobStatus("j", "hits", "done", lines=("x" * 100_000,)),))
    for _ in range(3000):
        listener.reply(peer, long)
    assert resident_mb() - before < 80  # of 300 MB sent
    dealer.close()


def test_an_answer_too_long_to_send_says_so(listener: Listener) -> None:
    dealer = dealer_of(listener)
    peer, _ = request_of(listener, dealer, frames_of(listener, encode(AskStatus())))
    listener.reply(peer, JobList((JobStatus("j", "hits", "done", lines=("x" * MAX_BYTES,)),)))
    got: list[list[bytes]] = []
    until(lambda: got, lambda: got.extend(filter(None, [dealer.poll()])))
    reply = decode(REPLIES, got[0][2])
    assert isinstance(reply, Refused) and "too long" in reply.reason
    dealer.close()


def test_connections_past_the_limit_are_closed_and_room_comes_back(listener: Listener) -> None:
    held = [dealer_of(listener) for _ in range(6)]
    until(lambda: all(d.is_open for d in held), lambda: [listener.poll(1), *(d.poll() for d in held)])
    late = dealer_of(listener)
    with pytest.raises(DaemonUnreachable):
        until(lambda: False, lambda: (listener.poll(1), late.poll()))
    until(lambda: listener.peers == 6, lambda: listener.poll(1))
    for dealer in held:
        assert request_of(listener, dealer, frames_of(listener, encode(AskStatus("here"))))[1] == AskStatus("here")
    held.pop().close()
    until(lambda: listener.peers == 5, lambda: listener.poll(1))
    held.append(dealer_of(listener))
    until(lambda: held[-1].is_open, lambda: [listener.poll(1), held[-1].poll()])
    for dealer in held:
        dealer.close()


def test_a_flood_does_not_hold_the_daemon(listener: Listener) -> None:
    """One poll looks at a bounded number of messages, however many wait."""
    dealer = dealer_of(listener)
    for _ in range(5 * BATCH):
        dealer.send([b"wrong", b"1", b""])
    dealer.send(frames_of(listener, encode(Hello("x"))))
    seen: list[int] = []

    def tick() -> None:
        dealer.poll()
        before = listener.counts["wrong key"]
        got = listener.poll(1)
        seen.append(listener.counts["wrong key"] - before)
        if got:
            assert got[1] == Hello("x")
            seen.append(-1)
    until(lambda: seen and seen[-1] == -1, tick)
    assert max(seen) <= BATCH and listener.counts["wrong key"] == 5 * BATCH
    dealer.close()

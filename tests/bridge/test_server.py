"""The listener: what gets in, what is refused and how, and what a peer that vanishes does to it."""
from __future__ import annotations

import json
import os
import shutil
import struct
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import msgpack
import pytest
import zmq

from bridge.connection import read_connection, write_connection
from bridge.errors import DaemonUnreachable, StateFolderError
from bridge.messages import (
    REPLIES,
    AskStatus,
    Goodbye,
    Hello,
    JobList,
    JobRequest,
    JobStatus,
    ReaperAddress,
    Refused,
    RegisterReaper,
    SeenNote,
    Shutdown,
    Submit,
    Welcome,
)
from bridge.packing import MAX_BYTES, decode, encode
from bridge.server import BATCH, Listener
from bridge.zmtp import Dealer
from tests.bridge.raw_peers import until


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[Listener]:
    listener = Listener(tmp_path / "state", max_peers=6)
    yield listener
    listener.close()


def dealer_of(listener: Listener) -> Dealer:
    return Dealer(listener.connection.port, listener.connection.key)


def frames_of(listener: Listener, body: bytes) -> list[bytes]:
    return [listener.connection.key, b"1", body]


def answer_to(listener: Listener, dealer: Dealer, frames: list[bytes]) -> object:
    """What comes back for ``frames`` that the listener does not let through."""
    dealer.send(frames)
    got: list[list[bytes]] = []

    def tick() -> None:
        assert listener.poll(0) is None
        got.extend(filter(None, [dealer.poll()]))
    until(lambda: got, tick)
    assert got[0][:2] == [listener.connection.key, b"1"]
    return decode(REPLIES, got[0][2])


def request_of(listener: Listener, dealer: Dealer, frames: list[bytes]) -> tuple[bytes, object]:
    dealer.send(frames)
    got: list[tuple[bytes, object]] = []
    until(lambda: got, lambda: dealer.poll() or got.extend(filter(None, [listener.poll(1)])))
    return got[0]


def test_it_says_where_it_is_and_takes_it_back(tmp_path: Path) -> None:
    listener = Listener(tmp_path / "state")
    found = read_connection(tmp_path / "state")
    assert found == listener.connection
    assert found is not None and found.pid == os.getpid() and found.protocol == 1
    assert listener.endpoint == f"tcp://127.0.0.1:{found.port}"
    listener.close()
    listener.close()
    assert list((tmp_path / "state").iterdir()) == []


def test_the_last_replies_get_out_before_it_closes(tmp_path: Path) -> None:
    listener = Listener(tmp_path)
    dealer = dealer_of(listener)
    peer, _ = request_of(listener, dealer, frames_of(listener, encode(Shutdown())))
    long = JobList((JobStatus("j", "hits", "done", lines=("x" * 2000,)),))
    for _ in range(90):
        listener.reply(peer, long)
    listener.reply(peer, Goodbye())
    listener.close()
    frames: list[list[bytes]] = []
    until(lambda: len(frames) == 91, lambda: frames.extend(filter(None, [dealer.poll()])))
    assert decode(REPLIES, frames[-1][2]) == Goodbye()
    dealer.close()


def test_a_folder_it_cannot_use_is_an_error_and_leaves_nothing_open(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("")
    with pytest.raises(StateFolderError, match="cannot be written"):
        Listener(tmp_path / "state")


def test_it_does_not_remove_the_file_of_the_next_daemon(listener: Listener, tmp_path: Path) -> None:
    theirs = type(listener.connection)(5, b"k" * 32, os.getpid() + 1, 1)
    write_connection(tmp_path / "state", theirs)
    listener.close()
    assert read_connection(tmp_path / "state") == theirs


def test_a_deleted_or_damaged_connection_file_comes_back(tmp_path: Path) -> None:
    listener = Listener(tmp_path / "state", file_check_s=0)
    path = tmp_path / "state" / "daemon.json"
    for damage in (path.unlink, lambda: path.write_text("{damaged"), lambda: shutil.rmtree(path.parent)):
        damage()
        listener.poll(0)
        assert read_connection(tmp_path / "state") == listener.connection
    listener.close()


def test_requests_of_pyzmq_and_of_ours_arrive(listener: Listener) -> None:
    ours = dealer_of(listener)
    register = RegisterReaper(ReaperAddress(5, "s", 6))
    assert request_of(listener, ours, frames_of(listener, encode(register)))[1] == register
    with zmq.Context() as context, context.socket(zmq.DEALER) as theirs:
        theirs.linger, theirs.plain_username, theirs.plain_password = 0, b"x", listener.connection.key
        theirs.connect(listener.endpoint)
        theirs.send_multipart(frames_of(listener, msgpack.packb({"type": "AskStatus", "job": "j"})))
        got: list[tuple[bytes, object]] = []
        until(lambda: got, lambda: got.extend(filter(None, [listener.poll(5)])))
        assert got[0][1] == AskStatus("j")
        listener.reply(got[0][0], Welcome("1", 2))
        until(lambda: theirs.poll(5), lambda: listener.poll(0))
        assert decode(REPLIES, theirs.recv_multipart()[2]) == Welcome("1", 2)
    ours.close()


def test_another_version_gets_a_sentence(listener: Listener) -> None:
    dealer = dealer_of(listener)
    for version, shown in ((b"2", "the other side 2"), (b"", "the other side unknown"), (b"\xff" * 9, "side unknown")):
        reply = answer_to(listener, dealer, [listener.connection.key, version, b"anything"])
        assert isinstance(reply, Refused)
        assert f"daemon speaks protocol 1, {'the other side'}" in reply.reason and shown in reply.reason
        assert "restart REAPER" in reply.reason
    assert listener.counts == {"wrong version": 3}
    dealer.close()


DEEP = b"\x91" * 100_000 + b"\xc0"


@pytest.mark.parametrize("body, said", [
    (b"", "cannot be unpacked"), (b"\xc1", "cannot be unpacked"), (b"\x81", "cannot be unpacked"), (DEEP, "unpacked"),
    (b"\xdd\xff\xff\xff\xff", "unpacked"), (b"\xdb\xff\xff\xff\xff", "unpacked"), (b"\xc7\xff\x01", "unpacked"),
    (b"\xd6\xff\0\0\0\0", "unpacked"), (b"\x81\xc4\0\xc0", "unpacked"), (b"\x82\xa1a\xc0\xa1a\xc0", "given twice"),
    (b"\x81\xa1a\xa1\xff", "unpacked"), (b"\x81\x01\x01", "unpacked"), (b"\xc0\xc0", "unpacked"),
    (b"\x90", "not a message"), (encode(Welcome("1", 1)), "'Welcome' is not a message"),
    (msgpack.packb({"type": "os.system", "client": "x"}), "'os.system' is not a message"),
    (msgpack.packb({"type": "Hello"}), "client: missing"),
    (msgpack.packb({"type": "Hello", "client": "x", "shell": "rm"}), "shell: unknown field"),
    (b"\x82\xa4type\xa5Hello\xa6client" + b"\x91" * 900 + b"\xc0", "Hello does not fit"),
    (msgpack.packb({"type": "Cancel", "job": {"__reapy__": True}}), "job: expected text")], ids=range(20))
def test_what_does_not_fit_gets_a_sentence(listener: Listener, body: bytes, said: str) -> None:
    dealer = dealer_of(listener)
    reply = answer_to(listener, dealer, frames_of(listener, body))
    assert isinstance(reply, Refused) and said in reply.reason
    assert "\n" not in reply.reason and len(reply.reason) < 400
    assert listener.counts == {"malformed": 1}
    dealer.close()


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


def test_frames_too_few_and_too_many(listener: Listener) -> None:
    dealer = dealer_of(listener)
    key = listener.connection.key
    for frames in ([key, b"1"], [key, b"1", encode(AskStatus()), b""]):
        reply = answer_to(listener, dealer, frames)
        assert reply == Refused(f"{len(frames)} frames are not a message: send key, version and message")
    dealer.close()


def test_a_wrong_key_in_a_message_is_dropped_without_a_word(listener: Listener) -> None:
    dealer, key = dealer_of(listener), listener.connection.key
    wrong = [[b"x" * 32, b"1", encode(AskStatus())], [key[:-1], b"1", encode(AskStatus())], [b""], [key],
             [key, b"1", b"", b"", b""], [b"", key, b"1", encode(AskStatus())]]
    for frames in wrong:
        dealer.send(frames)
    assert request_of(listener, dealer, frames_of(listener, encode(AskStatus("end"))))[1] == AskStatus("end")
    assert listener.counts == {"wrong key": len(wrong)}
    dealer.close()


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


def test_a_reply_to_somebody_who_left_is_no_error(listener: Listener) -> None:
    dealer = dealer_of(listener)
    peer, _ = request_of(listener, dealer, frames_of(listener, encode(AskStatus())))
    dealer.close()
    until(lambda: listener.peers == 0, lambda: listener.poll(1))
    for _ in range(300):
        listener.reply(peer, Welcome("1", 1))
    listener.reply(b"never seen", Welcome("1", 1))
    other = dealer_of(listener)
    assert request_of(listener, other, frames_of(listener, encode(AskStatus("b"))))[1] == AskStatus("b")
    other.close()


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


def resident_mb() -> float:
    """Of this process, now; 0 where the system does not tell."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6
    except OSError:
        return 0.0


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


def test_nothing_listens_beyond_loopback(tmp_path: Path) -> None:
    """Knocks from a second network namespace where one can be made, else at this machine's outer address; a socket
    open to all is knocked at too, to see that the knocking works."""
    here = Path(__file__)
    done = subprocess.run([sys.executable, "-I", str(here.with_name("outer_network.py")), str(here.parents[2]),
                           str(tmp_path)], capture_output=True, text=True, check=True)
    seen = json.loads(done.stdout)
    assert seen["control"] is True
    assert seen["listener"] is (seen["from"] == "127.0.0.1")

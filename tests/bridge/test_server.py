"""The listener: what gets in, what is refused and how, and what a peer that vanishes does to it."""
from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgpack
import pytest
import zmq

from bridge.connection import read_connection, write_connection
from bridge.errors import StateFolderError
from bridge.messages import (
    REPLIES,
    AskStatus,
    Goodbye,
    JobList,
    JobStatus,
    ReaperAddress,
    Refused,
    RegisterReaper,
    Shutdown,
    Welcome,
)
from bridge.packing import decode, encode
from bridge.server import Listener
from tests.bridge.asking import answer_to, dealer_of, frames_of, request_of
from tests.bridge.raw_peers import until


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[Listener]:
    listener = Listener(tmp_path / "state", max_peers=6)
    yield listener
    listener.close()


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


def test_nothing_listens_beyond_loopback(tmp_path: Path) -> None:
    """Knocks from a second network namespace where one can be made, else at this machine's outer address; a socket
    open to all is knocked at too, to see that the knocking works."""
    here = Path(__file__)
    done = subprocess.run([sys.executable, "-I", str(here.with_name("outer_network.py")), str(here.parents[2]),
                           "daemon", str(tmp_path)], capture_output=True, text=True, check=True)
    seen = json.loads(done.stdout)
    assert seen["control"] is True
    assert seen["listener"] is (seen["from"] == "127.0.0.1")

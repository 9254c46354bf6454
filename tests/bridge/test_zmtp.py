"""The ZMTP dealer against pyzmq's ROUTER, and against peers that send every byte alone, too much, or nonsense."""
from __future__ import annotations

import random
import socket
import struct
from collections.abc import Iterator

import pytest
import zmq

from bridge.errors import BadMessage, DaemonUnreachable, KeyRefused
from bridge.zmtp import MAX_FRAMES, Dealer
from tests.bridge.raw_peers import PATIENCE_S, OneAccept, command, frame, greeting, message, ready, until


@pytest.fixture
def router() -> Iterator[zmq.Socket[bytes]]:
    with zmq.Context() as context, context.socket(zmq.ROUTER) as socket_:
        socket_.linger = 0
        socket_.rcvtimeo = int(PATIENCE_S * 1000)
        socket_.bind("tcp://127.0.0.1:*")
        yield socket_


def port_of(router: zmq.Socket[bytes]) -> int:
    return int(bytes(router.getsockopt(zmq.LAST_ENDPOINT)).rstrip(b"\0").rpartition(b":")[2])


def received(dealer: Dealer) -> list[bytes]:
    """The next message, as a program with a timer would get it: by polling."""
    got: list[list[bytes]] = []
    until(lambda: got, lambda: got.extend(filter(None, [dealer.poll()])) or dealer.wait(0.01))
    return got[0]


def echo(router: zmq.Socket[bytes], dealer: Dealer) -> list[bytes]:
    """What the ROUTER got, without the sender's address; sent back as well."""
    until(lambda: router.poll(0), dealer.poll)
    sender, *frames = router.recv_multipart()
    router.send_multipart([sender, *frames])
    return frames


@pytest.mark.parametrize("frames", [
    [b"hi"], [b""], [b"", b"x", b""], [b"a" * 255], [b"a" * 256], [b"a" * 70_000, b"b"], [b"x"] * MAX_FRAMES],
    ids=lambda f: f"{len(f)}x{len(f[0])}")
def test_messages_reach_pyzmq_and_come_back(router: zmq.Socket[bytes], frames: list[bytes]) -> None:
    dealer = Dealer(port_of(router))
    dealer.send(frames)
    assert echo(router, dealer) == frames
    assert received(dealer) == frames
    assert dealer.poll() is None and dealer.unsent_bytes == 0
    dealer.close()


def test_eight_megabytes_go_out_and_back_in_few_polls(router: zmq.Socket[bytes]) -> None:
    dealer = Dealer(port_of(router))
    frames = [b"head", random.Random(1).randbytes(8 << 20)]
    dealer.send(frames)
    assert echo(router, dealer) == frames
    assert received(dealer) == frames
    dealer.close()


def test_many_messages_keep_their_order(router: zmq.Socket[bytes]) -> None:
    dealer, wanted = Dealer(port_of(router)), [[b"%d" % i] for i in range(500)]
    for frames in wanted:
        dealer.send(frames)
    heard: list[list[bytes]] = []
    back: list[list[bytes]] = []

    def tick() -> None:
        back.extend(filter(None, [dealer.poll()]))
        while router.poll(0):
            heard.append(router.recv_multipart())
            router.send_multipart(heard[-1])
    until(lambda: len(back) == 500, tick)
    assert [frames[1:] for frames in heard] == back == wanted
    dealer.close()


def test_a_message_waits_for_a_peer_that_reads_slowly() -> None:
    with OneAccept() as server:
        dealer = Dealer(server.port)
        peer = server.take()
        body = random.Random(2).randbytes(6 << 20)
        dealer.send([body])
        peer.sendall(greeting() + ready())
        until(lambda: dealer.is_open, dealer.poll)
        assert dealer.unsent_bytes > 0
        wanted = greeting(minor=1) + command(b"READY", READY_DATA) + frame(body)
        got = bytearray()
        peer.setblocking(False)
        while len(got) < len(wanted):
            dealer.poll()
            try:
                got += peer.recv(100_000)
            except BlockingIOError:
                pass
        assert bytes(got) == wanted and dealer.unsent_bytes == 0
        dealer.close()


READY_DATA = b"\x0bSocket-Type\0\0\0\6DEALER\x08Identity\0\0\0\0"


@pytest.mark.parametrize("minor", [0, 1])
def test_a_peer_of_either_minor_version_that_sends_byte_by_byte(minor: int) -> None:
    with OneAccept() as server:
        dealer = Dealer(server.port)
        peer = server.take()
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        long_head = struct.pack(">BQ", 2, 3) + b"abc"
        for byte in greeting(minor=minor) + ready() + frame(b"one", more=True) + long_head:
            assert dealer.poll() is None
            peer.sendall(bytes((byte,)))
        assert received(dealer) == [b"one", b"abc"]
        dealer.close()


def test_pings_are_answered_and_other_commands_passed_over() -> None:
    with OneAccept() as server:
        dealer = Dealer(server.port)
        peer = server.take()
        peer.sendall(greeting(minor=1) + ready() + command(b"PING", b"\0\x0acontext") + command(b"SUBSCRIBE", b"x")
                     + command(b"PONG") + frame(b"one", more=True) + command(b"PING", b"\0\0") + frame(b"two"))
        assert received(dealer) == [b"one", b"two"]
        until(lambda: not dealer.unsent_bytes, dealer.poll)
        server.receive(64 + len(command(b"READY", READY_DATA)))
        assert server.receive(14) == command(b"PONG", b"context")
        assert server.receive(7) == command(b"PONG")
        dealer.close()


def test_heartbeats_of_pyzmq_keep_the_connection(router: zmq.Socket[bytes]) -> None:
    router.heartbeat_ivl, router.heartbeat_timeout = 20, 200
    router.bind("tcp://127.0.0.1:*")
    dealer = Dealer(port_of(router))
    with router.get_monitor_socket(zmq.EVENT_DISCONNECTED) as monitor:
        for i in range(30):
            dealer.send([b"%d" % i])
            assert echo(router, dealer) == [b"%d" % i]
            assert received(dealer) == [b"%d" % i]
            dealer.wait(0.02)
        assert not monitor.poll(0)
        router.disable_monitor()
    dealer.close()


def test_nobody_there_is_said_with_the_port() -> None:
    with OneAccept() as server:
        free = server.port
    dealer = Dealer(free)
    with pytest.raises(DaemonUnreachable, match=f"port {free} .*start it"):
        until(lambda: False, dealer.poll)
    dealer.close()


def test_a_peer_that_hangs_up_is_gone() -> None:
    with OneAccept() as server:
        dealer = Dealer(server.port)
        server.take().sendall(greeting() + ready() + frame(b"last") + frame(b"half", more=True))
        assert received(dealer) == [b"last"]
        server.hang_up()
        with pytest.raises(DaemonUnreachable, match="gone"):
            until(lambda: False, dealer.poll)


@pytest.mark.parametrize("said, data", [
    ("does not speak ZeroMQ", b"HTTP/1.1 400 Bad Request\r\n\r\n"),
    ("does not speak ZeroMQ", b"\xff" + bytes(8) + b"\x7f\x01"),
    ("does not speak ZeroMQ", b"\xff" + bytes(8) + b"\x00\x03"),
    ("another way to log in", greeting(b"CURVE")),
    ("another way to log in", greeting(b"PLAIN")),
    ("before the handshake", greeting() + frame(b"early")),
    ("in the handshake", greeting() + command(b"WELCOME")),
    ("in the handshake", greeting() + b"\x04\x00"),
    ("another key", greeting() + command(b"ERROR", b"\x03400")),
    ("flags 0x08", greeting() + ready() + b"\x08\x00"),
    ("flags 0x05", greeting() + ready() + b"\x05\x00"),
    ("more than 1000 bytes", greeting() + ready() + struct.pack(">BQ", 2, 1001)),
    ("more than 1000 bytes", greeting() + ready() + struct.pack(">BQ", 2, (1 << 64) - 1)),
    ("more than 1000 bytes", greeting() + ready() + message(b"x" * 600, b"x" * 401)),
    ("16 frames", greeting() + ready() + b"\x01\x00" * 17)])
def test_nonsense_ends_the_connection_with_a_sentence(said: str, data: bytes) -> None:
    with OneAccept() as server:
        dealer = Dealer(server.port, max_bytes=1000)
        server.take().sendall(data)
        with pytest.raises(DaemonUnreachable, match=said) as caught:
            until(lambda: False, dealer.poll)
        assert "\n" not in str(caught.value) and "stop the daemon" in str(caught.value)


def test_random_bytes_raise_one_error_or_nothing() -> None:
    rng = random.Random(3)
    sound = greeting() + ready() + message(b"a", b"b" * 300) + command(b"PING", b"\0\0x")
    for _ in range(150):
        data = bytearray(sound)
        for _ in range(rng.randint(1, 6)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        with OneAccept() as server:
            dealer = Dealer(server.port, max_bytes=1000)
            server.take().sendall(data[:rng.randint(1, len(data))])
            server.hang_up()
            try:
                until(lambda d=dealer: False, dealer.poll)  # type: ignore[misc]
            except DaemonUnreachable:
                dealer.close()


def test_a_message_over_the_limit_is_not_sent(router: zmq.Socket[bytes]) -> None:
    dealer = Dealer(port_of(router), max_bytes=1000)
    with pytest.raises(BadMessage, match="1000 bytes"):
        dealer.send([b"x" * 600, b"x" * 401])
    dealer.send([b"x" * 600, b"x" * 400])
    assert echo(router, dealer) == [b"x" * 600, b"x" * 400]
    dealer.close()
    dealer.close()


@pytest.mark.parametrize("password, taken", [(b"k" * 32, True), (b"wrong", False)])
def test_plain_lets_in_whoever_has_the_password(password: bytes, taken: bool) -> None:
    with zmq.Context() as context, context.socket(zmq.REP) as zap, context.socket(zmq.ROUTER) as router:
        zap.bind("inproc://zeromq.zap.01")
        router.plain_server, router.zap_domain, router.linger, zap.linger = True, b"x", 0, 0
        router.bind("tcp://127.0.0.1:*")
        dealer = Dealer(port_of(router), password)
        dealer.send([b"hi"])
        until(lambda: zap.poll(0), dealer.poll)
        asked = zap.recv_multipart()
        status = b"200" if asked[6:] == [b"filmcomposer", b"k" * 32] else b"400"
        zap.send_multipart([b"1.0", asked[1], status, b"", b"", b""])
        if taken:
            assert echo(router, dealer) == received(dealer) == [b"hi"]
        else:
            with pytest.raises(KeyRefused, match="another key"):
                until(lambda: False, dealer.poll)
        dealer.close()

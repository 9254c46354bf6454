"""What a client makes of somebody who is not its daemon."""
from __future__ import annotations

import msgpack
import pytest

from bridge.client import DaemonClient
from bridge.connection import Connection
from bridge.errors import BadMessage, BridgeError, DaemonUnreachable, WrongVersion
from bridge.messages import Hello, Welcome
from bridge.packing import encode
from tests.bridge.raw_peers import OneAccept, command, greeting, message, ready, until
from tests.bridge.serving import reply_of

KEY = bytes(range(32))
WELCOME = encode(Welcome("1", 1))


@pytest.mark.parametrize("frames, kind, said", [
    ((KEY, b"2", b"future"), WrongVersion, "daemon speaks protocol 2, this side 1"),
    ((KEY, b"x" * 99, WELCOME), WrongVersion, "protocol 0"),
    ((KEY[:-1] + b"x", b"1", WELCOME), DaemonUnreachable, "not the daemon"),
    ((KEY, b"1"), DaemonUnreachable, "not the daemon"),
    ((KEY, b"1", WELCOME, b""), DaemonUnreachable, "not the daemon"),
    ((KEY, b"1", WELCOME[:-1]), BadMessage, "not one of ours"),
    ((KEY, b"1", encode(Hello("x"))), BadMessage, "'Hello' is not a message"),
    ((KEY, b"1", msgpack.packb({"type": "Accepted", "job": 1})), BadMessage, "job: expected text")])
def test_strange_replies(frames: tuple[bytes, ...], kind: type[BridgeError], said: str) -> None:
    with OneAccept() as server:
        client = DaemonClient(Connection(server.port, KEY, 1, 1))
        client.send(Hello("x"))
        server.take().sendall(greeting(b"PLAIN") + command(b"WELCOME") + ready() + message(*frames))
        with pytest.raises(kind, match=said) as caught:
            until(lambda: False, client.poll)
        assert "\n" not in str(caught.value) and KEY.hex() not in str(caught.value)
        assert client.unanswered == 0 and client.poll() is None


def test_a_reply_nobody_asked_for_ends_the_connection() -> None:
    with OneAccept() as server:
        client = DaemonClient(Connection(server.port, KEY, 1, 1))
        client.send(Hello("x"))
        server.take().sendall(greeting(b"PLAIN") + command(b"WELCOME") + ready() + message(KEY, b"1", WELCOME) * 2)
        assert reply_of(client) == Welcome("1", 1)
        with pytest.raises(DaemonUnreachable, match="not the daemon"):
            until(lambda: False, client.poll)

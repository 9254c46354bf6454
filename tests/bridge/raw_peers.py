"""Other ends of a connection that misbehave on purpose, and the bytes they speak."""
from __future__ import annotations

import socket
import struct
import time
from collections.abc import Callable

from bridge.zmtp import _framed, _short

PATIENCE_S = 30.0
"""Nothing here waits for time to pass; this is when a test gives up."""


def greeting(mechanism: bytes = b"NULL", minor: int = 0) -> bytes:
    return b"\xff" + bytes(8) + b"\x7f\x03" + bytes((minor,)) + mechanism.ljust(20, b"\0") + bytes(32)


def frame(body: bytes, more: bool = False) -> bytes:
    return b"".join(_framed(body, int(more)))


def message(*bodies: bytes) -> bytes:
    return b"".join(frame(body, i < len(bodies) - 1) for i, body in enumerate(bodies))


def command(name: bytes, data: bytes = b"") -> bytes:
    return b"".join(_framed(_short(name) + data, 4))


def ready(socket_type: bytes = b"ROUTER") -> bytes:
    return command(b"READY", _short(b"Socket-Type") + struct.pack(">I", len(socket_type)) + socket_type)


def hello(key: bytes) -> bytes:
    return command(b"HELLO", _short(b"filmcomposer") + _short(key))


def initiate() -> bytes:
    return command(b"INITIATE", _short(b"Socket-Type") + struct.pack(">I", 6) + b"DEALER")


def until(condition: Callable[[], object], doing: Callable[[], object] = lambda: time.sleep(0.001)) -> None:
    """Repeat ``doing`` until ``condition``."""
    deadline_s = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline_s, "it did not happen"
        doing()


class OneAccept:
    """A TCP server of one connection at a time, driven by the test."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self.peer: socket.socket | None = None

    def __enter__(self) -> OneAccept:
        return self

    def __exit__(self, *_: object) -> None:
        self.hang_up()
        self._listening.close()

    def take(self) -> socket.socket:
        self._listening.settimeout(PATIENCE_S)
        self.peer, _ = self._listening.accept()
        self.peer.settimeout(PATIENCE_S)
        return self.peer

    def receive(self, count: int) -> bytes:
        """Exactly ``count`` bytes of the peer."""
        assert self.peer is not None
        data = b""
        while len(data) < count:
            more = self.peer.recv(count - len(data))
            assert more, f"the peer hung up after {len(data)} of {count} bytes"
            data += more
        return data

    def hang_up(self) -> None:
        if self.peer is not None:
            self.peer.close()
            self.peer = None

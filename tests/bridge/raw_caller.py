"""A caller that writes reapy's wire by hand, to say what reapy's client never would."""
from __future__ import annotations

import json
import socket
import struct
from typing import Any

from bridge.build_request import ENTRY


def request_of(secret: str, plan: Any = None) -> dict[str, Any]:
    """What the daemon sends, before it is JSON."""
    return {"function": dict(ENTRY), "input": {"args": [secret, {} if plan is None else plan], "kwargs": {}}}


def framed(body: bytes) -> bytes:
    return struct.pack("<Q", len(body)) + body


def wire(request: Any) -> bytes:
    return framed(json.dumps(request).encode())


class RawCaller:
    """A connection to ``port``; waits at most a minute for anything."""

    def __init__(self, port: int) -> None:
        self.link = socket.create_connection(("127.0.0.1", port), timeout=60)

    def send(self, data: bytes) -> None:
        self.link.sendall(data)

    def receive(self) -> bytes | None:
        """The next message; None when the line was closed."""
        head = self._exactly(8)
        return None if head is None else self._exactly(struct.unpack("<Q", head)[0])

    def ask(self, data: bytes) -> dict[str, Any] | None:
        """Wait for the greeting, send, wait for the answer; None when there was none."""
        if self.receive() is None:
            return None
        try:
            self.send(data)
            answer = self.receive()
        except ConnectionError:
            return None
        return None if answer is None else json.loads(answer)

    def _exactly(self, size: int) -> bytes | None:
        data = b""
        while len(data) < size:
            chunk = self.link.recv(size - len(data))
            if not chunk:
                return None
            data += chunk
        return data

    def break_off(self) -> None:
        """Close with a reset, as a killed process with unread data does."""
        self.link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.link.close()

    def __enter__(self) -> RawCaller:
        return self

    def __exit__(self, *_: object) -> None:
        self.link.close()

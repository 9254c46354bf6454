"""Who may connect to the daemon: the key is asked for in the handshake, and there is a limit to the connections.

Without the key no message gets in: an endless one would grow in the daemon's memory before it could be looked at
(20 MB sent as empty frames took 640 MB, measured with libzmq 4.3.5). No thread: the listener's loop serves the door.
"""
from __future__ import annotations

import hmac
import socket
from contextlib import suppress

import zmq
from zmq.utils.monitor import recv_monitor_message

MAX_PEERS = 64
"""REAPER holds one connection, a command line one; the rest is room for what hangs."""
_EVENTS = zmq.Event.ACCEPTED | zmq.Event.DISCONNECTED | zmq.Event.CLOSED


class Door:
    """Answers ZeroMQ's own authentication requests (ZAP, RFC 27) for one ROUTER, and closes connections past the limit.

    ``turned_away`` counts wrong keys and connections past the limit. Make it before the ROUTER is bound.
    """

    def __init__(self, context: zmq.Context[zmq.Socket[bytes]], router: zmq.Socket[bytes], key: bytes,
                 max_peers: int = MAX_PEERS) -> None:
        self._key = key
        self._max_peers = max_peers
        self._peers: set[int] = set()
        self.turned_away = 0
        self.port = 0
        router.plain_server = True
        router.zap_domain = b"filmcomposer"
        self.questions: zmq.Socket[bytes] = context.socket(zmq.ROUTER)
        self.questions.linger = 0
        self.questions.bind("inproc://zeromq.zap.01")
        self._router = router
        router.monitor("inproc://peers", _EVENTS)
        self.comings: zmq.Socket[bytes] = context.socket(zmq.PAIR)
        self.comings.linger = 0
        self.comings.rcvhwm = 0  # a full queue would stop ZeroMQ's own thread
        self.comings.connect("inproc://peers")

    @property
    def peers(self) -> int:
        return len(self._peers)

    def serve(self) -> None:
        """Deal with everybody who knocked since the last call. Does not wait."""
        with suppress(zmq.Again):
            while True:
                event = recv_monitor_message(self.comings, zmq.DONTWAIT)
                self._count(event["event"] == zmq.Event.ACCEPTED, event["value"])
        with suppress(zmq.Again):
            while True:
                self._answer(self.questions.recv_multipart(zmq.DONTWAIT))

    def close(self) -> None:
        self._router.disable_monitor()
        self.comings.close()
        self.questions.close()

    def _answer(self, frames: list[bytes]) -> None:
        """``frames``: sender, empty, version, request id, domain, address, identity, mechanism, user, password."""
        mechanism, password = frames[7], frames[9] if len(frames) == 10 else b""
        taken = mechanism == b"PLAIN" and hmac.compare_digest(password, self._key)
        if not taken:
            self.turned_away += 1
        status = [b"200", b"OK"] if taken else [b"400", b"another key"]
        self.questions.send_multipart([*frames[:4], *status, b"", b""])

    def _count(self, came: bool, descriptor: int) -> None:
        if not came:
            self._peers.discard(descriptor)
            return
        self._peers.add(descriptor)
        if len(self._peers) > self._max_peers:
            self.turned_away += 1
            _hang_up(descriptor, self.port)


def _hang_up(descriptor: int, port: int) -> None:
    """End a connection that ZeroMQ owns, if it still is one of ours: ZeroMQ notices and cleans up."""
    with suppress(OSError):
        with socket.fromfd(descriptor, socket.AF_INET, socket.SOCK_STREAM) as copy:
            if copy.getsockname() == ("127.0.0.1", port):
                copy.shutdown(socket.SHUT_RDWR)

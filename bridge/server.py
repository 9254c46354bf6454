"""The daemon's ear: frames in, requests out. Binds to loopback, writes the connection file, does no work itself.

Whoever lacks the key is turned away in the handshake (bridge/door.py). What comes in is checked frame by frame; what
does not fit is answered with Refused and never leaves this module.
"""
from __future__ import annotations

import hmac
import logging
import os
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgpack
import zmq

from bridge.connection import (
    Connection,
    new_key,
    read_connection,
    remove_connection,
    write_connection,
)
from bridge.door import MAX_PEERS, Door
from bridge.errors import BadMessage, StateFolderError
from bridge.messages import PROTOCOL_VERSION, REQUESTS, Refused, Reply, Request
from bridge.packing import MAX_BYTES, MAX_VALUES, from_map, to_map

QUEUE_MESSAGES = 100
"""High-water mark a peer, both ways: more wait in its own socket buffers."""
HANDSHAKE_MS = 10_000
FAREWELL_MS = 200
"""How long closing waits for replies that are on their way to somebody who does not read them."""
MAX_FRAMES = 4
LONGEST_ARRAY = 25_000
"""msgpack makes room for some of an announced array before it comes, at each of 1000 levels."""
BATCH = 256
"""Messages looked at in one poll at most, so that a flood does not keep the daemon from its other duties."""
FILE_CHECK_S = 5.0
"""How often the connection file is looked for."""

logger = logging.getLogger(__name__)


class Listener:
    """ROUTER on a free loopback port. Raises StateFolderError when the connection file cannot be written.

    ``counts`` says what was refused and why, for the log and the support bundle.
    """

    def __init__(self, folder: Path, max_peers: int = MAX_PEERS, file_check_s: float = FILE_CHECK_S) -> None:
        self._folder = folder
        self._file_check_s = file_check_s
        self.counts: Counter[str] = Counter()
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._router: zmq.Socket[bytes] = self._context.socket(zmq.ROUTER)
        key = new_key()
        self._door = Door(self._context, self._router, key, max_peers)
        try:
            port = self._bind()
            self._door.port = port
            self.connection = Connection(port, key, os.getpid(), PROTOCOL_VERSION)
            write_connection(folder, self.connection)
        except (StateFolderError, zmq.ZMQError):
            self._close_sockets()
            raise
        self._file_checked_s = time.monotonic()
        self._poller = zmq.Poller()
        for source in (self._router, self._door.questions, self._door.comings):
            self._poller.register(source, zmq.POLLIN)

    def _bind(self) -> int:
        router = self._router
        router.linger = 0
        router.maxmsgsize = MAX_BYTES
        router.handshake_ivl = HANDSHAKE_MS
        router.rcvhwm = router.sndhwm = QUEUE_MESSAGES
        router.router_mandatory = False  # whoever has gone misses the reply
        return int(router.bind_to_random_port("tcp://127.0.0.1"))

    @property
    def endpoint(self) -> str:
        """What the system says we listen on, such as ``tcp://127.0.0.1:49153``."""
        return bytes(self._router.getsockopt(zmq.LAST_ENDPOINT)).decode().rstrip("\0")

    @property
    def peers(self) -> int:
        """Open connections, those in the handshake included."""
        return self._door.peers

    @property
    def turned_away(self) -> int:
        """Wrong keys in the handshake, and connections past the limit."""
        return self._door.turned_away

    def poll(self, timeout_ms: int) -> tuple[bytes, Request] | None:
        """The next request and who sent it; None after ``timeout_ms``, or after a batch of refused ones."""
        deadline_s = time.monotonic() + timeout_ms / 1000
        self._keep_file()
        for _ in range(BATCH):
            self._door.serve()
            try:
                frames = self._router.recv_multipart(zmq.DONTWAIT)
            except zmq.Again:
                left_ms = int((deadline_s - time.monotonic()) * 1000)
                if left_ms <= 0:
                    return None
                self._poller.poll(left_ms)
                continue
            request = self._checked(frames[0], frames[1:])
            if request is not None:
                return frames[0], request
        return None

    def reply(self, peer: bytes, reply: Reply) -> None:
        """Answer ``peer``; nothing happens when it is gone or does not listen."""
        packed: bytes = msgpack.packb(to_map(reply))
        if len(packed) > MAX_BYTES:
            self.counts["reply too long"] += 1
            packed = msgpack.packb(to_map(Refused("the answer is too long to send: look into the results folder")))
        with suppress(zmq.ZMQError):
            self._router.send_multipart([peer, self.connection.key, _VERSION, packed], zmq.DONTWAIT)

    def close(self) -> None:
        """Stop listening and remove the connection file. Safe to call twice."""
        with suppress(StateFolderError, OSError):
            remove_connection(self._folder, self.connection.pid)
        self._close_sockets()

    def _close_sockets(self) -> None:
        if not self._router.closed:
            logger.info("Refused: %s; turned away: %d", dict(self.counts) or "nothing", self.turned_away)
            self._door.close()
            self._router.close(linger=FAREWELL_MS)
            self._context.term()

    def _keep_file(self) -> None:
        """Write the connection file again when somebody deleted or damaged it: no client could find us."""
        if time.monotonic() - self._file_checked_s < self._file_check_s:
            return
        self._file_checked_s = time.monotonic()
        try:
            if read_connection(self._folder) is None:
                logger.warning("The connection file was gone; written again")
                write_connection(self._folder, self.connection)
        except StateFolderError as error:
            logger.warning("%s", error)

    def _checked(self, peer: bytes, frames: list[bytes]) -> Request | None:
        """The request in ``frames``; None for what was dropped (no key) or refused (everything else)."""
        if len(frames) < 2 or len(frames) > MAX_FRAMES or not hmac.compare_digest(frames[0], self.connection.key):
            self.counts["wrong key"] += 1
            return None
        try:
            return self._read(frames)
        except _Refusal as refusal:
            self.counts[refusal.why] += 1
            self.reply(peer, Refused(str(refusal)))
            return None

    def _read(self, frames: list[bytes]) -> Request:
        if frames[1] != _VERSION:
            theirs = frames[1].decode() if frames[1].isdigit() and len(frames[1]) < 6 else "unknown"
            raise _Refusal("wrong version", f"the daemon speaks protocol {PROTOCOL_VERSION}, the other side {theirs}: "
                           "stop the daemon and restart REAPER, so that both are of the version installed now")
        if len(frames) != 3:
            raise _Refusal("malformed", f"{len(frames)} frames are not a message: send key, version and message")
        try:
            request: Request = from_map(REQUESTS, _unpacked(frames[2]))  # type: ignore[assignment]
        except BadMessage as error:
            raise _Refusal("malformed", str(error)) from None
        return request


class _Refusal(Exception):
    """The sentence for the sender, and the word to count it under."""

    def __init__(self, why: str, reason: str) -> None:
        super().__init__(reason)
        self.why = why


_VERSION = str(PROTOCOL_VERSION).encode()


def _unpacked(data: bytes) -> Any:
    """Plain data, within limits. Raises BadMessage."""
    bounds = _Bounds()
    try:
        return msgpack.unpackb(data, max_ext_len=0, max_bin_len=0, max_str_len=MAX_BYTES // 4, max_map_len=1000,
                               max_array_len=LONGEST_ARRAY, list_hook=bounds.array, object_pairs_hook=bounds.map)
    except (ValueError, TypeError, RecursionError, msgpack.UnpackException) as error:
        reason = " ".join(str(error).split())[:100]
        raise BadMessage(f"a message cannot be unpacked ({reason}): it is not one of ours") from None


class _Bounds:
    """What msgpack cannot be told: how many values there may be in all, and that keys are text and differ."""

    def __init__(self) -> None:
        self._values_left = MAX_VALUES

    def array(self, items: list[object]) -> list[object]:
        self._take(len(items))
        return items

    def map(self, pairs: list[tuple[object, object]]) -> dict[object, object]:
        self._take(2 * len(pairs))
        found = dict(pairs)
        if len(found) != len(pairs) or not all(type(key) is str for key in found):
            raise ValueError("a key that is not text or given twice")
        return found

    def _take(self, count: int) -> None:
        self._values_left -= count
        if self._values_left < 0:
            raise ValueError(f"more than {MAX_VALUES} values")

"""A ZeroMQ DEALER over one plain socket, in the standard library: ZMTP 3.0 and 3.1, mechanisms NULL and PLAIN.

pyzmq cannot be loaded a second time into a program that restarts its Python, as REAPER may; this can. No thread and no
waiting: :meth:`Dealer.poll` moves what can be moved, and stays at most a few milliseconds when a message is half-way.
"""
from __future__ import annotations

import errno
import os
import selectors
import socket
import struct
import time
from collections import deque

from bridge.errors import BadMessage, DaemonUnreachable, KeyRefused

MAX_BYTES = 16 << 20
"""Of one message, all frames together."""
MAX_FRAMES = 16
CHUNK_BYTES = 256 << 10
BUDGET_S = 0.020
"""The most that one poll takes: half a tick of REAPER's 30 Hz timer."""
STALL_S = 0.002
"""How long one poll waits for the other side in the middle of a message or of the handshake."""

_MORE, _LONG, _COMMAND = 1, 2, 4
_GREETING_BYTES = 64
_USER = b"filmcomposer"
_LIBZMQ_ERROR = b"^RROR"
"""What libzmq up to 4.3.5 sends as ERROR in the PLAIN handshake (seen on the wire; its length byte comes out wrong)."""
_UNDER_WAY = (0, errno.EINPROGRESS, errno.EWOULDBLOCK, errno.EALREADY, 10035)  # numbers: Windows' own
_NOT_YET = (errno.ENOTCONN, 10057)


class Dealer:
    """One connection to a ROUTER (or REP, or DEALER) on this machine.

    With ``password`` the handshake is PLAIN, else NULL. Sending before the handshake is through is fine: messages wait
    here. After any error the connection is closed; make a new Dealer.
    """

    def __init__(self, tcp_port: int, password: bytes | None = None, max_bytes: int = MAX_BYTES) -> None:
        self._password = password
        self._max_bytes = max_bytes
        self._in = bytearray()
        self._frames: list[bytes] = []
        self._messages: deque[list[bytes]] = deque()
        self._out: deque[memoryview] = deque()
        self._waiting: list[bytes] = []
        self._expects = "greeting"
        self._connected = False
        mechanism = b"NULL" if password is None else b"PLAIN"
        self._push(b"\xff" + bytes(8) + b"\x7f\x03\x01" + mechanism.ljust(20, b"\0") + bytes(32))
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.setblocking(False)
        self._address = ("127.0.0.1", tcp_port)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._socket, selectors.EVENT_READ)
        code = self._socket.connect_ex(self._address)
        self._refused = code if code not in _UNDER_WAY else 0

    @property
    def is_open(self) -> bool:
        """Whether the handshake is through."""
        return self._expects == "messages"

    @property
    def unsent_bytes(self) -> int:
        return sum(len(part) for part in (*self._out, *self._waiting))

    def send(self, frames: list[bytes]) -> None:
        """Queue one message and move what can be moved. Raises DaemonUnreachable when the connection is gone."""
        if sum(map(len, frames)) > self._max_bytes:
            raise BadMessage(f"a message of more than {self._max_bytes} bytes cannot be sent: send a shorter cue")
        wire = [part for i, frame in enumerate(frames) for part in _framed(frame, _MORE * (i < len(frames) - 1))]
        if self.is_open:
            for part in wire:
                self._push(part)
        else:
            self._waiting += wire
        self._move()

    def poll(self, budget_s: float = BUDGET_S) -> list[bytes] | None:
        """The next message, or None. Returns at once unless something is half-way, and then within ``budget_s``.

        Raises DaemonUnreachable when the other side is gone or speaks something else, KeyRefused when it does not take
        the password.
        """
        deadline_s = time.monotonic() + budget_s
        while True:
            moved = self._messages or self._move()
            if self._messages:
                return self._messages.popleft()
            left_s = deadline_s - time.monotonic()
            if left_s <= 0 or not moved and not (self._is_half_way() and self.wait(min(left_s, STALL_S))):
                return None

    def wait(self, timeout_s: float) -> bool:
        """Whether something can be moved within ``timeout_s``. For programs with nothing else to do."""
        if self._messages:
            return True
        wants_write = bool(self._out) or not self._connected
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if wants_write else 0)
        self._selector.modify(self._socket, events)
        return bool(self._selector.select(timeout_s))

    def close(self) -> None:
        """Safe to call twice. What was not sent is lost."""
        self._selector.close()
        self._socket.close()

    def _is_half_way(self) -> bool:
        return bool(self._out or self._in or self._frames) or not self.is_open

    def _push(self, data: bytes) -> None:
        if data:
            self._out.append(memoryview(data))

    def _move(self) -> bool:
        """Write and read what the socket takes and has; whether that was anything."""
        if not self._connected and not self._connect():
            return False
        try:
            wrote = self._write()
            read = self._read()
            return read or wrote
        except OSError as error:
            raise self._lost(error) from None

    def _connect(self) -> bool:
        code = self._refused or self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            raise self._lost(OSError(code, os.strerror(code)))
        try:
            self._socket.getpeername()
        except OSError as error:
            if error.errno in _NOT_YET:
                return False
            raise self._lost(error) from None
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._connected = True
        return True

    def _lost(self, error: OSError | None) -> DaemonUnreachable:
        self.close()
        why = "it closed the connection" if error is None else error.strerror or str(error)
        if not self._connected:
            return DaemonUnreachable(f"no FilmComposer daemon answers on port {self._address[1]} ({why}): start it")
        return DaemonUnreachable(f"the FilmComposer daemon is gone ({why}): run the action again to start another one")

    def _write(self) -> bool:
        wrote = False
        while self._out:
            part = self._out[0]
            try:
                sent = self._socket.send(part[:CHUNK_BYTES])
            except (BlockingIOError, InterruptedError):
                break
            wrote = True
            if sent == len(part):
                self._out.popleft()
            else:
                self._out[0] = part[sent:]
        return wrote

    def _read(self) -> bool:
        """Read until there is a message or nothing more to read."""
        read = False
        while not self._messages:
            try:
                data = self._socket.recv(CHUNK_BYTES)
            except (BlockingIOError, InterruptedError):
                break
            if not data:
                raise self._lost(None)
            read = True
            self._in += data
            self._take_in()
        return read

    def _take_in(self) -> None:
        """Turn the bytes at hand into greeting, commands and messages."""
        try:
            if self._expects == "greeting":
                self._take_greeting()
            while self._expects != "greeting" and (frame := self._next_frame()) is not None:
                self._take_frame(*frame)
        except DaemonUnreachable:
            self.close()
            raise

    def _take_greeting(self) -> None:
        head = bytes(self._in[:_GREETING_BYTES])
        if head[:1] not in (b"", b"\xff") or len(head) > 10 and (head[9] & 1 == 0 or head[10] < 3):
            raise self._stranger("it does not speak ZeroMQ 3")
        if len(head) < _GREETING_BYTES:
            return
        mechanism = b"NULL" if self._password is None else b"PLAIN"
        if head[12:32].rstrip(b"\0") != mechanism:
            raise self._stranger("it wants another way to log in")
        del self._in[:_GREETING_BYTES]
        if self._password is None:
            self._expects = "READY"
            self._command(b"READY", _METADATA)
        else:
            self._expects = "WELCOME"
            self._command(b"HELLO", _short(_USER) + _short(self._password))

    def _stranger(self, why: str) -> DaemonUnreachable:
        return DaemonUnreachable(f"what answers on port {self._address[1]} is no FilmComposer daemon ({why}): "
                          "stop the daemon and start it again")

    def _next_frame(self) -> tuple[int, bytes] | None:
        """Flags and body of the next whole frame. A frame that would be too long is refused by its head."""
        head_bytes = 9 if self._in[:1] and self._in[0] & _LONG else 2
        if len(self._in) < head_bytes:
            return None
        flags = self._in[0]
        size = self._in[1] if head_bytes == 2 else struct.unpack_from(">Q", self._in, 1)[0]
        if flags & ~7 or flags & _COMMAND and flags & _MORE:
            raise self._stranger(f"it sent a frame with flags 0x{flags:02x}")
        held = sum(map(len, self._frames))
        if size + held > self._max_bytes or len(self._frames) >= MAX_FRAMES:
            raise self._stranger(f"it sent more than {self._max_bytes} bytes or {MAX_FRAMES} frames in one message")
        end = head_bytes + size
        if len(self._in) < end:
            return None
        with memoryview(self._in) as view:
            body = bytes(view[head_bytes:end])
        del self._in[:end]
        return flags, body

    def _take_frame(self, flags: int, body: bytes) -> None:
        if flags & _COMMAND:
            self._take_command(body)
        elif not self.is_open:
            raise self._stranger("it sent a message before the handshake")
        else:
            self._frames.append(body)
            if not flags & _MORE:
                self._messages.append(self._frames)
                self._frames = []

    def _take_command(self, body: bytes) -> None:
        name, data = body[1:1 + body[0]] if body else b"", body[1 + body[0]:] if body else b""
        if name == b"ERROR" or body.startswith(_LIBZMQ_ERROR):
            raise KeyRefused("the daemon runs with another key than its connection file says: stop the daemon "
                             "and start it again")
        if name == b"PING" and self.is_open:
            self._command(b"PONG", data[2:18])
        elif name == b"WELCOME" == self._expects.encode():
            self._expects = "READY"
            self._command(b"INITIATE", _METADATA)
        elif name == b"READY" == self._expects.encode():
            self._expects = "messages"
            for part in self._waiting:
                self._push(part)
            self._waiting = []
        elif not self.is_open:
            raise self._stranger(f"it sent {name[:20]!a} in the handshake")

    def _command(self, name: bytes, data: bytes) -> None:
        for part in _framed(_short(name) + data, _COMMAND):
            self._push(part)


def _short(data: bytes) -> bytes:
    return bytes((len(data),)) + data


def _framed(body: bytes, flags: int) -> tuple[bytes, bytes]:
    """Head and body of a frame."""
    if len(body) < 256:
        return bytes((flags, len(body))), body
    return struct.pack(">BQ", flags | _LONG, len(body)), body


_METADATA = _short(b"Socket-Type") + struct.pack(">I", 6) + b"DEALER" + _short(b"Identity") + struct.pack(">I", 0)

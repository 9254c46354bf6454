"""Runs inside REAPER: a listener on loopback that takes one plan a request, in the wire format of reapy's client.

The client is told its own address on connecting; then it sends one request and gets one answer, each an 8-byte
little-endian length and JSON. What may stand in a request is decided in ``build_request``, on bytes, before anything is
decoded; whoever lacks the secret makes this process hold a few hundred bytes.

A connection serves one request. Time limits run on a clock that stands still while REAPER is busy, so a long render
does not cut a caller off. A caller that has given up by the time its request is whole is not built for.
Stays inside what REAPER's Python may import.
"""
from __future__ import annotations

import json
import logging
import os
import socket
import time
from collections.abc import Callable
from typing import Any

from bridge.build_request import MAX_BYTES, NOT_ADMITTED, TOO_LARGE, Gate, RequestRefused

_MAX_CALLERS = 8
_UNKNOWN_CALLER_S = 5.0
_REQUEST_S = 60.0
_ANSWER_S = 60.0
_LEAVING_S = 2.0
_LONGEST_TICK_S = 0.25
_BYTES_A_TICK = 16 * 1024 * 1024
_WAIT_A_TICK_S = 0.004
"""A sender that was let in fills the socket again while we read; a plan of 1 MB then takes a few ticks, not dozens."""
_CHUNK = 256 * 1024

_log = logging.getLogger(__name__)


class _Allowance:
    """What one tick may read and wait, over all callers."""

    def __init__(self) -> None:
        self._bytes_left = _BYTES_A_TICK
        self._wait_left_s = _WAIT_A_TICK_S

    def receive(self, link: socket.socket, size: int, patient: bool = False) -> bytes | None:
        """At most ``size`` bytes, None when nothing is there, b"" at the end. Raises OSError."""
        size = min(size, _CHUNK, self._bytes_left)
        if size <= 0:
            return None
        try:
            chunk = link.recv(size)
        except BlockingIOError:
            if not patient or self._wait_left_s <= 0:
                return None
            waited = self._wait(link, size)
            if waited is None:
                return None
            chunk = waited
        self._bytes_left -= len(chunk)
        return chunk

    def _wait(self, link: socket.socket, size: int) -> bytes | None:
        """By the socket's own timeout: select() fails where REAPER holds more than 1024 files open."""
        start_s = time.monotonic()
        link.settimeout(self._wait_left_s)
        try:
            return link.recv(size)
        except TimeoutError:
            return None
        finally:
            link.setblocking(False)
            self._wait_left_s -= time.monotonic() - start_s


class _Caller:
    """One connection: a request comes in, an answer goes out, the line is closed."""

    def __init__(self, link: socket.socket, address: object, now_s: float) -> None:
        link.setblocking(False)
        self.link = link
        self.trusted = False
        self.asking = True
        self.deadline_s = now_s + _UNKNOWN_CALLER_S
        self._received = bytearray()
        self._to_send = bytearray(_framed(str(address).encode("ascii")))
        self._said_goodbye = False

    @property
    def expendable(self) -> bool:
        """A stranger, or one who has been told everything."""
        return not self.trusted or self._said_goodbye

    def read(self, gate: Gate, allowance: _Allowance, now_s: float) -> bool:
        """Take what is there; True when the request is whole. Raises RequestRefused, OSError."""
        while missing := self._missing(gate, now_s):
            chunk = allowance.receive(self.link, missing, patient=self.trusted)
            if chunk is None:
                return False
            if not chunk:
                raise ConnectionAbortedError("the caller left before its request was whole")
            self._received += chunk
        return True

    def _missing(self, gate: Gate, now_s: float) -> int:
        """How many bytes may be read next: never past what has been judged."""
        if len(self._received) < 8:
            return 8 - len(self._received)
        length = int.from_bytes(self._received[:8], "little")
        if not gate.least_bytes <= length <= MAX_BYTES:
            raise RequestRefused(NOT_ADMITTED if length <= MAX_BYTES else TOO_LARGE)
        if not self.trusted:
            if len(self._received) < 8 + gate.head_bytes:
                return 8 + gate.head_bytes - len(self._received)
            if not gate.admits(bytes(self._received[8:])):
                raise RequestRefused(NOT_ADMITTED)
            self.trusted, self.deadline_s = True, now_s + _REQUEST_S
        return 8 + length - len(self._received)

    def take_body(self) -> bytes:
        """The request, which is then let go. Raises RequestRefused when more came, OSError when the caller left."""
        try:
            more = self.link.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            body = bytes(memoryview(self._received)[8:])
            self._received = bytearray()
            return body
        if not more:
            raise ConnectionAbortedError("the caller gave up; nothing is built for it")
        raise RequestRefused(NOT_ADMITTED)

    def answer(self, body: bytes, now_s: float) -> None:
        self.asking, self._received = False, bytearray()
        self._to_send += _framed(body)
        self.deadline_s = now_s + _ANSWER_S

    def send(self, now_s: float) -> None:
        """As much as the line takes now. Raises OSError."""
        try:
            while self._to_send:
                del self._to_send[:self.link.send(self._to_send)]
        except BlockingIOError:
            return
        if not self.asking and not self._said_goodbye:
            self.link.shutdown(socket.SHUT_WR)
            self._said_goodbye, self.deadline_s = True, now_s + _LEAVING_S

    def see_off(self, allowance: _Allowance) -> None:
        """Closing with unread bytes would tear the answer from the line; so read on until the caller closes."""
        while (chunk := allowance.receive(self.link, _CHUNK)) is not None:
            if not chunk:
                raise ConnectionAbortedError("done")


class ReaperServer:
    """Takes builds for the open project; ``tick`` is called from REAPER's defer loop and returns at once.

    ``handler`` gets the plan and returns the report, both plain dicts; it runs inside ``tick``, at most once a tick.
    What it raises becomes the caller's one-line error. ``port`` is on 127.0.0.1; ``secret`` is 64 hex digits, new for
    every server. Raises OSError when no port can be had.
    """

    def __init__(self, handler: Callable[[dict[str, Any]], dict[str, Any]], *,
                 clock: Callable[[], float] = time.monotonic) -> None:
        self._handler, self._clock = handler, clock
        self.secret = os.urandom(32).hex()
        self._gate = Gate(self.secret)
        self._callers: list[_Caller] = []
        self._last_s, self._now_s = clock(), 0.0
        self._listener: socket.socket | None = _listening_socket()
        self.port: int = self._listener.getsockname()[1]

    def tick(self) -> None:
        """Serve what is there. Never waits for a stranger, and at most 4 ms for a caller that holds the secret."""
        if self._listener is None:
            return
        now_s, allowance = self._clock(), _Allowance()
        self._now_s += min(max(0.0, now_s - self._last_s), _LONGEST_TICK_S)
        self._last_s = now_s
        may_build = True
        for caller in tuple(self._callers):
            may_build = not self._serve(caller, allowance, may_build) and may_build
        if self._listener is not None:  # a build may have closed us
            self._accept(self._listener)

    def close(self) -> None:
        """Hang up on everyone and stop listening. May be called twice."""
        for caller in tuple(self._callers):
            self._drop(caller)
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    def _serve(self, caller: _Caller, allowance: _Allowance, may_build: bool) -> bool:
        """True when a plan was built. Nothing a caller does gets out of here."""
        built = False
        try:
            try:
                if caller.asking and caller.read(self._gate, allowance, self._now_s) and may_build:
                    plan = self._gate.plan(caller.take_body())
                    built = True
                    caller.answer(self._build(plan), self._now_s)
            except RequestRefused as refusal:
                _log.debug("refused: %s", refusal)
                caller.answer(_error(str(refusal)), self._now_s)
            caller.send(self._now_s)
            if not caller.asking:
                caller.see_off(allowance)
            if self._now_s > caller.deadline_s:
                raise TimeoutError("the caller took too long")
        except OSError as error:
            _log.debug("caller gone: %s", error)
            self._drop(caller)
        return built

    def _build(self, plan: dict[str, Any]) -> bytes:
        try:
            report = self._handler(plan)
            answer = json.dumps({"type": "result", "value": report}, allow_nan=False).encode("ascii")
        except Exception as error:  # whatever it is, REAPER and this server go on
            _log.error("the build stopped", exc_info=True)
            what = " ".join(str(error).split())[:300]
            return _error(f"The build stopped inside REAPER ({type(error).__name__}: {what}). "
                          "Undo in REAPER if tracks are half made; the log has the details.")
        if len(answer) > MAX_BYTES:
            return _error("The build is done, but its report is too large to send.")
        return answer

    def _accept(self, listener: socket.socket) -> None:
        """After serving, so that whoever holds the secret is known before a crowd at the door pushes others out."""
        for _ in range(_MAX_CALLERS):
            try:
                link, address = listener.accept()
            except OSError:  # nobody there, or gone again
                return
            try:
                if len(self._callers) >= _MAX_CALLERS:
                    self._make_room()
                link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                caller = _Caller(link, address, self._now_s)
                caller.send(self._now_s)
                self._callers.append(caller)
            except OSError:
                link.close()

    def _make_room(self) -> None:
        """Hang up on the oldest stranger. Raises OSError when all are known."""
        for caller in self._callers:
            if caller.expendable:
                self._drop(caller)
                return
        raise ConnectionRefusedError("all places are taken")

    def _drop(self, caller: _Caller) -> None:
        caller.link.close()
        if caller in self._callers:
            self._callers.remove(caller)


def _listening_socket() -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):  # Windows lets others listen on a taken port otherwise
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        listener.bind(("127.0.0.1", 0))
        listener.listen(_MAX_CALLERS)
        listener.setblocking(False)
    except OSError:
        listener.close()
        raise
    return listener


def _framed(body: bytes) -> bytes:
    return len(body).to_bytes(8, "little") + body


def _error(line: str) -> bytes:
    return json.dumps({"type": "error", "traceback": line}).encode("ascii")

"""The daemon as REAPER's actions and the command line see it: messages go out, replies come back in order.

Frames both ways: the key, the protocol version in ASCII, the packed message. The key also opens the connection itself
(ZeroMQ's PLAIN handshake), so that nobody without it gets a message as far as the daemon.
"""
from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from bridge.connection import Connection, is_alive, read_connection
from bridge.errors import BridgeError, DaemonUnreachable, ReplyLost, WrongVersion
from bridge.messages import (
    PROTOCOL_VERSION,
    REPLIES,
    AskStatus,
    Hello,
    ListJobs,
    RegisterReaper,
    Reply,
    Request,
    Submit,
)
from bridge.packing import decode, encode
from bridge.zmtp import Dealer

REPLY_TIMEOUT_S = 15.0
"""The daemon's loop does no work: silence of this length means that the reply is lost."""
MAX_UNANSWERED = 32
"""Less than the daemon keeps for one connection: it drops replies past that, and the order would be lost."""
_LONGEST_STEP_S = 0.5
"""Silence is counted while somebody listens: a REAPER that stood in a dialog has not been waiting."""
_REPEATABLE = (Hello, Submit, AskStatus, ListJobs, RegisterReaper)
"""Asking these twice is asking once. A repeated Cancel could stop the job after the one that was meant."""


class DaemonClient:
    """One connection to the daemon; opened by the first message, opened again after a loss.

    ``reread`` gives the connection file's content of now, and is asked when the daemon at ``connection`` is gone.
    After any error nothing is expected any more, and the next :meth:`send` starts afresh.
    """

    def __init__(self, connection: Connection, reread: Callable[[], Connection | None] | None = None,
                 reply_timeout_s: float = REPLY_TIMEOUT_S, now_s: Callable[[], float] = time.monotonic) -> None:
        self._connection = connection
        self._reread = reread
        self._reply_timeout_s = reply_timeout_s
        self._now_s = now_s
        self._dealer: Dealer | None = None
        self._unanswered: deque[bytes] = deque()
        self._silent_s = 0.0
        self._last_look_s = 0.0

    def __enter__(self) -> DaemonClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def unanswered(self) -> int:
        """How many messages wait for their reply."""
        return len(self._unanswered)

    def send(self, message: Request) -> None:
        """Queue one message and return. Several may be under way; replies come in the same order.

        Raises BadMessage when it cannot be packed, DaemonUnreachable when no daemon is there, ReplyLost when
        MAX_UNANSWERED messages wait for their replies already.
        """
        packed = encode(message)
        if len(self._unanswered) >= MAX_UNANSWERED:
            self.close()
            raise ReplyLost(f"the daemon left {MAX_UNANSWERED} messages without an answer: it is stuck; stop it and "
                            "start it again")
        self._send(packed)

    def poll(self) -> Reply | None:
        """The next reply, or None: ask again at the next tick. Stays at most some milliseconds.

        Raises DaemonUnreachable (ReplyLost when the message may have arrived), WrongVersion or BadMessage.
        """
        if self._dealer is None:
            return None
        try:
            frames = self._dealer.poll()
            if frames is None:
                self._count_silence()
                return None
            return self._opened(frames)
        except DaemonUnreachable as error:
            self._go_on_after(error)
            return None
        except BridgeError:
            self.close()
            raise

    def request(self, message: Request, timeout_s: float) -> Reply:
        """Send and wait for the reply, at most ``timeout_s``. For the command line; replies under way are dropped.

        A message that may be repeated is sent once more when the daemon was replaced meanwhile.
        """
        deadline_s = time.monotonic() + timeout_s
        if self._unanswered:
            self.close()
        packed = encode(message)
        try:
            self._send(packed)
            return self._await(deadline_s, timeout_s)
        except DaemonUnreachable as error:
            repeat = isinstance(message, _REPEATABLE) or not isinstance(error, ReplyLost)
            if not (repeat and time.monotonic() < deadline_s and self._refresh()):
                raise
        self._send(packed)
        return self._await(deadline_s, timeout_s)

    def close(self) -> None:
        """Forget what is under way. The client can be used again."""
        if self._dealer is not None:
            self._dealer.close()
        self._dealer = None
        self._unanswered.clear()

    def _send(self, packed: bytes) -> None:
        if self._dealer is not None and not self._unanswered and not self._is_still_there():
            self.close()
            self._refresh()
        lost = bool(self._unanswered)
        try:
            self._post(packed)
        except DaemonUnreachable as error:
            if lost:
                raise ReplyLost(str(error)) from None
            if not self._refresh():
                raise
            self._post(packed)

    def _post(self, packed: bytes) -> None:
        if self._dealer is None:
            self._dealer = Dealer(self._connection.port, self._connection.key)
        if not self._unanswered:
            self._silent_s, self._last_look_s = 0.0, self._now_s()
        try:
            self._dealer.send([self._connection.key, str(PROTOCOL_VERSION).encode(), packed])
        except DaemonUnreachable:
            self.close()
            raise
        self._unanswered.append(packed)

    def _is_still_there(self) -> bool:
        """Whether an idle connection can be used: a daemon that stopped has closed it."""
        assert self._dealer is not None
        try:
            return self._dealer.poll() is None
        except BridgeError:
            return False

    def _refresh(self) -> bool:
        """Whether the connection file names another daemon than ours by now; if so it is ours from here on."""
        found = self._reread() if self._reread else None
        if found is None or found == self._connection:
            return False
        _check_version(found.protocol)
        self.close()
        self._connection = found
        return True

    def _go_on_after(self, error: DaemonUnreachable) -> None:
        """What never left is sent to the daemon that took over, if there is one; else raises."""
        again = list(self._unanswered)
        delivered = again and self._dealer is not None and self._dealer.is_open
        self.close()
        if delivered:
            raise ReplyLost(str(error)) from None
        if not self._refresh():
            raise error
        for packed in again:
            self._post(packed)

    def _await(self, deadline_s: float, timeout_s: float) -> Reply:
        while True:
            reply = self.poll()
            if reply is not None:
                return reply
            left_s = deadline_s - time.monotonic()
            if left_s <= 0 or self._dealer is None:
                self.close()
                raise ReplyLost(f"the daemon did not answer within {timeout_s:g} s: it is busy or stuck; try again, "
                                "or stop it and start it again")
            self._dealer.wait(min(left_s, _LONGEST_STEP_S))

    def _count_silence(self) -> None:
        if not self._unanswered:
            return
        now_s = self._now_s()
        self._silent_s += min(now_s - self._last_look_s, _LONGEST_STEP_S)
        self._last_look_s = now_s
        if self._silent_s > self._reply_timeout_s:
            raise ReplyLost(f"the daemon has not answered for {self._reply_timeout_s:g} s: it is stuck; stop it and "
                            "start it again")

    def _opened(self, frames: list[bytes]) -> Reply:
        """The reply in ``frames``."""
        if len(frames) != 3 or not _equal(frames[0], self._connection.key) or not self._unanswered:
            raise DaemonUnreachable("what answers is not the daemon of the connection file: stop the daemon and start "
                                    "it again")
        _check_version(int(frames[1]) if frames[1].isdigit() and len(frames[1]) < 6 else 0)
        reply: Reply = decode(REPLIES, frames[2])  # type: ignore[assignment]
        self._unanswered.popleft()
        self._silent_s, self._last_look_s = 0.0, self._now_s()
        return reply


def _check_version(theirs: int) -> None:
    if theirs != PROTOCOL_VERSION:
        raise WrongVersion(f"the daemon speaks protocol {theirs}, this side {PROTOCOL_VERSION}: stop the daemon and "
                           "restart REAPER, so that both are of the version installed now")


def _equal(given: bytes, key: bytes) -> bool:
    """Compare in a time that does not tell where they differ (hmac's compare cannot be loaded here)."""
    different = len(given) ^ len(key)
    for a, b in zip(given, key, strict=False):
        different |= a ^ b
    return different == 0


def connect(folder: Path, reply_timeout_s: float = REPLY_TIMEOUT_S) -> DaemonClient:
    """A client of the daemon whose connection file lies in ``folder``. Nothing is opened yet.

    Raises DaemonUnreachable when no daemon runs, WrongVersion when it is of another version.
    """
    found = read_connection(folder)
    if found is None or not is_alive(found):
        raise DaemonUnreachable("the FilmComposer daemon is not running: start it with the action 'FilmComposer: "
                                "Start/stop daemon' or with 'filmcomposer daemon'")
    _check_version(found.protocol)
    return DaemonClient(found, lambda: read_connection(folder), reply_timeout_s)

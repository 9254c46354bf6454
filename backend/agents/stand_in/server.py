"""An OpenAI-compatible server on this machine that says what a responder tells it to: real HTTP, no model.

``GET /v1/models`` and ``POST /v1/chat/completions`` (not streamed) with usage figures and OpenAI's error bodies.
"""
from __future__ import annotations

import socket
import struct
import sys
import threading
from collections.abc import Callable, Iterable
from http.server import ThreadingHTTPServer
from types import TracebackType
from typing import Any

from backend.agents.stand_in.asked import Asked
from backend.agents.stand_in.breakdown import Breakdown
from backend.agents.stand_in.handler import Handler

_GOODBYE_S = 5.0
Responder = Callable[[Asked], "str | Breakdown"]
"""Says what the model says, or how the server breaks down."""


class StandIn(ThreadingHTTPServer):
    """Serves from construction (or ``with``) until ``close``, on a free port unless one is given.

    ``models`` are the names it goes by. ``key`` is the only API key it takes ("" takes all). It may lack
    ``"schema"``, ``"vision"``, ``"temperature"``, ``"seed"`` like many a server, and has a context of
    ``context_tokens`` (0 has no bounds).
    """

    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, responder: Responder, model: str | Iterable[str] = "stand-in", *, tcp_port: int = 0,
                 key: str = "", lacks: Iterable[str] = (), context_tokens: int = 0) -> None:
        super().__init__(("127.0.0.1", tcp_port), Handler)
        self.responder = responder
        self.models = (model,) if isinstance(model, str) else tuple(model)
        self.key, self.lacks, self.context_tokens = key, frozenset(lacks), context_tokens
        self.released = threading.Event()
        self._lock = threading.Condition()
        self._asked: list[Asked] = []
        self._answers = 0
        self._failing: tuple[int, Breakdown] | None = None
        self._open: set[socket.socket] = set()
        self._torn: set[socket.socket] = set()
        self._closed = False
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), name="stand-in", daemon=True)
        self._thread.start()

    @property
    def base_url(self) -> str:
        """What OPENAI_BASE_URL is set to."""
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    @property
    def asked(self) -> list[Asked]:
        """Every chat request so far, read."""
        with self._lock:
            return list(self._asked)

    @property
    def requests(self) -> list[dict[str, Any]]:
        """The body of every chat request so far."""
        return [asked.body for asked in self.asked]

    def fail_after(self, count: int, how: str | Breakdown) -> None:
        """After ``count`` more replies nothing but breakdowns: ``"500"``, ``"reset"``, ``"hang"``, ``"gone"`` ..."""
        with self._lock:
            self._failing = (self._answers + count, Breakdown.named(how))
        if count == 0 and Breakdown.named(how).kind == "gone":
            self.stop_listening()

    def recover(self) -> None:
        """Answers again (not after ``gone``)."""
        with self._lock:
            self._failing = None

    def wait_for(self, count: int, timeout_s: float = 60.0) -> bool:
        """Until ``count`` chat requests have come; False when they have not in time."""
        with self._lock:
            return self._lock.wait_for(lambda: len(self._asked) >= count, timeout_s)

    def answer(self, asked: Asked) -> str | Breakdown:
        """The responder's word, unless the server is to fail by now."""
        with self._lock:
            self._asked.append(asked)
            self._lock.notify_all()
            failing = self._failing
            if failing and self._answers >= failing[0]:
                return failing[1]
            self._answers += 1
        return self.responder(asked)

    def stop_listening(self) -> None:
        """New connections are refused, those that stand are torn down."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            open_now = list(self._open)
        self.shutdown()
        self.server_close()
        self.released.set()
        for connection in open_now:
            hang_up(connection)

    def close(self) -> None:
        """Release what hangs, close all connections, stop."""
        self.stop_listening()
        self._thread.join()
        with self._lock:
            self._lock.wait_for(lambda: not self._open, _GOODBYE_S)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._open.discard(request)
            torn = request in self._torn
            self._torn.discard(request)
            self._lock.notify_all()
        if torn:
            request.close()
        else:
            super().shutdown_request(request)

    def reset(self, connection: socket.socket) -> None:
        """When its handler is done, the client sees a reset instead of a farewell."""
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        with self._lock:
            self._torn.add(connection)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is daily life."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)

    def __enter__(self) -> StandIn:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()


def hang_up(connection: socket.socket) -> None:
    """Tear a connection down at both ends."""
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass

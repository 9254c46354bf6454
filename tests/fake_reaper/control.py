"""The wire between a test and the fake REAPER in another process: one JSON object a line, over loopback.

A request is ``{"do": name, "args": [...]}``; it is carried out on REAPER's main thread between two ticks. The answer is
``{"result": ...}`` or ``{"error": text}``.
"""
from __future__ import annotations

import json
import queue
import socket
import threading
from collections.abc import Callable
from typing import Any

_BACKLOG = 4
_CLOSED = "the fake REAPER is closing"


class ControlServer:
    """Accepts on a free loopback port; ``answer_all`` carries out what has come in meanwhile."""

    def __init__(self, handle: Callable[[str, list[Any]], Any]) -> None:
        self._handle = handle
        self._waiting: queue.Queue[tuple[str, list[Any], queue.Queue[dict[str, Any]]]] = queue.Queue()
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=_BACKLOG)
        self.port: int = self._socket.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def submit(self, name: str, args: list[Any]) -> dict[str, Any]:
        """From any thread: wait until the main thread has done it."""
        answer: queue.Queue[dict[str, Any]] = queue.Queue()
        self._waiting.put((name, args, answer))
        return answer.get()

    def answer_all(self, wait_s: float) -> None:
        """On the main thread: carry out requests until ``wait_s`` have passed without one."""
        try:
            name, args, answer = self._waiting.get(timeout=max(0.0, wait_s))
        except queue.Empty:
            return
        try:
            answer.put({"result": self._handle(name, args)})
        except Exception as error:
            answer.put({"error": f"{type(error).__name__}: {error}"})

    def close(self) -> None:
        self._socket.close()
        while not self._waiting.empty():
            self._waiting.get_nowait()[2].put({"error": _CLOSED})

    def _accept(self) -> None:
        while True:
            try:
                peer, _address = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(peer,), daemon=True).start()

    def _serve(self, peer: socket.socket) -> None:
        with peer, peer.makefile("rwb") as stream:
            try:
                for line in stream:
                    request = json.loads(line)
                    answer = self.submit(request["do"], request.get("args", []))
                    stream.write(json.dumps(answer).encode() + b"\n")
                    stream.flush()
            except OSError:
                return


class ControlClient:
    """One connection; ``ask`` raises RuntimeError with what went wrong over there."""

    def __init__(self, port: int, timeout_s: float) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=timeout_s)
        self._stream = self._socket.makefile("rwb")

    @property
    def address(self) -> tuple[str, int]:
        host, port = self._socket.getpeername()[:2]
        return str(host), int(port)

    def ask(self, name: str, *args: Any) -> Any:
        self._stream.write(json.dumps({"do": name, "args": args}).encode() + b"\n")
        self._stream.flush()
        line = self._stream.readline()
        if not line:
            raise ConnectionError("the fake REAPER has gone away")
        answer = json.loads(line)
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer["result"]

    def close(self) -> None:
        self._stream.close()
        self._socket.close()

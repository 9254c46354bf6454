"""A daemon's ear in a thread of its own for clients that wait, and waiting for a client that does not."""
from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from bridge.client import DaemonClient
from bridge.messages import Reply, Request
from bridge.server import Listener
from tests.bridge.raw_peers import until


class Serving:
    """``answer`` gives the reply to each request, or None for none. ``heard`` is everything that came in."""

    def __init__(self, folder: Path, answer: Callable[[Request], Reply | None]) -> None:
        self.listener = Listener(folder)
        self.heard: list[Request] = []
        self._answer = answer
        self._leaving = threading.Event()
        self._thread = threading.Thread(target=self._loop)

    def __enter__(self) -> Serving:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._leaving.set()
        self._thread.join()

    def _loop(self) -> None:
        while not self._leaving.is_set():
            got = self.listener.poll(20)
            if got is not None:
                self.heard.append(got[1])
                reply = self._answer(got[1])
                if reply is not None:
                    self.listener.reply(got[0], reply)
        self.listener.close()


def reply_of(client: DaemonClient) -> Reply:
    got: list[Reply] = []
    until(lambda: got, lambda: got.extend(filter(None, [client.poll()])))
    return got[0]

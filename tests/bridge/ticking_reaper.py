"""A REAPER as the wire sees it: a ReaperServer ticked at 100 Hz by its own thread, and what it was asked to build."""
from __future__ import annotations

import threading
from typing import Any

from bridge.messages import ReaperAddress
from bridge.reaper_server import ReaperServer


class Builds:
    """A handler that remembers."""

    def __init__(self) -> None:
        self.plans: list[dict[str, Any]] = []

    def __call__(self, plan: dict[str, Any]) -> dict[str, Any]:
        self.plans.append(plan)
        return {"built": len(self.plans), "answer": "a" * plan.get("answer_bytes", 0)}


class TickingReaper:
    """Keeps every plan in ``plans`` and answers how many there were; a plan with ``answer_bytes`` gets that many back,
    one with ``fail`` an error. An error of ``tick`` itself comes out at the end of the ``with`` block."""

    def __init__(self) -> None:
        self.plans: list[dict[str, Any]] = []
        self.server = ReaperServer(self._handle)
        self.ticks = 0
        self._stop = threading.Event()
        self._errors: list[BaseException] = []
        self._thread = threading.Thread(target=self._run, name="reaper")

    @property
    def address(self) -> ReaperAddress:
        return ReaperAddress(self.server.port, self.server.secret, 1)

    def _handle(self, plan: dict[str, Any]) -> dict[str, Any]:
        self.plans.append(plan)
        if "fail" in plan:
            raise ValueError(plan["fail"])
        return {"built": len(self.plans), "answer": "a" * plan.get("answer_bytes", 0)}

    def _run(self) -> None:
        try:
            while not self._stop.wait(0.01):
                self.server.tick()
                self.ticks += 1
        except BaseException as error:  # told to the test
            self._errors.append(error)

    def __enter__(self) -> TickingReaper:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self.server.close()
        if self._errors:
            raise self._errors[0]

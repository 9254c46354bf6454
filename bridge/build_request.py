"""What a request to a REAPER must look like, and the plan in it.

reapy's client sends a function, as module and name, and its arguments; ours sends this, and nothing else is let in:

    {"function": {"__callable__": true, "module_name": "bridge.reaper_server", "name": "build"},
     "input": {"args": ["<secret>", PLAN], "kwargs": {}}}

All that stands in front of the plan, module, name and secret at once, is compared byte for byte with the one text
allowed there, and so is the end, before anything is decoded. No callable is looked up, none is imported. The plan is
plain JSON: what reapy would turn into an object is refused. Stays inside what REAPER's Python may import.
"""
from __future__ import annotations

import json
from typing import Any

ENTRY = {"__callable__": True, "module_name": "bridge.reaper_server", "name": "build"}
"""The one function a caller may name, as reapy's encoder writes a callable. It is a name only."""
MAX_BYTES = 64 * 1024 * 1024
"""Of a request, and of an answer."""
MAX_DEPTH = 32
"""Of lists and objects in a plan; a LivePlan needs 8."""


class RequestRefused(Exception):
    """The caller gets the text, one line, and the connection ends."""


NOT_ADMITTED = ("REAPER refused the request: it is not a build, or its secret is not this REAPER's. "
                "Run a FilmComposer action in REAPER again.")
TOO_LARGE = f"REAPER refused the plan: more than {MAX_BYTES // 1024 // 1024} MB. Score a shorter region."
_NO_PLAN = "REAPER refused the plan: it is not plain JSON. Restart the daemon, so that both sides are of one version."


class Gate:
    """What a request must look like around its plan."""

    def __init__(self, secret: str) -> None:
        text = json.dumps({"function": ENTRY, "input": {"args": [secret, None], "kwargs": {}}})
        before, _, after = text.rpartition("null")
        self._before, self._after = before.encode("ascii"), after.encode("ascii")
        self.head_bytes = len(self._before)
        self.least_bytes = len(self._before) + len("{}") + len(self._after)

    def admits(self, head: bytes) -> bool:
        """Compared over its whole length, so that the time taken says nothing about where it differs."""
        difference = len(head) ^ self.head_bytes
        for theirs, ours in zip(head, self._before, strict=False):
            difference |= theirs ^ ours
        return difference == 0

    def plan(self, body: bytes) -> dict[str, Any]:
        if not body.endswith(self._after):
            raise RequestRefused(NOT_ADMITTED)
        try:
            plan = json.loads(body[self.head_bytes:-len(self._after)], parse_constant=_no_number)
        except (ValueError, RecursionError):
            raise RequestRefused(_NO_PLAN) from None
        if not isinstance(plan, dict) or not is_plain(plan):
            raise RequestRefused(_NO_PLAN)
        return plan


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is not a number")


def is_plain(plan: dict[str, Any]) -> bool:
    """No key that reapy would turn into an object, no endless nesting."""
    level: list[Any] = [plan]
    for _ in range(MAX_DEPTH):
        inner: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                if any(key.startswith("__") for key in value):
                    return False
                inner.extend(value.values())
            elif isinstance(value, list):
                inner.extend(value)
        if not inner:
            return True
        level = inner
    return False

"""A case of Table 7: a question with a known answer."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from backend.agents.ensemble.question import Desk

TASKS = ("assessment", "arrangement", "mix")


@dataclass(frozen=True)
class TrialCase:
    """``put`` asks one question at a desk; ``known`` is the answer in words, ``agrees`` compares a payload with it.
    ``kind`` groups cases for the table."""

    task: str
    kind: str
    chat: str
    known: str
    put: Callable[[Desk], Any]
    agrees: Callable[[Any], bool]

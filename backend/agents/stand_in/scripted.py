"""Every speaker of the ensemble by script: sensible answers made from the request and from nothing else.

A speaker whose prompt leaves out what it needs answers with a sentence that names it, which no schema accepts. The
exact place is kept in ``complaints``, so that a test can say what a prompt omitted.
"""
from __future__ import annotations

import threading
from collections.abc import Callable

from backend.agents.stand_in import scripted_assess
from backend.agents.stand_in.asked import Asked
from backend.agents.stand_in.saying import Saying
from backend.agents.stand_in.sheet import Missing, Sheet

Part = Callable[[Sheet], Saying]
PARTS: dict[str, Part] = {
    **{speaker: scripted_assess.review for speaker in ("mode", "melody", "harmony", "rhythm", "emotion")},
}
"""Speaker -> how it answers."""


class Scripted:
    """A responder. ``complaints`` are what prompts lacked, in order."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._complaints: list[str] = []

    @property
    def complaints(self) -> tuple[str, ...]:
        with self._lock:
            return tuple(self._complaints)

    def __call__(self, asked: Asked) -> str:
        sheet = Sheet(asked)
        try:
            if sheet.speaker not in PARTS:
                raise Missing("the system prompt states nobody's duty")
            return PARTS[sheet.speaker](sheet).text()
        except Missing as missing:
            with self._lock:
                self._complaints.append(str(missing))
            return f"I cannot answer: {missing}."

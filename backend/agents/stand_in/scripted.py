"""Every speaker of the ensemble by script: sensible answers made from the request and from nothing else.

A speaker whose prompt leaves out what it needs answers with a sentence that names it, which no schema accepts. The
exact place is kept in ``complaints``, so that a test can say what a prompt omitted.
"""
from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from backend.agents.stand_in import scripted_assess, scripted_cast, scripted_doctor, scripted_plan, scripted_revise
from backend.agents.stand_in.asked import Asked
from backend.agents.stand_in.saying import Saying
from backend.agents.stand_in.sheet import Missing, Sheet


def _look(sheet: Sheet) -> Saying:
    """Pictures need OpenCV, words do not."""
    from backend.agents.stand_in.scripted_visual import look
    return look(sheet)


Part = Callable[[Sheet], Saying]
PARTS: dict[str, Part] = {
    "visual": _look,
    **{speaker: scripted_assess.review for speaker in ("mode", "melody", "harmony", "rhythm", "emotion")},
    "analyze": scripted_plan.analyze, "arrange": scripted_plan.arrange, "voice_part": scripted_plan.voice_part,
    "instrument": scripted_cast.instrument, "volume": scripted_cast.volume, "mixing": scripted_cast.mixing,
    "reviewer": scripted_cast.reviewer, "reviser": scripted_revise.revise,
}
"""Speaker -> how it answers."""


def _wanted(payload: dict[str, Any], asked: Asked) -> dict[str, Any]:
    """Of a second attempt, the fields of the payload that the schema asks for."""
    definitions, payload_schema = asked.schema.get("$defs", {}), asked.schema.get("properties", {}).get("payload", {})
    named = definitions.get(str(payload_schema.get("$ref", "")).rpartition("/")[2], payload_schema)
    return {name: value for name, value in payload.items() if name in named.get("properties", payload)}


class Scripted:
    """A responder. ``complaints`` are what prompts lacked and ``frames`` the burnt-in numbers of the pictures that
    came, both in order."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._complaints: list[str] = []
        self._frames: list[int | None] = []

    @property
    def complaints(self) -> tuple[str, ...]:
        with self._lock:
            return tuple(self._complaints)

    @property
    def frames(self) -> tuple[int | None, ...]:
        with self._lock:
            return tuple(self._frames)

    def __call__(self, asked: Asked) -> str:
        sheet = Sheet(asked)
        try:
            if scripted_doctor.is_asked(sheet):
                return scripted_doctor.answer(sheet)
            if sheet.speaker not in PARTS:
                raise Missing("the system prompt states nobody's duty")
            said = PARTS[sheet.speaker](sheet)
        except Missing as missing:
            with self._lock:
                self._complaints.append(str(missing))
            return f"I cannot answer: {missing}."
        with self._lock:
            self._frames += said.frames
        return said.text() if not asked.errors else replace(said, payload=_wanted(said.payload, asked)).text()

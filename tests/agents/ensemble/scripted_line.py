"""A line that says what it was told to say, in order, and remembers what it was asked."""
from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

from backend.agents.ensemble.question import LineLost, Message, Reply


def in_turn(say: Callable[[Message], Reply], messages: tuple[Message, ...]) -> tuple[Reply | LineLost, ...]:
    """One after the other, as a line that does not hurry."""
    out: list[Reply | LineLost] = []
    for message in messages:
        try:
            out.append(say(message))
        except LineLost as lost:
            out.append(lost)
    return tuple(out)


class ScriptedLine:
    """``script``: texts, or LineLost where nobody answers; the last one stays."""

    def __init__(self, *script: str | LineLost, model: str = "gpt-x") -> None:
        self.script = list(script)
        self.model = model
        self.asked: list[Message] = []
        self.begun: list[str] = []

    def say(self, message: Message) -> Reply:
        self.asked.append(message)
        words = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if isinstance(words, LineLost):
            raise words
        message.leaving()
        return Reply(words, self.model, _hash(message.task + message.errors), _hash(words), 1000, 100)

    def say_all(self, messages: tuple[Message, ...]) -> tuple[Reply | LineLost, ...]:
        return in_turn(self.say, messages)

    def begin(self, chat: str) -> None:
        self.begun.append(chat)


def envelope(payload: Any, summary: str = "Loud where it moves.", metrics: tuple[str, ...] = ("motion",),
             confidence: Any = 0.8, **more: Any) -> str:
    """An answer as a model writes it."""
    return json.dumps({"reasoning_summary": summary, "metrics": list(metrics), "confidence": confidence,
                       "payload": payload, **more})


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:32]

"""A line whose replies are made by a function, and a real desk on it."""
from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from backend.agents.ensemble.desk.desk import AnswerDesk
from backend.agents.ensemble.question import LineLost, Message, Reply
from backend.domain import serial


def envelope(payload: Any, summary: str = "done") -> str:
    """What a well-behaved model says; ``payload`` is a plan or plain data."""
    return json.dumps({"reasoning_summary": summary, "metrics": ["motion"], "confidence": 0.5,
                       "payload": serial.to_plain(payload)})


@dataclass
class SpokenLine:
    """``speak`` makes the reply to a message; None means that the server is gone."""

    speak: Callable[[Message], str | None]
    heard: list[Message] = field(default_factory=list)
    begun: list[str] = field(default_factory=list)

    def say(self, message: Message) -> Reply:
        self.heard.append(message)
        text = self.speak(message)
        if text is None:
            raise LineLost("nobody there")
        return Reply(text, "spoken", f"{len(self.heard):032x}", "0" * 32, 10, 10)

    def say_all(self, messages: tuple[Message, ...]) -> tuple[Reply | LineLost, ...]:
        return tuple(self.say(message) for message in messages)

    def begin(self, chat: str) -> None:
        self.begun.append(chat)


def spoken_desk(speak: Callable[[Message], str | None]) -> tuple[AnswerDesk, SpokenLine]:
    line = SpokenLine(speak)
    return AnswerDesk(line, model="spoken", prompting="cot", seed=0, folder=None, say=lambda text: None,
                      sent_to=""), line

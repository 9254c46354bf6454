"""A desk without a line: what each speaker says is told beforehand; questions are kept, faults are refused."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

from backend.agents.ensemble.question import Answer, Question
from backend.domain.ensemble import ChatRecord


class ToldDesk:
    """``tell`` makes the payload of a question; one with faults is an AssertionError."""

    model, prompting, seed = "told", "cot", 0

    def __init__(self, tell: Callable[[Question[Any]], Any]) -> None:
        self._tell = tell
        self.asked: list[Question[Any]] = []
        self.together: list[tuple[str, ...]] = []
        self.begun: list[str] = []

    def model_of(self, speaker: str) -> str:
        return self.model

    def ask(self, question: Question[Any]) -> Answer[Any]:
        return self.ask_all((question,))[0]

    def ask_all(self, questions: tuple[Question[Any], ...]) -> tuple[Answer[Any], ...]:
        self.together.append(tuple(question.agent for question in questions))
        return tuple(self._answer(question) for question in questions)

    def _answer(self, question: Question[Any]) -> Answer[Any]:
        self.asked.append(question)
        payload = self._tell(question)
        faults = question.check(payload)
        assert not faults, faults
        return Answer(payload, "", (), 1.0, "llm", ())

    def begin(self, chat: str) -> None:
        self.begun.append(chat)

    def record(self, chat: str) -> ChatRecord:
        return ChatRecord(chat, self.prompting)

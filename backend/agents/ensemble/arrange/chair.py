"""A speaker's place in the arrangers' chat: how it is called, what it is asked, and what it said before."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from backend.agents.ensemble.naming import called
from backend.agents.ensemble.prompts import system_prompt
from backend.agents.ensemble.question import Desk, Fault, Question
from backend.domain.ensemble import FieldSource
from backend.domain.requests import ArrangeRequest
from backend.domain.score import Melody

T = TypeVar("T")

Choices = dict[str, tuple[str, ...]]
CHAT = "arrange"
STEPS = {"analyze": "A1", "arrange": "A2", "voice_part": "A2b", "instrument": "A3", "volume": "A4", "mixing": "A5",
         "reviewer": "R"}


@dataclass
class Chair(Generic[T]):
    """``identity`` and ``only`` are those of the :class:`Question`; ``fields`` say who decided what of the
    last answer."""

    desk: Desk
    speaker: str
    shape: type[T]
    identity: dict[str, str] = field(default_factory=dict)
    only: tuple[str, ...] = ()
    fields: tuple[FieldSource, ...] = ()
    _said: tuple[Melody, int, T] | None = None

    @property
    def name(self) -> str:
        """``llm-analyze:gpt-4.1``."""
        return f"llm-{self.speaker}:{called(self.desk, self.speaker)}"

    def before(self, request: ArrangeRequest) -> T | None:
        """What was said of the same melody in an earlier round."""
        if self._said is None or self._said[1] >= len(request.reviews) or self._said[0] != request.melody:
            return None
        return self._said[2]

    def keep(self, request: ArrangeRequest, payload: T) -> T:
        """Remember for the next round."""
        self._said = (request.melody, len(request.reviews), payload)
        return payload

    def ask(self, request: ArrangeRequest, task: str, twin: Callable[[], T],
            check: Callable[[T], tuple[Fault, ...]], choices: Choices | None = None) -> T:
        """The payload that passed, whoever said it; ``choices`` are those of the :class:`Question`."""
        question = Question(CHAT, STEPS[self.speaker], self.speaker, system_prompt(self.speaker, self.desk.prompting),
                            task, self.shape, twin, check, (), self.identity, only=self.only,
                            round=len(request.reviews) + 1, choices=choices or {})
        answer = self.desk.ask(question)
        self.fields = answer.fields
        return answer.payload

"""Putting cases at a desk and counting first replies."""
from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from backend.agents.ensemble.question import Answer, Desk, Question
from backend.agents.trials.case import TrialCase
from backend.domain.ensemble import ChatRecord

T = TypeVar("T")
Outcome = Literal["agrees", "differs", "faulty", "lost"]
"""``faulty``: the first reply failed schema or checks. ``lost``: none came; such a case counts for nothing."""


class AsideDesk:
    """A desk where every question is put aside, so that no case hears another, and every answer is kept as it came."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.payloads: list[Any] = []
        self.sources: list[str] = []

    @property
    def model(self) -> str:
        return self._desk.model

    def model_of(self, speaker: str) -> str:
        return self._desk.model_of(speaker)

    @property
    def prompting(self) -> str:
        return self._desk.prompting

    @property
    def seed(self) -> int:
        return self._desk.seed

    def ask(self, question: Question[T]) -> Answer[T]:
        return self.ask_all((question,))[0]

    def ask_all(self, questions: tuple[Question[Any], ...]) -> tuple[Answer[Any], ...]:
        answers = self._desk.ask_all(questions)
        self.payloads += [answer.payload for answer in answers]
        self.sources += [answer.source for answer in answers]
        return answers

    def begin(self, chat: str) -> None:
        self._desk.begin(chat)

    def record(self, chat: str) -> ChatRecord:
        return self._desk.record(chat)


@dataclass
class Tally:
    """Outcomes of one task at one level, and by kind of case."""

    outcomes: Counter[str] = field(default_factory=Counter)
    kinds: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, kind: str, outcome: Outcome) -> None:
        self.outcomes[outcome] += 1
        self.kinds.setdefault(kind, Counter())[outcome] += 1

    @property
    def counted(self) -> int:
        return self.outcomes.total() - self.outcomes["lost"]


def tally(cases: Iterable[TrialCase], desk: Desk, done: Callable[[int], None] = lambda number: None) -> Tally:
    """Every case once. Raises what the desk raises; what was counted before is lost then: see :func:`count_into`."""
    found = Tally()
    count_into(found, cases, desk, done)
    return found


def count_into(found: Tally, cases: Iterable[TrialCase], desk: Desk, done: Callable[[int], None]) -> None:
    for number, case in enumerate(cases, 1):
        found.add(case.kind, outcome(case, desk))
        done(number)


def outcome(case: TrialCase, desk: Desk) -> Outcome:
    """Of the first reply, by schema and checks; what a second attempt or a twin made of it does not count, remarks on
    what was read past (a summary of 81 words) do not either."""
    aside = AsideDesk(desk)
    desk.begin(case.chat)
    case.put(aside)
    said = [turn for turn in desk.record(case.chat).turns if turn.source == "llm"]
    if not said:
        return "lost"
    if len(said) > 1 or set(aside.sources) != {"llm"}:
        return "faulty"
    return "agrees" if case.agrees(aside.payloads[-1]) else "differs"

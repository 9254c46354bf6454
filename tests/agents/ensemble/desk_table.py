"""A small question about seats, and a desk on a scripted line to ask it at."""
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from backend.agents.ensemble.desk.desk import AnswerDesk
from backend.agents.ensemble.question import Answer, Fault, LineLost, Question
from tests.agents.ensemble.scripted_line import ScriptedLine


@dataclass(frozen=True)
class Seat:
    index: int
    part: str
    instrument: str
    pan: float


@dataclass(frozen=True)
class Seats:
    verdict: Literal["yes", "no"]
    seats: tuple[Seat, ...]
    rating: float = 0.0


TWIN = Seats("no", (Seat(1, "melody", "flute", 0.1), Seat(2, "bass", "tuba", 0.2)), 0.75)
SAID = {"verdict": "yes", "seats": [{"index": 1, "part": "melody", "instrument": "oboe", "pan": -0.3},
                                    {"index": 2, "part": "bass", "instrument": "cello", "pan": 0.4}], "rating": 0.5}


def check(seats: Seats) -> tuple[Fault, ...]:
    return tuple(Fault(("seats", i, "instrument"), "is not in OPTIONS") for i, seat in enumerate(seats.seats)
                 if seat.instrument not in ("flute", "tuba", "oboe", "cello"))


QUESTION: Question[Seats] = Question(
    "arrange", "A5", "mixing", "=== RULES\nBe good.", "=== CUE\ntempo: 100\n\n=== DRAFT\nx", Seats, lambda: TWIN, check,
    identity={"seats": "index"}, named={"seats": "part"})


def said(**changes: Any) -> dict[str, Any]:
    return {**SAID, **changes}


def seats(instrument: Any = "oboe", pan: Any = -0.3, **more: Any) -> list[dict[str, Any]]:
    return [{"index": 1, "part": "melody", "instrument": instrument, "pan": pan, **more}, SAID["seats"][1]]


def errors_in(text: str) -> list[str]:
    """The list of errors in the words of a second attempt."""
    return [line.removeprefix("- ") for line in text.split("=== ERRORS\n")[1].split("\n\n===")[0].splitlines()]


class Table:
    """A desk on a scripted line, and what it says to the user."""

    def __init__(self, *script: str | LineLost, folder: Path | None = None, sent_to: str = "api.example.com") -> None:
        self.line = ScriptedLine(*script)
        self.told: list[str] = []
        self.desk = AnswerDesk(self.line, model="gpt-x", prompting="cot", seed=7, folder=folder, say=self.told.append,
                               sent_to=sent_to)

    def ask(self, question: Question[Any] = QUESTION) -> Answer[Any]:
        return self.desk.ask(question)

    def errors(self) -> list[str]:
        """What the second attempt named."""
        return errors_in(self.line.asked[1].errors)

    def turns(self) -> list[tuple[str, int, tuple[str, ...]]]:
        return [(turn.source, turn.attempt, turn.problems) for turn in self.desk.record("arrange").turns]

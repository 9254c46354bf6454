"""A question on its way to an answer: the replies so far and what can be made of them."""
from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypeVar

from backend.agents.ensemble.desk.examining import Examined, Examiner
from backend.agents.ensemble.desk.merging import Merged
from backend.agents.ensemble.question import Question, Reply

T = TypeVar("T")
MOST_ERRORS, MOST_PROBLEMS, LONGEST_LINE = 30, 60, 300


@dataclass
class Case(Generic[T]):
    """``heard`` are the replies, newest last; ``lost`` is why nobody answers any more."""

    examiner: Examiner[T]
    heard: list[tuple[Reply, Examined[T]]] = field(default_factory=list)
    lost: str = ""

    @property
    def question(self) -> Question[T]:
        return self.examiner.question

    def hear(self, reply: Reply) -> Examined[T]:
        """Examine a reply and keep both."""
        examined = self.examiner.read(reply.text)
        self.heard.append((reply, examined))
        return examined

    def problems(self, examined: Examined[T], most: int = MOST_PROBLEMS) -> tuple[str, ...]:
        """What was wrong with a reply, and what was mended, a line each."""
        return _shortened((*self._wrong(examined), *examined.notes), most)

    def error_list(self) -> str:
        """What the model is told about its newest reply: the errors only."""
        lines = _shortened(self._wrong(self.heard[-1][1]), MOST_ERRORS)
        return "\n".join(f"- {line}" for line in lines)

    def _wrong(self, examined: Examined[T]) -> tuple[str, ...]:
        faults = tuple(self.examiner.described(fault, examined.plain) for fault in examined.faults)
        return (*examined.slips, *faults)

    def nearest(self) -> tuple[Reply, Examined[T], Merged[T]] | None:
        """The reply that needs least of the twin, merged with it; of equals the newest. None when it needs all."""
        options = [(reply, examined, self.examiner.merged(examined.plain))
                   for reply, examined in reversed(self.heard) if examined.plain is not None]
        options = [option for option in options if not option[2].is_whole]
        return min(options, key=lambda option: len(self.ruled(option[2])), default=None)

    def ruled(self, merged: Merged[T]) -> tuple[str, ...]:
        """What rules decided, a line for every place: its name, and what was wrong there or around it."""
        lines = []
        for taken in merged.taken:
            name = self.examiner.pointer(taken.path, merged.plain)
            lines.append(taken.problem if taken.problem.startswith(f"{name}: ") else f"{name}: from {taken.problem}")
        return (*(_cut(line) for line in lines), *(_cut(f"{line} (left out)") for line in merged.left_out))


def _shortened(lines: tuple[str, ...], most: int) -> tuple[str, ...]:
    kept = tuple(_cut(line) for line in lines[:most])
    return (*kept, f"and {len(lines) - most} more") if len(lines) > most else kept


def _cut(line: str) -> str:
    clean = "".join(c if c.isprintable() else " " for c in line)
    return clean if len(clean) <= LONGEST_LINE else clean[:LONGEST_LINE - 3] + "..."

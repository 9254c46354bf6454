"""A question on its way to an answer: the replies so far and what can be made of them."""
from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar

from backend.agents.ensemble.desk.asking_again import excerpt, request_text, room_for
from backend.agents.ensemble.desk.correcting import Correction
from backend.agents.ensemble.desk.examining import Examined, Examiner
from backend.agents.ensemble.desk.merging import Merged
from backend.agents.ensemble.desk.shapes import envelope_schema
from backend.agents.ensemble.line.tokens import text_tokens
from backend.agents.ensemble.question import LineLost, Message, Question, Reply
from backend.domain.ensemble import FieldSource

T = TypeVar("T")
MOST_PROBLEMS, LONGEST_LINE = 60, 300


@dataclass
class Case(Generic[T]):
    """``heard`` are the replies, newest last; ``lost`` is why nobody answered, ``wanted`` what
    the second attempt asks for."""

    examiner: Examiner[T]
    heard: list[tuple[Reply, Examined[T]]] = field(default_factory=list)
    lost: LineLost | None = None
    wanted: Correction = Correction()

    @property
    def question(self) -> Question[T]:
        return self.examiner.question

    def hear(self, reply: Reply) -> Examined[T]:
        """Examine a reply and keep both."""
        first = self.heard[0][1] if self.heard else None
        examined = self.examiner.read(reply.text) if first is None else \
            self.examiner.read_again(reply.text, first, self.wanted)
        self.heard.append((reply, examined))
        return examined

    def problems(self, examined: Examined[T]) -> tuple[str, ...]:
        """What was wrong with a reply, and what was mended, a line each."""
        lines = (*self._wrong(examined), *examined.notes)
        kept = tuple(map(_cut, lines[:MOST_PROBLEMS]))
        return (*kept, f"and {len(lines) - MOST_PROBLEMS} more") if len(lines) > MOST_PROBLEMS else kept

    def second(self, message: Message) -> Message:
        """The second attempt after ``message``: the errors only, and of the first reply what is at fault."""
        reply, examined = self.heard[-1]
        question, room = self.question, room_for(message)
        self.wanted = self.examiner.wanted(examined)
        errors = tuple(map(_cut, self._wrong(examined)))
        text = request_text(errors, self.wanted, question.identity, room * 2 // 3)
        shown = excerpt(reply.text, examined.plain, self.wanted, question.identity, room - text_tokens(text))
        fields = self.examiner.terms.asked if self.wanted.fields is None else self.wanted.fields
        return replace(message, errors=text, shown=shown, temperature=0.0,
                       schema=envelope_schema(question.shape, fields, question.choices))

    def _wrong(self, examined: Examined[T]) -> tuple[str, ...]:
        faults = tuple(self.examiner.described(fault, examined.plain) for fault in examined.faults)
        return (*examined.slips, *faults)

    def nearest(self) -> tuple[Reply, Examined[T], Merged[T]] | None:
        """The reply that needs least of the twin, merged with it; of equals the newest. None when it needs all."""
        options = [(reply, examined, self.examiner.merged(examined.plain))
                   for reply, examined in reversed(self.heard) if examined.plain is not None]
        options = [option for option in options if not option[2].is_whole]
        return min(options, key=lambda option: len(self.ruled(option[2])), default=None)

    def decided(self, reply: Reply, examined: Examined[T], seed: int) -> tuple[FieldSource, ...]:
        """Who said what of a payload: the reply itself, and the first one where it only corrected that."""
        step = self.question.step

        def by(one: Reply) -> FieldSource:
            return FieldSource(step, "", "llm", one.model, one.prompt_hash, one.reply_hash, seed)

        if examined.own is None:
            return (by(reply),)
        own = tuple(replace(by(reply), path=self.examiner.pointer(path, examined.plain)) for path in examined.own)
        return (by(self.heard[0][0]), *own)

    def ruled(self, merged: Merged[T]) -> tuple[str, ...]:
        """What rules decided, a line for every place: its name, and what was wrong there or around it."""
        lines = []
        for taken in merged.taken:
            name = self.examiner.pointer(taken.path, merged.plain)
            lines.append(taken.problem if taken.problem.startswith(f"{name}: ") else f"{name}: from {taken.problem}")
        return (*(_cut(line) for line in lines), *(_cut(f"{line} (left out)") for line in merged.left_out))


def _cut(line: str) -> str:
    clean = "".join(c if c.isprintable() else " " for c in line)
    return clean if len(clean) <= LONGEST_LINE else clean[:LONGEST_LINE - 3] + "..."

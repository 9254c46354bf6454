"""Who said what, written down after every utterance: one document a chat and a transcript of all of them."""
from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from backend.agents.ensemble.desk.crediting import decided
from backend.agents.ensemble.desk.transcript import tally_lines, transcript
from backend.agents.ensemble.line.spending import cost_usd
from backend.agents.ensemble.question import Question
from backend.domain.ensemble import CHATS, ChatRecord, FieldSource, Spending, Turn
from backend.domain.serial import SchemaError, dumps, loads
from backend.errors import EditError
from backend.files import cannot_write, write_whole

FOLDER, TRANSCRIPT = "agents", "transcript.md"


@dataclass(frozen=True)
class _Decided:
    """Who decided the fields of one answer."""

    step: str
    agent: str
    round: int
    fields: tuple[FieldSource, ...]

    def replaces(self, other: _Decided) -> bool:
        """The same agent asked again in a later round (in one round it may be asked about several parts)."""
        return (self.step, self.agent) == (other.step, other.agent) and self.round != other.round


class Recorder:
    """The records of a run's chats. ``folder`` None: they are kept in memory only. ``is_local``: unlisted models cost
    nothing there."""

    def __init__(self, folder: Path | None, prompting: str, is_local: bool) -> None:
        self._folder, self._prompting, self._is_local = folder, prompting, is_local
        self._records: dict[str, ChatRecord] = {}
        self._fields: dict[str, list[_Decided]] = {}

    def begin(self, chat: str) -> None:
        """Forget what was said; the file stands until something is said anew."""
        self._records[chat] = ChatRecord(chat, self._prompting)
        self._fields[chat] = []

    def record(self, chat: str) -> ChatRecord:
        """What was said so far in this run."""
        if chat not in self._records:
            self.begin(chat)
        return self._records[chat]

    def add(self, chat: str, turn: Turn, takeover: str = "") -> None:
        """An utterance; ``takeover`` says that rules spoke for a model, and why. Raises OutputError."""
        record = self.record(chat)
        takeovers = (*record.takeovers, takeover) if takeover else record.takeovers
        self._records[chat] = replace(record, turns=(*record.turns, turn), takeovers=takeovers,
                                      spending=self._with(record.spending, turn))
        self._write(chat)

    def decide(self, question: Question[Any], fields: tuple[FieldSource, ...]) -> None:
        """Who decided the fields of an answer; those of the agent's earlier rounds go. Raises OutputError."""
        record = self.record(question.chat)
        mine = _Decided(question.step, question.agent, question.round, decided(question, fields))
        groups = [group for group in self._fields[question.chat] if not mine.replaces(group)] + [mine]
        self._fields[question.chat] = groups
        self._records[question.chat] = replace(record, fields=tuple(f for group in groups for f in group.fields))
        self._write(question.chat)

    def _with(self, spending: Spending, turn: Turn) -> Spending:
        if turn.source != "llm":
            return spending
        cost = cost_usd(turn.model, self._is_local, turn.tokens_in, turn.tokens_out)
        total = None if cost is None or spending.cost_usd is None else round(spending.cost_usd + cost, 6)
        return Spending(spending.calls + 1, spending.tokens_in + turn.tokens_in,
                        spending.tokens_out + turn.tokens_out, total)

    def _write(self, chat: str) -> None:
        if self._folder is None:
            return
        folder = self._folder / FOLDER
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise cannot_write(folder, error) from None
        write_whole(folder / f"{chat}.json", dumps(self._records[chat]).encode("utf-8"))
        records, unreadable = _read_all(self._folder)
        write_whole(self._folder / TRANSCRIPT, transcript(records, unreadable).encode("utf-8"))


def read_records(folder: Path) -> tuple[ChatRecord, ...]:
    """The chats recorded in a results folder, in their order. Raises EditError for one that cannot be read."""
    records, unreadable = _read_all(folder)
    if unreadable:
        raise EditError(f"{unreadable[0]}. Restore it or delete it.")
    return records


def summary_lines(folder: Path) -> tuple[str, ...]:
    """What the ensemble did in a results folder and what it cost; () when no model was asked."""
    records, unreadable = _read_all(folder)
    return (*tally_lines(records), *(f"{line}; not counted." for line in unreadable))


def _read_all(folder: Path) -> tuple[tuple[ChatRecord, ...], tuple[str, ...]]:
    records, unreadable = [], []
    for chat in CHATS:
        file = folder / FOLDER / f"{chat}.json"
        try:
            records.append(loads(ChatRecord, file.read_text(encoding="utf-8")))
        except FileNotFoundError:
            continue
        except (OSError, UnicodeDecodeError, SchemaError) as error:
            unreadable.append(f"The record '{FOLDER}/{chat}.json' cannot be read ({str(error)[:120]})")
    return tuple(records), tuple(unreadable)

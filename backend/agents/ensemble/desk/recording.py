"""Who said what, written down after every utterance: one document a chat and a transcript of all of them."""
from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from backend.agents.ensemble.desk.crediting import decided
from backend.agents.ensemble.desk.transcript import transcript
from backend.agents.ensemble.line.spending import cost_usd
from backend.agents.ensemble.question import Question
from backend.domain.ensemble import CHATS, ChatRecord, FieldSource, Spending, Turn, takeovers_of
from backend.domain.serial import SchemaError, dumps, loads
from backend.files import cannot_write, write_whole

FOLDER, TRANSCRIPT = "agents", "transcript.md"


class Recorder:
    """The records of a run's chats. ``folder`` None: they are kept in memory only. ``is_local``: unlisted models cost
    nothing there. ``note`` is what the composer asks for."""

    def __init__(self, folder: Path | None, prompting: str, is_local: bool, note: str = "") -> None:
        self._folder, self._prompting, self._is_local, self._note = folder, prompting, is_local, note
        self._records: dict[str, ChatRecord] = {}
        self._rounds_before: dict[str, int] = {}

    def begin(self, chat: str) -> None:
        """Forget what was said; the file stands until something is said anew."""
        self._records[chat] = ChatRecord(chat, self._prompting, note=self._note)
        self._rounds_before[chat] = 0

    def record(self, chat: str) -> ChatRecord:
        """What was said so far. A chat that nobody began goes on where the folder's record of it ends."""
        if chat not in self._records:
            self.begin(chat)
            if (earlier := self._earlier(chat)) is not None:
                self._records[chat] = replace(earlier, note=self._note or earlier.note)
                self._rounds_before[chat] = max((turn.round for turn in earlier.turns), default=0)
        return self._records[chat]

    def round_of(self, question: Question[Any]) -> int:
        """Under which number a round of this run is recorded: rounds of earlier runs that stand come before it."""
        self.record(question.chat)
        return self._rounds_before[question.chat] + question.round

    def _earlier(self, chat: str) -> ChatRecord | None:
        records, _ = _read_all(self._folder) if self._folder is not None else ((), ())
        return next((record for record in records if record.chat == chat), None)

    def add(self, chat: str, turn: Turn) -> None:
        """An utterance. Raises OutputError."""
        record = self.record(chat)
        turns = (*record.turns, turn)
        self._records[chat] = replace(record, turns=turns, takeovers=takeovers_of(chat, turns),
                                      spending=self._with(record.spending, turn))
        self._write(chat)

    def decide(self, question: Question[Any], fields: tuple[FieldSource, ...]) -> None:
        """Who decided the fields of an answer. Raises OutputError."""
        record = self.record(question.chat)
        self._records[question.chat] = replace(record, fields=(*record.fields, *decided(question, fields)))
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

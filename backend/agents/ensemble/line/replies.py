"""Recorded replies: the cache that spares a second asking, and the replay that needs no network.

``<folder>/agents/replies/<prompt hash>.json`` holds what became of one request in the last run that put it, in order: a
reply, or the failure that made the twin speak. ``<folder>/agents/models.json`` remembers who was asked, for the run
and chat by chat.
"""
from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from backend.agents.ensemble.line.calls import Call, digest
from backend.agents.ensemble.line.endpoint import Models
from backend.errors import ReplayError
from backend.files import cannot_write, write_whole

FORMAT = "replies/1"
REPLY, LOST, CAPPED = "reply", "lost", "capped"


@dataclass(frozen=True)
class Outcome:
    """What became of a request: ``text`` is the reply, or the sentence that says why there is none."""

    kind: str
    text: str
    model: str
    tokens_in: int = 0
    tokens_out: int = 0
    cost_usd: float = 0.0

    @property
    def reply_hash(self) -> str:
        return digest(self.text)


class Damaged(Exception):
    """A recorded reply that cannot be read."""


class Replies:
    """Replies of one cue. ``folder`` is where they are kept (None keeps nothing), ``replay`` the folder of the run that
    is reproduced: then nothing is ever asked."""

    def __init__(self, folder: Path | None, replay: Path | None = None) -> None:
        self._folder, self._replay = folder, replay
        self._told: dict[str, list[Outcome]] = {}
        self._damage: list[str] = []

    def recorded(self, call: Call) -> Outcome | None:
        """What is known of this request: in a replay the next of its outcomes, otherwise a reply if there is one.

        Raises ReplayError for a request that the replayed run never put, or whose record is damaged.
        """
        told = self._told.setdefault(call.prompt_hash, [])
        kept = self._load(call)
        if self._replay is not None:
            if not kept:
                raise ReplayError(f"The recorded run in '{self._replay}' has no reply of {call.message.agent} to this "
                                  "question: the cue or the options have changed. Run without --replay to ask anew.")
            return kept[min(len(told), len(kept) - 1)]
        return next((outcome for outcome in reversed(told or kept) if outcome.kind == REPLY), None)

    def record(self, call: Call, outcome: Outcome) -> None:
        """Raises OutputError."""
        told = self._told.setdefault(call.prompt_hash, [])
        if told and told[-1] == outcome and outcome.kind == REPLY:
            return
        told.append(outcome)
        if self._folder is not None and not self._replays_itself():
            document = {"format": FORMAT, "chat": call.message.chat, "agent": call.message.agent, "model": call.model,
                        "outcomes": [{**asdict(item), "hash": item.reply_hash} for item in told]}
            _write(_replies(self._folder) / f"{call.prompt_hash}.json", document)

    def damage(self) -> tuple[str, ...]:
        """What was found damaged since the last look, one line each."""
        found, self._damage = tuple(self._damage), []
        return found

    def paid_usd(self) -> float:
        """What the recorded replies of this cue have cost."""
        if self._folder is None or self._replay is not None or not _replies(self._folder).is_dir():
            return 0.0
        total = 0.0
        for file in sorted(_replies(self._folder).glob("*.json")):
            try:
                total += sum(outcome.cost_usd for outcome in _read(file))
            except Damaged:
                continue
        return total

    def remember(self, models: Models, chat: str) -> None:
        """Who is asked in a chat of this run. A change asked for in words leaves who scored the cue. Raises
        OutputError."""
        if self._folder is None or self._replays_itself():
            return
        try:
            before = remembered_models(self._folder)
        except ReplayError:
            before = None
        who = models.in_chat(chat)
        chats = {**dict(before.chats if before else ()), chat: who}
        run = before if before and chat == "revise" and chats.keys() != {"revise"} else who
        _write(_models_file(self._folder), {**_plain(run), "chats": {
            name: _plain(chats[name]) for name in sorted(chats)}})

    @property
    def has_earlier(self) -> bool:
        """Whether the folder holds replies of some run."""
        return self._folder is not None and any(_replies(self._folder).glob("*.json"))

    def _replays_itself(self) -> bool:
        return bool(self._replay and self._folder and self._replay.resolve() == self._folder.resolve())

    def _load(self, call: Call) -> list[Outcome]:
        folder = self._replay or self._folder
        file = _replies(folder) / f"{call.prompt_hash}.json" if folder is not None else None
        if file is None or not file.is_file():
            return []
        try:
            return _read(file)
        except Damaged as damage:
            if self._replay is not None:
                raise ReplayError(f"The recorded reply of {call.message.agent} in '{file}' is damaged ({damage}). "
                                  "Run without --replay to ask anew.") from None
            line = f"The recorded reply of {call.message.agent} in '{file.name}' is damaged ({damage}); asked anew."
            if line not in self._damage and not self._told.get(call.prompt_hash):
                self._damage.append(line)
            return []


def remembered_models(folder: Path) -> Models:
    """Who was asked in the run recorded in ``folder``. Raises ReplayError."""
    file = _models_file(folder)
    try:
        plain = json.loads(file.read_text(encoding="utf-8"))
        chats = {str(name): _models(one) for name, one in dict(plain.get("chats", {})).items()}
        return replace(_models(plain), chats=tuple(chats.items()))
    except FileNotFoundError:
        raise ReplayError(f"'{folder}' holds no recorded run of language models. Give --replay a results folder made "
                          "with --agents llm.") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ReplayError(f"'{file}' cannot be read ({type(error).__name__}). Restore it, or run without "
                          "--replay.") from None


def _models(plain: Any) -> Models:
    roles = tuple((str(role), str(model)) for role, model in dict(plain["roles"]).items())
    return Models(str(plain["main"]), roles, bool(plain["local"]))


def _plain(models: Models) -> dict[str, Any]:
    return {"main": models.main, "roles": dict(models.roles), "local": models.local}


def _models_file(folder: Path) -> Path:
    return folder / "agents" / "models.json"


def _replies(folder: Path) -> Path:
    return folder / "agents" / "replies"


def _read(file: Path) -> list[Outcome]:
    """Raises Damaged."""
    try:
        plain: Any = json.loads(file.read_text(encoding="utf-8"))
        outcomes = [Outcome(**{key: value for key, value in item.items() if key != "hash"})
                    for item in plain["outcomes"]]
        hashes = [item["hash"] for item in plain["outcomes"]]
        known = plain["format"] == FORMAT and all(isinstance(o.text, str) for o in outcomes)
        sound = known and all(o.kind in (REPLY, LOST, CAPPED) and _is_amount(o) for o in outcomes)
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise Damaged(type(error).__name__) from None
    if not sound:
        raise Damaged("not a record of replies")
    if hashes != [outcome.reply_hash for outcome in outcomes]:
        raise Damaged("the text was changed since it came")
    return outcomes


def _is_amount(outcome: Outcome) -> bool:
    return all(isinstance(value, (int, float)) and 0 <= value < 1e12
               for value in (outcome.tokens_in, outcome.tokens_out, outcome.cost_usd))


def _write(file: Path, document: dict[str, Any]) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(file, error) from None
    data = (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode("utf-8", "backslashreplace")
    if not (file.is_file() and file.read_bytes() == data):
        write_whole(file, data)

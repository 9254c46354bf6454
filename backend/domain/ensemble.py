"""What an ensemble of experts leaves behind: who said what, who decided which field, what it cost, what is locked."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from backend.domain.limits import within

Decider = Literal["llm", "rule", "user"]
CHATS = ("describe", "assess", "arrange", "revise")
CHAT_TITLES = {"describe": "Looking at the picture", "assess": "Judging the melody", "arrange": "Arranging and mixing",
               "revise": "Changes asked for"}
CHAT_STAGES = {"describe": "describe", "assess": "compose", "arrange": "arrange"}
"""Chat -> the stage from which it is held anew; a change is asked for again."""
TAKEN_OVER = "Rules answer for the model."
"""What the rules say in a turn in which no field is a model's."""
USELESS = "replies of no use"
"""Why they do where somebody answered; any other reason is that nobody did."""


@dataclass(frozen=True)
class Lock:
    """A field of ``scheme.json`` that stands: ``path`` as in ``/tracks/melody/instrument`` (tracks by part, measures
    by number: ``/measures/5/level``, ``/tracks/melody/volume_envelope/3``, ``/ending``), ``value`` what it holds."""

    path: str
    value: Any


@dataclass(frozen=True)
class Locks:
    """The document ``locks.json``: fields that no expert may change."""

    locks: tuple[Lock, ...] = ()


@dataclass(frozen=True)
class FieldSource:
    """Who decided a field of a step's answer. ``path`` is a JSON pointer into it ("" is all of it), list items by what
    identifies them (``/tracks/melody/instrument``). Hashes are empty for rules. A record keeps the entries of every
    ``round``; those of what stands are found by :func:`sources_of`, and of them the most specific path holds."""

    step: str
    path: str
    source: Decider
    model: str = ""
    prompt_hash: str = ""
    reply_hash: str = ""
    seed: int = 0
    round: int = 1


@dataclass(frozen=True)
class Turn:
    """One utterance. ``attempt`` 1 or, after errors were named, 2; ``metrics`` are the figures it leaned on;
    ``problems`` what was wrong with the reply, or why the twin spoke."""

    round: int
    step: str
    agent: str
    attempt: int
    source: Decider
    model: str
    summary: str
    metrics: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    prompt_hash: str = ""
    reply_hash: str = ""
    tokens_in: int = 0
    tokens_out: int = 0


@dataclass(frozen=True)
class Spending:
    """``cost_usd`` is null where the price of a model is not known."""

    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cost_usd: float | None = 0.0


@dataclass(frozen=True)
class ChatRecord:
    """The document ``agents/CHAT.json``: a whole chat. ``takeovers`` say where and why rules spoke for a model, a
    sentence a reason; ``note`` is the composer's wish that the speakers read.

    ``fields`` has every round's sources; those of the scheme that was kept are ``sources_of(record,
    scheme.chosen_round + 1)``. What is said after the chat had ended (bars written anew) counts as later rounds.
    """

    chat: str
    prompting: str
    turns: tuple[Turn, ...] = ()
    fields: tuple[FieldSource, ...] = ()
    takeovers: tuple[str, ...] = ()
    spending: Spending = Spending()
    note: str = ""


def usd(amount: float) -> str:
    """For people: cents, and below ten cents enough digits to say something."""
    return f"${amount:.2f}" if amount >= 0.1 or amount == 0 else f"${amount:.2g}" if amount >= 1e-4 else "under $0.0001"


def takeovers_of(chat: str, turns: tuple[Turn, ...]) -> tuple[str, ...]:
    """For whom rules spoke in a chat, a sentence a reason, and how models are asked again."""
    spoken: dict[str, list[str]] = {}
    for turn in turns:
        if turn.source == "rule" and turn.summary == TAKEN_OVER:
            spoken.setdefault(turn.problems[0] if turn.problems else "", []).append(turn.agent)
    lines = []
    for why, agents in spoken.items():
        names = ", ".join(f"{name} ({agents.count(name)} times)" if agents.count(name) > 1 else name
                          for name in dict.fromkeys(agents))
        lines.append(f"Rules answered for the model at {names}: {why}. {ask_again(chat, another=why == USELESS)}")
    return tuple(lines)


def ask_again(chat: str, another: bool = False) -> str:
    """How models are asked again in a chat whose stage is done; ``another`` model, where this one has answered."""
    model = " --model NAME" if another else ""
    if chat not in CHAT_STAGES:
        return f"Ask for the change again{' with' * another}{model}."
    return f"To ask {'another model' if another else 'again'}: --from {CHAT_STAGES[chat]}{model}."


def sources_of(record: ChatRecord, round: int | None = None) -> tuple[FieldSource, ...]:
    """Who decided what is kept when ``round`` (from 1; None: the last) is kept: of every step its latest entries at or
    before that round, since a round leaves the steps it does not repeat as they are. One entry a step and path; the
    most specific path holds."""
    counted = [source for source in record.fields if round is None or source.round <= round]
    latest: dict[str, int] = {}
    for source in counted:
        latest[source.step] = max(source.round, latest.get(source.step, 0))
    kept = {(source.step, source.path): source for source in counted if source.round == latest[source.step]}
    return tuple(kept.values())


@dataclass(frozen=True)
class Still:
    """A frame of the picture as it is sent: ``data`` is a JPEG, ``time_s`` cue time."""

    time_s: float
    frame: int
    shot: int
    data: bytes

    def __post_init__(self) -> None:
        within("time_s", self.time_s, 0, 1e7)

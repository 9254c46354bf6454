"""What a run costs: a price list, a ledger that stops at the cap, and an estimate before anything is spent."""
from __future__ import annotations

import json
import math
import os
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from backend.agents.ensemble.line.endpoint import Models, endpoint_from
from backend.agents.ensemble.line.tokens import STILL_TOKENS, text_tokens
from backend.agents.ensemble.prompts import SPEAKERS, system_prompt
from backend.domain.ensemble import CHAT_STAGES, usd
from backend.errors import CapError, EndpointError

_PRICES = Path(__file__).with_name("prices.json")
REPLY_TOKENS = 1_500
"""What a reply is expected to take before it is there; craft 8.6 has 13k tokens out in about 12 calls."""


@dataclass(frozen=True)
class Price:
    """USD per million tokens. ``assumed`` when the list does not know the model."""

    tokens_in: float
    tokens_out: float
    assumed: bool = False

    def of(self, tokens_in: int, tokens_out: int) -> float:
        return (self.tokens_in * tokens_in + self.tokens_out * tokens_out) / 1e6


FREE = Price(0.0, 0.0)


@cache
def _list() -> dict[str, Any]:
    return dict(json.loads(_PRICES.read_text(encoding="utf-8")))


def price_of(model: str, local: bool) -> Price:
    """A listed model has its price wherever it is asked (a gateway passes the bill on); any other costs nothing on a
    local server and the assumption of the list on a hosted one. Vendor prefixes and dates do not count."""
    known: dict[str, list[float]] = _list()["models"]
    name = re.sub(r"-(\d{4}-\d{2}-\d{2}|\d{8})$", "", model.rsplit("/", 1)[-1].lower()).replace("4.5", "4-5")
    price_in, price_out = known.get(name, _list()["unknown"])
    if name not in known and local:
        return FREE
    return Price(price_in, price_out, assumed=name not in known)


def price_note(models: Models) -> str:
    """One sentence on the prices behind an amount, "" where nothing is paid."""
    assumed = [name for name in models.names if price_of(name, models.local).assumed]
    if assumed:
        price = price_of(assumed[0], models.local)
        whose = ", ".join(filter(None, assumed)) or "the model"
        return (f"the price of {whose} is not known; counted as ${price.tokens_in:g} in and ${price.tokens_out:g} out "
                "per million tokens")
    paid = any(price_of(name, models.local) != FREE for name in models.names)
    return "prices of an undated list, your provider's may differ" if paid else ""


def cost_usd(model: str, local: bool, tokens_in: int, tokens_out: int) -> float | None:
    """None where the price of the model is not known."""
    price = price_of(model, local)
    return None if price.assumed else price.of(tokens_in, tokens_out)


@dataclass
class Ledger:
    """What a cue has cost and may cost. ``spent_usd`` starts with what the folder's records cost: replies, and calls
    that timed out, which count as if they had been answered until the same question gets a reply."""

    cap_usd: float
    local: bool
    spent_usd: float = 0.0
    _reserved_usd: dict[int, float] = field(default_factory=dict)
    _tickets: int = 0

    def reserve(self, model: str, tokens_in: int, chat: str = "") -> int:
        """Room for a call of ``chat`` before it goes out: a ticket for :meth:`settle`. Raises CapError."""
        price = price_of(model, self.local)
        expected_usd = price.of(tokens_in, REPLY_TOKENS)
        held_usd = self.spent_usd + sum(self._reserved_usd.values())
        if expected_usd > 0 and held_usd + expected_usd > self.cap_usd:
            again = f"--from {CHAT_STAGES[chat]} " if chat in CHAT_STAGES else ""
            enough = max(2 * self.cap_usd, held_usd + 10 * expected_usd)
            raise CapError(f"The cap of {usd(self.cap_usd)} for this cue is reached: "
                           f"{usd(held_usd) if held_usd else 'nothing'} spent, the next call takes about "
                           f"{usd(expected_usd)}. What stands is kept; go on with {again}--cap {enough:.2f}.")
        self._tickets += 1
        self._reserved_usd[self._tickets] = expected_usd
        return self._tickets

    def settle(self, ticket: int, model: str, tokens_in: int, tokens_out: int) -> float:
        """What the call cost."""
        self._reserved_usd.pop(ticket, None)
        paid_usd = price_of(model, self.local).of(tokens_in, tokens_out)
        self.spent_usd += paid_usd
        return paid_usd

    def release(self, ticket: int) -> None:
        """The call never cost anything."""
        self._reserved_usd.pop(ticket, None)


@dataclass(frozen=True)
class _Habit:
    """What calls of one chat are like. ``rounds`` at least and at most, ``task`` tokens by our bound and those that
    every bar adds, ``reply`` tokens and those that every bar adds, ``stills`` sent at least and at most."""

    rounds: tuple[int, int]
    task: tuple[int, int]
    reply: tuple[int, int]
    stills: tuple[int, int] = (0, 0)


_HABITS = {
    "describe": _Habit((1, 3), (2_500, 0), (500, 0), (8, 12)),
    "assess": _Habit((1, 1), (700, 12), (200, 0)),
    "arrange": _Habit((1, 3), (1_400, 42), (170, 12)),
    "revise": _Habit((1, 2), (2_500, 20), (250, 0)),
}
"""Measured on whole runs with the stand-in server at 10 and 60 bars; the rest of the spread covers real models."""
_LEAST_COUNTED, _LEAST_SAID, _MOST_SAID = 0.35, 0.6, 2.5
"""What servers count for what we bound at least (four characters a token), and how little or much models say more."""
_ASKED_AGAIN = 1.25
"""A reply in four that is asked for again."""
_LEAST_STILL = 85
"""A picture at low detail."""
_SCORE_READERS = ("harmony", "emotion")
"""Reviewers who also read the finished score's figures."""
_THINKERS = re.compile(r"^(o\d|gpt-5|deepseek-r)", re.IGNORECASE)

Range = tuple[int, int]


@dataclass(frozen=True)
class Estimate:
    """At least and at most, of a run in which every chat takes place. ``cost_usd`` counts ``note``'s prices."""

    calls: Range
    tokens_in: Range
    tokens_out: Range
    cost_usd: tuple[float, float]
    model: str = ""
    note: str = ""

    @property
    def text(self) -> str:
        """One line for the console."""
        low, high = self.cost_usd
        cost = f"{usd(low)} to {usd(high)}" if high else "free"
        return (f"{self.model or 'The model'}: {self.calls[0]} to {self.calls[1]} calls, {_thousands(self.tokens_in)} "
                f"tokens in, {_thousands(self.tokens_out)} out, {cost}{f' ({self.note})' if self.note else ''}")


def estimate(chats: tuple[str, ...], bars: int, voices: int, candidates: int, models: Models | str) -> Estimate:
    """What a run will take: one melody accepted at once and one round of arranging at least; every candidate, every
    round and a reply in four asked again at most. ``models`` as a name: at the server of the environment."""
    who = models if isinstance(models, Models) else _at_the_environment(models)
    calls, tokens_in, tokens_out, cost_usd = [0, 0], [0.0, 0.0], [0.0, 0.0], [0.0, 0.0]
    for chat in chats:
        for speaker in SPEAKERS[chat]:
            times = _times(chat, speaker, candidates)
            price = price_of(who.of(speaker), who.local)
            for end, (asked, given, said) in enumerate(zip(times, _given(chat, speaker, bars, voices),
                                                           _said(chat, bars), strict=True)):
                calls[end] += asked
                tokens_in[end] += asked * given
                tokens_out[end] += asked * said
                cost_usd[end] += asked * price.of(round(given), round(said))
    thinks = any(_THINKERS.match(name.rsplit("/", 1)[-1]) for name in who.names)
    notes = (price_note(who), "hidden reasoning not counted" if thinks else "")
    return Estimate((calls[0], calls[1]), (round(tokens_in[0]), round(tokens_in[1])),
                    (round(tokens_out[0]), round(tokens_out[1])), (cost_usd[0], cost_usd[1]), who.name,
                    "; ".join(note for note in notes if note))


def _at_the_environment(model: str) -> Models:
    try:
        return Models(model, (), endpoint_from(os.environ).is_local)
    except EndpointError:
        return Models(model)


def _times(chat: str, speaker: str, candidates: int) -> Range:
    """How often a speaker is asked."""
    least, most = _HABITS[chat].rounds
    if chat == "assess":
        least, most = 1, candidates + (speaker in _SCORE_READERS)
    return least, math.ceil(most * _ASKED_AGAIN)


def _given(chat: str, speaker: str, bars: int, voices: int) -> tuple[float, float]:
    """Tokens of one question."""
    habit = _HABITS[chat]
    task = habit.task[0] + habit.task[1] * bars
    system = text_tokens(system_prompt(speaker, "cot"))
    return (_LEAST_COUNTED * (system + task) + habit.stills[0] * _LEAST_STILL,
            system + task * max(1.0, voices / 8) * 1.1 + habit.stills[1] * STILL_TOKENS)


def _said(chat: str, bars: int) -> tuple[float, float]:
    """Tokens of one reply."""
    reply = _HABITS[chat].reply[0] + _HABITS[chat].reply[1] * bars
    return _LEAST_SAID * reply, _MOST_SAID * reply


def _thousands(tokens: Range) -> str:
    return " to ".join(f"{count / 1000:.0f}k" if count >= 10_000 else f"{count / 1000:.1f}k" for count in tokens)

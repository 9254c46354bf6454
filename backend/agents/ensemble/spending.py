"""What a run costs: a price list, a ledger that stops at the cap, and an estimate before anything is spent."""
from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from backend.agents.ensemble.endpoint import Models
from backend.errors import CapError

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


def made_on() -> str:
    """The day the price list was made."""
    return str(_list()["made_on"])


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
        return (f"the price of {', '.join(assumed)} is not known; counted as ${price.tokens_in:g} in and "
                f"${price.tokens_out:g} out per million tokens")
    return f"list prices of {made_on()}" if any(price_of(n, models.local) != FREE for n in models.names) else ""


def cost_usd(model: str, local: bool, tokens_in: int, tokens_out: int) -> float | None:
    """None where the price of the model is not known."""
    price = price_of(model, local)
    return None if price.assumed else price.of(tokens_in, tokens_out)


@dataclass
class Ledger:
    """What a cue has cost and may cost. ``spent_usd`` starts with what the folder's recorded replies cost."""

    cap_usd: float
    local: bool
    spent_usd: float = 0.0
    _reserved_usd: dict[int, float] = field(default_factory=dict)
    _tickets: int = 0

    def reserve(self, model: str, tokens_in: int) -> int:
        """Room for a call before it goes out: a ticket for :meth:`settle`. Raises CapError."""
        price = price_of(model, self.local)
        expected_usd = price.of(tokens_in, REPLY_TOKENS)
        held_usd = self.spent_usd + sum(self._reserved_usd.values())
        if expected_usd > 0 and held_usd + expected_usd > self.cap_usd:
            enough = max(2 * self.cap_usd, held_usd + 10 * expected_usd)
            raise CapError(f"The cap of {usd(self.cap_usd)} for this cue is reached: {usd(held_usd)} spent, the next "
                           f"call takes about {usd(expected_usd)}. What stands is kept; go on with --cap {enough:.2f}.")
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


def usd(amount: float) -> str:
    """For people: cents, and below a cent enough digits to say something."""
    return f"${amount:.2f}" if amount >= 0.1 or amount == 0 else f"${amount:.2g}" if amount >= 1e-4 else "under $0.0001"

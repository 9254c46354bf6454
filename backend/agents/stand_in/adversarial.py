"""A model and a server at their worst: spoilt replies and breakdowns, alone and in combination, by a seed."""
from __future__ import annotations

import copy
import hashlib
import json
import random
import threading
from collections import Counter

from backend.agents.stand_in.asked import Asked
from backend.agents.stand_in.breakdown import Breakdown
from backend.agents.stand_in.scripted import Scripted
from backend.agents.stand_in.server import Responder
from backend.agents.stand_in.spoiling import SPOILS

BREAKDOWNS = {"http_500": Breakdown("status", 500), "http_429": Breakdown("status", 429),
              "http_400": Breakdown("status", 400), "reset": Breakdown("reset"), "half": Breakdown("half"),
              "content_type": Breakdown("content_type"), "huge": Breakdown("huge"), "hang": Breakdown("hang")}
FAULTS = (*SPOILS, *BREAKDOWNS)
"""Every way to fail, by name."""
_BREAKS = 0.25
"""Share of the failures that are the server's where both kinds are allowed."""
_AT_ONCE = 3


class Adversarial:
    """Spoils the replies of ``inner`` with probability ``rate``, by one to three of ``faults``.

    What happens to a request depends on the seed, its words and how often they have come, not on the order of
    threads. ``done`` counts the faults by name. A ``hang`` lasts ``hang_s`` and ends when the server closes.
    """

    def __init__(self, seed: int, faults: tuple[str, ...] = FAULTS, rate: float = 0.7, hang_s: float = 30.0,
                 inner: Responder | None = None) -> None:
        unknown = [name for name in faults if name not in FAULTS]
        if unknown:
            raise ValueError(f"unknown fault '{unknown[0]}': there are {', '.join(FAULTS)}")
        self.seed, self.rate, self.hang_s = seed, rate, hang_s
        self.done: Counter[str] = Counter()
        self._spoils = tuple(name for name in faults if name in SPOILS)
        self._breaks = tuple(name for name in faults if name in BREAKDOWNS)
        self._inner: Responder = Scripted() if inner is None else inner
        self._seen: Counter[str] = Counter()
        self._lock = threading.Lock()

    def __call__(self, asked: Asked) -> str | Breakdown:
        rng = self._dice(asked)
        if rng.random() >= self.rate:
            return self._inner(asked)
        if self._breaks and (not self._spoils or rng.random() < _BREAKS):
            return self._broken(rng.choice(self._breaks))
        good = self._inner(asked)
        return good if isinstance(good, Breakdown) else self._spoilt(good, asked, rng)

    def _dice(self, asked: Asked) -> random.Random:
        text = "\0".join((asked.system, asked.task, *asked.said, asked.errors))
        words = hashlib.sha256(text.encode(errors="replace")).hexdigest()
        with self._lock:
            self._seen[words] += 1
            return random.Random(f"{self.seed} {words} {self._seen[words]}")

    def _broken(self, name: str) -> Breakdown:
        self._note(name)
        return Breakdown("hang", seconds=self.hang_s) if name == "hang" else BREAKDOWNS[name]

    def _spoilt(self, good: str, asked: Asked, rng: random.Random) -> str:
        try:
            answer = json.loads(good)
        except json.JSONDecodeError:
            return good
        chosen = rng.sample(self._spoils, min(len(self._spoils), rng.randint(1, _AT_ONCE)))
        for name in sorted(chosen, key=FAULTS.index):
            if isinstance(answer, dict):
                self._note(name)
                answer = SPOILS[name](copy.deepcopy(answer), asked, rng)
        return answer if isinstance(answer, str) else json.dumps(answer)

    def _note(self, name: str) -> None:
        with self._lock:
            self.done[name] += 1

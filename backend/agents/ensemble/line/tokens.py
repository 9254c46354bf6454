"""How many tokens a text is at most, without a tokenizer: characters, divided by what a token is worth at least.

ABC, tables and JSON cost at most a token every 1.2 characters, prose at most one every 3 (craft 8.6). The server's own
``usage`` corrects the bound in the course of a run.
"""
from __future__ import annotations

import math
import re
from dataclasses import dataclass, field

from backend.agents.ensemble.question import Message

DENSE_CHARACTERS, PROSE_CHARACTERS, OTHER_BYTES = 1.2, 3.0, 2.0
"""What a token is worth at least: characters, and bytes of UTF-8 outside ASCII."""
DENSE_SECTIONS = frozenset({"ABC", "TABLE", "OPTIONS", "DRAFT", "BEFORE", "METRICS", "QA", "REVIEW", "FOUND",
                            "VERDICTS", "LOCKS", "FRAMES", "PLOT"})
"""Tables and notes. NOTE, STORY, NAMES, SAID and REVISIONS are people's or speakers' words."""
STILL_TOKENS = 1105
"""A picture at OpenAI's high detail, 6 tiles of 512 x 512: 85 + 6 x 170. Other families take less for our sizes."""
MESSAGE_TOKENS = 8
"""What a chat template puts around one message."""
_DENSE_SHARE = 0.25
"""Prose has one sign in thirty characters, JSON and CSV one in three."""
_LEAST_RATIO, _MOST_RATIO = 0.1, 2.0
LONGEST_QUESTION_TOKENS = 16_000
"""What the longest question of a cue of 60 bars, the reviewer's with eight voices, has to fit."""


def text_tokens(text: str) -> int:
    """Upper bound for a text of sections headed ``=== NAME``."""
    dense, prose, other_bytes, in_dense_section = 0, 0, 0, False
    for line in text.splitlines(keepends=True):
        head = re.match(r"=== ([A-Z]\w*)", line)
        if head:
            in_dense_section = head[1] in DENSE_SECTIONS
        plain = sum(sign.isascii() for sign in line)
        other_bytes += len(line.encode(errors="replace")) - plain
        if in_dense_section or (not head and _is_dense(line)):
            dense += plain
        else:
            prose += plain
    return math.ceil(round(dense / DENSE_CHARACTERS + prose / PROSE_CHARACTERS + other_bytes / OTHER_BYTES, 6))


def _is_dense(line: str) -> bool:
    """JSON, CSV and ABC outside their sections: much of it is neither letter nor space."""
    body = line.strip()
    return len(body) > 1 and sum(not (c.isalpha() or c.isspace()) for c in body) / len(body) > _DENSE_SHARE


def message_tokens(message: Message) -> int:
    """Upper bound for what a speaker is given: system, task and, on the second attempt, the excerpt and the errors."""
    texts = [text for text in (message.system, message.task, message.shown, message.errors) if text]
    return sum(text_tokens(text) + MESSAGE_TOKENS for text in texts) + STILL_TOKENS * len(message.stills)


@dataclass
class UsageRatio:
    """What servers count for what we bound: learned from every reply that comes with ``usage``."""

    _measured: dict[str, list[int]] = field(default_factory=dict)

    def learn(self, model: str, bound: int, measured: int) -> None:
        if bound > 0 and measured > 0:
            sums = self._measured.setdefault(model, [0, 0])
            sums[0] += measured
            sums[1] += bound

    def corrected(self, model: str, bound: int) -> int:
        """The bound as this model's server would count it, the bound itself before its first reply."""
        measured, bounds = self._measured.get(model, (1, 1))
        return math.ceil(bound * min(_MOST_RATIO, max(_LEAST_RATIO, measured / bounds)))

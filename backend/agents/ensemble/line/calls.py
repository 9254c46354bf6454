"""One request as it goes out, and its content address."""
from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from backend.agents.ensemble.line.tokens import MESSAGE_TOKENS, STILL_TOKENS, text_tokens
from backend.agents.ensemble.question import Message


@dataclass(frozen=True)
class Said:
    """A message of the request: ``role`` system, user or assistant; ``images`` are SHA-256 of the JPEGs."""

    role: str
    text: str
    images: tuple[str, ...] = ()


@dataclass(frozen=True)
class Call:
    """``said`` is what the model sees, ``outgoing`` the same in the types of the library that sends it."""

    message: Message
    model: str
    said: tuple[Said, ...]
    outgoing: Any = field(compare=False, repr=False)

    @cached_property
    def prompt_hash(self) -> str:
        """32 hex digits of SHA-256 over model, messages, schema, temperature and seed."""
        return digest(json.dumps({
            "model": self.model, "messages": [[said.role, said.text, *said.images] for said in self.said],
            "schema": self.message.schema, "temperature": self.message.temperature, "seed": self.message.seed,
        }, sort_keys=True, ensure_ascii=True))

    @cached_property
    def tokens(self) -> int:
        """Upper bound of what goes in."""
        return sum(text_tokens(said.text) + MESSAGE_TOKENS + STILL_TOKENS * len(said.images) for said in self.said)


class Unreadable(Exception):
    """The server answered something that is no chat completion."""


@dataclass(frozen=True)
class Completion:
    """``tokens_in`` and ``tokens_out`` are the server's ``usage``, 0 where it gives none."""

    text: str
    tokens_in: int
    tokens_out: int


PARAMETERS = frozenset({"response_format", "temperature", "seed"})
"""What a request carries besides its messages, and a server may refuse."""


def parameters(message: Message) -> dict[str, Any]:
    """Values of ``PARAMETERS``."""
    form = {"type": "json_schema", "json_schema": {"name": message.agent, "schema": message.schema, "strict": False}}
    return {"response_format": form, "temperature": message.temperature, "seed": message.seed}


def digest(text: str) -> str:
    """The first 32 hex digits of SHA-256."""
    return hashlib.sha256(text.encode("utf-8", errors="replace")).hexdigest()[:32]


def question_key(message: Message) -> tuple[str, str, str]:
    """What stays the same between the first attempt at a question and the second."""
    stills = "".join(hashlib.sha256(still.data).hexdigest() for still in message.stills)
    return message.chat, message.agent, digest(message.task + stills)

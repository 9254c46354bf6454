"""A line without a wire: a responder of the stand-in answers in this process; hundreds of cases take seconds."""
from __future__ import annotations

import hashlib

from backend.agents.ensemble.question import LineLost, Message, Reply
from backend.agents.stand_in import Asked, Responder
from tests.agents.ensemble.scripted_line import in_turn


class DirectLine:
    """Implements ``question.Line``. After ``until`` messages it is lost."""

    def __init__(self, responder: Responder, until: int = 10 ** 9) -> None:
        self._responder, self._until = responder, until
        self.messages: list[Message] = []

    def say(self, message: Message) -> Reply:
        self.messages.append(message)
        if len(self.messages) > self._until:
            raise LineLost("gone")
        said = self._responder(Asked("direct", message.system, message.task, errors=message.errors))
        if not isinstance(said, str):
            raise LineLost(str(said))
        digest = hashlib.sha256(said.encode(errors="replace")).hexdigest()[:32]
        return Reply(said, "direct", digest, digest, 1, 1)

    def say_all(self, messages: tuple[Message, ...]) -> tuple[Reply | LineLost, ...]:
        return in_turn(self.say, messages)

    def begin(self, chat: str) -> None:
        """Nothing is remembered."""

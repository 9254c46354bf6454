"""The only module that knows AutoGen: group chats with a fixed order of speaking, questions put aside, the way out.

A chat is a ``SelectorGroupChat`` whose selector names the speaker who is asked; every question is one turn. A speaker
sees the static system text first, then in one message what the others said since (their summaries), then the task.
"""
from __future__ import annotations

import asyncio
import base64
import hashlib
import io
import warnings
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import openai
from autogen_agentchat.agents import AssistantAgent
from autogen_agentchat.messages import MultiModalMessage, TextMessage
from autogen_agentchat.teams import SelectorGroupChat
from autogen_core import Image
from autogen_core.model_context import ChatCompletionContext
from autogen_core.models import (
    AssistantMessage,
    ChatCompletionClient,
    CreateResult,
    LLMMessage,
    ModelInfo,
    RequestUsage,
    SystemMessage,
    UserMessage,
)
from autogen_ext.models.openai import OpenAIChatCompletionClient
from PIL import Image as Picture

from backend.agents.ensemble.line.bounded_http import BoundedClient, reading
from backend.agents.ensemble.line.calls import Call, Completion, Said, parameters, question_key
from backend.agents.ensemble.line.endpoint import CONNECT_S, Endpoint, http_client
from backend.agents.ensemble.line.remarks import remarks_section, sendable
from backend.agents.ensemble.line.tokens import LONGEST_QUESTION_TOKENS, text_tokens
from backend.agents.ensemble.prompts import SPEAKERS
from backend.agents.ensemble.question import Message, Reply

TASK, CHECK = "desk", "check"
"""Who puts questions, and who names the errors of a reply: no speaker goes by these names."""
_LET_GO_S = 0.5
_NOTHING_TO_WARN_OF = ("Resolved model mismatch", "Finish reason mismatch", "Pydantic serializer warnings")
"""AutoGen on servers that are looser than OpenAI's: nothing a user could do about."""
_NO_USAGE = RequestUsage(prompt_tokens=0, completion_tokens=0)
_INFO = ModelInfo(vision=True, function_calling=False, json_output=True, family="unknown", structured_output=True)
Answer = Callable[[Call], Awaitable[Reply]]


class Photograph(Image):
    """A still that travels as the JPEG it is; AutoGen's own would be sent as a PNG several times its size."""

    def __init__(self, jpeg: bytes) -> None:
        super().__init__(Picture.open(io.BytesIO(jpeg)))
        self.jpeg = jpeg

    def to_base64(self) -> str:
        return base64.b64encode(self.jpeg).decode("ascii")


class Hearing(ChatCompletionContext):
    """What one speaker knows when asked: not the whole chat, but what was said since it spoke last, and its task."""

    def __init__(self) -> None:
        super().__init__()
        self.system = ""
        self.shown = ""
        self._question: UserMessage | None = None

    async def add_message(self, message: LLMMessage) -> None:
        if isinstance(message, AssistantMessage):
            self._messages = []
        else:
            self._messages.append(message)

    async def get_messages(self) -> list[LLMMessage]:
        return [_sendable(message) for message in self._heard()]

    def _heard(self) -> list[LLMMessage]:
        last = self._messages[-1]
        assert isinstance(last, UserMessage)
        head: list[LLMMessage] = [SystemMessage(content=self.system)]
        if last.source == CHECK and self._question is not None:
            return [*head, self._question, AssistantMessage(content=self.shown or "{}", source="model"), last]
        self._question = _with_remarks(last, self._messages)
        return [*head, self._question]


def _sendable(message: LLMMessage) -> LLMMessage:
    """The message without halves of characters, which no request could be encoded with."""
    if isinstance(message.content, str):
        return message.model_copy(update={"content": sendable(message.content)})
    pieces = [sendable(piece) if isinstance(piece, str) else piece for piece in message.content]
    return message.model_copy(update={"content": pieces})


def _with_remarks(task: UserMessage, messages: Sequence[LLMMessage]) -> UserMessage:
    """The task with the others' last summaries before it; one message, because many chat templates insist on turns."""
    said = {m.source: m.content for m in messages
            if isinstance(m, UserMessage) and m.source not in (TASK, CHECK) and isinstance(m.content, str)}
    head = remarks_section(said)
    if not head:
        return task
    content = head + task.content if isinstance(task.content, str) else [head, *task.content]
    return UserMessage(content=content, source=task.source)


class Mouth(ChatCompletionClient):
    """The model behind one agent: every request becomes a :class:`Call` that the line answers from its records or the
    server. AutoGen never sees a failure; :meth:`result` raises it where its type counts."""

    def __init__(self, model: str, answer: Answer) -> None:
        self._model, self._answer = model, answer
        self._message: Message | None = None
        self._pending: asyncio.Future[Reply] | None = None
        self._stopped = False

    def expect(self, message: Message) -> None:
        self._message, self._pending, self._stopped = message, None, False

    def stop(self) -> None:
        """Give up the call in progress, or the one to come."""
        self._stopped = True
        if self._pending is not None:
            self._pending.cancel()

    def result(self) -> Reply:
        assert self._pending is not None, "the agent was never asked"
        return self._pending.result()

    async def create(self, messages: Sequence[LLMMessage], *, tools: Any = (), tool_choice: Any = "auto",
                     json_output: Any = None, extra_create_args: Mapping[str, Any] = {},
                     cancellation_token: Any = None) -> CreateResult:
        assert self._message is not None
        text = ""
        if not self._stopped:
            call = Call(self._message, self._model, tuple(_said(m) for m in messages), tuple(messages))
            self._pending = asyncio.ensure_future(self._answer(call))
            await asyncio.wait({self._pending})
            if not self._pending.cancelled() and self._pending.exception() is None:
                text = self._pending.result().text
        return CreateResult(finish_reason="stop", content=text, usage=_NO_USAGE, cached=False)

    async def create_stream(self, *arguments: Any, **options: Any) -> AsyncGenerator[str | CreateResult, None]:
        yield await self.create(*arguments, **options)

    async def close(self) -> None:
        """Nothing is held here."""

    def actual_usage(self) -> RequestUsage:
        return _NO_USAGE

    total_usage = actual_usage

    def count_tokens(self, messages: Sequence[LLMMessage], **options: Any) -> int:
        return sum(text_tokens(str(message.content)) for message in messages)

    def remaining_tokens(self, messages: Sequence[LLMMessage], **options: Any) -> int:
        return max(0, LONGEST_QUESTION_TOKENS - self.count_tokens(messages))

    @property
    def capabilities(self) -> Any:
        return _INFO

    @property
    def model_info(self) -> ModelInfo:
        return _INFO


def _said(message: LLMMessage) -> Said:
    """A message in the terms of the content address."""
    role = {SystemMessage: "system", UserMessage: "user", AssistantMessage: "assistant"}[type(message)]
    pieces = message.content if isinstance(message.content, list) else [message.content]
    images = tuple(hashlib.sha256(p.jpeg).hexdigest() for p in pieces if isinstance(p, Photograph))
    return Said(role, "".join(piece for piece in pieces if isinstance(piece, str)), images)


class _Voice(NamedTuple):
    agent: AssistantAgent
    hearing: Hearing
    mouth: Mouth


@dataclass
class _Room:
    """One chat: ``team`` runs a turn of whoever ``speaker`` names."""

    voices: dict[str, _Voice]
    speaker: str = ""
    team: Any = None


class Chats:
    """All chats of a run, each opened by its first question. ``model_of`` names a speaker's model."""

    def __init__(self, model_of: Callable[[str], str], answer: Answer) -> None:
        self._model_of, self._answer = model_of, answer
        self._rooms: dict[str, _Room] = {}
        self._aside: dict[tuple[str, str, str], _Voice] = {}

    def begin(self, chat: str) -> None:
        """The chat starts anew: nobody has said anything."""
        self._rooms.pop(chat, None)
        self._aside = {key: voice for key, voice in self._aside.items() if key[0] != chat}

    async def ask(self, message: Message) -> Reply:
        """A turn in the chat; errors of a reply given aside go there."""
        if message.errors and question_key(message) in self._aside:
            return await self.ask_aside(message)
        room = self._rooms.get(message.chat) or self._open(message.chat)
        if message.agent not in room.voices:
            return await self.ask_aside(message)
        room.speaker = message.agent
        return await self._turn(room.team, room.voices[message.agent], message)

    async def ask_aside(self, message: Message) -> Reply:
        """A question to one agent that nobody else hears and who heard nobody."""
        key = question_key(message)
        if not message.errors or key not in self._aside:
            self._aside[key] = self._voice(message.agent)
        voice = self._aside[key]
        return await self._turn(voice.agent, voice, message)

    async def _turn(self, runner: Any, voice: _Voice, message: Message) -> Reply:
        voice.hearing.system, voice.hearing.shown = message.system, message.shown
        voice.mouth.expect(message)
        work = asyncio.ensure_future(runner.run(task=_task(message)))
        try:
            await asyncio.shield(work)
        except asyncio.CancelledError:
            voice.mouth.stop()
            await asyncio.wait({work}, timeout=_LET_GO_S)
            self.begin(message.chat)
            raise
        return voice.mouth.result()

    def _open(self, chat: str) -> _Room:
        room = _Room({name: self._voice(name) for name in SPEAKERS.get(chat, ())})
        voices = list(room.voices.values())
        if len(voices) == 1:
            room.team = voices[0].agent
        elif voices:
            room.team = SelectorGroupChat([voice.agent for voice in voices], model_client=voices[0].mouth,
                                          selector_func=lambda thread: room.speaker, max_turns=1,
                                          allow_repeated_speaker=True)
        self._rooms[chat] = room
        return room

    def _voice(self, name: str) -> _Voice:
        hearing, mouth = Hearing(), Mouth(self._model_of(name), self._answer)
        agent = AssistantAgent(name, model_client=mouth, description=name, system_message=None, model_context=hearing)
        return _Voice(agent, hearing, mouth)


def _task(message: Message) -> TextMessage | MultiModalMessage:
    if message.errors:
        return TextMessage(content=message.errors, source=CHECK)
    if message.stills:
        return MultiModalMessage(content=[message.task, *(Photograph(still.data) for still in message.stills)],
                                 source=TASK)
    return TextMessage(content=message.task, source=TASK)


class WayOut:
    """AutoGen's client of an OpenAI-compatible server, one per model, over one bounded HTTP client."""

    def __init__(self, endpoint: Endpoint, timeout_s: float) -> None:
        for words in _NOTHING_TO_WARN_OF:
            warnings.filterwarnings("ignore", message=words)
        self._http = http_client(BoundedClient, endpoint)
        self._options: dict[str, Any] = {
            "base_url": endpoint.base_url, "api_key": endpoint.key, "max_retries": 0, "http_client": self._http,
            "timeout": openai.Timeout(timeout_s, connect=min(CONNECT_S, timeout_s))}
        self._clients: dict[str, OpenAIChatCompletionClient] = {}

    async def complete(self, call: Call, sent: frozenset[str]) -> Completion:
        """One request, with those of ``PARAMETERS`` in ``sent``. Raises errors of openai, Unreadable."""
        if call.model not in self._clients:
            self._clients[call.model] = OpenAIChatCompletionClient(
                model=call.model, model_info=_INFO, include_name_in_message=False, **self._options)
        extra = {name: value for name, value in parameters(call.message).items() if name in sent}
        with reading():
            result = await self._clients[call.model].create(call.outgoing, extra_create_args=extra)
            text = result.content if isinstance(result.content, str) else ""
            usage = (int(result.usage.prompt_tokens or 0), int(result.usage.completion_tokens or 0))
        return Completion(text, max(0, usage[0]), max(0, usage[1]))

    async def models(self) -> tuple[str, ...]:
        """What the server lists. Raises errors of openai, Unreadable."""
        with reading():
            page = await openai.AsyncOpenAI(**self._options).models.list()
            listed = tuple(str(item.id) for item in page.data or ())
        return listed

    async def close(self) -> None:
        await self._http.aclose()

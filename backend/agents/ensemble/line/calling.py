"""Getting one call through: a look whether anybody is there, time limits, retries with back-off, refused parameters."""
from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

import openai

from backend.agents.ensemble.line.calls import PARAMETERS, Call, Completion, Unreadable
from backend.agents.ensemble.line.chat import WayOut
from backend.agents.ensemble.line.endpoint import LIST_S, Endpoint, Models
from backend.agents.ensemble.line.failures import CallFailed, Failure, failure_of, is_refusal, refused_parameters
from backend.agents.ensemble.line.thoughts import without_thoughts
from backend.errors import EndpointError

LONGEST_REPLY = 120_000
"""Characters. The longest sane plan, 20 tracks over 300 measures, has about half of it."""
_LONGEST_PAUSE_S = 30.0


@dataclass(frozen=True)
class Patience:
    """``timeout_s`` bounds one attempt, ``pauses_s`` the waits before further ones."""

    timeout_s: float = 120.0
    pauses_s: tuple[float, ...] = (0.5, 2.0)


PATIENCE = Patience()


class Caller:
    """Sends calls to one endpoint. ``say`` tells people, once, what the server would not take."""

    def __init__(self, endpoint: Endpoint, models: Models, patience: Patience, say: Callable[[str], None]) -> None:
        self._endpoint, self._models, self._patience, self._say = endpoint, models, patience, say
        self._opened: WayOut | None = None
        self._refused: dict[str, set[str]] = {}
        self._arriving: asyncio.Lock | None = None
        self._there = False

    @property
    def _way_out(self) -> WayOut:
        """Opened by the first look: a run that asks nobody needs none."""
        assert self._opened is not None
        return self._opened

    @property
    def refused(self) -> frozenset[str]:
        """Parameters that some model would not take."""
        return frozenset().union(*self._refused.values())

    async def complete(self, call: Call) -> Completion:
        """One reply, thoughts taken off, cut at ``LONGEST_REPLY``. Raises CallFailed."""
        await self._arrive()
        call.message.leaving()
        tries = 0
        while True:
            failure = await self._attempt(call)
            if isinstance(failure, Completion):
                return failure
            if not failure.again or tries >= len(self._patience.pauses_s):
                raise CallFailed(replace(failure, reason=_after(failure.reason, tries + 1)))
            pause_s = max(self._patience.pauses_s[tries], min(failure.retry_after_s, _LONGEST_PAUSE_S))
            await asyncio.sleep(pause_s)
            tries += 1

    async def close(self) -> None:
        if self._opened is not None:
            await self._opened.close()

    async def _arrive(self) -> None:
        """Before the first call: is anybody there? Raises CallFailed within seconds for a server that is not."""
        self._arriving = self._arriving or asyncio.Lock()
        async with self._arriving:
            if self._there:
                return
            failure = await self._look()
            if failure is not None and failure.again:
                await asyncio.sleep(self._patience.pauses_s[0] if self._patience.pauses_s else 0)
                failure = await self._look()
            if failure is not None:
                raise CallFailed(failure)
            self._there = True

    async def _look(self) -> Failure | None:
        """None when a server is there, whatever it thinks of being asked for its models. Raises CallFailed where this
        machine has no way to it."""
        limit_s = min(LIST_S, self._patience.timeout_s)
        try:
            self._opened = self._opened or WayOut(self._endpoint, self._patience.timeout_s)
        except EndpointError as error:
            reason, _, advice = str(error).partition(". ")
            raise CallFailed(Failure(reason, advice, fatal=True)) from None
        try:
            async with asyncio.timeout(limit_s):
                listed = await self._way_out.models()
        except openai.APIStatusError as error:
            failure = failure_of(error, self._endpoint, self._models.main, limit_s)
            return failure if error.status_code in (401, 403) else None
        except (openai.APIConnectionError, TimeoutError) as error:
            return failure_of(error, self._endpoint, self._models.main, limit_s)
        except (openai.OpenAIError, Unreadable):
            return None
        for name in self._models.names if listed else ():
            if name not in listed:
                self._say(f"{self._endpoint.host} does not list the model {name}; asking for it all the same.")
        return None

    async def _attempt(self, call: Call) -> Completion | Failure:
        """One attempt; it starts over without a parameter that the server refuses."""
        refused = self._refused.setdefault(call.model, set())
        while True:
            sent = PARAMETERS - refused
            try:
                async with asyncio.timeout(self._patience.timeout_s):
                    completion = await self._way_out.complete(call, sent)
            except (openai.OpenAIError, Unreadable, TimeoutError) as error:
                named = refused_parameters(error, set(sent), bool(call.message.stills))
                if not named:
                    return await self._without_schema(call, sent, error) or failure_of(
                        error, self._endpoint, call.model, self._patience.timeout_s)
                for name in sorted(named - refused):
                    self._say(f"{call.model} does not take {name}; asked without it from here on.")
                refused |= named
                continue
            return _plain(completion)

    async def _without_schema(self, call: Call, sent: frozenset[str], error: Exception) -> Completion | None:
        """Once more without the schema, where the server will not say what it refuses; None when that does not help."""
        if "response_format" not in sent or not is_refusal(error, bool(call.message.stills)):
            return None
        try:
            async with asyncio.timeout(self._patience.timeout_s):
                completion = await self._way_out.complete(call, sent - {"response_format"})
        except (openai.OpenAIError, Unreadable, TimeoutError):
            return None
        self._refused[call.model].add("response_format")
        self._say(f"{call.model} does not take response_format; asked without it from here on.")
        return _plain(completion)


def _plain(completion: Completion) -> Completion:
    return replace(completion, text=without_thoughts(completion.text)[:LONGEST_REPLY])


def _after(reason: str, attempts: int) -> str:
    return reason if attempts == 1 else f"{reason}, {attempts} times"

"""The connection to the models: recorded, replayed, cached, capped, and given up when it fails too often."""
from __future__ import annotations

import asyncio
import threading
import weakref
from collections.abc import Awaitable, Callable

from backend.agents.ensemble.line import interrupts
from backend.agents.ensemble.line.calling import PATIENCE, Caller, Patience
from backend.agents.ensemble.line.calls import Call
from backend.agents.ensemble.line.chat import Chats
from backend.agents.ensemble.line.endpoint import Endpoint, Models
from backend.agents.ensemble.line.failures import CallFailed, Failure
from backend.agents.ensemble.line.replies import CAPPED, LOST, REPLY, Outcome, Replies
from backend.agents.ensemble.line.spending import REPLY_TOKENS, Ledger
from backend.agents.ensemble.line.tokens import UsageRatio, text_tokens
from backend.agents.ensemble.question import LineLost, Message, Reply
from backend.errors import CapError, EndpointError

LOST_AFTER = 3
"""Failed calls in a row, each with its retries, after which nobody is asked any more in this run; by ear."""
AT_ONCE = 4
"""Questions under way at the same time."""


class _GivenUp(Exception):
    """A call failed; whether that ends the run is for the line to say."""

    def __init__(self, call: Call, failure: Failure, paid_usd: float = 0.0) -> None:
        super().__init__(failure.reason)
        self.call, self.failure, self.paid_usd = call, failure, paid_usd


class OpenAILine:
    """Implements ``question.Line`` over any OpenAI-compatible server. ``endpoint`` None is a replay; an error in its
    place is raised by the first question that no recorded reply answers.

    One event loop serves the whole run; Ctrl-C in a call stops it and comes out as KeyboardInterrupt.
    """

    def __init__(self, endpoint: Endpoint | EndpointError | None, models: Models, replies: Replies, cap_usd: float, *,
                 patience: Patience = PATIENCE, say: Callable[[str], None] = lambda text: None) -> None:
        self.models = models
        self._endpoint, self._replies, self._say = endpoint, replies, say
        self._caller = Caller(endpoint, models, patience, say) if isinstance(endpoint, Endpoint) else None
        self._ledger = Ledger(cap_usd, models.local)
        self._ratio = UsageRatio()
        self._chats = Chats(models.of, _weakly(self._answer))
        self._runner = asyncio.Runner()
        self._turnstile: asyncio.Semaphore | None = None
        self._heard: set[str] = set()
        self._remembered: set[str] = set()
        self._failed_in_a_row, self._lost, self._begun = 0, "", False
        self.close = weakref.finalize(self, _shut, self._runner, self._caller)

    def say(self, message: Message) -> Reply:
        """One reply in the chat. Raises as ``question.Line.say`` says, OutputError when it cannot be recorded."""
        reply = self._settled(interrupts.run(self._runner, self._asking(self._chats.ask, (message,))))[0]
        if isinstance(reply, LineLost):
            raise reply
        return reply

    def say_all(self, messages: tuple[Message, ...]) -> tuple[Reply | LineLost, ...]:
        """Several speakers who do not hear each other, at once."""
        return self._settled(interrupts.run(self._runner, self._asking(self._chats.ask_aside, messages)))

    def begin(self, chat: str) -> None:
        """The chat starts anew: speakers have heard nothing."""
        self._chats.begin(chat)

    @property
    def spent_usd(self) -> float:
        """What this cue has cost so far, earlier runs in the folder included."""
        return self._ledger.spent_usd

    @property
    def refused(self) -> frozenset[str]:
        """Parameters that the server would not take."""
        return self._caller.refused if self._caller else frozenset()

    async def _asking(self, ask: Callable[[Message], Awaitable[Reply]],
                      messages: tuple[Message, ...]) -> list[Reply | BaseException]:
        self._turnstile = turnstile = self._turnstile or asyncio.Semaphore(AT_ONCE)

        async def one(message: Message) -> Reply:
            async with turnstile:
                return await ask(message)
        return list(await asyncio.gather(*map(one, messages), return_exceptions=True))

    def _settled(self, answers: list[Reply | BaseException]) -> tuple[Reply | LineLost, ...]:
        """What is to be raised is raised when all have been heard."""
        lost = (_GivenUp, LineLost)
        for answer in answers:
            if isinstance(answer, BaseException) and not isinstance(answer, lost):
                raise answer
        return tuple(self._lost_with(answer) if isinstance(answer, _GivenUp) else answer
                     for answer in answers if isinstance(answer, (Reply, *lost)))

    def _lost_with(self, given_up: _GivenUp) -> LineLost:
        """The failure as an event of the run: recorded, so that a replay loses the line at the same place.

        Raises EndpointError when nobody has ever answered, recorded replies included, or a model that is not there.
        """
        failure = given_up.failure
        if not self._heard or (failure.no_model and given_up.call.model not in self._heard):
            raise EndpointError(f"{failure.reason[:1].upper()}{failure.reason[1:]}. {failure.advice}{self._recorded}")
        lost = LineLost(failure.reason, failure.advice, for_good=bool(self._lost))
        self._record(given_up.call, Outcome(LOST, str(lost), given_up.call.model,
                                            cost_usd=given_up.paid_usd))
        return lost

    def _record(self, call: Call, outcome: Outcome) -> None:
        """What became of a request, and of whom a chat asks. Raises OutputError."""
        if call.message.chat not in self._remembered:
            self._remembered.add(call.message.chat)
            self._replies.remember(self.models, call.message.chat)
        self._replies.record(call, outcome)

    @property
    def _recorded(self) -> str:
        """What else can be done where an earlier run is recorded."""
        return " An earlier run is recorded here: --replay repeats it without a server." \
            if self._replies.has_earlier else ""

    async def _answer(self, call: Call) -> Reply:
        """From the records, or from the server."""
        if not self._begun:
            self._ledger.spent_usd, self._begun = self._replies.paid_usd(), True
        known = self._replies.recorded(call)
        for line in self._replies.damage():
            self._say(line)
        if known is None:
            known = await self._asked(call)
        self._record(call, known)
        if known.kind == LOST:
            raise LineLost(known.text)
        if known.kind == CAPPED:
            raise CapError(known.text)
        self._heard.add(call.model)
        return Reply(known.text, known.model, call.prompt_hash, known.reply_hash, known.tokens_in, known.tokens_out)

    async def _asked(self, call: Call) -> Outcome:
        """A reply from the server, or the cap. Raises _GivenUp."""
        if isinstance(self._endpoint, EndpointError):
            raise EndpointError(f"{self._endpoint}{self._recorded}")
        assert self._caller is not None
        if self._lost:
            raise _GivenUp(call, Failure(self._lost, ""))
        bound = self._ratio.corrected(call.model, call.tokens)
        try:
            ticket = self._ledger.reserve(call.model, bound, call.message.chat)
        except CapError as error:
            return Outcome(CAPPED, str(error), call.model)
        try:
            completion = await self._caller.complete(call)
        except CallFailed as error:
            paid_usd = 0.0
            if error.failure.timed_out:
                paid_usd = self._ledger.settle(ticket, call.model, bound, REPLY_TOKENS)
            self._count_failure(error.failure)
            raise _GivenUp(call, error.failure, paid_usd) from None
        finally:
            self._ledger.release(ticket)
        self._failed_in_a_row = 0
        self._heard.add(call.model)
        self._ratio.learn(call.model, call.tokens, completion.tokens_in)
        tokens_in = completion.tokens_in or bound
        tokens_out = completion.tokens_out or self._ratio.corrected(call.model, text_tokens(completion.text))
        cost_usd = self._ledger.settle(ticket, call.model, tokens_in, tokens_out)
        return Outcome(REPLY, completion.text, call.model, tokens_in, tokens_out, cost_usd)

    def _count_failure(self, failure: Failure) -> None:
        """The circuit breaker: a server that fails again and again, or will not let us in, is left alone."""
        if failure.alive:
            return
        self._failed_in_a_row += 1
        if self._heard and not self._lost and (failure.fatal or self._failed_in_a_row >= LOST_AFTER):
            self._lost = failure.reason
            host = self._endpoint.host if isinstance(self._endpoint, Endpoint) else "the server"
            self._say(f"The connection to {host} is given up for this run: {failure.reason}. {failure.advice}")


def _weakly(answer: Callable[[Call], Awaitable[Reply]]) -> Callable[[Call], Awaitable[Reply]]:
    """The chats do not keep the line alive: it closes its loop when its last user lets go of it."""
    method = weakref.WeakMethod(answer)

    async def asked(call: Call) -> Reply:
        bound = method()
        assert bound is not None
        return await bound(call)
    return asked


def _shut(runner: asyncio.Runner, caller: Caller | None) -> None:
    """Connections first, then the loop they belong to. A line may be collected while the loop of another one runs in
    this thread; then a thread without one does it."""
    def close() -> None:
        with interrupts.unheard():
            try:
                if caller is not None:
                    runner.run(caller.close())
            finally:
                runner.close()
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        close()
    else:
        elsewhere = threading.Thread(target=close, name="closing a line")
        elsewhere.start()
        elsewhere.join()

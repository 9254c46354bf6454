"""What is asked of a model and what comes back: the vocabulary of the ensemble.

An expert asks a :class:`Question` at the :class:`Desk`. The desk puts it as a :class:`Message` on the :class:`Line`,
reads the :class:`Reply`, checks it, asks once more with the errors only, fills what is still wrong from the rule twin
(craft 8.4), and gives an :class:`Answer` with the source of every field.
"""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from backend.domain.ensemble import ChatRecord, FieldSource, Still

T = TypeVar("T")

PROMPTINGS = ("order", "role", "few-shot", "cot")
"""The levels of the paper's Table 7, each with everything before it; ``cot`` is the whole."""


@dataclass(frozen=True)
class Fault:
    """What is wrong with a reply. ``path`` leads into the payload by keys and indices, () is all of it."""

    path: tuple[str | int, ...]
    problem: str


@dataclass(frozen=True)
class Question(Generic[T]):
    """One question to one expert.

    ``system`` is the static part (role, rules, examples, steps, output), ``task`` this cue's; both are made of sections
    headed ``=== NAME``. ``shape`` is the domain dataclass of the payload. ``check`` finds semantic faults in a payload
    that fits the schema. ``twin`` computes the rule expert's answer when it is needed. ``identity`` says by which
    field the items of a list are recognised (``{"tracks": "track_index", "measures": "m"}``). ``named`` says which
    field names them for people, where it is another one (``{"tracks": "part"}``). ``only`` are the payload's fields
    that the model is asked for; the others come from the twin (() is all). ``choices`` are the words that a server may
    hold the model to, by place (``{"tracks/*/instrument": ("flute", "oboe")}``, ``*`` is every item or key).
    """

    chat: str
    step: str
    agent: str
    system: str
    task: str
    shape: type[T]
    twin: Callable[[], T]
    check: Callable[[T], tuple[Fault, ...]] = lambda payload: ()
    stills: tuple[Still, ...] = ()
    identity: dict[str, str] = field(default_factory=dict)
    named: dict[str, str] = field(default_factory=dict)
    only: tuple[str, ...] = ()
    round: int = 1
    choices: dict[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer(Generic[T]):
    """``summary`` is what the expert says for the transcript, ``metrics`` the figures it leaned on. ``source`` is
    ``llm`` when every field is the model's, ``mixed``, or ``rule`` when the twin spoke."""

    payload: T
    summary: str
    metrics: tuple[str, ...]
    confidence: float
    source: str
    fields: tuple[FieldSource, ...]


@dataclass(frozen=True)
class Message:
    """What goes over the line. ``errors`` and ``shown`` are set on the second attempt only: what was wrong and is to be
    answered, and as much of the first reply as the model sees again.

    ``schema`` is the JSON schema of the envelope, ``temperature`` 0 on the second attempt. ``leaving`` is called when
    it goes out to a server, which a recorded reply spares it.
    """

    chat: str
    agent: str
    system: str
    task: str
    schema: dict[str, Any]
    stills: tuple[Still, ...] = ()
    errors: str = ""
    shown: str = ""
    seed: int = 0
    temperature: float = 0.2
    leaving: Callable[[], None] = field(default=lambda: None, compare=False, repr=False)


@dataclass(frozen=True)
class Reply:
    """``prompt_hash`` and ``reply_hash`` are the first 32 hex digits of SHA-256 of what was sent and what came."""

    text: str
    model: str
    prompt_hash: str
    reply_hash: str
    tokens_in: int
    tokens_out: int


class LineLost(Exception):
    """The endpoint was there and is not any more (retries used up, breaker open): the twin takes over.

    ``advice`` is what the user can do; ``for_good``: nobody is asked any more in this run.
    """

    def __init__(self, reason: str = "", advice: str = "", for_good: bool = False) -> None:
        super().__init__(reason)
        self.advice, self.for_good = advice, for_good


class Line(Protocol):
    """The connection to the models: recorded, replayed, cached, capped, retried."""

    def say(self, message: Message) -> Reply:
        """One reply. Raises LineLost; EndpointError before the first reply of the run, CapError, ReplayError."""
        ...

    def say_all(self, messages: tuple[Message, ...]) -> tuple[Reply | LineLost, ...]:
        """Several at once, answers in the order of the questions."""
        ...

    def begin(self, chat: str) -> None:
        """The chat starts anew: nobody has heard anything."""
        ...


class Desk(Protocol):
    """Where experts ask."""

    @property
    def model(self) -> str:
        """Everybody who is asked, e.g. ``gpt-4.1``; roles of their own joined with ``+``."""
        ...

    def model_of(self, speaker: str) -> str:
        """Who answers for a speaker: what its adapter is called after."""
        ...

    @property
    def prompting(self) -> str: ...

    @property
    def seed(self) -> int: ...

    def ask(self, question: Question[T]) -> Answer[T]:
        """A payload that passes schema and checks, whoever said it. Raises EndpointError, CapError, ReplayError."""
        ...

    def ask_all(self, questions: tuple[Question[Any], ...]) -> tuple[Answer[Any], ...]:
        """Several experts who do not hear each other."""
        ...

    def begin(self, chat: str) -> None:
        """A chat starts anew: the earlier record of the same name is replaced by the first utterance."""
        ...

    def record(self, chat: str) -> ChatRecord:
        """What was said so far."""
        ...

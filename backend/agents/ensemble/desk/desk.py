"""The desk: a question goes out, a payload that passes comes back, and every field has a source.

Message, reply, parse, form, the question's check; one more attempt with the errors only, at temperature 0; what is
still wrong is the rule twin's (craft 8.4). A line that is lost, or two useless replies, make the twin speak for the
model: said on the console and in the record, never silently.
"""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from backend.agents.ensemble.desk.casework import Case
from backend.agents.ensemble.desk.crediting import credited
from backend.agents.ensemble.desk.examining import Examined, Examiner
from backend.agents.ensemble.desk.recording import Recorder
from backend.agents.ensemble.desk.sending import listed
from backend.agents.ensemble.desk.shapes import envelope_schema
from backend.agents.ensemble.line.endpoint import is_local_host
from backend.agents.ensemble.question import Answer, Line, LineLost, Message, Question, Reply
from backend.domain.ensemble import TAKEN_OVER, USELESS, ChatRecord, FieldSource, Turn

T = TypeVar("T")


class AnswerDesk:
    """Asks over ``line`` and writes every utterance into ``folder`` (None: nowhere). ``say`` reaches the user,
    ``sent_to`` is the host that hears the questions ("" when nobody does); ``local`` whether asking it is free where
    it has no list price (None: as the host's name says); ``note`` is the composer's wish, for the record;
    ``of`` the model of a speaker (None: everybody's); ``attempts`` 1 asks nobody twice."""

    def __init__(self, line: Line, *, model: str, prompting: str, seed: int, folder: Path | None,
                 say: Callable[[str], None], sent_to: str, local: bool | None = None,
                 note: str = "",
                 of: Callable[[str], str] | None = None, attempts: int = 2) -> None:
        self._line = line
        self._model, self._prompting, self._seed = model, prompting, seed
        self._of, self._attempts = of, attempts
        self._say = say
        self._sent_to = sent_to
        self._is_local = is_local_host(_name(sent_to)) if local is None else local
        self._recorder = Recorder(folder, prompting, self._is_local, note)
        self._listed: dict[str, frozenset[str]] = {}
        self._told: set[tuple[str, str]] = set()

    @property
    def model(self) -> str:
        """What the adapters are called after."""
        return self._model

    def model_of(self, speaker: str) -> str:
        """Who answers for a speaker."""
        return self._of(speaker) if self._of else self._model

    @property
    def prompting(self) -> str:
        return self._prompting

    @property
    def seed(self) -> int:
        return self._seed

    def begin(self, chat: str) -> None:
        """The chat starts anew; its earlier record stands until the first utterance."""
        self._line.begin(chat)
        self._recorder.begin(chat)
        self._told = {told for told in self._told if told[0] != chat}

    def record(self, chat: str) -> ChatRecord:
        """What was said so far."""
        return self._recorder.record(chat)

    def ask(self, question: Question[T]) -> Answer[T]:
        """A payload that passes, whoever said it. Raises EndpointError, CapError, ReplayError."""
        case = Case(Examiner(question))
        try:
            reply: Reply | LineLost = self._line.say(self._message(question))
        except LineLost as error:
            reply = error
        self._hear(case, reply)
        return self._settled(case)

    def ask_all(self, questions: tuple[Question[Any], ...]) -> tuple[Answer[Any], ...]:
        """Several who do not hear each other: first attempts at once, the second ones in order."""
        cases: list[Case[Any]] = [Case(Examiner(question)) for question in questions]
        replies = self._line.say_all(tuple(self._message(question) for question in questions))
        for case, reply in zip(cases, replies, strict=True):
            self._hear(case, reply)
        return tuple(self._settled(case) for case in cases)

    def _message(self, question: Question[Any]) -> Message:
        schema = envelope_schema(question.shape, question.only or None, question.choices)
        return Message(question.chat, question.agent, question.system, question.task, schema, question.stills,
                       seed=self._seed, leaving=lambda: self._list(question))

    def _list(self, question: Question[Any]) -> None:
        """What leaves for whom, when it leaves; what was listed in this chat is not listed again."""
        known = self._listed.get(question.chat, frozenset())
        text, self._listed[question.chat] = listed(question, self._sent_to, self._is_local, known)
        if text:
            self._say(text)

    def _hear(self, case: Case[T], reply: Reply | LineLost) -> None:
        """Examine a reply and write it down."""
        if isinstance(reply, LineLost):
            case.lost = reply
            return
        examined = case.hear(reply)
        question = case.question
        self._recorder.add(question.chat, Turn(
            self._recorder.round_of(question), question.step, question.agent, len(case.heard), "llm", reply.model,
            examined.summary, examined.metrics, case.problems(examined), reply.prompt_hash, reply.reply_hash,
            reply.tokens_in, reply.tokens_out))

    def _settled(self, case: Case[T]) -> Answer[T]:
        """One more attempt if it is needed and allowed, and the answer."""
        if case.heard and not case.heard[-1][1].passes and self._attempts > 1:
            try:
                self._hear(case, self._line.say(case.second(self._message(case.question))))
            except LineLost as error:
                self._hear(case, error)
        answer = self._passed(case) or self._merged(case) or self._taken_over(case)
        number = self._recorder.round_of(case.question)
        answer = replace(answer, fields=tuple(replace(source, round=number) for source in answer.fields))
        self._recorder.decide(case.question, answer.fields)
        return answer

    def _passed(self, case: Case[T]) -> Answer[T] | None:
        """The newest reply whose payload is right as it is."""
        for reply, examined in reversed(case.heard):
            if examined.payload is not None:
                fields = credited(case.question, examined.plain, case.decided(reply, examined, self._seed))
                return _answer(examined, examined.payload, "llm", fields)
        return None

    def _merged(self, case: Case[T]) -> Answer[T] | None:
        """The reply that needs least of the twin, with the twin's fields; None when nothing of a reply can stay."""
        chosen = case.nearest()
        if chosen is None:
            return None
        reply, examined, merged = chosen
        if problems := case.ruled(merged):
            lost = f" ({_gone(case.lost)})" if case.lost else ""
            places = f"{len(problems)} place{'s' * (len(problems) != 1)}"
            if case.lost and case.lost.for_good:
                self._tell_lost(case, case.lost)
            else:
                self._tell_once(case, "merged", f"{case.question.agent}: {places} by rules{lost}; transcript.md has "
                                                "all of this chat.")
            self._rule_turn(case, f"Rules decided {places} of this answer{lost}.", problems)
        fields = credited(case.question, merged.plain, case.decided(reply, examined, self._seed), merged.taken)
        return _answer(examined, merged.payload, "mixed" if problems else "llm", fields)

    def _taken_over(self, case: Case[T]) -> Answer[T]:
        """The twin speaks for the model."""
        question = case.question
        why = _gone(case.lost) if case.lost else USELESS
        if case.lost:
            self._tell_lost(case, case.lost)
        else:
            self._say(f"{question.agent}: rules answer for the model in the chat '{question.chat}': {why}.")
        last = case.problems(case.heard[-1][1])[:1] if case.heard else ()
        self._rule_turn(case, TAKEN_OVER, (why, *last))
        fields = credited(question, case.examiner.twin_plain, (FieldSource(question.step, "", "rule"),))
        return Answer(case.examiner.twin, f"{TAKEN_OVER[:-1]} ({why}).", (), 1.0, "rule", fields)

    def _tell_lost(self, case: Case[T], lost: LineLost) -> None:
        """A single call that failed; or, once a chat, that the rest of it is the rules'."""
        question = case.question
        if lost.for_good:
            self._tell_once(case, "gone", f"From {question.agent} on, rules speak for the model in the chat "
                                          f"'{question.chat}'.")
        else:
            self._say(f"{question.agent}: rules answer for the model in the chat '{question.chat}': "
                      f"{str(lost) or 'no answer'}. {lost.advice}".rstrip())

    def _tell_once(self, case: Case[T], what: str, text: str) -> None:
        """Once a chat, not once a call."""
        if (case.question.chat, what) not in self._told:
            self._told.add((case.question.chat, what))
            self._say(text)

    def _rule_turn(self, case: Case[T], text: str, problems: tuple[str, ...]) -> None:
        question = case.question
        self._recorder.add(question.chat, Turn(self._recorder.round_of(question), question.step, question.agent,
                                               min(2, len(case.heard) + 1), "rule", "", text, (), problems))


def _answer(examined: Examined[T], payload: T, source: str, fields: tuple[FieldSource, ...]) -> Answer[T]:
    return Answer(payload, examined.summary, examined.metrics, examined.confidence, source, fields)


def _gone(lost: LineLost) -> str:
    return str(lost) or "no answer"


def _name(host: str) -> str:
    """The host without its port: ``127.0.0.1:8000``, ``[::1]:8000``."""
    return urlsplit(f"//{host}").hostname or ""

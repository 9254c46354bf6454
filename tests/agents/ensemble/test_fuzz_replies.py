"""A thousand spoiled replies to real questions: always a payload that passes, never a crash, never a silent twin."""
from __future__ import annotations

import copy
import dataclasses
import json
import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from backend.agents.ensemble.desk.bounds import nodes
from backend.agents.ensemble.desk.desk import AnswerDesk
from backend.agents.ensemble.desk.examining import Examiner
from backend.agents.ensemble.desk.shapes import plain_of
from backend.agents.ensemble.question import Answer, LineLost, Question
from backend.domain.ensemble import TAKEN_OVER, ChatRecord, Turn
from backend.domain.serial import dumps, loads
from tests.agents.ensemble.asked_questions import questions
from tests.agents.ensemble.scripted_line import ScriptedLine
from tests.agents.ensemble.spoiling import spoiled

SPEAKERS = ("visual", "mode", "melody", "harmony", "rhythm", "emotion", "analyze", "arrange", "voice_part",
            "instrument", "volume", "mixing", "reviewer")
ASKED = 40
"""Questions a speaker, two replies each: 1,040 replies."""


def _varied(question: Question[Any], rng: random.Random) -> Any:
    """A valid answer that is not the twin's where numbers can differ."""
    examiner = Examiner(question)
    plain = {k: v for k, v in plain_of(question.twin()).items() if k not in examiner.unasked}
    for node in _dicts(plain):
        for key, value in list(node.items()):
            if not isinstance(value, float):
                continue
            node[key] = round(value * rng.uniform(.9, .99) + .001, 4)
            if not examiner.read(json.dumps({"reasoning_summary": "", "metrics": [], "confidence": 1,
                                             "payload": plain})).passes:
                node[key] = value
            if rng.random() < .5:
                break
    return plain


def _corrections(payload: Any, rng: random.Random) -> Any:
    """What a second attempt may be content with: some fields, and of a list some items."""
    chosen = {name: value for name, value in payload.items() if rng.random() < .7}
    return {name: [item for item in value if rng.random() < .6] if isinstance(value, list) else value
            for name, value in chosen.items()}


def _dicts(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
    for inner in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _dicts(inner)


def _leaves(question: Question[Any], node: Any, path: str = "", name: str = "") -> Iterator[tuple[str, Any]]:
    """(pointer, value) of everything; items that nothing identifies go by the list they are in."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from _leaves(question, value, f"{path}/{key}", key)
    elif isinstance(node, list) and name in question.identity:
        by = question.named.get(name, question.identity[name])
        for item in node:
            label = item.get(by) if isinstance(item, dict) else None
            yield from _leaves(question, item, f"{path}/{label}")
    elif isinstance(node, list):
        for item in node:
            yield path, json.dumps(item, sort_keys=True)
    else:
        yield path, node


def _decider(answer: Answer[Any], path: str) -> str:
    fitting = [one for one in answer.fields if f"{path}/".startswith(f"{one.path}/") or not one.path]
    return max(fitting, key=lambda one: len(one.path)).source


def _assert_honest(question: Question[Any], answer: Answer[Any], replies: list[str], turns: tuple[Turn, ...]) -> None:
    """Every leaf is one that the model said, or rules are named for it and a problem is."""
    examiner = Examiner(question)
    plain = plain_of(answer.payload)
    assert examiner.judge(plain) == answer.payload
    said = [examiner.read(text).plain for text in replies]
    known = {leaf for one in said if one is not None for leaf in _known(question, _with_defaults(question, one))}
    ruled = [turn for turn in turns if turn.source == "rule"]
    assert (answer.source == "rule") == (_decider(answer, "") == "rule" and not question.only
                                         or any(turn.summary == TAKEN_OVER for turn in ruled))
    assert bool(ruled) == (answer.source != "llm")
    assert all(turn.problems for turn in ruled)
    theirs = set(_known(question, examiner.twin_plain))
    for path, value in _leaves(question, plain):
        leaf = (path, _text(value))
        assert leaf in (known if _decider(answer, path) == "llm" else theirs), leaf
    named = " ".join(problem for turn in ruled for problem in turn.problems)
    for one in answer.fields:
        if answer.source == "mixed" and one.source == "rule" and one.path and one.path[1:] not in examiner.unasked:
            assert one.path in named


def _known(question: Question[Any], plain: Any) -> Iterator[tuple[str, str]]:
    return ((path, _text(value)) for path, value in _leaves(question, plain))


def _text(value: Any) -> str:
    """1 and 1.0 are one number."""
    return repr(float(value)) if isinstance(value, (int, float)) and not isinstance(value, bool) else json.dumps(value)


def _with_defaults(question: Question[Any], plain: Any) -> Any:
    """A field that a reply leaves out is at its default."""
    full = copy.deepcopy(plain)
    for _, kind, node, _ in list(nodes(question.shape, full)):
        for field in dataclasses.fields(kind) if dataclasses.is_dataclass(kind) and isinstance(node, dict) else ():
            if field.default is not dataclasses.MISSING:
                node.setdefault(field.name, list(field.default) if field.default == () else field.default)
    return full


@pytest.mark.parametrize("speaker", SPEAKERS)
def test_spoiled_replies_never_pass_unseen(speaker: str) -> None:
    question = questions()[speaker]
    rng = random.Random(speaker)
    said: list[str] = []
    good = _varied(question, rng)
    sources: Counter[str] = Counter()
    for number in range(ASKED):
        part = good if number % 2 else _corrections(good, rng)
        (how, first), (then, second) = (spoiled(said_first, rng.randrange(10**9)) for said_first in (good, part))
        script: list[str | LineLost] = [first, LineLost("refused") if number % 5 == 4 else second]
        desk = AnswerDesk(ScriptedLine(*script), model="gpt-x", prompting="cot", seed=7, folder=None, say=said.append,
                          sent_to="api.example.com")
        answer = desk.ask(question)
        record = desk.record(question.chat)
        heard = [text for text, turn in zip((first, second), [t for t in record.turns if t.source == "llm"],
                                            strict=False) if turn]
        _assert_honest(question, answer, heard, record.turns)
        assert loads(ChatRecord, dumps(record)) == record, (how, then)
        sources[answer.source] += 1
    assert sources["llm"] and sources["mixed"], sources

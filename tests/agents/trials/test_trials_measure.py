"""The measure can tell: who reads everything scores high, who contradicts or spoils scores near nothing."""
from __future__ import annotations

import json
from functools import cache

import pytest

from backend.agents.ensemble.desk.desk import AnswerDesk
from backend.agents.stand_in import Adversarial, Asked, Responder
from backend.agents.trials.case import TASKS, TrialCase
from backend.agents.trials.measure import Tally, outcome, tally
from backend.agents.trials.run import CASES, MAKERS
from backend.agents.trials.wilson import wilson
from tests.agents.trials.direct_line import DirectLine
from tests.agents.trials.readers import Contrary, Passing, Reader

SPOILING = ("truncated", "empty", "deep_nesting", "wrong_types", "not_a_number")


@cache
def cases(task: str) -> tuple[TrialCase, ...]:
    return MAKERS[task](CASES, 0)


def desk(responder: Responder, until: int = 10 ** 9) -> AnswerDesk:
    return AnswerDesk(DirectLine(responder, until), model="direct", prompting="cot", seed=0, folder=None,
                      say=lambda text: None, sent_to="")


@pytest.mark.parametrize("task", TASKS)
def test_sixty_cases_a_task_each_with_a_known_answer(task: str) -> None:
    assert len(cases(task)) == CASES >= 60
    assert {case.task for case in cases(task)} == {task} and all(case.known for case in cases(task))
    assert len({case.kind for case in cases(task)}) >= 4


@pytest.mark.parametrize("task", TASKS)
def test_a_reader_of_the_tables_is_nearly_always_right(task: str) -> None:
    reader = Reader()
    found = tally(cases(task), desk(reader))
    assert reader.script.complaints == ()
    assert found.counted == CASES and found.outcomes["agrees"] >= .95 * CASES
    assert wilson(found.outcomes["agrees"], CASES)[0] > .85


@pytest.mark.parametrize("task", TASKS)
def test_the_opposite_in_good_form_is_never_right(task: str) -> None:
    found = tally(cases(task)[:28], desk(Contrary()))
    assert found.counted == 28 and found.outcomes["agrees"] == 0 and found.outcomes["differs"] >= 14


@pytest.mark.parametrize("task", TASKS)
def test_spoilt_replies_are_faults_even_where_a_second_attempt_or_the_rules_mend_them(task: str) -> None:
    found = tally(cases(task)[:14], desk(Adversarial(3, SPOILING, 1.0, inner=Reader())))
    assert found.counted == 14 and found.outcomes["faulty"] >= 13 and found.outcomes["agrees"] <= 1


def test_who_passes_everything_is_right_on_the_clean_half_only() -> None:
    found = tally(cases("assessment"), desk(Passing()))
    assert found.outcomes["agrees"] == CASES // 2
    assert all(counts["agrees"] == (counts.total() if kind.startswith("clean") else 0)
               for kind, counts in found.kinds.items())


def test_who_fails_everything_is_right_nowhere_but_where_nothing_else_is_asked() -> None:
    found = tally(cases("assessment"), desk(Passing(False)))
    lonely = [case for case in cases("assessment") if case.known.startswith("fail") and "pass" not in case.known]
    assert found.outcomes["agrees"] <= len(lonely) < CASES / 5


def test_a_second_attempt_does_not_count() -> None:
    """First nonsense, then the right answer: the desk is content, the measure is not."""
    reader, case = Reader(), cases("arrangement")[0]
    one = desk(lambda asked: reader(asked) if asked.errors else "I would rather not.")
    assert outcome(case, one) == "faulty"
    turns = one.record(case.chat).turns
    assert [(turn.attempt, turn.source, bool(turn.problems)) for turn in turns] == [(1, "llm", True), (2, "llm", False)]


def test_a_long_summary_is_no_fault_and_nobody_is_asked_twice_where_that_costs() -> None:
    reader, case = Reader(), cases("arrangement")[0]

    def wordy(asked: Asked) -> str:
        return json.dumps({**json.loads(reader(asked)), "reasoning_summary": "word " * 120})

    one = desk(wordy)
    assert outcome(case, one) == "agrees" and one.record(case.chat).turns[0].problems
    line = DirectLine(lambda asked: "I would rather not.")
    once = AnswerDesk(line, model="direct", prompting="cot", seed=0, folder=None, say=lambda text: None, sent_to="",
                      attempts=1)
    assert outcome(case, once) == "faulty" and len(line.messages) == 1


def test_what_is_never_answered_counts_for_nothing() -> None:
    found = tally(cases("assessment")[:6], desk(Reader(), until=4))
    assert found.outcomes == {"agrees": 4, "lost": 2} and found.counted == 4


def test_cases_do_not_hear_each_other() -> None:
    """Every question is put aside: its task is this case's alone."""
    line = DirectLine(Reader())
    tally(cases("assessment")[:4], AnswerDesk(line, model="direct", prompting="cot", seed=0, folder=None,
                                              say=lambda text: None, sent_to=""))
    assert len(line.messages) == 4 and not any("=== VERDICTS" in message.task for message in line.messages)


@pytest.mark.parametrize(("hits", "count", "low", "high"), [(0, 10, 0.0, .2775), (10, 10, .7225, 1.0),
                                                           (77, 100, .6785, .8416), (0, 0, 0.0, 1.0)])
def test_wilson_intervals(hits: int, count: int, low: float, high: float) -> None:
    assert wilson(hits, count) == pytest.approx((low, high), abs=5e-5)


def test_wilson_refuses_more_hits_than_cases() -> None:
    with pytest.raises(ValueError, match="within 0 and 3"):
        wilson(4, 3)


def test_a_tally_keeps_kinds_apart() -> None:
    found = Tally()
    for kind, what in (("a", "agrees"), ("a", "differs"), ("b", "lost")):
        found.add(kind, what)  # type: ignore[arg-type]
    assert found.counted == 2 and found.kinds["a"] == {"agrees": 1, "differs": 1} and found.kinds["b"] == {"lost": 1}

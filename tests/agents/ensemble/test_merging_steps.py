"""Merging step by step: what a later step makes of an earlier one, and places that only one side has."""
from __future__ import annotations

from dataclasses import dataclass, replace

from backend.agents.ensemble.desk.examining import Examiner
from backend.agents.ensemble.desk.shapes import plain_of
from backend.agents.ensemble.question import Fault, Question
from tests.agents.ensemble.desk_table import QUESTION, SAID, TWIN, Seats, Table, seats
from tests.agents.ensemble.scripted_line import envelope


@dataclass(frozen=True)
class Mood:
    word: str
    share: float


@dataclass(frozen=True)
class Moods:
    title: str
    mood: Mood | None = None


def _moods(twin: Moods) -> Examiner[Moods]:
    return Examiner(Question("arrange", "X", "x", "", "", Moods, lambda: twin))


def test_an_unknown_key_goes_where_the_twin_has_nothing_at_all() -> None:
    done = _moods(Moods("t")).merged({"title": "mine", "mood": {"word": "sad", "share": 0.5, "colour": "blue"}})
    assert done.payload == Moods("mine", Mood("sad", 0.5))
    assert (done.taken, done.left_out) == ((), ("/mood/colour: is not a known field",))


def test_a_fault_where_the_twin_has_nothing_becomes_nothing() -> None:
    done = _moods(Moods("t")).merged({"title": "mine", "mood": {"word": "sad", "share": "half"}})
    assert done.payload == Moods("mine", None)
    assert [one.path for one in done.taken] == [("mood",)]


def test_nothing_where_the_twin_has_something_stays_nothing() -> None:
    assert _moods(Moods("t", Mood("calm", 1.0))).merged({"title": 3, "mood": None}).payload == Moods("t", None)


def test_a_field_is_no_place_of_its_own_once_its_item_is_taken() -> None:
    """The pan is mended first; then the check finds the seat itself wrong."""
    def check(payload: Seats) -> tuple[Fault, ...]:
        return () if payload.seats[0] == TWIN.seats[0] else (Fault(("seats", 0), "somebody sits there"),)

    examiner = Examiner(replace(QUESTION, check=check))
    done = examiner.merged({**SAID, "seats": seats(pan="left")})
    assert done.payload.seats[0] == TWIN.seats[0]
    assert [one.path for one in done.taken] == [("seats", 0)]
    assert plain_of(done.payload)["seats"][1] == SAID["seats"][1]


def test_no_item_is_the_models_in_a_list_that_is_the_twins() -> None:
    def check(payload: Seats) -> tuple[Fault, ...]:
        return () if payload.seats == TWIN.seats else (Fault(("seats",), "the stage is too narrow"),)

    answer = Table(envelope({"seats": SAID["seats"], "verdict": "yes"})).ask(
        replace(QUESTION, check=check, only=("seats", "verdict")))
    assert (answer.payload.seats, answer.payload.verdict) == (TWIN.seats, "yes")
    assert [(one.path, one.source) for one in answer.fields] == [("", "rule"), ("/verdict", "llm"), ("/seats", "rule")]

"""The desk: one question to an answer with a source for every field, on a line that says what it is told to."""
from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import pytest

from backend.agents.ensemble.desk import AnswerDesk
from backend.agents.ensemble.question import Answer, Fault, LineLost, Question
from backend.domain.ensemble import FieldSource, Still
from backend.domain.scheme import MixPlan
from backend.errors import CapError
from tests.agents.ensemble.scripted_line import ScriptedLine, envelope


@dataclass(frozen=True)
class Seat:
    index: int
    part: str
    instrument: str
    pan: float


@dataclass(frozen=True)
class Seats:
    verdict: Literal["yes", "no"]
    seats: tuple[Seat, ...]
    rating: float = 0.0


TWIN = Seats("no", (Seat(1, "melody", "flute", 0.1), Seat(2, "bass", "tuba", 0.2)), 0.75)
SAID = {"verdict": "yes", "seats": [{"index": 1, "part": "melody", "instrument": "oboe", "pan": -0.3},
                                    {"index": 2, "part": "bass", "instrument": "cello", "pan": 0.4}], "rating": 0.5}


def check(seats: Seats) -> tuple[Fault, ...]:
    return tuple(Fault(("seats", i, "instrument"), "is not in OPTIONS") for i, seat in enumerate(seats.seats)
                 if seat.instrument not in ("flute", "tuba", "oboe", "cello"))


QUESTION: Question[Seats] = Question(
    "arrange", "A5", "mixing", "=== RULES\nBe good.", "=== CUE\ntempo: 100\n\n=== DRAFT\nx", Seats, lambda: TWIN, check,
    identity={"seats": "index"}, named={"seats": "part"})


def said(**changes: Any) -> dict[str, Any]:
    return {**SAID, **changes}


def seats(instrument: Any = "oboe", pan: Any = -0.3, **more: Any) -> list[dict[str, Any]]:
    return [{"index": 1, "part": "melody", "instrument": instrument, "pan": pan, **more}, SAID["seats"][1]]


class Table:
    """A desk on a scripted line, and what it says to the user."""

    def __init__(self, *script: str | LineLost, folder: Path | None = None, sent_to: str = "api.example.com") -> None:
        self.line = ScriptedLine(*script)
        self.told: list[str] = []
        self.desk = AnswerDesk(self.line, model="gpt-x", prompting="cot", seed=7, folder=folder, say=self.told.append,
                               sent_to=sent_to)

    def ask(self, question: Question[Any] = QUESTION) -> Answer[Any]:
        return self.desk.ask(question)

    def turns(self) -> list[tuple[str, int, tuple[str, ...]]]:
        return [(turn.source, turn.attempt, turn.problems) for turn in self.desk.record("arrange").turns]


def test_a_good_reply_is_the_answer_with_its_source() -> None:
    table = Table(envelope(SAID, "Oboe left.", ("seats", "width"), 0.7))
    answer = table.ask()
    assert answer.payload == Seats("yes", (Seat(1, "melody", "oboe", -0.3), Seat(2, "bass", "cello", 0.4)), 0.5)
    assert (answer.summary, answer.metrics, answer.confidence, answer.source) == (
        "Oboe left.", ("seats", "width"), 0.7, "llm")
    turn = table.desk.record("arrange").turns[0]
    assert answer.fields == (FieldSource("A5", "", "llm", "gpt-x", turn.prompt_hash, turn.reply_hash, 7),)
    assert (turn.agent, turn.summary, turn.metrics, turn.tokens_in, turn.tokens_out) == (
        "mixing", "Oboe left.", ("seats", "width"), 1000, 100)
    assert len(table.line.asked) == 1


def test_what_is_said_is_short_and_has_no_invisible_signs() -> None:
    words = "\x1b[31mred\u202e\n" + "word " * 100
    answer = Table(envelope(SAID, words, ("a\x07b", "x" * 90, *("m",) * 30))).ask()
    assert answer.summary == "[31mred " + " ".join(["word"] * 79)
    assert answer.metrics == ("a b", "x" * 60, *("m",) * 18)


def test_what_is_asked_carries_schema_seed_and_temperature() -> None:
    table = Table(envelope(said(seats=seats("kazoo"))), envelope(SAID))
    still = Still(1.5, 36, 0, b"jpeg")
    table.ask(replace(QUESTION, stills=(still,)))
    first, second = table.line.asked
    assert (first.chat, first.agent, first.system, first.task) == ("arrange", "mixing", QUESTION.system, QUESTION.task)
    assert first.schema["properties"]["payload"] == {"$ref": "#/$defs/Seats"}
    assert (first.seed, first.temperature, first.errors, first.stills) == (7, 0.2, "", (still,))
    assert (second.seed, second.temperature, second.task, second.stills) == (7, 0.0, QUESTION.task, (still,))
    assert second.errors == "- /seats/melody/instrument: is not in OPTIONS"


def test_the_second_reply_stands_when_it_is_right() -> None:
    table = Table("Sure!", envelope(SAID))
    answer = table.ask()
    assert answer.source == "llm"
    assert answer.fields[0].reply_hash == table.desk.record("arrange").turns[1].reply_hash
    assert table.turns() == [("llm", 1, ("there is no JSON object in the reply",)), ("llm", 2, ())]
    assert table.line.asked[1].errors == "- there is no JSON object in the reply"


def test_the_errors_name_faults_of_form_and_of_sense_together() -> None:
    table = Table(envelope(said(seats=seats("kazoo", "left"), colour="red"), confidence=3), envelope(SAID))
    table.ask()
    assert table.line.asked[1].errors.splitlines() == [
        "- confidence: 3 is not within 0 and 1", '- /seats/melody/pan: must be a number, not "left"',
        "- /colour: is not a known field", "- /seats/melody/instrument: is not in OPTIONS"]


def test_a_long_list_of_errors_is_cut() -> None:
    many = [{"index": i, "part": f"p{i}", "instrument": "x" * 500, "pan": 0} for i in range(200)]
    table = Table(envelope(said(seats=many)), envelope(SAID))
    table.ask()
    lines = table.line.asked[1].errors.splitlines()
    assert lines[-1] == "- and 170 more"
    assert len(lines) == 31


def test_after_two_faulty_replies_the_faulty_fields_are_the_twins() -> None:
    table = Table(envelope(said(verdict="maybe", seats=seats("kazoo"))), envelope(said(seats=seats("kazoo"))))
    answer = table.ask()
    assert answer.payload == Seats("yes", (Seat(1, "melody", "flute", -0.3), Seat(2, "bass", "cello", 0.4)), 0.5)
    assert answer.source == "mixed"
    assert [(one.path, one.source) for one in answer.fields] == [("", "llm"), ("/seats/melody/instrument", "rule")]
    assert answer.fields[0].reply_hash == table.desk.record("arrange").turns[1].reply_hash
    assert table.turns()[2] == ("rule", 2, ("/seats/melody/instrument: is not in OPTIONS",))
    assert table.desk.record("arrange").fields == answer.fields


def test_the_reply_that_needs_less_of_the_twin_is_kept() -> None:
    table = Table(envelope(said(seats=seats("kazoo"))), envelope(said(verdict=1, seats=seats(None, None))))
    answer = table.ask()
    assert answer.payload == Seats("yes", (Seat(1, "melody", "flute", -0.3), Seat(2, "bass", "cello", 0.4)), 0.5)
    assert answer.fields[0].reply_hash == table.desk.record("arrange").turns[0].reply_hash


def test_a_right_first_payload_survives_a_useless_second_reply() -> None:
    table = Table(envelope(SAID, schema="fc/1"), "I already answered.")
    answer = table.ask()
    assert (answer.payload.seats[0].instrument, answer.source) == ("oboe", "llm")
    assert [turn[:2] for turn in table.turns()] == [("llm", 1), ("llm", 2)]


def test_a_reply_that_breaks_off_twice_is_completed() -> None:
    text = envelope(SAID)
    cut = text[:text.index('"cello"')]
    answer = Table(cut, cut).ask()
    assert answer.payload == Seats("yes", (Seat(1, "melody", "oboe", -0.3), Seat(2, "bass", "tuba", 0.2)), 0.0)
    assert answer.source == "mixed"


def test_two_useless_replies_are_said_and_the_twin_answers() -> None:
    table = Table("I cannot.", "{}")
    answer = table.ask()
    line = "Round 1, mixing: rules answer for the model (replies of no use)."
    assert (answer.payload, answer.source, answer.summary) == (TWIN, "rule", line)
    assert answer.fields == (FieldSource("A5", "", "rule"),)
    assert table.told[1:] == [line]
    record = table.desk.record("arrange")
    assert record.takeovers == (line,)
    assert table.turns()[2] == ("rule", 2, ("replies of no use", "reasoning_summary: is missing"))


def test_a_slightly_wrong_number_is_cut_back_and_said_without_asking_again() -> None:
    table = Table(envelope({"tracks": [{"track_index": 1, "gain_db": 0, "pan": 1.04, "reverb_space": 0.2}]}))
    mix = replace(QUESTION, shape=MixPlan, twin=lambda: MixPlan(()), check=lambda payload: (), identity={})
    answer = table.ask(mix)
    assert answer.payload.tracks[0].pan == 1.0
    assert answer.source == "llm"
    assert table.turns() == [("llm", 1, ("/tracks/0/pan: 1.04 is not within -1 and 1 and was taken as 1",))]


def test_a_lost_line_is_told_once_a_chat_and_recorded_every_time() -> None:
    table = Table(LineLost("connection refused"))
    for agent in ("volume", "mixing"):
        answer = table.ask(replace(QUESTION, agent=agent))
        assert (answer.payload, answer.source) == (TWIN, "rule")
    table.ask(replace(QUESTION, chat="revise", agent="reviser"))
    assert table.told[1:2] + table.told[3:] == [
        "api.example.com does not answer any more (connection refused): from volume on, rules speak for the model in "
        "the chat 'arrange'.",
        "api.example.com does not answer any more (connection refused): from reviser on, rules speak for the model in "
        "the chat 'revise'."]
    assert table.desk.record("arrange").takeovers == tuple(
        f"Round 1, {agent}: rules answer for the model (server gone: connection refused)."
        for agent in ("volume", "mixing"))
    assert table.turns() == [("rule", 1, ("server gone: connection refused",))] * 2


def test_a_line_lost_before_the_second_attempt_leaves_what_was_right() -> None:
    table = Table(envelope(said(seats=seats("kazoo"))), LineLost("timed out"))
    answer = table.ask()
    assert (answer.payload.verdict, answer.payload.seats[0].instrument, answer.source) == ("yes", "flute", "mixed")
    assert "does not answer any more (timed out)" in table.told[-1]
    assert table.desk.record("arrange").turns[-1].summary == \
        "Rules decided 1 place of this answer (server gone: timed out)."


def test_only_what_is_asked_for_is_the_models() -> None:
    table = Table(envelope({"verdict": "yes"}))
    answer = table.ask(replace(QUESTION, only=("verdict",)))
    assert answer.payload == replace(TWIN, verdict="yes")
    assert answer.source == "llm"
    assert [(one.path, one.source) for one in answer.fields] == [("", "rule"), ("/verdict", "llm")]
    assert list(table.line.asked[0].schema["$defs"]["Seats"]["properties"]) == ["verdict"]
    assert [one.path for one in table.desk.record("arrange").fields] == ["/verdict"]


def test_a_field_that_was_not_asked_for_is_unknown() -> None:
    table = Table(envelope({"verdict": "yes", "rating": 1}))
    answer = table.ask(replace(QUESTION, only=("verdict",)))
    assert table.line.asked[1].errors == "- /rating: is not a known field"
    assert (answer.payload, answer.source) == (replace(TWIN, verdict="yes"), "llm")


def test_two_questions_about_parts_share_a_record() -> None:
    table = Table(envelope({"seats": [SAID["seats"][0]]}), envelope({"verdict": "yes"}))
    table.ask(replace(QUESTION, only=("seats",)))
    table.ask(replace(QUESTION, only=("verdict",)))
    assert [(one.path, one.source) for one in table.desk.record("arrange").fields] == [
        ("/seats/melody", "llm"), ("/verdict", "llm")]


def test_a_later_round_decides_anew() -> None:
    table = Table(envelope(SAID), "no", "no", envelope(SAID))
    for number in (1, 2):
        table.ask(replace(QUESTION, round=number))
        table.ask(replace(QUESTION, round=number, agent="volume", step="A4"))
    assert [(one.step, one.source) for one in table.desk.record("arrange").fields] == [("A5", "llm"), ("A4", "llm")]


def test_several_are_asked_at_once_and_asked_again_in_order() -> None:
    bad, good = envelope(said(verdict="maybe")), envelope(SAID)
    table = Table(bad, good, LineLost("gone"), good)
    agents = ("rhythm", "emotion", "mode")
    answers = table.desk.ask_all(tuple(replace(QUESTION, agent=agent) for agent in agents))
    assert [message.agent for message in table.line.asked] == ["rhythm", "emotion", "mode", "rhythm"]
    assert [answer.source for answer in answers] == ["llm", "llm", "rule"]
    assert [(turn.agent, turn.attempt, turn.source) for turn in table.desk.record("arrange").turns] == [
        ("rhythm", 1, "llm"), ("emotion", 1, "llm"), ("rhythm", 2, "llm"), ("mode", 1, "rule")]


def test_what_leaves_is_listed_before_it_leaves() -> None:
    table = Table(envelope(SAID))
    stills = (Still(0.5, 12, 0, b""), Still(12.25, 294, 1, b""))
    table.ask(replace(QUESTION, stills=stills))
    table.ask(QUESTION)
    table.ask(replace(QUESTION, task="=== CUE\nx\n\n=== ABC\ny", agent="volume"))
    assert table.told == [
        "Sent to api.example.com in the chat 'arrange': our instructions, the sections CUE, DRAFT; 2 frames of the "
        "picture at 0.50, 12.25 s, and what the speakers answered each other; nothing else.",
        "api.example.com also gets, for volume: ABC."]


@pytest.mark.parametrize(("host", "words"), [
    ("localhost:11434", "Sent to localhost:11434 (local) "), ("127.0.0.1:8000", "Sent to 127.0.0.1:8000 (local) "),
    ("[::1]:80", "Sent to [::1]:80 (local) "), ("localhost.example.com", "Sent to localhost.example.com in ")])
def test_a_local_host_is_named_as_local(host: str, words: str) -> None:
    table = Table(envelope(SAID), sent_to=host)
    table.ask()
    assert table.told[0].startswith(words)
    assert "no frames" in table.told[0]


def test_a_replay_sends_and_lists_nothing() -> None:
    table = Table(envelope(SAID), sent_to="")
    table.ask()
    assert table.told == []


def test_a_check_that_a_reply_upsets_is_a_fault_of_the_reply() -> None:
    def upset(payload: Seats) -> tuple[Fault, ...]:
        return () if payload == TWIN else (Fault((str(1 // 0),), ""),)

    table = Table(envelope(SAID))
    answer = table.ask(replace(QUESTION, check=upset))
    assert (answer.payload, answer.source) == (TWIN, "rule")
    assert "cannot be checked (ZeroDivisionError" in table.turns()[0][2][0]


def test_the_cap_stops_the_run_and_what_was_said_stands(tmp_path: Path) -> None:
    class CappedLine(ScriptedLine):
        def say(self, message: Any) -> Any:
            if self.asked:
                raise CapError("The cap is reached.")
            return super().say(message)

    desk = AnswerDesk(CappedLine(envelope(SAID)), model="m", prompting="cot", seed=0, folder=tmp_path,
                      say=lambda text: None, sent_to="h")
    desk.ask(QUESTION)
    with pytest.raises(CapError):
        desk.ask(replace(QUESTION, agent="reviewer"))
    assert '"agent": "mixing"' in (tmp_path / "agents" / "arrange.json").read_text(encoding="utf-8")


def test_a_chat_begins_anew_on_the_line_and_in_the_record() -> None:
    table = Table(envelope(SAID))
    table.ask()
    table.desk.begin("arrange")
    assert table.line.begun == ["arrange"]
    assert table.desk.record("arrange").turns == ()
    assert (table.desk.model, table.desk.prompting, table.desk.seed) == ("gpt-x", "cot", 7)

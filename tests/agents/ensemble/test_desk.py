"""The desk: one question to an answer with a source for every field, on a line that says what it is told to."""
from __future__ import annotations

import json
from dataclasses import replace

from backend.agents.ensemble.line.tokens import text_tokens
from backend.domain.ensemble import FieldSource, Still, sources_of
from backend.domain.scheme import MixPlan
from tests.agents.ensemble.desk_table import QUESTION, SAID, TWIN, Seat, Seats, Table, said, seats
from tests.agents.ensemble.scripted_line import envelope


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
    assert list(first.schema["properties"]["payload"]["properties"]) == ["verdict", "seats", "rating"]
    assert (first.seed, first.temperature, first.errors, first.stills) == (7, 0.2, "", (still,))
    assert (second.seed, second.temperature, second.task, second.stills) == (7, 0.0, QUESTION.task, (still,))
    assert second.errors.startswith("=== ERRORS\n- /seats/melody/instrument: is not in OPTIONS\n\n=== AGAIN\n")
    assert second.shown == json.dumps({"payload": {"seats": [seats("kazoo")[0]]}})
    assert "seats (only the items with index 1)" in second.errors
    assert list(second.schema["properties"]["payload"]["properties"]) == ["seats"]


def test_the_second_reply_stands_when_it_is_right() -> None:
    table = Table("Sure!", envelope(SAID))
    answer = table.ask()
    assert answer.source == "llm"
    assert answer.fields[0].reply_hash == table.desk.record("arrange").turns[1].reply_hash
    assert table.turns() == [("llm", 1, ("there is no JSON object in the reply",)), ("llm", 2, ())]
    assert table.errors() == ["there is no JSON object in the reply"]
    assert table.line.asked[1].shown == "Sure!" and "the whole answer" in table.line.asked[1].errors


def test_the_errors_name_faults_of_form_and_of_sense_together() -> None:
    table = Table(envelope(said(seats=seats("kazoo", "left"), colour="red"), confidence=3), envelope(SAID))
    table.ask()
    assert table.errors() == [
        "confidence: 3 is not within 0 and 1", '/seats/melody/pan: must be a number, not "left"',
        "/colour: is not a known field", "/seats/melody/instrument: is not in OPTIONS"]


def test_a_long_list_of_errors_is_cut() -> None:
    many = [{"index": i, "part": f"p{i}", "instrument": "x" * 500, "pan": 0} for i in range(200)]
    table = Table(envelope(said(seats=many)), envelope(SAID))
    table.ask()
    lines = table.errors()
    assert lines[-1] == "and 170 more" and len(lines) == 31
    assert text_tokens(table.line.asked[1].errors) < 2_000


def test_a_payload_without_its_envelope_is_asked_for_again_and_counts() -> None:
    bare = envelope(SAID)[envelope(SAID).index('{"verdict"'):-1]
    table = Table(bare)
    answer = table.ask()
    assert (answer.payload.seats[0].instrument, answer.source, answer.confidence) == ("oboe", "llm", 0.0)
    assert table.errors()[-1] == "payload: is missing"
    assert '"payload": {}' in table.line.asked[1].errors


def test_a_slightly_wrong_number_is_cut_back_and_said_without_asking_again() -> None:
    table = Table(envelope({"tracks": [{"track_index": 1, "gain_db": 0, "pan": 1.04, "reverb_space": 0.2}]}))
    mix = replace(QUESTION, shape=MixPlan, twin=lambda: MixPlan(()), check=lambda payload: (), identity={})
    answer = table.ask(mix)
    assert answer.payload.tracks[0].pan == 1.0
    assert answer.source == "llm"
    assert table.turns() == [("llm", 1, ("/tracks/0/pan: 1.04 is not within -1 and 1 and was taken as 1",))]


def test_only_what_is_asked_for_is_the_models() -> None:
    table = Table(envelope({"verdict": "yes"}))
    answer = table.ask(replace(QUESTION, only=("verdict",)))
    assert answer.payload == replace(TWIN, verdict="yes")
    assert answer.source == "llm"
    assert [(one.path, one.source) for one in answer.fields] == [("", "rule"), ("/verdict", "llm")]
    assert list(table.line.asked[0].schema["properties"]["payload"]["properties"]) == ["verdict"]
    assert [one.path for one in table.desk.record("arrange").fields] == ["/verdict"]


def test_a_field_that_was_not_asked_for_is_unknown() -> None:
    table = Table(envelope({"verdict": "yes", "rating": 1}))
    answer = table.ask(replace(QUESTION, only=("verdict",)))
    assert table.errors() == ["/rating: is not a known field"]
    assert (answer.payload, answer.source) == (replace(TWIN, verdict="yes"), "llm")


def test_two_questions_about_parts_share_a_record() -> None:
    table = Table(envelope({"seats": [SAID["seats"][0]]}), envelope({"verdict": "yes"}))
    table.ask(replace(QUESTION, only=("seats",)))
    table.ask(replace(QUESTION, only=("verdict",)))
    assert [(one.path, one.source) for one in table.desk.record("arrange").fields] == [
        ("/seats/melody", "llm"), ("/verdict", "llm")]


def test_every_round_keeps_its_sources() -> None:
    table = Table(envelope(SAID), "no", "no", envelope(SAID))
    for number in (1, 2):
        table.ask(replace(QUESTION, round=number))
        table.ask(replace(QUESTION, round=number, agent="volume", step="A4"))
    record = table.desk.record("arrange")
    assert [(one.round, one.step, one.source) for one in record.fields] == [
        (1, "A5", "llm"), (1, "A4", "rule"), (2, "A5", "llm"), (2, "A4", "llm")]
    assert [one.source for one in sources_of(record, 1)] == ["llm", "rule"]
    assert [(one.round, one.source) for one in sources_of(record)] == [(2, "llm"), (2, "llm")]


def test_a_chat_begins_anew_on_the_line_and_in_the_record() -> None:
    table = Table(envelope(SAID))
    table.ask()
    table.desk.begin("arrange")
    assert table.line.begun == ["arrange"]
    assert table.desk.record("arrange").turns == ()
    assert (table.desk.model, table.desk.prompting, table.desk.seed) == ("gpt-x", "cot", 7)

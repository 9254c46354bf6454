"""Who answers when replies are faulty, useless or missing, and what the user is told of it."""
from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from backend.agents.ensemble.desk.desk import AnswerDesk
from backend.agents.ensemble.question import Fault, LineLost
from backend.domain.ensemble import ChatRecord, FieldSource, Still
from backend.domain.serial import loads
from backend.errors import CapError
from tests.agents.ensemble.desk_table import QUESTION, SAID, TWIN, Seat, Seats, Table, said, seats
from tests.agents.ensemble.scripted_line import ScriptedLine, envelope


def test_after_two_faulty_replies_the_faulty_fields_are_the_twins() -> None:
    table = Table(envelope(said(verdict="maybe", seats=seats("kazoo"))), envelope(said(seats=seats("kazoo"))))
    answer = table.ask()
    assert answer.payload == Seats("yes", (Seat(1, "melody", "flute", -0.3), Seat(2, "bass", "cello", 0.4)), 0.5)
    assert answer.source == "mixed"
    first, second, _ = table.desk.record("arrange").turns
    assert [(one.path, one.source, one.reply_hash) for one in answer.fields] == [
        ("", "llm", first.reply_hash), ("/verdict", "llm", second.reply_hash), ("/seats/melody", "llm",
        second.reply_hash), ("/seats/bass", "llm", second.reply_hash), ("/seats/melody/instrument", "rule", "")]
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
    assert (answer.payload, answer.source, answer.summary) == (
        TWIN, "rule", "Rules answer for the model (replies of no use).")
    assert answer.fields == (FieldSource("A5", "", "rule"),)
    assert table.told[1:] == ["mixing: rules answer for the model in the chat 'arrange': replies of no use."]
    record = table.desk.record("arrange")
    assert record.takeovers == (
        "Rules answered for the model at mixing: replies of no use. To ask another model: --from arrange --model "
        "NAME.",)
    assert table.turns()[2] == ("rule", 2, ("replies of no use", "reasoning_summary: is missing"))


def test_a_line_that_is_gone_is_told_once_a_chat_and_recorded_every_time() -> None:
    """Nothing is sent any more, so nothing is listed either."""
    table = Table(envelope(SAID), LineLost("connection refused", "Start it.", for_good=True))
    table.ask()
    for agent in ("volume", "mixing", "volume"):
        answer = table.ask(replace(QUESTION, agent=agent, task="=== CUE\nx\n\n=== ABC\ny"))
        assert (answer.payload, answer.source) == (TWIN, "rule")
    table.ask(replace(QUESTION, chat="revise", agent="reviser"))
    assert table.told[1:] == [
        "From volume on, rules speak for the model in the chat 'arrange'.",
        "From reviser on, rules speak for the model in the chat 'revise'."]
    assert table.desk.record("arrange").takeovers == (
        "Rules answered for the model at volume (2 times), mixing: connection refused. To ask again: --from arrange.",)
    assert table.desk.record("revise").takeovers == (
        "Rules answered for the model at reviser: connection refused. Ask for the change again.",)
    assert table.turns()[1:] == [("rule", 1, ("connection refused",))] * 3


def test_one_call_that_fails_says_so_and_what_helps() -> None:
    """The others are asked as before."""
    table = Table(LineLost("h did not answer within 120 s", "Give it more time with --llm-timeout."), envelope(SAID))
    assert [table.ask(replace(QUESTION, agent=agent)).source for agent in ("volume", "mixing")] == ["rule", "llm"]
    assert table.told[:1] == ["volume: rules answer for the model in the chat 'arrange': h did not answer within "
                              "120 s. Give it more time with --llm-timeout."]


def test_places_that_rules_decide_are_told_once_a_chat() -> None:
    bad = envelope(said(seats=seats("kazoo", "left")))
    table = Table(bad)
    for chat in ("arrange", "arrange", "assess"):
        table.ask(replace(QUESTION, chat=chat))
    assert [line for line in table.told if "by rules" in line] == [
        "mixing: 2 places by rules; transcript.md has all of this chat."] * 2


def test_a_line_lost_before_the_second_attempt_leaves_what_was_right() -> None:
    table = Table(envelope(said(seats=seats("kazoo"))), LineLost("timed out"))
    answer = table.ask()
    assert (answer.payload.verdict, answer.payload.seats[0].instrument, answer.source) == ("yes", "flute", "mixed")
    assert table.told[-1] == "mixing: 1 place by rules (timed out); transcript.md has all of this chat."
    assert table.desk.record("arrange").turns[-1].summary == \
        "Rules decided 1 place of this answer (timed out)."


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
    table.ask(replace(QUESTION, task="=== CUE\nx\n\n=== ABC\ny\n\n=== LOCKS\nz", agent="volume"))
    assert table.told == [
        "Sent to api.example.com to arrange and mix: measured figures, the melody as text, the plan; 2 frames at 0.50, "
        "12.25 s", "api.example.com also gets: your locks"]


@pytest.mark.parametrize(("host", "words"), [
    ("localhost:11434", "Sent to localhost:11434 (local) "), ("127.0.0.1:8000", "Sent to 127.0.0.1:8000 (local) "),
    ("[::1]:80", "Sent to [::1]:80 (local) "), ("localhost.example.com", "Sent to localhost.example.com to ")])
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


def test_the_note_stands_quoted_above_what_was_said(tmp_path: Path) -> None:
    def desk_with(note: str) -> AnswerDesk:
        return AnswerDesk(ScriptedLine(envelope(SAID)), model="m", prompting="cot", seed=0, folder=tmp_path,
                          say=lambda text: None, sent_to="h", note=note)

    first = desk_with("hold *back*\nuntil the door")
    first.begin("arrange")
    first.ask(QUESTION)
    desk_with("").ask(replace(QUESTION, round=2))
    record = loads(ChatRecord, (tmp_path / "agents" / "arrange.json").read_text(encoding="utf-8"))
    assert (record.note, len(record.turns)) == ("hold *back*\nuntil the door", 2)
    assert (tmp_path / "transcript.md").read_text(encoding="utf-8").startswith(
        "# Transcript of the ensemble\n\n> hold \\*back\\* until the door\n\n## Arranging and mixing\n")

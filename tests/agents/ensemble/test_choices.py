"""What a schema lets a model choose from: everything that passes the checks, and nothing that does not exist."""
from __future__ import annotations

from dataclasses import replace

from backend.agents.ensemble.arrange.choices import casting_choices
from backend.agents.ensemble.arrange.experts import ModelCaster
from backend.agents.ensemble.arrange.locks import locks_of
from backend.agents.ensemble.desk.shapes import envelope_schema
from backend.domain.ensemble import Lock
from backend.domain.scheme import Casting
from backend.music.instruments import instruments
from tests.agents.ensemble.asked_questions import questions
from tests.agents.ensemble.spoken_line import envelope, spoken_desk
from tests.agents.sample_cue import EXPERTS, request

ASKED = request("Exciting")
PLAN = EXPERTS.analyzer.analyze(ASKED)
ARRANGE = EXPERTS.arranger.arrange(ASKED, PLAN)
CASTING = EXPERTS.caster.cast(ASKED, PLAN, ARRANGE)


def test_every_place_is_one_that_the_schema_has() -> None:
    for speaker, places in (("analyze", 1), ("arrange", 3), ("instrument", 3)):
        question = questions()[speaker]
        assert len(question.choices) == places
        told = str(envelope_schema(question.shape, question.only or None, question.choices))
        assert told.count("'enum'") >= places + str(envelope_schema(question.shape)).count("'enum'"), speaker


def test_what_the_rules_cast_and_what_is_locked_can_be_said() -> None:
    locked = replace(ASKED, locks=(Lock("/tracks/melody/instrument", "koto"),
                                   Lock("/tracks/pad.felt_piano/articulation", "")))
    found = casting_choices(locked, ARRANGE, locks_of(locked))
    assert {track.instrument for track in CASTING.tracks} | {"koto", "felt_piano"} <= set(found["tracks/*/instrument"])
    assert set(found["tracks/*/instrument"]) <= instruments().keys()
    assert {track.articulation for track in CASTING.tracks} <= set(found["tracks/*/articulation"])


def test_the_question_goes_out_with_them() -> None:
    desk, line = spoken_desk(lambda message: envelope(Casting(CASTING.tracks)))
    ModelCaster(desk=desk).cast(ASKED, PLAN, ARRANGE)
    items = line.heard[0].schema["properties"]["payload"]["properties"]["tracks"]["items"]["properties"]
    assert "violins1" in items["instrument"]["enum"] and "kazoo" not in items["instrument"]["enum"]
    assert items["role"]["enum"][0] == "melody" and "" in items["articulation"]["enum"]

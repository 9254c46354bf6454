"""Documents say who made them: which model, what rules decided for it, what the user had locked."""
from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from backend.agents.ensemble.question import Message
from backend.domain import serial
from backend.domain.ensemble import FieldSource, Lock
from backend.domain.scheme import ArrangementScheme
from backend.music.provenance import Track, in_words, scheme_maker, track_maker
from backend.rounds import arrange_in_rounds
from tests.agents.ensemble.spoken_line import envelope, spoken_desk
from tests.agents.ensemble.test_experts_arrange import ARRANGE, CASTING, MIX, PLAN, VOICES, VOLUME
from tests.agents.ensemble.test_words_of_people import arranged_by
from tests.agents.sample_cue import request

ANSWERS: dict[str, Any] = {"analyze": PLAN, "arrange": ARRANGE, "voice_part": VOICES, "instrument": CASTING,
                           "volume": VOLUME, "mixing": MIX,
                           "reviewer": {"verdict": "accept", "issues": []}}
ACCENT = next(track for track in CASTING.tracks if track.role == "accent")


def scheme_of(speak: dict[str, Any], locks: tuple[Lock, ...] = ()) -> ArrangementScheme:
    """By a model that says the rules' answers but for ``speak``; None: nobody answers that speaker."""
    def said(message: Message) -> str | None:
        answer = {**ANSWERS, **speak}[message.agent]
        return None if answer is None else envelope(answer)
    desk, _ = spoken_desk(said)
    return arrange_in_rounds(replace(request("Exciting"), locks=locks), arranged_by(desk), "cue", max_rounds=1)[1]


def test_a_model_that_said_everything() -> None:
    scheme = scheme_of({})
    assert scheme.made_by == "llm:spoken" and {track.made_by for track in scheme.tracks} == {"llm:spoken"}


def test_a_place_of_the_rules_is_told_of_its_track_alone() -> None:
    mix = serial.to_plain(MIX)
    wrong = next(track for track in mix["tracks"] if track["track_index"] == ACCENT.track_index)
    wrong["pan"] = 7.0
    scheme = scheme_of({"mixing": mix})
    assert scheme.made_by == "llm:spoken+rule(places)"
    assert {track.part: track.made_by for track in scheme.tracks} == {
        track.part: f"llm:spoken{'+rule(place)' * (track.part == ACCENT.part)}" for track in scheme.tracks}


def test_locks_and_rules_together() -> None:
    locks = (Lock(f"/tracks/{ACCENT.part}/panning", 0.2), Lock("/ending", "fade"))
    mix = replace(MIX, tracks=tuple(replace(track, pan=0.2) if track.track_index == ACCENT.track_index else track
                                    for track in MIX.tracks))
    scheme = scheme_of({"mixing": mix, "volume": None, "arrange": replace(ARRANGE, ending="fade")}, locks)
    made = {track.part: track.made_by for track in scheme.tracks}
    assert scheme.made_by == "llm:spoken+rule(levels)+user(ending)"
    assert made[ACCENT.part] == "llm:spoken+rule(levels)+user(panning)" and made["melody"] == "llm:spoken+rule(levels)"


def test_where_nobody_answered_rules_made_it() -> None:
    scheme = scheme_of(dict.fromkeys(ANSWERS))
    assert {track.made_by for track in scheme.tracks} == {"rule"}
    assert scheme.made_by == "llm:spoken+rule(everything)"
    assert in_words(scheme.made_by) == "rules, since spoken did not answer"


def test_models_of_roles_are_named_where_they_spoke() -> None:
    said = {"caster": (FieldSource("A3", "", "llm", "big"), FieldSource("A3", "/tracks/pad.x~1y/instrument", "rule")),
            "volume": (FieldSource("A4", "", "llm", "small"),), "mixer": (FieldSource("A5", "", "rule"),)}
    assert track_maker(said, Track("melody", 1)) == "llm:big, small+rule(place)"
    assert track_maker(said, Track("pad.x/y", 2)) == "llm:big, small+rule(instrument, place)"
    assert track_maker(said, Track("pad.x", 2)) == "llm:big, small+rule(place)"
    assert scheme_maker(said, "none") == "llm:big, small+rule(instruments, places)"


@pytest.mark.parametrize(("made_by", "words"), [
    ("rule", "rules"), ("rule+user(panning, ending)", "rules; locked by you: panning, ending"),
    ("llm:gpt-4.1", "language model gpt-4.1"),
    ("llm:a, b+rule(levels)+user(measure 4)", "language model a, b; rules: levels; locked by you: measure 4"),
    ("vision:gpt-4.1", "language model that saw frames of it gpt-4.1"),
    ("llm-assess:x", "figures, explained by a language model x"), ("measured", "measured"), ("diary", "diary")])
def test_words_for_people(made_by: str, words: str) -> None:
    assert in_words(made_by) == words

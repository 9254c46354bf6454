"""C15-C19 against a named emotion, and null without one."""
from __future__ import annotations

import dataclasses

import pytest

from backend.music.criteria import emotion, panel
from backend.music.instruments import instruments
from tests.music.criteria.made import brief, song


def test_without_an_emotion_everything_is_measured_and_nothing_rated() -> None:
    found = panel.judge(song(), brief())[14:]
    assert [c.rating for c in found] == [None] * 5
    assert found[0].metrics["majorness"] > .5 and "No emotion was named." in found[0].evidence


def test_a_major_tune_suits_joy_better_than_grief() -> None:
    joyous = emotion.mode_fits(song(), brief("Joyous")).rating
    sad = emotion.mode_fits(song(), brief("Sad", "aeolian")).rating
    assert joyous is not None and sad is not None
    assert joyous > .8 > .5 > sad


def test_arousal_follows_tempo() -> None:
    slow, fast = (dataclasses.replace(song(), tempo_qpm=t) for t in (56, 150))
    assert emotion.heard_arousal(slow, brief()) < -.1 < .1 < emotion.heard_arousal(fast, brief())
    excited = brief("Exciting", arousal=.8)
    assert emotion.rhythm_fits(fast, excited).rating > .5 > emotion.rhythm_fits(slow, excited).rating


@pytest.mark.parametrize(("tool", "rating"), [("flute", 1.0), ("piano", 0.0)])
def test_instruments_of_the_brief(tool: str, rating: float) -> None:
    played = dataclasses.replace(song().lines[0], instrument=instruments()[tool])
    found = emotion.instruments_fit(dataclasses.replace(song(), lines=(played,)), brief("Graceful"))
    assert found.rating == rating


def test_techniques() -> None:
    staccato = dataclasses.replace(song().lines[0], articulations=("staccato",) * 47)
    made = dataclasses.replace(song(), lines=(staccato,))
    sad = emotion.techniques_fit(made, brief("Sad", articulation=1.0))
    funny = emotion.techniques_fit(made, brief("Humorous", articulation=1.0))
    assert (sad.rating, funny.rating) == (.5, 1.0)
    assert sad.metrics["articulation"] == 1

"""Controls of the melody model: from the emotion, by hand, and bent by what the assessor missed."""
from __future__ import annotations

import numpy as np
import pytest

from backend.domain.assessment import Fix
from backend.domain.description import EMOTIONS
from backend.errors import OptionError
from backend.models.melody_bend import UNTRAINED_MODES, bent_sampling, controls_of
from backend.models.melody_controls import SIZES, UNSAID, Wishes, emotion_wishes, measured, merged, style_class
from tests.music.rhythms import brief

SAMPLER = {"temperature": 1.1, "top_p": 0.95, "copy_bias": 1.0, "repeat": 0.5}


def test_every_emotion_says_something_and_its_classes_exist() -> None:
    assert set(emotion_wishes()) == set(EMOTIONS)
    for emotion in EMOTIONS:
        controls = controls_of(brief(emotion), merged(brief(emotion), Wishes()), 60)
        assert set(controls) == set(SIZES)
        assert all(0 <= value < SIZES[name] for name, value in controls.items())
        assert controls["leaps"] != UNSAID and controls["range"] != UNSAID


def test_what_is_said_by_hand_outweighs_the_emotion() -> None:
    wishes = merged(brief("Sad"), Wishes(leaps=0.4, style="quartets"))
    assert (wishes.leaps, wishes.style) == (0.4, "quartets")
    assert wishes.range_semitones == emotion_wishes()["Sad"].range_semitones
    assert merged(brief(), Wishes()) == Wishes()


def test_measured_controls_of_a_line() -> None:
    line = np.array([60, 62, 64, 72, 64, 60])
    assert measured(line, 60, 0.0) == {"register": 3, "range": 2, "leaps": 5, "chromatic": 1}


@pytest.mark.parametrize(("criterion", "words", "field", "rises"), [
    (1, "Keep to the scale", "scale", True), (3, "strong beats", "strong", True), (6, "back", "copy_bias", True),
    (5, "Change the repeated bars", "copy_bias", False), (5, "Use fewer kinds of interval", "step", True),
    (7, "Join notes by steps", "step", True)])
def test_a_fix_bends_the_sampling(criterion: int, words: str, field: str, rises: bool) -> None:
    plain, bent = (bent_sampling(SAMPLER, brief(), Wishes(), fixes) for fixes in ((), (Fix(criterion, (), words),)))
    assert (getattr(bent, field) > getattr(plain, field)) is rises
    assert getattr(bent, field) != getattr(plain, field)
    twice = bent_sampling(SAMPLER, brief(), Wishes(), (Fix(criterion, (), words),) * 2)
    assert abs(getattr(twice, field) - getattr(plain, field)) > abs(getattr(bent, field) - getattr(plain, field))


def test_a_fix_of_rhythm_or_instruments_bends_nothing() -> None:
    for criterion in (9, 10, 11, 12, 13, 14, 17, 18, 19):
        fix = Fix(criterion, (), "anything")
        assert bent_sampling(SAMPLER, brief(), Wishes(), (fix,)) == bent_sampling(SAMPLER, brief(), Wishes(), ())
        assert controls_of(brief(), Wishes(), 60, (fix,)) == controls_of(brief(), Wishes(), 60)


def test_more_thematic_and_less() -> None:
    less, plain, more = (bent_sampling(SAMPLER, brief(), Wishes(repetition=r), ()).copy_bias for r in (0.0, 1.0, 2.0))
    assert less < plain == SAMPLER["copy_bias"] < more


def test_modes_that_no_song_is_in_are_left_unsaid_but_their_scale_holds() -> None:
    dark = next(found for found in (brief("Fear", seed) for seed in range(40)) if found.mode in UNTRAINED_MODES)
    assert controls_of(dark, Wishes(), 60)["mode"] == UNSAID
    assert controls_of(brief("Joyous"), Wishes(), 60)["mode"] != UNSAID
    assert len(bent_sampling(SAMPLER, dark, Wishes(), ()).mode_pcs or ()) > 7


def test_styles_have_names() -> None:
    assert style_class(None) == UNSAID and style_class("lieder") == 1
    with pytest.raises(OptionError, match="polka.*lead sheets"):
        style_class("polka")

from __future__ import annotations

import dataclasses
from itertools import combinations

import pytest

from backend.domain.description import EMOTIONS, Attribute
from backend.errors import OptionError
from backend.music.brief import make_brief
from backend.music.emotions import emotions, find_emotion, nearest
from backend.music.instruments import instruments
from backend.music.roman import parse_progression, scale_fit, suits_mode
from backend.music.theory import MODES, is_minor_like, key_fifths
from tests.music.rhythms import description

GRID = [(v / 4, a / 4) for v in range(-4, 5) for a in range(-4, 5)]


def test_the_table_is_complete() -> None:
    assert tuple(emotions()) == EMOTIONS
    for item in emotions().values():
        assert {*item.core, *item.avoid} <= set(instruments()) and not set(item.core) & set(item.avoid)
        assert set(item.modes) <= set(MODES)
        assert 40 <= item.tempo_lo_qpm < item.tempo_hi_qpm <= 180
        for text in item.progressions:
            assert len(parse_progression(text, 0, item.modes[0])) == len(text.split())
        for minor in {is_minor_like(mode) for mode in item.modes}:
            assert any(suits_mode(text, "aeolian" if minor else "major") for text in item.progressions), item.label


def test_numerals() -> None:
    assert parse_progression("i VI III VII", 9, "aeolian") == ((9, "m"), (5, "M"), (0, "M"), (7, "M"))
    assert parse_progression("I vi bVII V7", 0, "major") == ((0, "M"), (9, "m"), (10, "M"), (7, "7"))
    assert parse_progression("i iio bII v", 0, "phrygian") == ((0, "m"), (2, "d"), (1, "M"), (7, "m"))
    assert parse_progression("Imaj7 IVadd9 Vsus4 ii7", 0, "major") == ((0, "maj7"), (5, "add9"), (7, "sus4"), (2, "m7"))
    assert scale_fit("I IV V I", "major") == 1.0
    assert scale_fit("I bVI", "major") == pytest.approx(4 / 6)
    with pytest.raises(ValueError, match="'H' is no chord"):
        parse_progression("I H", 0, "major")


def test_a_named_emotion_sets_the_plane() -> None:
    made = make_brief(description(0.9, 0.9), 60.0, "sad")
    assert (made.emotion, made.valence, made.arousal) == ("Sad", -0.6, -0.5)
    assert made.mode == "aeolian" and 50 <= made.tempo_lo_qpm <= made.tempo_qpm <= made.tempo_hi_qpm <= 72
    assert made.tempo_qpm == pytest.approx(92 - 0.5 * 38 - 0.6 * 6)
    assert made.core == emotions()["Sad"].core and made.percussion == 0


def test_a_model_label_weighs_four_fifths_and_the_user_outweighs_it() -> None:
    seen = description(0.5, 0.5, Attribute("Fear", "model", 0.7))
    made = make_brief(seen, 60.0)
    assert made.emotion == "Fear"
    assert made.valence == pytest.approx(0.2 * 0.5 + 0.8 * -0.75)
    assert make_brief(seen, 60.0, "Calm").emotion == "Calm"
    assert make_brief(description(0.5, 0.5, Attribute("Calm", "user", 1.0)), 60.0).arousal == -0.7


def test_a_measured_label_is_no_label() -> None:
    made = make_brief(description(0.5, 0.5, Attribute("Calm", "measured", 0.3)), 60.0)
    assert (made.emotion, made.valence, made.arousal) == (None, 0.5, 0.5)


def test_without_a_label_the_measurement_steers() -> None:
    calm, wild = make_brief(description(0.4, -0.8), 60.0), make_brief(description(-0.6, 0.9), 60.0)
    assert calm.emotion is None and wild.emotion is None
    assert calm.tempo_qpm < 70 < 110 < wild.tempo_qpm
    assert not is_minor_like(calm.mode) and is_minor_like(wild.mode)
    assert calm.dynamic < 2 < 5 < wild.dynamic
    assert calm.onsets_per_beat < 1 < 1.5 < wild.onsets_per_beat
    assert calm.articulation > wild.articulation and calm.layers < wild.layers
    assert (calm.percussion, wild.percussion) == (0, 3)


@pytest.mark.parametrize(("valence", "arousal"), GRID)
def test_every_place_of_the_plane_gives_a_usable_brief(valence: float, arousal: float) -> None:
    made = make_brief(description(valence, arousal), 45.0)
    assert made.tempo_lo_qpm < made.tempo_qpm < made.tempo_hi_qpm
    assert set(made.core) <= set(instruments()) and len(made.core) >= 4 and not set(made.core) & set(made.avoid)
    assert made.progressions and all(suits_mode(text, made.mode) for text in made.progressions)
    assert 54 <= made.register_pitch <= 68 and 0.15 <= made.dissonance <= 0.6
    assert abs(key_fifths(made.tonic_pc, made.mode)) <= 5
    assert made.bars_per_chord in (0.5, 1.0, 2.0) and 0.3 <= made.articulation <= 1


@pytest.mark.parametrize(("first", "second"), list(combinations(EMOTIONS, 2)))
def test_two_emotions_on_one_clip_differ(first: str, second: str) -> None:
    a, b = (make_brief(description(), 60.0, emotion) for emotion in (first, second))
    assert a.mode != b.mode or abs(a.tempo_qpm - b.tempo_qpm) > 3
    assert set(a.core) != set(b.core)
    assert abs(a.onsets_per_beat - b.onsets_per_beat) > 0.01


def test_the_users_range_and_metre_stand() -> None:
    made = make_brief(description(), 60.0, "Sad", tempo_range=(100.0, 120.0), meter=(7, 8))
    assert (made.tempo_lo_qpm, made.tempo_hi_qpm, made.tempo_qpm) == (105.0, 114.286, 105.0)
    assert (made.meter_numerator, made.meter_denominator) == (7, 8)
    narrowed = make_brief(description(), 60.0, "Sad", tempo_range=(60.0, 90.0))
    assert (narrowed.tempo_lo_qpm, narrowed.tempo_hi_qpm) == (63.0, 72.0)


def test_seeds_change_the_tonic_and_the_order_of_loops_only() -> None:
    briefs = [make_brief(description(), 60.0, "Sad", seed=seed) for seed in range(12)]
    assert len({made.tonic_pc for made in briefs}) > 2
    assert len({made.progressions for made in briefs}) > 1
    plain = {dataclasses.replace(made, tonic_pc=0, progressions=()) for made in briefs}
    assert len(plain) == 1
    assert briefs[3] == make_brief(description(), 60.0, "Sad", seed=3)


def test_a_short_cue_still_changes_chord() -> None:
    assert make_brief(description(), 90.0, "Calm").bars_per_chord == 2.0
    assert make_brief(description(), 8.0, "Calm").bars_per_chord == 0.5


def test_a_wide_picture_carries_a_layer_more() -> None:
    near, far = (make_brief(description(0, 0.2, view=view), 60.0).layers for view in ("close-up", "long"))
    assert far == near + 1


@pytest.mark.parametrize(("given", "message"), [
    ({"emotion": "Wistful"}, "no emotion 'Wistful'. Choose one of Dignified, Sad"),
    ({"tempo_range": (120.0, 90.0)}, "tempo range 120-90"),
    ({"meter": (4, 3)}, "metre 4/3"),
])
def test_refusals(given: dict, message: str) -> None:
    with pytest.raises(OptionError, match=message):
        make_brief(description(), 60.0, **given)
    with pytest.raises(OptionError, match="out point"):
        make_brief(description(), 0.0)


def test_nearest_is_ordered() -> None:
    assert nearest(-0.6, -0.5)[0].label == "Sad" and nearest(-0.6, 0.8)[0].label == "Angry"
    assert find_emotion(" fear ").label == "Fear"

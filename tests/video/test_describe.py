from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from backend.domain.analysis import ClipAnalysis, Curve, Shot
from backend.domain.clip import Clip, Cue
from backend.domain.description import Attribute
from backend.domain.requests import DescribeRequest
from backend.domain.time import FrameRate
from backend.errors import OptionError
from backend.video.describe import MeasuredDescriber, plot, prior, speed_word, tension_curve


def analysis(motion: np.ndarray, luma: np.ndarray, saturation: float = 0.3, cuts: tuple[int, ...] = ()) -> ClipAnalysis:
    """A made-up measurement at 24 frames a second."""
    frames = len(motion)
    times = tuple(Fraction(i, 24) for i in range(frames))
    bounds = [0, *cuts, frames]
    shots = tuple(Shot(a, b, Fraction(a, 24), Fraction(b, 24), float(motion[a:b].mean()), 0.0, float(luma[a:b].mean()),
                       saturation, "mild", "green" if a else "blue")
                  for a, b in zip(bounds, bounds[1:], strict=False))
    curves = tuple(Curve(name, "", tuple(values.tolist())) for name, values in (
        ("motion", motion), ("saliency", np.zeros(frames)), ("luma", luma),
        ("saturation", np.full(frames, saturation)), ("contrast", np.full(frames, 0.3))))
    clip = Clip("a.mov", FrameRate(24), frames, Fraction(frames, 24), 640, 360)
    return ClipAnalysis(clip, Cue("1M1", Fraction(0), Fraction(frames, 24)), times, curves, (), (), (), shots,
                        float(motion.mean()), 0.0)


CALM = analysis(np.full(480, 0.03), np.full(480, 0.6))
WILD = analysis(np.full(480, 1.5), np.full(480, 0.2), cuts=tuple(range(24, 480, 24)))


def test_what_cannot_be_measured_is_null() -> None:
    description = MeasuredDescriber().describe(DescribeRequest(CALM, None))
    for attributes in (description.clip, *(shot.attributes for shot in description.shots)):
        for name in ("view_scale", "emotion", "setting", "behaviour", "theme"):
            assert getattr(attributes, name) == Attribute(None, "none", 0.0)
    assert all(section.sentence is None for section in description.plot)


def test_brightness_and_hue_are_measured() -> None:
    description = MeasuredDescriber().describe(DescribeRequest(WILD, None))
    assert description.clip.brightness == Attribute("mild", "measured", 0.9)
    assert [shot.attributes.hue.label for shot in description.shots[:2]] == ["Blue", "Green"]
    assert description.clip.hue.label == "Green", "nineteen of twenty seconds"


def test_the_users_emotion_is_certain() -> None:
    description = MeasuredDescriber().describe(DescribeRequest(CALM, " dreamy "))
    assert description.clip.emotion == Attribute("Dreamy", "user", 1.0)
    assert description.shots[0].attributes.emotion.label is None
    with pytest.raises(OptionError, match="--emotion is empty"):
        MeasuredDescriber().describe(DescribeRequest(CALM, " "))


def test_the_prior_of_an_average_film_is_its_formula() -> None:
    middle = analysis(np.full(1440, 0.49), np.full(1440, 0.36), cuts=tuple(range(144, 1440, 144)))
    valence, arousal = prior(middle)
    assert valence == pytest.approx(0, abs=1e-6)
    assert arousal == pytest.approx(np.tanh(0.6 * 0.55 * (np.log2(10) - 3.3)), abs=1e-6)


def test_the_prior_follows_light_motion_and_cutting() -> None:
    (bright, calm), (dark, wild) = prior(CALM), prior(WILD)
    assert bright > 0 > dark
    assert calm < -0.3 < 0.6 < wild
    description = MeasuredDescriber().describe(DescribeRequest(WILD, None))
    assert (description.valence_confidence, description.arousal_confidence) == (0.25, 0.5)


def test_tension_rises_with_motion_cutting_and_darkness() -> None:
    assert tension_curve(CALM).max() < 0.2
    assert tension_curve(WILD).min() > 0.6


def test_sections_split_where_tension_changes() -> None:
    motion = np.concatenate([np.full(240, 0.02), np.full(240, 1.2)])
    luma = np.full(480, 0.5)
    sections = plot(analysis(motion, luma, cuts=(200, 240, 300)))
    assert [(s.start_s, s.end_s) for s in sections] == [(0.0, 10.0), (10.0, 20.0)]
    assert sections[1].tension > sections[0].tension + 0.3


@pytest.mark.parametrize(("motion", "words"), [
    (np.linspace(0.1, 0.9, 240), "growing"), (np.linspace(0.9, 0.1, 240), "calming down"),
    (np.full(240, 0.2), "moderate motion, steady"), (np.tile([0.0, 0.0, 1.2], 80), "in bursts"),
    (np.full(240, 0.01), "hardly any motion.")])
def test_the_course_of_motion_in_words(motion: np.ndarray, words: str) -> None:
    described = MeasuredDescriber().describe(DescribeRequest(analysis(motion, np.full(240, 0.5))))
    assert words in described.shots[0].motion


def test_speed_words_rise() -> None:
    assert [speed_word(v) for v in (0.0, 0.05, 0.2, 0.5, 2.0)] == ["hardly any", "slow", "moderate", "lively", "fast"]


def test_the_clip_sentence_counts() -> None:
    text = MeasuredDescriber().describe(DescribeRequest(WILD, None)).motion
    assert text.startswith("Fast motion on the whole, 20 shots (60 a minute), no visible hit; most tense around ")


def test_the_story_turns_from_calm_to_storm_to_calm(story_analysis: ClipAnalysis) -> None:
    description = MeasuredDescriber().describe(DescribeRequest(story_analysis, None))
    tension = [section.tension for section in description.plot]
    assert len(tension) == 3 and tension[1] > tension[0] + 0.1 and tension[1] > tension[2] + 0.1


def test_an_analysis_of_one_frame_can_be_described() -> None:
    one = analysis(np.zeros(1), np.full(1, 0.5))
    assert MeasuredDescriber().describe(DescribeRequest(one, None)).plot[0].end_s == pytest.approx(1 / 24, abs=1e-6)

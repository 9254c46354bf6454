"""What every Describer must do."""
from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from backend.agents.ensemble.eyes.describer import VisionDescriber
from backend.agents.stand_in import Scripted
from backend.domain import serial
from backend.domain.analysis import ClipAnalysis, Curve, Shot
from backend.domain.clip import Clip, Cue
from backend.domain.description import ClipDescription
from backend.domain.requests import DescribeRequest
from backend.domain.time import FrameRate
from backend.domain.visual_labels import LABELS
from backend.ports import Describer
from backend.video.describe import MeasuredDescriber
from backend.video.film_writer import write_film
from tests.agents.ensemble.looking_desk import eyes

IMPLEMENTATIONS = (MeasuredDescriber.__name__, VisionDescriber.__name__)


def made_up_analysis() -> ClipAnalysis:
    """Ten seconds, two shots: a dark still one and a bright moving one."""
    def shot(a: int, b: int, motion: float, luma: float, word: str) -> Shot:
        return Shot(a, b, Fraction(a, 24), Fraction(b, 24), motion, motion / 10, luma, .3, word, "blue")

    curves = tuple(Curve(name, "", tuple([low] * 100 + [high] * 140)) for name, low, high in (
        ("motion", .02, .8), ("saliency", 0., .1), ("luma", .1, .6), ("saturation", .2, .4), ("contrast", .1, .3)))
    return ClipAnalysis(
        Clip("a.mov", FrameRate(24), 240, Fraction(10), 640, 360), Cue("1M1", Fraction(0), Fraction(10)),
        tuple(Fraction(i, 24) for i in range(240)), curves, (), (), (),
        (shot(0, 100, .02, .1, "dark"), shot(100, 240, .8, .6, "bright")), .5, .05)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What :func:`made_up_analysis` measured, drawn."""
    path = tmp_path_factory.mktemp("described") / "a.mp4"
    write_film(path, (np.full((72, 128, 3), 26 if i < 100 else 150, np.uint8) for i in range(240)), Fraction(24))
    return path


@pytest.fixture(scope="module", params=IMPLEMENTATIONS)
def describer(request: pytest.FixtureRequest) -> Iterator[Describer]:
    """The one with eyes sees through the scripted stand-in, over real HTTP."""
    if request.param == MeasuredDescriber.__name__:
        yield MeasuredDescriber()
    else:
        with eyes(Scripted()) as seeing:
            yield seeing.describer


def test_every_shot_is_described_in_order(describer: Describer, film: Path) -> None:
    description = describer.describe(DescribeRequest(made_up_analysis(), None, film))
    assert description.made_by == describer.name
    assert [shot.shot for shot in description.shots] == [0, 1]
    assert all(shot.motion for shot in description.shots) and description.motion


def test_labels_come_with_a_source_and_a_confidence(describer: Describer, film: Path) -> None:
    description = describer.describe(DescribeRequest(made_up_analysis(), None, film))
    for attributes in (description.clip, *(shot.attributes for shot in description.shots)):
        for name in ("brightness", "hue", "view_scale", "emotion", "setting", "behaviour", "theme"):
            attribute = getattr(attributes, name)
            assert attribute.label is None or attribute.label in LABELS[name]
            assert (attribute.label is None) == (attribute.source == "none")
            assert (attribute.confidence > 0) == (attribute.label is not None)
            assert attribute.confidence <= 1


def test_the_users_word_outranks_everything(describer: Describer, film: Path) -> None:
    emotion = describer.describe(DescribeRequest(made_up_analysis(), "Fear", film)).clip.emotion
    assert (emotion.label, emotion.source, emotion.confidence) == ("Fear", "user", 1.0)


def test_the_plot_tiles_the_cue(describer: Describer, film: Path) -> None:
    plot = describer.describe(DescribeRequest(made_up_analysis(), None, film)).plot
    assert plot[0].start_s == 0 and plot[-1].end_s == 10
    assert all(a.end_s == b.start_s for a, b in zip(plot, plot[1:], strict=False))
    assert all(0 <= section.tension <= 1 for section in plot)


def test_valence_and_arousal_stay_in_range(describer: Describer, film: Path) -> None:
    description = describer.describe(DescribeRequest(made_up_analysis(), None, film))
    assert -1 <= description.valence <= 1 and -1 <= description.arousal <= 1
    assert 0 < description.valence_confidence <= 1 and 0 < description.arousal_confidence <= 1


def test_it_reads_back_and_is_deterministic(describer: Describer, film: Path) -> None:
    description = describer.describe(DescribeRequest(made_up_analysis(), "Calm", film))
    assert serial.loads(ClipDescription, serial.dumps(description)) == description
    assert describer.describe(DescribeRequest(made_up_analysis(), "Calm", film)) == description

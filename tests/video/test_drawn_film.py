from __future__ import annotations

import hashlib
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from backend.errors import OutputError
from backend.video import drawn_film
from backend.video.film_writer import write_film
from backend.video.seeded_film import draw_test_film


def test_the_story_is_a_film_of_the_promised_kind(story: Path) -> None:
    with av.open(str(story)) as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height, stream.average_rate) == (640, 360, 24)
        assert len(container.streams.audio) == 0
        assert 20 <= float(container.duration) / av.time_base <= 30


def test_every_frame_has_its_own_number_burnt_in() -> None:
    corners = set()
    for i, picture in enumerate(drawn_film.story_pictures()):
        if i % 10 == 0:
            corners.add(hashlib.sha256(picture[335:355, 570:632].tobytes()).hexdigest())
    assert len(corners) == 64


def test_the_story_has_cuts_hits_and_a_change_of_mood() -> None:
    truth = drawn_film.story_truth()
    assert len(truth.cuts) == 5 and len(truth.impacts) == 3 and len(truth.flashes) == 3
    pictures = list(drawn_film.story_pictures())
    assert len(pictures) == truth.frames
    night, storm, morning = (np.mean(pictures[i], axis=(0, 1)) for i in (90, 330, 570))
    assert night[0] > night[2], "night is blue"
    assert morning.mean() > 1.5 * storm.mean() and morning[2] > 140, "morning is bright and warm"


def test_a_seeded_film_is_the_same_every_time_and_others_differ(tmp_path: Path) -> None:
    first, again, other = (draw_test_film(seed, tmp_path / f"{name}.mp4")
                           for seed, name in ((7, "a"), (7, "b"), (8, "c")))
    assert first == again != other
    a, b, c = ((tmp_path / f"{name}.mp4").read_bytes() for name in "abc")
    assert a == b != c


def test_nothing_unfinished_is_left_when_writing_fails(tmp_path: Path) -> None:
    def pictures() -> object:
        yield np.zeros((32, 32, 3), np.uint8)
        raise OSError(28, "No space left on device")

    with pytest.raises(OutputError, match="No space left"):
        write_film(tmp_path / "film.mp4", pictures(), Fraction(24))  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []

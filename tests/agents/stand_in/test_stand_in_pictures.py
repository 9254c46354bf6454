"""Frame numbers are read from what a drawn film looks like after scaling and JPEG."""
from __future__ import annotations

from itertools import islice

import cv2
import numpy as np
import pytest

from backend.agents.stand_in.burnt_in import frame_of
from backend.video.brush import frame_number
from backend.video.drawn_film import story_pictures


def jpeg(picture: np.ndarray, height: int) -> bytes:
    width = round(picture.shape[1] * height / picture.shape[0])
    small = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
    return cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 75])[1].tobytes()


def test_numbers_of_the_drawn_film() -> None:
    pictures = list(islice(story_pictures(), 60))
    for height in (360, 256, 180):
        assert [frame_of(jpeg(pictures[frame], height)) for frame in (0, 7, 36, 58)] == [0, 7, 36, 58]


@pytest.mark.parametrize("height", [90, 180, 240])
def test_every_digit_at_every_place_of_smaller_films(height: int) -> None:
    for number in (1234, 56789, 90123, 45678, 99999):
        picture = np.full((height, height * 16 // 9, 3), 120, np.uint8)
        frame_number(picture, number)
        assert frame_of(jpeg(picture, height)) == number


def test_a_picture_without_a_number_has_none() -> None:
    noise = np.random.default_rng(1).integers(0, 255, (360, 640, 3), np.uint8)
    assert frame_of(jpeg(noise, 256)) is None
    assert frame_of(jpeg(np.zeros((360, 640, 3), np.uint8), 256)) is None
    assert frame_of(b"no picture") is None

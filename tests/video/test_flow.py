"""Optical flow against movements that are known exactly."""
from __future__ import annotations

import cv2
import numpy as np
import pytest

from backend.video.flow import FlowMeter

HEIGHT, WIDTH = 90, 160


def texture(seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    layers = [cv2.resize(rng.random((240 // s, 400 // s)).astype(np.float32), (400, 240), interpolation=cv2.INTER_CUBIC)
              * s ** 0.7 for s in (3, 6, 12, 24, 48)]
    total = np.sum(layers, axis=0)
    return (255 * (total - total.min()) / (total.max() - total.min())).astype(np.float32)


def view(x: float, y: float = 0.0, scale: float = 1.0) -> np.ndarray:
    move = np.array([[scale, 0, 80 - scale * (200 + x)], [0, scale, 45 - scale * (120 + y)]], np.float32)
    return np.rint(cv2.warpAffine(texture(), move, (WIDTH, HEIGHT))).astype(np.uint8)


@pytest.mark.parametrize("pixels", [0.25, 0.5, 1.0, 2.0, 4.0, 8.0])
def test_the_speed_of_a_pan_is_right_within_eight_percent(pixels: float) -> None:
    numbers = FlowMeter().measure(view(0), view(pixels))
    assert numbers.motion == pytest.approx(pixels / HEIGHT, rel=0.08)
    assert numbers.camera_x == pytest.approx(-pixels / HEIGHT, rel=0.08)
    assert abs(numbers.camera_y) < 0.1 * pixels / HEIGHT


def test_a_pan_is_no_movement_of_things() -> None:
    assert sum(FlowMeter().measure(view(0), view(3, 2)).compass) < 0.05 * 3.6 / HEIGHT


def test_a_zoom_spreads_the_picture() -> None:
    numbers = FlowMeter().measure(view(0), view(0, scale=1.03))
    assert numbers.zoom == pytest.approx(0.06, rel=0.15)
    assert abs(numbers.camera_x) < 0.003


def test_a_still_picture_does_not_move() -> None:
    assert FlowMeter().measure(view(0), view(0)).motion < 0.001


def test_a_thing_that_moves_right_shows_in_the_compass_and_in_its_place() -> None:
    before, after = view(0), view(0)
    before[50:80, 20:60] = view(0)[10:40, 100:140]
    after[50:80, 23:63] = view(0)[10:40, 100:140]
    numbers = FlowMeter().measure(before, after)
    assert np.argmax(numbers.compass) == 0
    # Only pixels whose luma changed by more than grain count, so smooth inner parts are left out.
    assert 0.3 < sum(numbers.compass) / (3 * 30 * 40 / (HEIGHT * WIDTH * HEIGHT)) < 1.2
    assert numbers.centre_x == pytest.approx(41 / WIDTH, abs=0.06)
    assert numbers.centre_y == pytest.approx(65 / HEIGHT, abs=0.08)
    assert abs(numbers.camera_x) < 0.004

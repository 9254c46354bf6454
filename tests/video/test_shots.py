from __future__ import annotations

from fractions import Fraction

import cv2
import numpy as np
import pytest

from backend.domain.analysis import Transition
from backend.video import shots
from backend.video.features import FeatureMeter, Features, hue_areas
from backend.video.picture import Picture

NOTHING = np.zeros(6, dtype=bool)


def features_of(luma: int, colour: tuple[int, int, int] = (128, 128, 128), frames: int = 3) -> Features:
    """Features of a still picture of one luma level (left half darker by 60) and one BGR colour."""
    meter = FeatureMeter()
    yuv = cv2.cvtColor(np.full((18, 32, 3), colour, np.uint8), cv2.COLOR_BGR2YUV).astype(np.float32)
    for _ in range(frames):
        meter.add(Picture(np.full((90, 160), luma, np.uint8), yuv), 1 / 24)
    return meter.features()


def test_speed_is_the_mean_of_motion_eq_4() -> None:
    speed, _ = shots.motion_figures(np.array([1.0, 2.0, 3.0, 2.0, 4.0, 0.0]), NOTHING)
    assert speed == 2.0


def test_saliency_is_the_mean_of_the_positive_changes_eq_5() -> None:
    _, saliency = shots.motion_figures(np.array([1.0, 2.0, 3.0, 2.0, 4.0, 0.0]), NOTHING)
    assert saliency == pytest.approx((1 + 1 + 2) / 3)


def test_cut_frames_count_in_neither_equation() -> None:
    mask = np.array([False, False, True, False, False, False])
    speed, saliency = shots.motion_figures(np.array([1.0, 2.0, 90.0, 2.0, 4.0, 0.0]), mask)
    assert speed == pytest.approx(9 / 5)
    assert saliency == pytest.approx((1 + 2) / 2)


def test_motion_that_never_rises_has_no_saliency() -> None:
    assert shots.motion_figures(np.array([3.0, 2.0, 1.0]), np.zeros(3, dtype=bool)) == (2.0, 0.0)


def test_masked_frames_are_interpolated_in_the_curve() -> None:
    mask = np.array([True, False, True, False])
    assert shots.motion_curve(np.array([9.0, 2.0, 50.0, 4.0]), mask).tolist() == [2.0, 2.0, 3.0, 4.0]
    assert shots.motion_curve(np.array([9.0]), np.array([True])).tolist() == [0.0]


def test_the_saliency_curve_has_no_negative_values() -> None:
    assert shots.saliency_curve(np.array([1.0, 3.0, 2.0, 2.5])).tolist() == [0.0, 2.0, 0.0, 0.5]


def test_shots_start_at_cuts_in_the_middle_of_dissolves_and_between_fades() -> None:
    gradual = (Transition("dissolve", 20, 29), Transition("fade_out", 40, 49), Transition("fade_in", 50, 60),
               Transition("flash", 70, 71), Transition("fade_in", 0, 5))
    assert shots.shot_starts(100, [80], gradual) == (0, 25, 50, 80)


def test_flashes_and_cuts_are_masked() -> None:
    mask = shots.masked_frames(features_of(100, frames=10), [4], [Transition("flash", 6, 7)])
    assert np.flatnonzero(mask).tolist() == [0, 4, 6, 7, 8]


@pytest.mark.parametrize(("luma", "word"), [(20, "dark"), (50, "somber"), (80, "dull"), (120, "mild"),
                                            (200, "bright"), (250, "glaring")])
def test_brightness_words(luma: int, word: str) -> None:
    assert shots.brightness(features_of(luma), slice(0, 3)) == word


def test_black_beside_white_is_contrasting() -> None:
    meter = FeatureMeter()
    luma = np.zeros((90, 160), np.uint8)
    luma[:, 80:] = 255
    meter.add(Picture(luma, np.full((18, 32, 3), 128, np.float32)), 1 / 24)
    assert shots.brightness(meter.features(), slice(0, 1)) == "contrasting"


@pytest.mark.parametrize(("bgr", "word"), [
    ((0, 0, 200), "red"), ((0, 110, 230), "orange"), ((0, 220, 230), "yellow"), ((40, 180, 40), "green"),
    ((200, 60, 20), "blue"), ((200, 30, 120), "purple"), ((128, 128, 128), "gray"), ((250, 250, 250), "white"),
    ((10, 10, 10), "black"), ((30, 60, 110), "brown"), ((190, 130, 240), "pink")])
def test_hue_words(bgr: tuple[int, int, int], word: str) -> None:
    assert shots.hue(features_of(120, bgr), slice(0, 3)) == word


def test_hue_areas_sum_to_one() -> None:
    hsv = np.random.default_rng(0).integers(0, 180, (18, 32, 3)).astype(np.uint8)
    assert sum(hue_areas(hsv)) == pytest.approx(1)


def test_a_shot_too_short_for_a_colour_sample_takes_the_nearest() -> None:
    features = features_of(120, (0, 0, 200), frames=8)
    starts, times = (0, 5, 7), [Fraction(i, 24) for i in range(9)]
    built = shots.build_shots(features, starts, np.zeros(8, dtype=bool), times)
    assert [(s.start_frame, s.end_frame, s.hue) for s in built] == [(0, 5, "red"), (5, 7, "red"), (7, 8, "red")]
    assert built[2].end_s == Fraction(8, 24)

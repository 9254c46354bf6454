from __future__ import annotations

import numpy as np
import pytest

from backend.music.loop_contrast import WINDOW, contrast, loop_tones

TONIC, FOURTH, TRITONE = (0, "M"), (5, "M"), (6, "M")
TONES = loop_tones((TONIC, FOURTH, TRITONE))


def test_tones_count_the_root_twice() -> None:
    assert TONES[0].tolist() == [2, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0]


def test_one_chord_is_steady_and_new_tones_contrast() -> None:
    held = TONES[[0] * 8]
    assert contrast(held, None) == pytest.approx(0.0)
    assert contrast(held, TONES[2] * WINDOW) == pytest.approx(1.0)
    assert contrast(held, TONES[1] * WINDOW) == pytest.approx(1 - 2 / 6)


def test_a_quick_loop_is_steadier_than_a_slow_one() -> None:
    quick, slow = TONES[[0, 1, 0, 1] * 4], TONES[np.repeat([0, 1], 8)]
    assert contrast(quick, None) > contrast(slow, None)

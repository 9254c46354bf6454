"""The end: where it was planned, and how long it rings."""
from __future__ import annotations

import numpy as np
import pytest

from backend.evaluation.ending import frames_off, heard_frames_off, tail_s
from backend.evaluation.onsets import Onsets
from backend.evaluation.sound import Sound


def test_frames_are_signed() -> None:
    assert frames_off(np.array([1.0, 9.9]), 10.0, 0.04) == pytest.approx(-2.5)
    assert frames_off(np.zeros(0), 10.0, 0.04) is None


def test_the_greatest_late_rise_is_the_end_not_the_ripple() -> None:
    rises = Onsets(np.array([5.0, 9.98, 11.0]), np.array([99.0, 20.0, 3.0]), np.ones(3), 12.0)
    assert heard_frames_off(rises, 10.0, 0.04) == pytest.approx(-0.5)
    stray = Onsets(rises.times_s, np.array([99.0, 20.0, 40.0]), np.ones(3), 12.0)
    assert heard_frames_off(stray, 10.0, 0.04) == pytest.approx(25.0)
    assert heard_frames_off(rises, 30.0, 0.04) is None


def test_tail_lasts_until_the_sound_has_faded_by_50_db() -> None:
    t = np.arange(48000 * 6) / 48000
    decay = np.where(t < 2, 1.0, 10 ** (-(t - 2) * 25 / 20)) * np.sin(2 * np.pi * 200 * t)
    sound = Sound(decay[:, None].astype(np.float32), 48000)
    assert tail_s(sound, 2.0) == pytest.approx(2.0, abs=0.06)
    assert tail_s(sound, 5.5) == 0.0
    assert tail_s(Sound(np.zeros((4800, 1), np.float32), 48000), 0.0) is None

"""Fader, width and pan do to the sound what their numbers say."""
from __future__ import annotations

import numpy as np
import pytest

from backend.audio.clock import SessionClock
from backend.audio.strip import linear, pan_gains, strip_of
from backend.domain.session import EnvelopePoint, Track

CLOCK = SessionClock((), 48_000)


@pytest.mark.parametrize(("pan", "left_db", "right_db"), [
    (0.0, -3.01, -3.01), (-0.5, -0.69, -8.34), (0.5, -8.34, -0.69)])
def test_pan_law(pan: float, left_db: float, right_db: float) -> None:
    left, right = pan_gains(pan)
    assert 20 * np.log10([left, right]) == pytest.approx([left_db, right_db], abs=0.01)
    assert left ** 2 + right ** 2 == pytest.approx(1.0)


def test_hard_left_leaves_nothing_right() -> None:
    left, right = pan_gains(-1.0)
    assert (left, right) == pytest.approx((1.0, 0.0))


def test_width_narrows_around_the_middle() -> None:
    sound = np.array([[1.0] * 100, [0.0] * 100], np.float32)
    half = strip_of(Track("t", "instrument", "t", width=0.5), CLOCK, 100).apply(sound.copy())
    assert half[:, 50] == pytest.approx([0.75 * 0.5 ** 0.5, 0.25 * 0.5 ** 0.5], abs=1e-6)
    mono = strip_of(Track("t", "instrument", "t", width=0.0), CLOCK, 100).apply(sound.copy())
    assert mono[0, 50] == pytest.approx(mono[1, 50])


def test_pan_envelope_adds_to_the_knob() -> None:
    track = Track("t", "instrument", "t", pan=0.25, pan_envelope=(EnvelopePoint(0, -0.25), EnvelopePoint(1920, 0.75)))
    sound = strip_of(track, CLOCK, 48_001).apply(np.ones((2, 48_001), np.float32))
    assert sound[:, 0] == pytest.approx([0.5 ** 0.5] * 2, abs=1e-4)
    assert sound[:, 48_000] == pytest.approx([0.0, 1.0], abs=1e-4)


def test_a_closed_fader_is_silent() -> None:
    assert linear(-150.0) == 0.0
    assert linear(-6.0206) == pytest.approx(0.5, abs=1e-5)

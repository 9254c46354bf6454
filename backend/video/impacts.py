"""Visible hits from the motion of frames: something that moves stops dead, or the whole picture jolts.

After the impact envelope of visual beats (Davis and Agrawala 2018): the positive part of the deceleration in every
direction, summed.
"""
from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from backend.video.features import Features

STRENGTH_FULL = 0.5
"""Lost speed, frame heights per second, of an impact of strength 1."""

LEAST = 0.02
"""Smallest loss of speed that counts, frame heights per second."""

STANDS_OUT = 4.0
"""How many times the median deceleration of the second around it an impact must reach."""

APART_S = 0.25
"""Closest two impacts may be."""


def find_impacts(features: Features, masked: Sequence[int], fps: float) -> tuple[tuple[int, float, str], ...]:
    """(frame, strength 0..1, kind) of every visible hit; nothing within two frames of a masked frame."""
    envelope = impact_envelope(features, masked)
    around = max(3, round(fps / 2))
    gap = max(2, round(APART_S * fps))
    found = []
    for i in np.flatnonzero(envelope > LEAST):
        usual = float(np.median(envelope[max(0, i - around):i + around + 1]))
        if envelope[i] >= envelope[max(0, i - gap):i + gap + 1].max() and envelope[i] > STANDS_OUT * usual:
            found.append((int(i), round(min(1.0, float(envelope[i]) / STRENGTH_FULL), 6), "stop"))
    return tuple(found)


def impact_envelope(features: Features, masked: Sequence[int]) -> np.ndarray:
    """Lost speed at every frame, frame heights per second [N]."""
    compass = features.compass.copy()
    if len(compass) < 3:
        return np.zeros(len(compass))
    lost = np.zeros(len(compass))
    lost[1:] = np.maximum(0, compass[:-1] - compass[1:]).sum(axis=1)
    for frame in (0, 1, *masked):
        lost[max(0, frame - 1):frame + 3] = 0
    return lost

"""Cuts from the numbers of frames: where the picture before has nothing to do with the picture after.

Three measurements decide. ``apart``: the smallest difference between one of the three frames before the place and one
of the three after; a flash or a strobe comes back to the old picture and stays small, a cut does not. ``usual``: how
much successive frames differ around it; a fast camera differs all the time. ``second``: the second largest difference
close by, which a burst of action has and a lone cut has not.
"""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backend.video.features import LAGS, Features

SIDE = 3
"""Frames on each side of a place whose pictures are compared; lags of up to 2 * SIDE - 1 are needed."""

NEAR = 4
"""Frames on each side in which ``second`` is looked for."""

WINDOW = 8
"""Frames on each side over which ``usual`` is the median."""

FLOOR = 0.004
"""Difference of pictures that noise and grain reach, 0..1; keeps quiet shots from firing."""

SECOND_WEIGHT = 0.35
"""Weight of ``second`` against ``usual``."""

CUT_SCORE = 1.5
"""A place with a higher score is a cut."""

FULL_STRENGTH = 0.12
"""``apart`` at which a cut counts as complete (strength 1): the median of the clips with truth is .09."""


@dataclass(frozen=True)
class CutEvidence:
    """Arrays over frames, in the unit of ``Features.change`` (0..1); see the module's first lines."""

    apart: np.ndarray
    usual: np.ndarray
    second: np.ndarray

    def score(self) -> np.ndarray:
        """How many times larger the step is than the surroundings explain."""
        return self.apart / (FLOOR + self.usual + SECOND_WEIGHT * self.second)


def cut_evidence(features: Features) -> CutEvidence:
    """Evidence that frame i is the first of a new shot, for every i; 0 for the first frame."""
    frames = features.frames
    step = features.change[:, 0] if frames else np.zeros(0)
    apart, usual, second = np.zeros(frames), np.zeros(frames), np.zeros(frames)
    for i in range(1, frames):
        apart[i] = _apart(features.change, i)
        around = np.concatenate([step[max(1, i - WINDOW):i], step[i + 1:i + 1 + WINDOW]])
        usual[i] = float(np.median(around)) if len(around) else 0.0
        close = np.sort(np.concatenate([step[max(1, i - NEAR):i], step[i + 1:i + 1 + NEAR]]))
        second[i] = float(close[-2]) if len(close) > 1 else 0.0
    return CutEvidence(apart, usual, second)


def _apart(change: np.ndarray, i: int) -> float:
    after = range(i, min(len(change), i + SIDE))
    return float(min(change[b, b - a - 1] for b in after for a in range(max(0, i - SIDE), i) if b - a <= LAGS))


def find_cuts(features: Features) -> tuple[tuple[int, float], ...]:
    """(first frame of the new shot, strength 0..1) of every cut, in order."""
    evidence = cut_evidence(features)
    score = evidence.score()
    found = []
    for i in np.flatnonzero(score > CUT_SCORE):
        close = features.change[max(1, i - 2):i + 3, 0]
        if features.change[i, 0] >= close.max():
            found.append((int(i), round(min(1.0, float(evidence.apart[i]) / FULL_STRENGTH), 6)))
    return tuple(found)

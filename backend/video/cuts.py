"""Cuts from the numbers of frames: where the picture before has nothing to do with the picture after.

Two differences of pictures count: ``change`` (light and colour) and ``unlike`` (the pattern alone). *apart* is the
smallest difference between one of the frames just before the place and one of the frames just after: a flash or a
strobe comes back to the old picture and stays small, a cut does not. *second* is the second largest difference of
successive frames close by, which a fast camera and a burst of action have and a lone cut has not. A logistic
regression on their logarithms decides.
"""
from __future__ import annotations

import numpy as np

from backend.video.features import Features

BEFORE, AFTER = 4, 5
"""Frames before and after a place whose pictures are compared for *apart*."""

REACH = 5
"""Longest lag compared: a flash of up to four frames is bridged, a shot of six or more is not."""

NEAR = 4
"""Frames on each side in which *second* is looked for."""

CHANGE_FLOOR, UNLIKE_FLOOR = 0.002, 0.02
"""Added before the logarithm: differences that noise and compression reach in a still picture."""

WEIGHTS = (1.16, 4.64, -2.76, 3.18)
"""Of the columns of :func:`cut_evidence`. Fitted with benchmarks/picture_cuts.py on the clips with truth and on drawn
films 1000-1059; leave-one-clip-out in docs/benchmarks/picture.md."""

CLOSEST = 3
"""Frames between two cuts, at least."""

LEAST_CHANGE = 0.0003
"""Places that change less are never cuts: a text card that appears on black reaches .0005."""

TYPICAL_CHANGE, TYPICAL_UNLIKE = 0.09, 0.9
"""Medians of *apart* over the true cuts; a cut that reaches both has strength 1."""


def cut_evidence(features: Features) -> np.ndarray:
    """[N, 4]: log *apart* of ``change``; log *apart* and *second* of ``unlike``; 1. Row 0 means nothing."""
    change = np.log(apart(features.change) + CHANGE_FLOOR)
    unlike = [np.log(values + UNLIKE_FLOOR) for values in (apart(features.unlike), _second(features.unlike[:, 0]))]
    return np.column_stack([change, *unlike, np.ones(features.frames)])


def apart(table: np.ndarray) -> np.ndarray:
    """Smallest difference across every place [N], of a table [N, lags] of differences to earlier frames."""
    frames = len(table)
    smallest = np.full(frames, np.inf)
    for later in range(AFTER):
        for lag in range(later + 1, min(REACH, later + BEFORE) + 1):
            column = table[:, lag - 1].copy()
            column[:lag] = np.inf
            if later < frames:
                smallest[:frames - later] = np.minimum(smallest[:frames - later], column[later:])
    return np.where(np.isfinite(smallest), smallest, 0.0)


def _second(step: np.ndarray) -> np.ndarray:
    """Second largest of the neighbours of every frame [N]; the first frame's value means nothing and is left out."""
    if len(step) < 3:
        return np.zeros(len(step))
    padded = np.pad(np.concatenate([step[1:2], step[1:]]), NEAR, mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * NEAR + 1)
    return np.sort(np.delete(windows, NEAR, axis=1), axis=1)[:, -2]


def candidates(features: Features) -> np.ndarray:
    """Frames at which either difference peaks among its neighbours: the only places that can be cuts."""
    if features.frames < 2:
        return np.zeros(0, dtype=np.int64)
    peaks = np.zeros(features.frames, dtype=bool)
    for table in (features.change, features.unlike):
        windows = np.lib.stride_tricks.sliding_window_view(np.pad(table[:, 0], 2), 5)
        peaks |= table[:, 0] >= windows.max(axis=1)
    peaks &= features.change[:, 0] >= LEAST_CHANGE
    peaks[0] = False
    return np.flatnonzero(peaks)


def find_cuts(features: Features, weights: tuple[float, ...] = WEIGHTS) -> tuple[tuple[int, float], ...]:
    """(first frame of the new shot, strength 0..1) of every cut, in order."""
    evidence = cut_evidence(features)
    places = candidates(features)
    score = evidence[places] @ np.array(weights)
    kept: list[int] = []
    for place in places[np.argsort(-score, kind="stable")][:int((score > 0).sum())].tolist():
        if all(abs(place - other) >= CLOSEST for other in kept):
            kept.append(place)
    return tuple((place, _strength(evidence[place])) for place in sorted(kept))


def _strength(row: np.ndarray) -> float:
    change, unlike = np.exp(row[0]) - CHANGE_FLOOR, np.exp(row[1]) - UNLIKE_FLOOR
    return round(float(min(1.0, change / TYPICAL_CHANGE) + min(1.0, unlike / TYPICAL_UNLIKE)) / 2, 6)

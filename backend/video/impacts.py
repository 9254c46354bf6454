"""Visible hits from the motion of frames: something that moves stops dead, or the whole picture jolts.

The stop is the positive part of the deceleration by direction, as in the impact envelope of visual beats (Davis and
Agrawala 2018), but of motion that lasted before and stays away after: single frames of the envelope are mostly noise.
"""
from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from backend.video.features import Features
from backend.video.median import median

LASTING, AWAY = 4, 3
"""Frames over which motion is taken (median) before a stop, and over which it must stay away (maximum) after it."""

LEAST_STOP = 0.018
"""Smallest lost speed of a stop, frame heights per second averaged over the picture."""

CAMERA_SHARE = 0.15
"""A stop must also be larger than this share of the camera's speed: flow errs in proportion to it."""

LEFT_OVER = 0.35
"""Largest share of the motion that may be left after a stop."""

SETTLING = 8
"""Frames after a cut in which a compressed picture still gains detail, which looks like movement that ends."""

BORDER = 0.12
"""Share of the picture next to its edges: what last moved there has left, not stopped."""

TOTAL_SHARE = 0.6
"""Share of the lost speed by which the motion of the whole picture falls too; what turns only changes direction."""

LEAST_JOLT = 0.2
"""Smallest speed of a jolt of the whole picture, frame heights per second."""

CALM_BEFORE = 0.25
"""Largest share of a jolt's speed that the picture may move at before it."""

CALM_FRAMES = 5
"""Frames of calm before a jolt."""

RINGING = 6
"""Frames over which a jolt swings back and forth."""

RETURNS = 0.6
"""Largest share of a jolt's way that is left as displacement at the end of the swing: a jolt comes back."""

STRENGTH_FULL_STOP, STRENGTH_FULL_JOLT = 0.15, 1.5
"""Speeds, frame heights per second, of a hit of strength 1."""

APART_S = 0.5
"""Closest two hits may be."""

BLOCK = 1024
"""Frames looked at together, so that a long film needs no more memory than a short one."""

Hit = tuple[int, float, str]


def find_impacts(features: Features, masked: Sequence[int], blended: Sequence[int], fps: float) -> tuple[Hit, ...]:
    """(frame, strength 0..1, ``stop`` or ``jolt``) of every visible hit, in order.

    ``masked``: frames whose flow means nothing (cuts, flashes); ``blended``: frames of fades and dissolves. No hit is
    seen within three frames of either, nor while the picture settles after a cut.
    """
    valid, clear = np.ones((2, features.frames), dtype=bool)
    valid[list(masked)] = False
    clear[list(blended)] = False
    stop, jolt = stop_envelope(features, valid, clear), jolt_envelope(features, valid & clear)
    found = [(int(i), float(stop[i]) / STRENGTH_FULL_STOP, "stop") for i in _peaks(stop, LEAST_STOP)]
    found += [(int(i), float(jolt[i]) / STRENGTH_FULL_JOLT, "jolt") for i in _peaks(jolt, LEAST_JOLT)]
    kept: list[Hit] = []
    gap = max(2, round(APART_S * fps))
    for frame, strength, kind in sorted(found, key=lambda hit: (-hit[1], hit[0])):
        if all(abs(frame - other) >= gap for other, _, _ in kept):
            kept.append((frame, round(min(1.0, strength), 6), kind))
    return tuple(sorted(kept))


def stop_envelope(features: Features, valid: np.ndarray, clear: np.ndarray) -> np.ndarray:
    """Speed lost for good at every frame [N], frame heights per second; the frame is the last one that moved."""
    lost = np.zeros(features.frames)
    if features.frames < LASTING + AWAY + 1:
        return lost
    last = features.frames - LASTING - AWAY + 1
    drop = np.concatenate([_drop(features.compass[i:min(last, i + BLOCK) + LASTING + AWAY - 1])
                           for i in range(0, last, BLOCK)])
    lost[LASTING - 1:LASTING - 1 + len(drop)] = drop
    camera = np.hypot(features.camera_x, features.camera_y)
    settled = _without(valid, LASTING + SETTLING, AWAY) & _without(clear, LASTING, AWAY)
    inside = np.abs(features.centre_x - 0.5) < 0.5 - BORDER
    lost[~settled | ~inside | (lost < CAMERA_SHARE * camera)] = 0
    return lost


def _drop(sector: np.ndarray) -> np.ndarray:
    """Speed lost at every window of LASTING + AWAY frames in ``sector`` [frames, directions]: [windows]."""
    wide = sector + np.roll(sector, 1, axis=1) + np.roll(sector, -1, axis=1)
    both = np.hstack([sector.sum(axis=1, keepdims=True), wide])
    windows = np.lib.stride_tricks.sliding_window_view(both, LASTING + AWAY, axis=0)
    before, after = median(windows[..., :LASTING]), windows[..., LASTING:].max(axis=-1)
    drop = np.where(after < LEFT_OVER * before, before - after, 0)
    fall = before[:, 0] - after[:, 0]
    return np.asarray(np.where(fall[:, None] > TOTAL_SHARE * drop, drop, 0).max(axis=1))


def _without(valid: np.ndarray, before: int, after: int) -> np.ndarray:
    """True where all frames from ``before`` earlier to ``after`` later are valid [N]; the first frame is a cut too."""
    sums = np.concatenate([[0], np.cumsum(~valid)])
    index = np.arange(len(valid))
    return np.asarray(sums[np.minimum(len(valid), index + after + 1)] == sums[np.maximum(0, index - before)])


def jolt_envelope(features: Features, valid: np.ndarray) -> np.ndarray:
    """Speed at which the whole picture is thrown out of its course, at frames from which it swings back [N].

    The course is the median movement of the frames before: none, a pan, or rain that the camera seems to follow.
    """
    camera = np.column_stack([features.camera_x, features.camera_y])
    thrown = np.zeros(features.frames)
    usable = _without(valid, CALM_FRAMES, 1)
    for i in np.flatnonzero(usable[CALM_FRAMES:]) + CALM_FRAMES:
        if np.abs(camera[i] - camera[i - 1]).max() < LEAST_JOLT / 2:
            continue
        off = camera[i - CALM_FRAMES:i + RINGING] - median(camera[i - CALM_FRAMES:i].T)
        speed = np.hypot(off[:, 0], off[:, 1])
        swing, first = speed[CALM_FRAMES:], float(speed[CALM_FRAMES])
        way, displaced = float(swing.sum()), float(np.hypot(*off[CALM_FRAMES:].sum(axis=0)))
        calm = speed[:CALM_FRAMES].max() < CALM_BEFORE * first
        if first > LEAST_JOLT and calm and displaced < RETURNS * way and way > 1.5 * first:
            thrown[i] = first
    return thrown


def _peaks(envelope: np.ndarray, least: float) -> np.ndarray:
    """Frames above ``least`` that are the largest among their two neighbours on each side."""
    if not len(envelope):
        return np.zeros(0, dtype=np.int64)
    highest = np.lib.stride_tricks.sliding_window_view(np.pad(envelope, 2), 5).max(axis=1)
    return np.flatnonzero((envelope > least) & (envelope >= highest))

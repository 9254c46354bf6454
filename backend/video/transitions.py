"""Gradual changes from the numbers of frames: fades from and to black, dissolves, flashes."""
from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from backend.domain.analysis import Transition
from backend.video.cuts import cut_evidence
from backend.video.features import Features

DARK = 16 / 255
"""Mean luma under which a picture counts as black (craft 1.2)."""

FADE_S = 0.4
"""Shortest fade in seconds (craft 1.2)."""

FADE_RISE = 0.03
"""Smallest change of mean luma over a fade, 0..1."""

FLASH_STEP = 25 / 255
"""Luma jump of a flash (craft 1.2)."""

FLASH_FRAMES = 4
"""Longest flash in frames."""

RETURNED = 0.5
"""A flash is over when the picture is this close to the one before, as a share of the jump."""


def find_fades(features: Features, cut_frames: Sequence[int], fps: float) -> tuple[Transition, ...]:
    """Monotone runs of mean luma into black or out of it, not across a cut."""
    luma = _smooth(features.luma)
    edges = sorted({0, *cut_frames, features.frames})
    found = []
    for start, end in zip(edges, edges[1:], strict=False):
        found += _fades_within(luma, start, end, max(3, round(FADE_S * fps)))
    return tuple(found)


def _fades_within(luma: np.ndarray, start: int, end: int, shortest: int) -> list[Transition]:
    found = []
    dark = np.flatnonzero(luma[start:end] < DARK) + start
    runs = np.split(dark, np.flatnonzero(np.diff(dark) > 1) + 1) if len(dark) else []
    for run in runs:
        left = _climb(luma, int(run[0]), -1, start, end)
        if int(run[0]) - left >= shortest and luma[left] - luma[run[0]] >= FADE_RISE:
            found.append(Transition("fade_out", left, int(run[0])))
        right = _climb(luma, int(run[-1]), 1, start, end)
        if right - int(run[-1]) >= shortest and luma[right] - luma[run[-1]] >= FADE_RISE:
            found.append(Transition("fade_in", int(run[-1]), right))
    return found


def _climb(luma: np.ndarray, frame: int, direction: int, start: int, end: int) -> int:
    """The frame up to which luma keeps rising in a direction."""
    while start <= frame + direction < end and luma[frame + direction] > luma[frame] + 0.0005:
        frame += direction
    return frame


def find_flashes(features: Features, cut_frames: Sequence[int]) -> tuple[Transition, ...]:
    """Short jumps of luma after which the old picture is back."""
    found: list[Transition] = []
    evidence = cut_evidence(features)
    i = 1
    while i < features.frames:
        length = _flash_length(features, i)
        if length and evidence.apart[i] < features.change[i, 0] * RETURNED and i not in cut_frames:
            found.append(Transition("flash", i, i + length - 1))
            i += length
        i += 1
    return tuple(found)


def _flash_length(features: Features, i: int) -> int:
    """Frames the picture is away from frame i - 1, 0 when it does not come back."""
    if abs(features.luma[i] - features.luma[i - 1]) < FLASH_STEP:
        return 0
    for length in range(1, FLASH_FRAMES + 1):
        back = i + length
        if back < features.frames and features.change[back, length] < RETURNED * features.change[i, 0]:
            return length
    return 0


def _smooth(values: np.ndarray) -> np.ndarray:
    """Mean of three frames; the ends keep their neighbours' weight."""
    if len(values) < 3:
        return values
    padded = np.pad(values, 1, mode="edge")
    return (padded[:-2] + padded[1:-1] + padded[2:]) / 3

"""Gradual changes from the numbers of frames: fades from and to black, dissolves, flashes."""
from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from backend.domain.analysis import Transition
from backend.video.cuts import apart
from backend.video.features import FAR_LAGS, Features
from backend.video.median import median

DARK = 0.06
"""Visibility (luma plus contrast, 0..2) under which a picture counts as black: 16 of 255 (craft 1.2)."""

FADE_S = 0.25
"""Shortest fade in seconds; craft says 0.4, the fades of trailers are shorter."""

FADE_RISE = 0.03
"""Smallest change of visibility over a fade; a small title on black reaches .06."""

DIP = 0.002
"""Visibility may fall this much between two frames of a rising fade: noise and moving things."""

FLASH_STEP = 25 / 255
"""Luma jump of a flash (craft 1.2)."""

FLASH_FRAMES = 4
"""Longest flash in frames."""

RETURNED = 0.5
"""A flash is over when the picture is this close to the one before, as a share of the jump."""

STRAIGHT = 0.85
"""Share of the way that leads straight from old to new picture: 1 in a dissolve, near .5 when things move."""

NEW_PATTERN = 0.3
"""``unlike`` over 24 frames that a dissolve reaches."""

BLEND_POWER = 0.8
"""Variance in the middle of a dissolve, as a share of the mean of its ends."""

ALL_OVER = 0.3
"""Share of the picture that takes part in a blend; a door that shuts reaches .2."""

CALM = 0.05
"""Motion, frame heights per second, under which a change cannot come from movement."""

STEADY = 3
"""Successive frames that must look like the middle of a dissolve."""

NEW_PICTURE = 0.02
"""``change`` over 24 frames that a dissolve reaches."""


def find_transitions(features: Features, cut_frames: Sequence[int], fps: float) -> tuple[Transition, ...]:
    """Flashes, fades and dissolves in order; a dissolve that overlaps a fade is the fade."""
    flashes = find_flashes(features, cut_frames)
    fades = find_fades(features, cut_frames, fps)
    broken = sorted({*cut_frames, *(frame for f in flashes for frame in (f.start_frame, f.end_frame + 1))})
    dissolves = [d for d in find_dissolves(features, broken)
                 if not any(d.start_frame <= f.end_frame and f.start_frame <= d.end_frame for f in fades)]
    return tuple(sorted((*flashes, *fades, *dissolves), key=lambda t: (t.start_frame, t.end_frame, t.kind)))


def find_fades(features: Features, cut_frames: Sequence[int], fps: float) -> tuple[Transition, ...]:
    """Monotone runs of visibility into black or out of it, not across a cut."""
    visible = features.luma + features.contrast
    edges = sorted({0, *cut_frames, features.frames})
    shortest = max(3, round(FADE_S * fps))
    found = []
    for start, end in zip(edges, edges[1:], strict=False):
        found += _fades_within(visible, (start, end), shortest)
    return tuple(found)


def _fades_within(visible: np.ndarray, bounds: tuple[int, int], shortest: int) -> list[Transition]:
    start, end = bounds
    found = []
    dark = np.flatnonzero(visible[start:end] < DARK) + start
    for run in np.split(dark, np.flatnonzero(np.diff(dark) > 1) + 1) if len(dark) else []:
        # A fade ends at the darkest frames of the run, not where the run begins.
        floor = run[visible[run] <= visible[run].min() + DIP]
        low, high = int(floor[0]), int(floor[-1])
        left, right = _climb(visible, low, -1, bounds), _climb(visible, high, 1, bounds)
        if low - left >= shortest and visible[left] - visible[low] >= FADE_RISE:
            found.append(Transition("fade_out", left, low))
        if right - high >= shortest and visible[right] - visible[high] >= FADE_RISE:
            found.append(Transition("fade_in", high, right))
    return found


def _climb(visible: np.ndarray, frame: int, direction: int, bounds: tuple[int, int]) -> int:
    """The frame up to which visibility keeps rising in a direction, small dips allowed."""
    top = frame
    while bounds[0] <= frame + direction < bounds[1] and visible[frame + direction] > visible[frame] - DIP:
        frame += direction
        if visible[frame] > visible[top] + DIP:
            top = frame
        elif abs(frame - top) > 3:
            break
    return top


def find_dissolves(features: Features, broken: Sequence[int]) -> tuple[Transition, ...]:
    """Stretches in which the picture goes straight from one pattern to another.

    ``broken``: frames over which no comparison may reach (cuts and the ends of flashes). Along a blend every pixel
    keeps its direction, so the differences of both halves add up to the whole; along a movement they do not.
    """
    half = FAR_LAGS[0]
    frames = features.frames
    if frames <= 2 * half:
        return ()
    centre = np.arange(half, frames - half)
    whole = features.change_far[centre + half, 1]
    way = features.change_far[centre, 0] + features.change_far[centre + half, 0]
    good = (whole > STRAIGHT * way) & (whole > NEW_PICTURE) & (features.unlike_far[centre + half, 1] > NEW_PATTERN)
    good &= _blended(features, centre, half)
    for frame in broken:
        good &= (frame <= centre - half) | (frame > centre + half)
    found = []
    hits = centre[good]
    for run in np.split(hits, np.flatnonzero(np.diff(hits) > half) + 1) if len(hits) else []:
        if len(run) < STEADY:
            continue
        middle = int(run[int(np.argmax(whole[run - half]))])
        found.append(_extent(features.change[:, 0], int(run[0]), int(run[-1]), middle))
    return tuple(found)


def _blended(features: Features, centre: np.ndarray, half: int) -> np.ndarray:
    """Where two pictures lie over each other: a blend of unrelated pictures has less contrast than they have (half the
    variance in the middle); a movement keeps it. Nearly still stretches need no such proof."""
    power = features.contrast ** 2
    dip = power[centre] < BLEND_POWER * (power[centre - half] + power[centre + half]) / 2
    calm = np.maximum(features.motion[centre - half // 2], features.motion[centre + half // 2]) < CALM
    return np.asarray((dip | calm) & (features.spread[centre] > ALL_OVER))


def _extent(step: np.ndarray, first: int, last: int, middle: int) -> Transition:
    """Frames around the centres found in which the picture changes at least half as fast as in the middle."""
    least = 0.5 * float(median(step[max(1, middle - 3):middle + 4]))
    start, end = min(first, middle), max(last, middle)
    first, last = max(1, start - FAR_LAGS[0]), min(len(step) - 1, end + FAR_LAGS[0])
    while start > first and step[start - 1] >= least:
        start -= 1
    while start < middle and step[start] < least:
        start += 1
    while end < last and step[end + 1] >= least:
        end += 1
    while end > middle and step[end] < least:
        end -= 1
    return Transition("dissolve", start, end)


def find_flashes(features: Features, cut_frames: Sequence[int]) -> tuple[Transition, ...]:
    """Short jumps of luma after which the old picture is back."""
    found: list[Transition] = []
    bridged = apart(features.change)
    i = 1
    while i < features.frames:
        length = _flash_length(features, i)
        if length and bridged[i] < features.change[i, 0] * RETURNED and i not in cut_frames:
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

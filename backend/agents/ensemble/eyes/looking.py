"""Which frames a model is shown: a few that stand for the clip, never black ones, and said which."""
from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

import numpy as np

from backend.domain.analysis import ClipAnalysis, Shot
from backend.domain.description import ClipDescription

FEWEST, MOST = 8, 12
"""Frames in one question (craft 8.1)."""

MOST_SHOTS, MOST_SECTIONS = 24, 16
"""Shots that are looked at, and sections of the plot that are asked for, where there are more: the longest of every
equal stretch of time. Two questions of twelve frames; what was seen of them still fits 8k tokens in the third
(tests/agents/ensemble/test_looking.py)."""

SECONDS_A_FRAME = 30
"""A clip this much longer gets another frame beyond the fewest (by eye); so do many shots, for their hits."""

BLACK, FLAT = 0.02, 0.02
"""Mean luma, and contrast, below which there is nothing to see (real pictures of ten clips have a contrast of .1 and
more, whiteouts and empty fields less than .01)."""

AFTER_HIT = 2
"""Frames after an impact at which its effect is seen and the blur is gone (by eye on the drawn film)."""

_EDGE = 2


@dataclass(frozen=True)
class Moment:
    """A frame to be looked at, and why."""

    frame: int
    shot: int
    why: str


@dataclass(frozen=True)
class Look:
    """The frames of one question, in order, and the shots it is about."""

    moments: tuple[Moment, ...]
    shots: tuple[int, ...]


def choose_looks(analysis: ClipAnalysis) -> tuple[Look, ...]:
    """One look for up to twelve visible shots, several of about equal size for more.

    Every shot that is looked at is seen at the bright frame nearest to its middle; then come hits and peaks of motion,
    then whatever lies farthest from the frames already chosen, so that long shots get more. A shot that is black
    throughout is not looked at unless everything is.
    """
    visible = _visible_frames(analysis)
    shots = [i for i, shot in enumerate(analysis.shots) if visible[shot.start_frame:shot.end_frame].any()]
    if not shots:
        brightest = int(np.argmax(analysis.curve("luma").values))
        return (Look((Moment(brightest, shot_at(analysis, brightest), "brightest"),), ()),)
    shots = _representatives(analysis, shots)
    parts = ceil(len(shots) / MOST)
    bounds = [round(i * len(shots) / parts) for i in range(parts + 1)]
    return tuple(_look(analysis, shots[a:b], visible) for a, b in zip(bounds, bounds[1:], strict=False))


def spread(moments: Sequence[Moment], count: int) -> tuple[Moment, ...]:
    """``count`` of the moments, evenly through the list, both ends among them."""
    if len(moments) <= count:
        return tuple(moments)
    return tuple(moments[round(i * (len(moments) - 1) / (count - 1))] for i in range(count))


def times_of(analysis: ClipAnalysis, moments: Iterable[Moment]) -> tuple[Fraction, ...]:
    """Cue times."""
    return tuple(analysis.frame_times_s[moment.frame] for moment in moments)


def shot_at(analysis: ClipAnalysis, frame: int) -> int:
    return next((i for i, shot in enumerate(analysis.shots) if shot.start_frame <= frame < shot.end_frame), 0)


def _visible_frames(analysis: ClipAnalysis) -> np.ndarray:
    """True where a frame shows one clear picture [N]: not black, not blank, not inside a fade, a dissolve or a flash.

    In a shot that has none every frame that is not black counts.
    """
    bright = np.array(analysis.curve("luma").values) >= BLACK
    clear = bright & (np.array(analysis.curve("contrast").values) >= FLAT)
    for change in analysis.transitions:
        clear[change.start_frame:change.end_frame + 1] = False
    for shot in analysis.shots:
        span = slice(shot.start_frame, shot.end_frame)
        if not clear[span].any():
            clear[span] = bright[span]
    return clear


def _representatives(analysis: ClipAnalysis, shots: list[int]) -> list[int]:
    ends = {i: (analysis.shots[i].start_frame, analysis.shots[i].end_frame) for i in shots}
    return _longest_of_stretches(ends, len(analysis.frame_times_s), MOST_SHOTS)


def sections_asked(measured: ClipDescription) -> tuple[int, ...]:
    """Indices of the sections of the plot that a model is asked about."""
    ends = {i: (part.start_s, part.end_s) for i, part in enumerate(measured.plot)}
    return tuple(_longest_of_stretches(ends, max((end for _, end in ends.values()), default=0.0), MOST_SECTIONS))


def _longest_of_stretches(ends: Mapping[int, tuple[float, float]], length: float, most: int) -> list[int]:
    """All of them, or the longest whose middle lies in each of ``most`` equal stretches."""
    if len(ends) <= most:
        return list(ends)
    longest: dict[int, int] = {}
    for i, (start, end) in ends.items():
        place = min(most - 1, int((start + end) / 2 * most / length))
        if place not in longest or end - start > ends[longest[place]][1] - ends[longest[place]][0]:
            longest[place] = i
    return sorted(longest.values())


def _look(analysis: ClipAnalysis, shots: list[int], visible: np.ndarray) -> Look:
    mine = np.zeros_like(visible)
    for i in shots:
        mine[analysis.shots[i].start_frame:analysis.shots[i].end_frame] = True
    mine &= visible
    seconds = float(sum(analysis.shots[i].end_s - analysis.shots[i].start_s for i in shots))
    wanted = max(FEWEST + int(seconds / SECONDS_A_FRAME), len(shots) * 3 // 2)
    count = max(len(shots), min(MOST, wanted))
    chosen = {_middle(analysis.shots[i], mine): "middle" for i in shots}
    _add_events(analysis, chosen, mine, (len(chosen) + count + 1) // 2)
    _fill(chosen, mine, count)
    moments = tuple(Moment(frame, shot_at(analysis, frame), why) for frame, why in sorted(chosen.items()))
    return Look(moments, tuple(shots))


def _middle(shot: Shot, visible: np.ndarray) -> int:
    """The visible frame nearest to the middle of a shot."""
    frames = shot.start_frame + np.flatnonzero(visible[shot.start_frame:shot.end_frame])
    middle = (shot.start_frame + shot.end_frame - 1) / 2
    return int(frames[np.argmin(np.abs(frames - middle))])


def _add_events(analysis: ClipAnalysis, chosen: dict[int, str], visible: np.ndarray, count: int) -> None:
    """Visible hits by strength, then the liveliest frames of the shots, until there are ``count``."""
    motion = np.array(analysis.curve("motion").values)
    hits = sorted(analysis.impacts, key=lambda hit: (-hit.strength, hit.frame))
    events = [(min(hit.frame + AFTER_HIT, len(visible) - 1), "hit") for hit in hits]
    peaks = []
    for shot in analysis.shots:
        span = motion[shot.start_frame + _EDGE:shot.end_frame - _EDGE]
        if len(span):
            peaks.append((-float(span.max()), shot.start_frame + _EDGE + int(np.argmax(span))))
    events += [(frame, "motion") for _, frame in sorted(peaks)]
    apart = _least_distance(visible, count)
    for frame, why in events:
        if len(chosen) >= count:
            return
        if visible[frame] and all(abs(frame - other) >= apart for other in chosen):
            chosen[frame] = why


def _fill(chosen: dict[int, str], visible: np.ndarray, count: int) -> None:
    """The visible frame farthest from all chosen ones, again and again."""
    frames = np.flatnonzero(visible)
    while len(chosen) < min(count, len(frames)):
        away = np.abs(frames[:, None] - np.array(sorted(chosen))[None, :]).min(axis=1)
        chosen[int(frames[np.argmax(away)])] = "between"


def _least_distance(visible: np.ndarray, count: int) -> int:
    """A third of an even distance: nearer frames would show the same."""
    return max(1, int(visible.sum()) // (3 * count))

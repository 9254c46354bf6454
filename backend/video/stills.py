"""The default FrameGrabber: single frames of the picture as JPEG, the very frames that were analysed."""
from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from backend.domain.analysis import ClipAnalysis
from backend.domain.ensemble import Still
from backend.errors import MediaError
from backend.video import reader

JPEG_QUALITY = 82
"""About 30 kB at 360 lines; the burnt-in frame numbers of the drawn film stay readable (by eye)."""

READ_ON_S = Fraction(6)
"""A frame this close behind the last one is reached by decoding on instead of seeking (a usual key frame distance)."""

_TURNS = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}


@dataclass(frozen=True)
class _Wanted:
    """A frame of the analysis and where it lies: clip time and time stamp (whole up to the container's rounding)."""

    index: int
    time_s: Fraction
    tick: Fraction


class PyAvGrabber:
    """Seeks to a key frame and decodes to the frame; frames that lie close together are reached in one go."""

    name = "pyav"

    def grab(self, analysis: ClipAnalysis, clip: Path, times_s: tuple[Fraction, ...], height: int) -> tuple[Still, ...]:
        """One still for each of ``times_s`` (cue time), in that order: the frame that stands on the screen then.

        ``Still.frame`` is its index in the analysis, ``Still.time_s`` when it appears. Upright, pixels square, at most
        ``height`` lines. Times outside the cue give its first or last frame. Raises MediaError for a file that cannot
        be read or no longer has the frame.
        """
        if not times_s:
            return ()
        facts = reader.read_facts(clip).shown_at(analysis.clip.play_rate)
        indices = [frame_at(analysis, time_s) for time_s in times_s]
        wanted = []
        for index in sorted(set(indices)):
            time_s = analysis.cue.start_s + analysis.frame_times_s[index]
            wanted.append(_Wanted(index, time_s, facts.first_tick + time_s / facts.time_base))
        jpegs = dict(_read(facts, wanted, height))
        return tuple(Still(float(analysis.frame_times_s[i]), i, _shot_of(analysis, i), jpegs[i]) for i in indices)


def frame_at(analysis: ClipAnalysis, time_s: Fraction) -> int:
    """The index of the frame that is shown at a cue time."""
    return max(0, bisect_right(analysis.frame_times_s, time_s) - 1)


def _shot_of(analysis: ClipAnalysis, frame: int) -> int:
    return next((i for i, shot in enumerate(analysis.shots) if shot.start_frame <= frame < shot.end_frame), 0)


def _read(facts: reader.MediaFacts, wanted: list[_Wanted], height: int) -> Iterator[tuple[int, bytes]]:
    """(frame index, JPEG) of every wanted frame, which are in order of time."""
    for run in _runs(wanted):
        found = dict(_find(facts, run, max(Fraction(0), run[0].time_s - 1 / facts.fps)))
        if len(found) < len(run):  # damaged: decoding from a key frame may miss what decoding from the start does not
            found = dict(_find(facts, run, Fraction(0)))
        for want in run:
            if want.index not in found:
                raise MediaError(f"'{facts.path.name}' no longer shows the frame at {float(want.time_s):.3f} s. "
                                 "Measure it again with --from analyze.")
            yield want.index, _jpeg(found[want.index], facts, height)


def _runs(wanted: list[_Wanted]) -> list[list[_Wanted]]:
    runs: list[list[_Wanted]] = []
    for want in wanted:
        if runs and want.time_s - runs[-1][-1].time_s < READ_ON_S:
            runs[-1].append(want)
        else:
            runs.append([want])
    return runs


def _find(facts: reader.MediaFacts, run: list[_Wanted], start_s: Fraction) -> Iterator[tuple[int, Any]]:
    """(frame index, decoder frame) of those that are there: the nearest time stamp, at most half a frame away.

    The analysis keeps the times that were meant, a container rounds them to its tick.
    """
    left = list(run)
    before: tuple[int, Any] | None = None
    for tick, frame in reader.frames(facts, start_s, None, reader.DecodeLog()):
        while left and tick >= left[0].tick:
            near = (tick, frame)
            if before is not None and left[0].tick - before[0] < tick - left[0].tick:
                near = before
            if _is_it(near[0], left[0], facts):
                yield left[0].index, near[1]
            left.pop(0)
        if not left:
            return
        before = (tick, frame)
    if left and before is not None and _is_it(before[0], left[0], facts):
        yield left[0].index, before[1]


def _is_it(tick: int, want: _Wanted, facts: reader.MediaFacts) -> bool:
    return abs(tick - want.tick) * facts.time_base <= 1 / facts.fps / 2


def _jpeg(frame: Any, facts: reader.MediaFacts, height: int) -> bytes:
    """A decoder frame upright, with square pixels, no larger than asked for."""
    scale = min(Fraction(1), Fraction(max(1, height), facts.height))
    size = (max(1, round(facts.width * scale)), max(1, round(facts.height * scale)))
    wide, tall = reversed(size) if facts.rotation_degrees in (90, 270) else size
    small = frame.reformat(width=wide, height=tall, format="bgr24", interpolation="AREA").to_ndarray()
    if facts.rotation_degrees in _TURNS:
        small = cv2.rotate(small, _TURNS[facts.rotation_degrees])
    _, coded = cv2.imencode(".jpg", np.ascontiguousarray(small), [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    return coded.tobytes()

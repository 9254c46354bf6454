"""Frames and timecode as the project counts them.

A hit's *time* is always its picture's. Its *label* is a frame number and a timecode, and those are counted at one
rate: the project's where both have the same (then the project decides about drop frame) and where the picture is shown
faster or slower (its own rate then belongs to no clock anybody reads). Where a project of another rate shows a picture
at its own speed, the picture's rate stays, since spotting notes go to people who have the film; the in-point still
carries the timecode of the project's ruler, and a line says that the two rates differ.
"""
from __future__ import annotations

import math
from fractions import Fraction

from backend.domain.time import FrameRate, timecode, timecode_frame
from bridge.messages import SeenProject

_NEAR = Fraction(2, 10_000)
_NOMINAL = (24, 25, 30, 48, 50, 60, 100, 120, 12, 15, 10)
LOWEST, HIGHEST = 1, 1000


def project_rate(project: SeenProject | None) -> FrameRate | None:
    """REAPER's float as the exact rate it stands for; None where it says none."""
    if project is None or not math.isfinite(project.frame_rate) or not LOWEST <= project.frame_rate <= HIGHEST:
        return None
    fps = Fraction(project.frame_rate)
    standard = [Fraction(n) for n in _NOMINAL] + [Fraction(n * 1000, 1001) for n in _NOMINAL]
    nearest = min(standard, key=lambda rate: abs(fps / rate - 1))
    fps = nearest if abs(fps / nearest - 1) <= _NEAR else fps.limit_denominator(1001)
    drop = project.drop_frame and fps in (Fraction(30000, 1001), Fraction(60000, 1001))
    return FrameRate(fps.numerator, fps.denominator, drop)


def label_rate(picture: FrameRate, project: FrameRate | None, play_rate: Fraction) -> FrameRate:
    """The rate that frames and timecodes are counted at; ``picture`` is the showing's."""
    if project is None or (play_rate == 1 and picture.fps != project.fps):
        return picture
    return project


def start_timecode(project: SeenProject, in_project_s: Fraction, cue_in_s: Fraction, rate: FrameRate) -> str:
    """Timecode of clip time 0, so that the in-point (project time ``in_project_s``, clip time ``cue_in_s``) carries the
    timecode that the project's ruler shows there. Wraps at 24 hours."""
    counted = project_rate(project) or rate
    offset_s = Fraction(project.offset_s) if math.isfinite(project.offset_s) else Fraction(0)
    in_frame = counted.nearest_frame(offset_s + in_project_s) % counted.frames_a_day
    if counted != rate:
        in_frame = _same_label(timecode(in_frame, counted), counted, rate)
    return timecode((in_frame - rate.nearest_frame(cue_in_s)) % rate.frames_a_day, rate)


def _same_label(text: str, counted: FrameRate, rate: FrameRate) -> int:
    """The frame of ``rate`` with the same hours, minutes and seconds, and the same share of the second."""
    clock, frames = text[:8], int(text[9:]) * rate.nominal // counted.nominal
    for number in (frames, frames + 2, frames + 4):  # drop frame has no :00 and :01 at most minutes
        try:
            return timecode_frame(f"{clock}:{number:02d}", rate)
        except ValueError:
            continue
    raise ValueError(f"{text} has no counterpart at {rate}")

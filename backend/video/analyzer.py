"""The default ClipAnalyzer: PyAV reads, OpenCV measures, one pass, constant memory."""
from __future__ import annotations

from array import array
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from backend.domain.analysis import ClipAnalysis, Curve, Cut, Impact, Shot, Transition
from backend.domain.clip import Clip, Cue
from backend.domain.requests import ClipRequest
from backend.domain.time import FrameRate
from backend.errors import MediaError, OptionError
from backend.ports import Progress
from backend.video import cuts, impacts, rates, reader, shots, transitions
from backend.video.features import FeatureMeter, Features

PROGRESS_FRAMES = 24
"""Frames between two calls of ``progress``."""


@dataclass(frozen=True)
class _Pass:
    """What one decode pass gave: time stamps, features, and what went wrong."""

    ticks: array[int]
    features: Features
    errors: reader.DecodeLog

SHORT_S = 1
"""Below this a cue has no room for a melody; it is scored, with a word about it."""


class PyAvAnalyzer:
    """Opens the clip once for its facts and once to decode it."""

    name = "pyav+opencv"

    def probe(self, request: ClipRequest) -> Clip:
        """What the container says (its head is read, the first picture decoded). Raises MediaError, OptionError."""
        facts = reader.read_facts(request.path).shown_at(request.play_rate)
        rate, start = _rate_and_start(facts, request)
        length = facts.announced_s or Fraction(0)
        return _clip(facts, rate, start, frames=int(length * facts.fps + Fraction(1, 2)), duration_s=length,
                     variable=facts.variable_rate, warnings=())

    def analyze(self, request: ClipRequest, progress: Progress) -> ClipAnalysis:
        """Measure the picture between in and out. Raises MediaError, OptionError."""
        facts = reader.read_facts(request.path).shown_at(request.play_rate)
        rate, start_frame = _rate_and_start(facts, request)
        _check_range(request, facts)
        done = _decode(facts, request, progress)
        if not done.ticks:
            raise MediaError(f"'{facts.path.name}' has no picture between in and out. Choose other points.")
        cue_start = rates.exact_times([facts.first_tick, done.ticks[0]], facts.time_base, facts.fps)[-1]
        times = rates.exact_times(done.ticks, facts.time_base, facts.fps)
        end = times[-1] + _last_frame_s(times, facts.fps)
        clip = _clip(facts, rate, start_frame, frames=len(times), duration_s=end,
                     variable=rates.is_variable(done.ticks),
                     warnings=_warnings(facts, request, done.errors, cue_start + end))
        cue = Cue(request.cue, cue_start, cue_start + end, start_frame + rate.nearest_frame(cue_start))
        return _measure(clip, cue, times, done.features, float(facts.fps))


def _decode(facts: reader.MediaFacts, request: ClipRequest, progress: Progress) -> _Pass:
    """One pass over the range. In and out snap to the nearest frame."""
    half = 1 / facts.fps / 2
    start = max(Fraction(0), (request.start_s or Fraction(0)) - half)
    end = None if request.end_s is None else request.end_s - half
    expected = float((request.end_s or facts.announced_s or Fraction(60)) - start) or 1.0
    meter, errors, ticks = FeatureMeter(), reader.DecodeLog(), array("q")
    for tick, picture in reader.pictures(facts, start, end, errors):
        step_s = float((tick - ticks[-1]) * facts.time_base) if ticks else 0.0
        meter.add(picture, step_s)
        ticks.append(tick)
        if len(ticks) % PROGRESS_FRAMES == 0:
            progress(min(1.0, float((tick - ticks[0]) * facts.time_base) / expected))
    progress(1.0)
    return _Pass(ticks, meter.features(), errors)


def _measure(clip: Clip, cue: Cue, times: tuple[Fraction, ...], features: Features, fps: float) -> ClipAnalysis:
    found = cuts.find_cuts(features)
    cut_frames = [frame for frame, _ in found]
    gradual = transitions.find_transitions(features, cut_frames, fps)
    mask = shots.masked_frames(features, cut_frames, [t for t in gradual if t.kind == "flash"])
    blended = [frame for t in gradual if t.kind != "flash" for frame in range(t.start_frame, t.end_frame + 1)]
    hits = impacts.find_impacts(features, np.flatnonzero(mask).tolist(), blended, fps)
    motion = shots.motion_curve(features.motion, mask)
    speed, saliency = shots.motion_figures(features.motion, mask)
    return ClipAnalysis(
        clip=clip, cue=cue, frame_times_s=times, curves=_curves(features, motion),
        cuts=tuple(Cut(frame, times[frame], strength) for frame, strength in found),
        transitions=gradual,
        impacts=tuple(Impact(frame, times[frame], strength, kind) for frame, strength, kind in hits),
        shots=_shots(features, cut_frames, gradual, mask, (*times, cue.duration_s)),
        motion_speed=round(speed, 6), motion_saliency=round(saliency, 6), made_by=PyAvAnalyzer.name)


def _shots(features: Features, cut_frames: list[int], gradual: tuple[Transition, ...], mask: np.ndarray,
           times: tuple[Fraction, ...]) -> tuple[Shot, ...]:
    return shots.build_shots(features, shots.shot_starts(features.frames, cut_frames, gradual), mask, times)


def _curves(features: Features, motion: np.ndarray) -> tuple[Curve, ...]:
    speed = "frame heights per second"
    rows = (("motion", speed, motion), ("saliency", speed, shots.saliency_curve(motion)),
            ("luma", "0 black .. 1 white", features.luma), ("saturation", "0 grey .. 1 pure", features.saturation),
            ("contrast", "standard deviation of luma, 1 = half of the range", features.contrast))
    return tuple(Curve(name, unit, tuple(np.round(values, 6).tolist())) for name, unit, values in rows)


def _rate_and_start(facts: reader.MediaFacts, request: ClipRequest) -> tuple[FrameRate, int]:
    """Frame rate and absolute timecode frame of the first picture; the user's word outranks the file's."""
    text = request.start_timecode or facts.timecode
    rate = request.frame_rate or rates.frame_rate(facts.fps, drop=";" in text)
    if request.start_timecode:
        return rate, rates.start_frame(request.start_timecode, rate)
    try:
        return rate, rates.start_frame(facts.timecode, rate) if facts.timecode else 0
    except OptionError:
        return rate, 0


def _check_range(request: ClipRequest, facts: reader.MediaFacts) -> None:
    start, end = request.start_s or Fraction(0), request.end_s
    if start < 0:
        raise OptionError("--in lies before the first frame. Choose 0 or later.")
    if facts.announced_s is not None and start >= facts.announced_s:
        raise OptionError(f"--in lies behind the end of the clip ({float(facts.announced_s):.3f} s). Choose earlier; a "
                          "timecode counts from --start-timecode, or from what the file says.")
    if end is not None and end <= start:
        raise OptionError("--out lies at or before --in. Choose a later out point.")


def _last_frame_s(times: tuple[Fraction, ...], fps: Fraction) -> Fraction:
    """How long the last frame stays: as long as the one before, at a constant rate one frame."""
    return times[-1] - times[-2] if len(times) > 1 else 1 / fps


def _clip(facts: reader.MediaFacts, rate: FrameRate, start_frame: int, *, frames: int, duration_s: Fraction,
          variable: bool, warnings: tuple[str, ...]) -> Clip:
    return Clip(name=facts.path.name, frame_rate=rate, frames=frames, duration_s=duration_s, width=facts.width,
                height=facts.height, start_frame=start_frame, video_start_s=facts.video_start_s,
                rotation_degrees=facts.rotation_degrees, variable_rate=variable, has_audio=facts.has_audio,
                codec=facts.codec, warnings=warnings, play_rate=facts.play_rate)


def _warnings(facts: reader.MediaFacts, request: ClipRequest, errors: reader.DecodeLog,
              reached_s: Fraction) -> tuple[str, ...]:
    """One sentence for each thing the user should know, with how far the picture goes."""
    out = []
    if errors.broken_packets and errors.first_broken_s is not None:
        frame = int(errors.first_broken_s * facts.fps)
        count = f"{errors.broken_packets} packet{'s' if errors.broken_packets > 1 else ''}"
        out.append(f"The picture is damaged: {count} could not be decoded, the first near "
                   f"frame {frame} ({float(errors.first_broken_s):.3f} s).")
    wanted = facts.announced_s if request.end_s is None else request.end_s
    if wanted is not None and wanted - reached_s > reader.SHORTFALL:
        out.append(f"The picture ends early: it goes as far as frame {int(reached_s * facts.fps)} "
                   f"({float(reached_s):.3f} s) of {float(wanted):.3f} s.")
    length_s = reached_s - (request.start_s or 0)
    if length_s < SHORT_S:
        out.append(f"The cue is short, {float(length_s):.3f} s: it holds little more than a chord.")
    return tuple(out)

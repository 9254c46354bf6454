"""Hit points from the measured picture: the few moments the music should meet, each with a reason (craft 1.2)."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

import numpy as np
from numpy.typing import NDArray

from backend.domain.analysis import ClipAnalysis, Shot
from backend.domain.hits import HitKind, HitPoint, HitPoints, HitType

CUT_SHARE, MOTION_SHARE, LIGHT_SHARE = 0.45, 0.35, 0.20
"""s(t) = .45 cut + .35 motion + .20 light (craft 1.2)."""
IMPACT_SHARE = 0.45
"""A visible hit counts like a cut. By ear."""
FADE_SCORE = 0.25
"""Fades and dissolves are soft whatever else happens. By ear."""
FULL_Z = 3.0
FULL_LIGHT = 60 / 255
PEAK_Z = 2.0
"""A motion peak is a candidate from two standard deviations on. By ear."""
BESIDE_S = 0.12
"""Motion and light this close to an event are part of it."""
APART_S = Fraction(1, 2)
GAP_S = Fraction(6, 5)
SECONDS_PER_HIT = 2.5
SECONDS_PER_HARD = 7.5
HARD_GAP_S = 4
HARD_WEIGHT = 0.75
"""Craft 1.2: at most ceil(T / 2.5 s) hits 1.2 s apart; hard from .75 on, 4 s apart, about one in 7.5 s."""
LEAST_P95 = 0.45
"""The scale of weights never falls below a plain cut, so that a calm film has no heavy hits."""
START_S = 1
"""No hit this close to the start: the entry of the music is its own event. By ear."""
EDGE_S = Fraction(1, 2)
"""No hit this close to the end: it would have no time to sound."""
TAIL_S = 1
"""Soft hits in the last second would cut into the ring-out."""

@dataclass(frozen=True)
class _Event:
    frame: int
    score: float
    kind: HitKind
    reason: str
    ring_out: bool = False


def find_hits(analysis: ClipAnalysis) -> HitPoints:
    """Hits sorted by time, at most one per 1.2 s and ``ceil(T / 2.5 s)`` in all; times are exact frame times.

    The heaviest, at least 4 s apart and about one per 7.5 s, are hard; the others soft. A fade to black at the end is
    ``ring_out``. A picture in which nothing happens has no hits.
    """
    events = [event for event in _events(analysis) if _inside(event, analysis)]
    chosen = _apart(_apart(events, analysis, APART_S, len(events)), analysis, GAP_S,
                    ceil(float(analysis.cue.duration_s) / SECONDS_PER_HIT))
    scale = max(LEAST_P95, float(np.percentile([event.score for event in events], 95))) if events else 1.0
    hard = _hard(chosen, analysis, scale)
    last_soft = analysis.cue.duration_s - TAIL_S
    hits = [_hit(event, analysis, _weight(event, scale), event in hard) for event in chosen
            if event in hard or event.ring_out or _time(event, analysis) <= last_soft]
    return HitPoints(tuple(sorted(hits, key=lambda hit: hit.time_s)), "curves")


def _time(event: _Event, analysis: ClipAnalysis) -> Fraction:
    return analysis.frame_times_s[event.frame]


def _inside(event: _Event, analysis: ClipAnalysis) -> bool:
    return START_S <= _time(event, analysis) <= analysis.cue.duration_s - EDGE_S


def _weight(event: _Event, scale: float) -> float:
    """w = clip(.35 + .65 s / s_p95) of craft 1.2."""
    return round(float(np.clip(0.35 + 0.65 * event.score / scale, 0, 1)), 6)


def _apart(events: Sequence[_Event], analysis: ClipAnalysis, gap_s: Fraction, count: int) -> list[_Event]:
    """The best ``count`` events no closer than ``gap_s``, best first."""
    chosen: list[_Event] = []
    for event in sorted(events, key=lambda event: (-event.score, event.frame)):
        time_s = _time(event, analysis)
        if len(chosen) < count and all(abs(_time(other, analysis) - time_s) >= gap_s for other in chosen):
            chosen.append(event)
    return chosen


def _hard(chosen: Sequence[_Event], analysis: ClipAnalysis, scale: float) -> list[_Event]:
    """Of events sorted best first, the hard ones."""
    quota = max(1, int(float(analysis.cue.duration_s) / SECONDS_PER_HARD))
    hard: list[_Event] = []
    for event in chosen:
        time_s = _time(event, analysis)
        if _weight(event, scale) < HARD_WEIGHT or event.kind == "fade":
            continue
        if len(hard) < quota and all(abs(_time(other, analysis) - time_s) >= HARD_GAP_S for other in hard):
            hard.append(event)
    return hard


def _hit(event: _Event, analysis: ClipAnalysis, weight: float, hard: bool) -> HitPoint:
    cue, rate, time_s = analysis.cue, analysis.clip.frame_rate, _time(event, analysis)
    kind: HitType = "hard" if hard else "ring_out" if event.ring_out else "soft"
    frame = cue.start_frame + rate.nearest_frame(time_s)
    return HitPoint(time_s, weight, event.kind, kind, event.reason, frame, cue.timecode_at(time_s, rate))


class _Curves:
    """Motion and light as shares of what counts as full, by frame."""

    def __init__(self, analysis: ClipAnalysis) -> None:
        saliency = np.array(analysis.curve("saliency").values, dtype=float)
        spread = float(saliency.std()) if len(saliency) else 0.0
        self.z = (saliency - saliency.mean()) / spread if spread > 1e-9 else np.zeros(len(saliency))
        luma = np.array(analysis.curve("luma").values, dtype=float)
        jump = np.abs(np.diff(luma, prepend=luma[:1]))
        self._jump = np.maximum(jump, np.concatenate([jump[1:], [0.0]])[:len(jump)])
        self._beside = max(1, round(BESIDE_S * float(analysis.clip.frame_rate.fps)))

    def around(self, frame: int) -> float:
        """Motion and light part of s(t) beside a frame."""
        near = slice(max(0, frame - self._beside), frame + self._beside + 1)
        motion = float(np.clip(self.z[near].max(initial=0.0) / FULL_Z, 0, 1))
        light = float(np.clip(self._jump[near].max(initial=0.0) / FULL_LIGHT, 0, 1))
        return MOTION_SHARE * motion + LIGHT_SHARE * light

    def peaks(self) -> NDArray[np.int64]:
        """Frames of local maxima of motion that stand out."""
        inner = self.z[1:-1]
        high = (inner >= PEAK_Z) & (inner >= self.z[:-2]) & (inner > self.z[2:])
        return np.flatnonzero(high) + 1


def _events(analysis: ClipAnalysis) -> list[_Event]:
    """Every candidate with its score; an impact on a cut strengthens the cut."""
    if len(analysis.frame_times_s) < 3:
        return []
    curves = _Curves(analysis)
    events = [_cut_event(analysis, curves, index) for index in range(len(analysis.cuts))]
    for impact in analysis.impacts:
        score = IMPACT_SHARE * impact.strength + curves.around(impact.frame)
        words = "the picture jolts" if impact.kind in ("jolt", "shake") else "motion stops dead"
        events.append(_Event(impact.frame, score, "impact", words))
    events += _transition_events(analysis, curves)
    events += [_Event(int(frame), curves.around(int(frame)), "motion", "sudden movement") for frame in curves.peaks()]
    return [event for event in events if event.frame < len(analysis.frame_times_s)]


def _cut_event(analysis: ClipAnalysis, curves: _Curves, index: int) -> _Event:
    cut = analysis.cuts[index]
    beside = [impact.strength for impact in analysis.impacts if abs(float(impact.time_s - cut.time_s)) <= BESIDE_S]
    strength = max(beside, default=0.0)
    score = CUT_SHARE * (0.5 + 0.5 * cut.strength) + curves.around(cut.frame) + IMPACT_SHARE * strength
    before = next((shot for shot in analysis.shots if shot.end_frame == cut.frame), None)
    after = next((shot for shot in analysis.shots if shot.start_frame == cut.frame), None)
    reason = _cut_reason(before, after)
    return _Event(cut.frame, score, "cut", reason + (", with an impact" if strength else ""))


def _cut_reason(before: Shot | None, after: Shot | None) -> str:
    """What changes most at a cut, in words."""
    if before is None or after is None:
        return "cut to a new shot"
    if after.view_scale and after.view_scale != before.view_scale:
        return f"cut to a {after.view_scale.replace('_', ' ')}"
    changes = (
        ((after.luma - before.luma) / 0.12, "brighter", "darker"),
        ((after.saturation - before.saturation) / 0.2, "more colourful", "paler"),
        (float(np.log2((after.motion_speed + 0.05) / (before.motion_speed + 0.05))) / 1.0, "busier", "calmer"),
    )
    size, up, down = max(changes, key=lambda change: abs(change[0]))
    if abs(size) < 1:
        return "cut to a similar shot"
    return f"cut to a {up if size > 0 else down} shot"


def _transition_events(analysis: ClipAnalysis, curves: _Curves) -> list[_Event]:
    out: list[_Event] = []
    end_s = analysis.cue.duration_s
    for one in analysis.transitions:
        if one.kind == "flash":
            out.append(_Event(one.start_frame, CUT_SHARE / 2 + curves.around(one.start_frame), "flash",
                              "flash of light"))
        elif one.kind == "fade_in":
            out.append(_Event(one.end_frame, FADE_SCORE, "fade", "the picture has faded in"))
        elif one.kind == "dissolve":
            out.append(_Event((one.start_frame + one.end_frame) // 2, FADE_SCORE, "fade", "dissolve to the next shot"))
        else:
            stop = analysis.frame_times_s[min(one.end_frame, len(analysis.frame_times_s) - 1)]
            final = end_s - stop <= EDGE_S
            out.append(_Event(one.start_frame, FADE_SCORE, "fade", "the picture starts to fade out", ring_out=final))
    return out

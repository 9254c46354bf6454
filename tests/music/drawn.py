"""Analyses, hits and briefs made from a few numbers, for tests of what follows the picture."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

from backend.domain.analysis import ClipAnalysis, Curve, Cut, Impact, Shot, Transition
from backend.domain.brief import CueBrief
from backend.domain.clip import Clip, Cue
from backend.domain.hits import HitPoint, HitPoints, HitType
from backend.domain.time import FrameRate

RATE = FrameRate(24)
Level = Callable[[float], float]


def brief(tempo_qpm: float = 100.0, meter: tuple[int, int] = (4, 4), onsets_per_beat: float = 1.0) -> CueBrief:
    """A brief whose tempo range is +-15 %."""
    return CueBrief(None, 0.0, 0.0, 0, "major", tempo_qpm * 0.85, tempo_qpm * 1.15, tempo_qpm, *meter, onsets_per_beat,
                    61, 3.3, 0.8, 0.5, 1.0, 4, 1, (), (), ())


def hit(time_s: float | Fraction, weight: float = 0.8, type_: HitType = "hard", locked: bool = False) -> HitPoint:
    return HitPoint(Fraction(time_s).limit_denominator(1000), weight, "cut", type_, "test", locked=locked)


def hits(*points: HitPoint) -> HitPoints:
    return HitPoints(points, "test")


def cue(duration_s: float | Fraction, start_frame: int = 0) -> Cue:
    return Cue("1M1", Fraction(0), Fraction(duration_s), start_frame)


def picture(duration_s: int, motion: Level = lambda t: 0.3, luma: Level = lambda t: 0.5,
            cuts: Sequence[tuple[int, float]] = (), impacts: Sequence[tuple[int, float]] = (),
            transitions: Sequence[Transition] = ()) -> ClipAnalysis:
    """24 frames a second; motion and luma by time in seconds; cuts and impacts as (frame, strength)."""
    frames = duration_s * RATE.numerator
    times = tuple(RATE.time_s(i) for i in range(frames))
    speed = tuple(round(motion(float(t)), 6) for t in times)
    rise = (0.0, *(round(max(0.0, b - a), 6) for a, b in zip(speed, speed[1:], strict=False)))
    light = tuple(round(luma(float(t)), 6) for t in times)
    flat = (0.4,) * frames
    curves = tuple(Curve(name, "test", values) for name, values in (
        ("motion", speed), ("saliency", rise), ("luma", light), ("saturation", flat), ("contrast", flat)))
    edges = (0, *(frame for frame, _ in cuts), frames)
    shots = tuple(Shot(a, b, RATE.time_s(a), RATE.time_s(b), sum(speed[a:b]) / (b - a), 0.0, sum(light[a:b]) / (b - a),
                       0.4, "mild", "gray") for a, b in zip(edges, edges[1:], strict=False))
    clip = Clip("drawn.mov", RATE, frames, Fraction(duration_s), 160, 90)
    return ClipAnalysis(clip, cue(duration_s), times, curves, tuple(Cut(f, RATE.time_s(f), s) for f, s in cuts),
                        tuple(transitions), tuple(Impact(f, RATE.time_s(f), s, "stop") for f, s in impacts), shots,
                        sum(speed) / frames, 0.0)

"""Drawn cues for the trials: a picture made of numbers, a brief, a steady tempo, spots and a melody by rule.

Nothing is read from disk: a scene follows from a seed and a few words.
"""
from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from random import Random

from backend.agents.rules.spotter import PeakSpotter
from backend.domain.analysis import ClipAnalysis, Curve, Shot, Transition
from backend.domain.brief import CueBrief
from backend.domain.clip import Clip, Cue
from backend.domain.description import Attribute, Attributes, ClipDescription
from backend.domain.hits import HitPoint, HitPoints
from backend.domain.requests import ArrangeRequest, SpotRequest
from backend.domain.score import Melody
from backend.domain.spotting import RhythmSpots
from backend.domain.tempo import Meter, SyncPoint, TempoMap, TempoPoint
from backend.domain.time import FrameRate
from backend.music.brief import make_brief
from backend.music.emotions import emotions
from backend.music.harmony import harmonise
from backend.music.rule_melody.compose import compose_melody

RATE = FrameRate(24)
Motion = Callable[[float], float]


@dataclass(frozen=True)
class Scene:
    """A cue up to its melody."""

    analysis: ClipAnalysis
    description: ClipDescription
    hits: HitPoints
    brief: CueBrief
    tempo_map: TempoMap
    spots: RhythmSpots
    melody: Melody
    seed: int

    def request(self) -> ArrangeRequest:
        """The scene as the arrangers get it."""
        chords = harmonise(self.melody, self.tempo_map, self.brief, self.hits, self.seed)
        return ArrangeRequest(self.melody, chords, self.analysis, self.description, self.hits, self.tempo_map,
                              self.brief, self.seed)


def swell(time_s: float) -> float:
    """Motion in frame heights a second that rises and falls every twelve seconds."""
    return 0.3 + 0.28 * math.sin(2 * math.pi * time_s / 12 - math.pi / 2)


@dataclass(frozen=True)
class Draft:
    """What a scene is made of. ``hit_bars``: a hard hit on the first beat of each. ``fade_out``: the picture fades to
    black in the last half second."""

    seed: int
    emotion: str | None = "Exciting"
    bars: int = 16
    meter: tuple[int, int] = (4, 4)
    motion: Motion = swell
    hit_bars: tuple[int, ...] = ()
    fade_out: bool = False


def drafts(seed: int, what: str, count: int, bars: tuple[int, ...], meters: tuple[tuple[int, int], ...],
           hits: bool = False) -> tuple[Draft, ...]:
    """A stock of drafts in every emotion; cases share them, since a melody takes a tenth of a second."""
    rng = Random(f"trial/{what}/{seed}")
    names = sorted(emotions())
    out = []
    for number in range(count):
        length = rng.choice(bars)
        where = (rng.randrange(3, length),) if hits and rng.random() < .5 else ()
        out.append(Draft(rng.randrange(2 ** 31), names[number % len(names)], length, rng.choice(meters),
                         hit_bars=where))
    return tuple(out)


def steady(bars: int, meter: tuple[int, int], tempo_qpm: float, hit_bars: tuple[int, ...] = ()) -> TempoMap:
    """One tempo throughout; hits are anchored on bar lines; the last note begins on the last of them."""
    length = Fraction(4 * meter[0], meter[1])
    sync = tuple(SyncPoint(i, length * (bar - 1), 0.0, True) for i, bar in enumerate(hit_bars))
    return TempoMap((TempoPoint(Fraction(0), round(60_000_000 / tempo_qpm)),), (Meter(1, *meter),), bars,
                    (bars - 1) * length, sync)


def picture(duration_s: Fraction, motion: Motion, fade_out: bool = False) -> ClipAnalysis:
    """One shot, 24 frames a second."""
    frames = max(2, int(duration_s * 24))
    times = tuple(RATE.time_s(i) for i in range(frames))
    speed = tuple(round(motion(float(t)), 6) for t in times)
    rise = (0.0, *(round(max(0.0, b - a), 6) for a, b in zip(speed, speed[1:], strict=False)))
    flat = (0.4,) * frames
    curves = tuple(Curve(name, "drawn", values) for name, values in (
        ("motion", speed), ("saliency", rise), ("luma", flat), ("saturation", flat), ("contrast", flat)))
    mean = sum(speed) / frames
    shot = Shot(0, frames, Fraction(0), duration_s, mean, sum(rise) / frames, 0.4, 0.4, "mild", "gray")
    fades = (Transition("fade_out", frames - 13, frames - 1),) if fade_out else ()
    clip = Clip("drawn.mov", RATE, frames, duration_s, 160, 90)
    return ClipAnalysis(clip, Cue("1M1", Fraction(0), duration_s), times, curves, (), fades, (), (shot,), mean,
                        sum(rise) / frames)


def describe(emotion: str | None) -> ClipDescription:
    """Nothing is known but the emotion, as the user's word."""
    none = Attribute(None)
    label = Attribute(emotion, "user", 1.0) if emotion else none
    return ClipDescription(Attributes(none, none, none, label, none, none, none), (), (), "drawn", 0.1, 0.1, 0.3, 0.5,
                           "drawn")


def brief_of(draft: Draft) -> CueBrief:
    return make_brief(describe(draft.emotion), 40.0, meter=draft.meter, seed=draft.seed)


@lru_cache(maxsize=128)
def draw(draft: Draft) -> Scene:
    """The scene of a draft; the same draft gives the same scene."""
    description, brief = describe(draft.emotion), brief_of(draft)
    beats = steady(draft.bars, draft.meter, brief.tempo_qpm, draft.hit_bars)
    duration_s = beats.time_s(beats.bars[-1].end_q)
    analysis = picture(duration_s, draft.motion, draft.fade_out)
    hits = HitPoints(tuple(HitPoint(beats.time_s(sync.position_q), 0.95, "impact", "hard", "drawn")
                           for sync in beats.sync), "drawn")
    spots = PeakSpotter().spot(SpotRequest(analysis, hits, beats, brief, draft.seed))
    melody = compose_melody(spots, beats, brief, draft.seed)
    return Scene(analysis, description, hits, brief, beats, spots, melody, draft.seed)

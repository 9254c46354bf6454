"""The default Describer: words only for what was measured; setting, behaviour and theme are left to the user."""
from __future__ import annotations

import math

import numpy as np

from backend.domain.analysis import ClipAnalysis, Shot
from backend.domain.description import Attribute, Attributes, ClipDescription, PlotSection, ShotDescription
from backend.domain.requests import DescribeRequest
from backend.domain.visual_labels import LABELS
from backend.errors import OptionError

MEASURED_CONFIDENCE = 0.9
"""Brightness and hue are statistics of the picture itself: high confidence (craft 2.1)."""

VALENCE_CONFIDENCE, AROUSAL_CONFIDENCE = 0.25, 0.5
"""Low for valence, medium for arousal (craft 2.1): the best learned regressors reach correlations of .34 and .62."""

LUMA_NORM, SATURATION_NORM = (0.36, 0.17), (0.30, 0.17)
SHOT_RATE_NORM, MOTION_NORM = (3.3, 1.0), (0.49, 0.44)
"""Mean and deviation of film (craft 2.2, initial guesses): luma, saturation, log2 shots a minute, motion."""

SECTION_S = 6.0
"""Shortest section of the story; a phrase of music needs about this long."""

STILL, SLOW, LIVELY, FAST = 0.02, 0.10, 0.35, 0.90
"""Motion speed in frame heights per second below which it is called still, slow, moderate, lively (by eye)."""


class MeasuredDescriber:
    """Labels brightness and hue, computes motion sentences, tension and the valence/arousal prior."""

    name = "measured"

    def describe(self, request: DescribeRequest) -> ClipDescription:
        """Words for what was measured. Raises OptionError when the user's emotion is empty."""
        analysis, emotion = request.analysis, request.emotion
        if emotion is not None and not emotion.strip():
            raise OptionError("--emotion is empty. Name one, for example Calm.")
        feeling = Attribute(emotion.strip().capitalize(), "user", 1.0) if emotion else Attribute(None)
        valence, arousal = prior(analysis)
        return ClipDescription(
            clip=_clip_attributes(analysis, feeling),
            shots=tuple(ShotDescription(i, _attributes(shot.brightness, shot.hue, Attribute(None)),
                                        shot_sentence(analysis, shot)) for i, shot in enumerate(analysis.shots)),
            plot=plot(analysis), motion=clip_sentence(analysis), valence=valence, arousal=arousal,
            valence_confidence=VALENCE_CONFIDENCE, arousal_confidence=AROUSAL_CONFIDENCE, made_by=self.name)


def prior(analysis: ClipAnalysis) -> tuple[float, float]:
    """(valence, arousal) in -1..1 from colour, motion and cutting, as craft 2.2 combines them.

    Colour: Valdez and Mehrabian 1994, P = .69 B + .22 S, A = -.31 B + .60 S. Pace: Adams, Dorai and Venkatesh's film
    tempo, .55 z(shots a minute) + .45 z(motion).
    """
    light = _z(float(np.mean(analysis.curve("luma").values)), LUMA_NORM)
    colour = _z(float(np.mean(analysis.curve("saturation").values)), SATURATION_NORM)
    minutes = float(analysis.cue.duration_s) / 60
    shots = _z(math.log2(max(0.5, len(analysis.shots) / minutes)), SHOT_RATE_NORM)
    pace = 0.55 * shots + 0.45 * _z(analysis.motion_speed, MOTION_NORM)
    valence = math.tanh(0.5 * (0.69 * light + 0.22 * colour))
    arousal = math.tanh(0.25 * (-0.31 * light + 0.60 * colour) + 0.60 * pace)
    return round(valence, 6), round(arousal, 6)


def _z(value: float, norm: tuple[float, float]) -> float:
    return max(-2.5, min(2.5, (value - norm[0]) / norm[1]))


def _attributes(brightness: str, hue: str, emotion: Attribute) -> Attributes:
    nothing = Attribute(None)
    return Attributes(brightness=_measured("brightness", brightness), hue=_measured("hue", hue), view_scale=nothing,
                      emotion=emotion, setting=nothing, behaviour=nothing, theme=nothing)


def _measured(attribute: str, word: str) -> Attribute:
    """The label of Table 6 for a word of the analysis, which writes all of them small; null for a word it has not."""
    label = {label.lower(): label for label in LABELS[attribute]}.get(word.lower())
    return Attribute(label, "measured", MEASURED_CONFIDENCE) if label else Attribute(None)


def _clip_attributes(analysis: ClipAnalysis, emotion: Attribute) -> Attributes:
    """The words that hold for most of the time."""
    return _attributes(_longest(analysis, "brightness"), _longest(analysis, "hue"), emotion)


def _longest(analysis: ClipAnalysis, field: str) -> str:
    lengths: dict[str, int] = {}
    for shot in analysis.shots:
        word = getattr(shot, field)
        lengths[word] = lengths.get(word, 0) + shot.end_frame - shot.start_frame
    return max(sorted(lengths), key=lambda word: lengths[word])


def tension_curve(analysis: ClipAnalysis) -> np.ndarray:
    """Tension of every frame, 0..1 [N]: half motion against film's usual, three tenths cutting, two tenths darkness.

    Weights by ear, after the film tempo of Adams, Dorai and Venkatesh; smoothed over about two seconds.
    """
    motion = np.array(analysis.curve("motion").values)
    luma = np.array(analysis.curve("luma").values)
    rate = float(analysis.clip.frame_rate.fps)
    cutting = np.zeros(len(motion))
    for shot in analysis.shots:
        length_s = max(0.2, float(shot.end_s - shot.start_s))
        cutting[shot.start_frame:shot.end_frame] = 1 / (1 + length_s / 2)
    raw = 0.5 * (1 - np.exp(-motion / 0.4)) + 0.3 * cutting + 0.2 * np.clip(1 - luma / 0.5, 0, 1)
    return _smooth(raw, max(1, round(rate)))


def _smooth(values: np.ndarray, half: int) -> np.ndarray:
    sums = np.concatenate([[0.0], np.cumsum(values)])
    index = np.arange(len(values))
    low, high = np.maximum(0, index - half), np.minimum(len(values), index + half + 1)
    return np.asarray((sums[high] - sums[low]) / (high - low))


def plot(analysis: ClipAnalysis) -> tuple[PlotSection, ...]:
    """Sections of the story, split at the shot boundaries where tension and light change most."""
    tension = tension_curve(analysis)
    bounds = [0, *_section_starts(analysis, tension), len(tension)]
    times = [*map(float, analysis.frame_times_s), float(analysis.cue.duration_s)]
    return tuple(PlotSection(round(times[a], 6), round(times[b], 6), round(float(tension[a:b].mean()), 6))
                 for a, b in zip(bounds, bounds[1:], strict=False))


def _section_starts(analysis: ClipAnalysis, tension: np.ndarray) -> list[int]:
    """Boundaries in order of contrast, each at least SECTION_S from the others and the ends."""
    luma = np.array(analysis.curve("luma").values)
    least = round(SECTION_S * float(analysis.clip.frame_rate.fps))
    strengths = []
    for shot in analysis.shots[1:]:
        i = shot.start_frame
        before, after = slice(max(0, i - least), i), slice(i, i + least)
        change = abs(tension[before].mean() - tension[after].mean()) + abs(luma[before].mean() - luma[after].mean())
        strengths.append((-round(float(change), 6), i))
    chosen: list[int] = []
    for _, i in sorted(strengths):
        if all(abs(i - other) >= least for other in (0, len(tension), *chosen)):
            chosen.append(i)
    return sorted(chosen)


def shot_sentence(analysis: ClipAnalysis, shot: Shot) -> str:
    """What moves how in a shot, in words."""
    motion = np.array(analysis.curve("motion").values[shot.start_frame:shot.end_frame])
    length = float(shot.end_s - shot.start_s)
    return f"{length:.1f} s, {speed_word(shot.motion_speed)} motion{_course(motion)}."


def speed_word(speed: float) -> str:
    """A word for a mean speed in frame heights per second."""
    for limit, word in ((STILL, "hardly any"), (SLOW, "slow"), (LIVELY, "moderate"), (FAST, "lively")):
        if speed < limit:
            return word
    return "fast"


def _course(motion: np.ndarray) -> str:
    """How motion develops over the shot: first third against last third."""
    if len(motion) < 9 or motion.mean() < STILL:
        return ""
    third = len(motion) // 3
    first, last = float(motion[:third].mean()), float(motion[-third:].mean())
    if last > 1.6 * first:
        return ", growing"
    if first > 1.6 * last:
        return ", calming down"
    return ", steady" if float(motion.std()) < 0.5 * float(motion.mean()) else ", in bursts"


def clip_sentence(analysis: ClipAnalysis) -> str:
    """The cue's motion, cutting and course in words."""
    minutes = float(analysis.cue.duration_s) / 60
    count = len(analysis.shots)
    tension = tension_curve(analysis)
    peak = float(analysis.frame_times_s[int(np.argmax(tension))])
    shots = "one shot" if count == 1 else f"{count} shots ({count / minutes:.0f} a minute)"
    impacts = len(analysis.impacts)
    hits = "no visible hit" if impacts == 0 else "one visible hit" if impacts == 1 else f"{impacts} visible hits"
    return (f"{speed_word(analysis.motion_speed).capitalize()} motion on the whole, {shots}, {hits}; "
            f"most tense around {peak:.1f} s.")

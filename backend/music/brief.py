"""From what the picture shows to what the music should be like.

Sources: Eerola, Friberg & Bresin, Front. Psychol. 4:487 (2013): musical cues of emotion act additively and about
linearly, mode before tempo, register, dynamics and articulation; Valdez & Mehrabian, J. Exp. Psychol. Gen. 123
(1994) for the picture's prior, which the description carries. The slopes below are set by ear around those signs;
the label table is ``emotions.json``.
"""
from __future__ import annotations

import math
import random
from dataclasses import dataclass, replace

from backend.domain.brief import CueBrief
from backend.domain.controls import Controls
from backend.domain.description import ClipDescription
from backend.errors import OptionError
from backend.music.emotions import Emotion, find_emotion, nearest
from backend.music.instruments import instruments
from backend.music.roman import scale_fit, suits_mode
from backend.music.theory import is_minor_like, key_fifths

MADE_BY = "rules"
LABEL_CONFIDENCE = {"user": 1.0, "model": 0.8}
"""How far a label outweighs the measured prior (craft: user 1, vision model .8)."""
TEMPO_LIMITS_QPM = (50.0, 168.0)
NOTHING_BY_HAND = Controls()
BEND = 0.05
"""The tempo map's usual corridor around its middle tempo."""
FREE_TEMPO_SPREAD = 0.15
"""Without a label or a user's range the tempo may move this far either way (the range of the tempo tests)."""
MIN_CHORDS = 4
"""A cue changes chord at least this often where it has the bars for it (by ear)."""
FREE_SCALE_FIT = 0.8
"""Without a label a loop is taken over from a neighbouring emotion when this share of it lies in the mode (by ear)."""
_VIEW_SIZE = {"extreme close-up": 0.0, "close-up": 0.0, "medium": 0.5, "full": 0.75, "long": 1.0}
_STRINGS = (2, 7, 9, 0, 4, 5)
_BRASS = (5, 10, 3, 0, 7, 2)
_BRASS_IDS = frozenset({"horns_a4", "horn_solo", "trombones_a3", "trumpets_a3", "trumpet_solo", "brass_section",
                        "cimbasso", "bass_trombone", "tuba"})


@dataclass(frozen=True)
class _Target:
    """The fused valence and arousal, the label behind them (or None), the nearest labels."""

    valence: float
    arousal: float
    label: Emotion | None
    near: tuple[Emotion, ...]


def make_brief(description: ClipDescription, cue_duration_s: float, emotion: str | None = None,
               tempo_range: tuple[float, float] | None = None, meter: tuple[int, int] | None = None,
               seed: int = 0, *, by_hand: Controls = NOTHING_BY_HAND) -> CueBrief:
    """The musical targets of a cue.

    ``emotion`` is the user's word and outweighs everything; next comes the description's label (source user or
    model); without either the measured valence and arousal steer and ``emotion`` stays null. ``tempo_range`` in
    quarters per minute, ``meter`` as (numerator, denominator) and ``by_hand`` are the user's wishes. The seed varies
    the tonic and the order of equally good progressions only. ``dissonance`` is Huron's mean consonance that the
    chords should have: the lower, the harsher. Raises OptionError for an unknown emotion or an impossible range or
    metre.
    """
    _check(cue_duration_s, tempo_range, meter)
    target = _fuse(description, emotion)
    tempo = _tempo(target, tempo_range)
    mode = by_hand.mode or _mode(target)
    signature = meter or _meter(target)
    rng = random.Random(f"{seed}/{target.label.label if target.label else None}/{round(cue_duration_s * 1000)}")
    core = _coloured(_core(target), description)
    label = target.label
    made = CueBrief(
        emotion=label.label if label else None, valence=round(target.valence, 6), arousal=round(target.arousal, 6),
        tonic_pc=_tonic(mode, core, rng), mode=mode,
        tempo_lo_qpm=tempo[0], tempo_hi_qpm=tempo[1], tempo_qpm=tempo[2],
        meter_numerator=signature[0], meter_denominator=signature[1],
        onsets_per_beat=_blend(2 ** (0.2 + 0.9 * target.arousal), label.onsets_per_beat if label else None),
        register_pitch=round(_blend(61 + 5 * target.valence + 1.5 * target.arousal,
                                    label.register_pitch if label else None)),
        dynamic=_clip(_blend(3.3 + 2.6 * target.arousal, label.dynamic if label else None), 0, 7),
        articulation=_clip(_blend(0.82 - 0.25 * target.arousal - 0.05 * target.valence,
                                  label.articulation if label else None), 0.3, 1.0),
        dissonance=_dissonance(target),
        bars_per_chord=_bars_per_chord(target, cue_duration_s, tempo[2], signature),
        layers=_layers(target, description), percussion=_percussion(target),
        progressions=_progressions(target, mode, rng), core=core, avoid=_avoid(target, core), made_by=MADE_BY,
        words=description.reasoning.music_description if description.reasoning else "")
    return _as_asked(made, by_hand)


def _as_asked(brief: CueBrief, by_hand: Controls) -> CueBrief:
    """What is said by hand in place of what was worked out; the mode stands already."""
    return replace(brief, onsets_per_beat=brief.onsets_per_beat if by_hand.density is None else by_hand.density,
                   register_pitch=brief.register_pitch if by_hand.register is None else by_hand.register,
                   repetition=by_hand.repetition, range_semitones=by_hand.range, leaps=by_hand.leaps,
                   chromatic=by_hand.chromatic)


def _check(duration_s: float, tempo_range: tuple[float, float] | None, meter: tuple[int, int] | None) -> None:
    if not duration_s > 0:
        raise OptionError(f"A cue of {duration_s} s cannot be scored. Give an out point after the in point.")
    if tempo_range is not None and not 20 <= tempo_range[0] <= tempo_range[1] <= 300:
        raise OptionError(f"The tempo range {tempo_range[0]:g}-{tempo_range[1]:g} cannot be used. "
                          "Give LO-HI within 20 and 300 quarters per minute.")
    if meter is not None and (not 1 <= meter[0] <= 24 or meter[1] not in (2, 4, 8, 16)):
        raise OptionError(f"The metre {meter[0]}/{meter[1]} cannot be used. Give 4/4, 3/4, 6/8, 5/4, 7/8 or similar.")


def _clip(value: float, lo: float, hi: float) -> float:
    return round(min(hi, max(lo, value)), 6)


def _blend(formula: float, label: float | None) -> float:
    """Half the additive formula, half the label's own habit; the formula alone without a label."""
    return round(formula if label is None else (formula + label) / 2, 6)


def _fuse(description: ClipDescription, emotion: str | None) -> _Target:
    """``VA = (1 - c) VA_picture + c VA_label``."""
    attribute = description.clip.emotion
    label, confidence = None, 0.0
    if emotion is not None:
        label, confidence = find_emotion(emotion), LABEL_CONFIDENCE["user"]
    elif attribute.label is not None and attribute.source in LABEL_CONFIDENCE:
        label, confidence = find_emotion(attribute.label), LABEL_CONFIDENCE[attribute.source]
    valence = _clip(description.valence, -1, 1)
    arousal = _clip(description.arousal, -1, 1)
    if label is not None:
        valence = (1 - confidence) * valence + confidence * label.valence
        arousal = (1 - confidence) * arousal + confidence * label.arousal
    return _Target(valence, arousal, label, nearest(valence, arousal))


def _tempo(target: _Target, wish: tuple[float, float] | None) -> tuple[float, float, float]:
    """Lowest, highest and preferred tempo. The user's range stands; the label's narrows it where they overlap."""
    centre = min(TEMPO_LIMITS_QPM[1], max(TEMPO_LIMITS_QPM[0], 92 + 38 * target.arousal + 6 * target.valence))
    if target.label is not None:
        lo, hi = target.label.tempo_lo_qpm, target.label.tempo_hi_qpm
    else:
        lo, hi = centre * (1 - FREE_TEMPO_SPREAD), centre * (1 + FREE_TEMPO_SPREAD)
    if wish is not None:
        wish = _with_room_to_bend(wish)
        overlap = (max(lo, wish[0]), min(hi, wish[1]))
        lo, hi = overlap if overlap[0] < overlap[1] else wish
    return round(lo, 3), round(hi, 3), round(min(hi, max(lo, centre)), 3)


def _with_room_to_bend(wish: tuple[float, float]) -> tuple[float, float]:
    """Middle tempi whose map, bent by BEND, stays inside the wish; the wish's middle where that is too tight."""
    low, high = wish[0] * (1 + BEND), wish[1] / (1 + BEND)
    if low <= high:
        return low, high
    middle = math.sqrt(wish[0] * wish[1])
    return middle, middle


def _major_probability(valence: float, arousal: float) -> float:
    return 1 / (1 + math.exp(-(3.2 * valence - 0.3 * arousal)))


def _mode(target: _Target) -> str:
    """The label's first mode of the class that valence asks for; a rule over the plane without a label."""
    major = _major_probability(target.valence, target.arousal) >= 0.5
    if target.label is not None:
        fitting = [mode for mode in target.label.modes if is_minor_like(mode) != major]
        return (fitting or list(target.label.modes))[0]
    return _free_mode(target.valence, target.arousal, major)


def _free_mode(valence: float, arousal: float, major: bool) -> str:
    if major:
        if arousal < -0.2 and valence < 0.5:
            return "lydian"
        return "mixolydian" if arousal > 0.4 and valence < 0.6 else "major"
    if valence < -0.6 and arousal > 0.2:
        return "octatonic"
    if valence < -0.4 and arousal > 0.3:
        return "phrygian"
    if valence > -0.3:
        return "dorian"
    return "harmonic_minor" if arousal > 0 else "aeolian"


def _meter(target: _Target) -> tuple[int, int]:
    if target.label is not None:
        numerator, denominator = target.label.meters[0].split("/")
        return int(numerator), int(denominator)
    return (3, 4) if target.valence > 0.3 and target.arousal < 0 else (4, 4)


def _tonic(mode: str, core: tuple[str, ...], rng: random.Random) -> int:
    """A tonic that lies well for the leading family and has few accidentals; the seed picks among those."""
    brass = sum(name in _BRASS_IDS for name in core) * 2 > len(core)
    family = _BRASS if brass else _STRINGS
    cost = {pc: max(0, abs(key_fifths(pc, mode)) - 2) + (0 if pc in family else 1) for pc in range(12)}
    best = min(cost.values())
    return rng.choice([pc for pc in range(12) if cost[pc] == best])


def _dissonance(target: _Target) -> float:
    """Huron's mean consonance to aim at: ``.50 + .08 V - .06 A``, lowered by the label's tension, floor .15."""
    tension = target.label.tension if target.label else target.near[0].tension
    value = 0.50 + 0.08 * target.valence - 0.06 * target.arousal - 0.5 * max(0.0, tension - 0.5)
    return _clip(value, 0.15, 0.60)


def _bars_per_chord(target: _Target, duration_s: float, tempo_qpm: float, meter: tuple[int, int]) -> float:
    """``2^(.4 - .8 A)`` rounded to half, one or two bars; faster where a short cue would not change chord."""
    wanted = _blend(2 ** (0.4 - 0.8 * target.arousal), target.label.bars_per_chord if target.label else None)
    choice = min((0.5, 1.0, 2.0), key=lambda step: abs(math.log2(step / wanted)))
    bars = duration_s * tempo_qpm / 60 / (4 * meter[0] / meter[1])
    while choice > 0.5 and bars / choice < MIN_CHORDS:
        choice /= 2
    return choice


def _layers(target: _Target, description: ClipDescription) -> int:
    """``2 + 3 max(0, A) + size``: a wide picture carries one more layer than a close one."""
    size = _VIEW_SIZE.get((description.clip.view_scale.label or "").lower().removesuffix(" shot"), 0.5)
    return int(2 + 3 * max(0.0, target.arousal) + size + 0.5)


def _percussion(target: _Target) -> int:
    if target.label is not None:
        return target.label.percussion
    return sum(target.arousal > step for step in (-0.1, 0.35, 0.65))


def _progressions(target: _Target, mode: str, rng: random.Random) -> tuple[str, ...]:
    """Loops that suit the mode, the best fitting first; loops of the same fit in an order drawn by the seed."""
    own = target.label is not None and mode in target.label.modes
    floor = 0.0 if own else FREE_SCALE_FIT
    pool: dict[str, float] = {}
    for item in ((target.label,) if target.label is not None and own else target.near):
        pool |= {text: scale_fit(text, mode) for text in item.progressions
                 if suits_mode(text, mode) and scale_fit(text, mode) >= floor}
        if len(pool) >= 4:
            break
    if not pool:
        text = "i iv i V" if is_minor_like(mode) else "I IV I V"
        pool[text] = scale_fit(text, mode)
    keys = {text: (-round(fit, 1), rng.random()) for text, fit in pool.items()}
    return tuple(sorted(pool, key=keys.__getitem__))


def _core(target: _Target) -> tuple[str, ...]:
    """The label's palette; without one, the nearest label's and then what the second adds, six at most."""
    if target.label is not None:
        return target.label.core
    first, second = target.near[:2]
    extra = tuple(name for name in second.core if name not in first.core and name not in first.avoid)
    return (*first.core[:4], *extra)[:6]


def _coloured(core: tuple[str, ...], description: ClipDescription) -> tuple[str, ...]:
    """The palette with up to four players that the description's reasoning names, those with pitch first."""
    named = description.reasoning.music.instruments if description.reasoning else ()
    known = sorted((name for name in dict.fromkeys(named) if name in instruments()),
                   key=lambda name: not instruments()[name].pitched)[:4]
    return (*known, *(name for name in core if name not in known))[:max(len(core), 6)]


def _avoid(target: _Target, core: tuple[str, ...]) -> tuple[str, ...]:
    source = target.label or target.near[0]
    return tuple(name for name in source.avoid if name not in core)

"""Which instruments suit a role in a cue: the brief's core, the emotion, the line's range, a little chance."""
from __future__ import annotations

import math
import zlib
from collections.abc import Iterable

import numpy as np

from backend.domain.brief import CueBrief
from backend.domain.instruments import Instrument
from backend.domain.requests import ArrangeRequest
from backend.music.emotions import emotions
from backend.music.instruments import instruments
from backend.music.layers.accents import FAST_ATTACK_MS
from backend.music.levels import base_level
from backend.music.ranges import fit_cost_per_q

MAX_COST_PER_Q = 4.0
"""Range cost from which another instrument is taken (craft 4.6)."""
_CORE, _EMOTION, _ANY, _AVOID, _CHANCE, _RANGE = 2.5, 2.0, 0.6, -20.0, 0.6, 0.5
_NEAR = 0.45
"""Width of the Gaussian over valence and arousal that turns a point into emotion labels."""
_WITHDRAWN = frozenset({"riser", "braam", "church_organ"})
"""Special colours that an expert may still ask for by name."""
_POWER = 0.28
_RESERVED = {"world": -1.5, "synth": -0.4}
"""Families that point at a place or a period unless the brief's core names them; by ear."""
_UNFIT = frozenset({("bass", "timpani"), ("ostinato", "timpani"), ("bass", "church_organ"), ("bass", "choir_men"),
                    ("ostinato", "synth_bass"), ("ostinato", "basses")})


def emotion_weights(brief: CueBrief) -> dict[str, float]:
    """How much a cue is like each emotion, adding up to 1; a named emotion is itself alone."""
    if brief.emotion is not None and brief.emotion in emotions():
        return {brief.emotion: 1.0}
    raw = {}
    for label, item in emotions().items():
        square = (item.valence - brief.valence) ** 2 + (item.arousal - brief.arousal) ** 2
        raw[label] = math.exp(-square / (2 * _NEAR ** 2))
    total = sum(raw.values()) or 1.0
    return {label: value / total for label, value in raw.items()}


def _affinity(instrument: Instrument, weights: dict[str, float]) -> float:
    if instrument.any_emotion:
        return _ANY
    return min(1.0, 1.6 * sum(weights.get(label, 0.0) for label in instrument.emotions)) * _EMOTION


def _withdrawn(request: ArrangeRequest) -> frozenset[str]:
    """Instruments a review asked to replace."""
    return frozenset(issue.suggestion.removeprefix("replace ") for review in request.reviews
                     for issue in review.issues if issue.step == "instrument"
                     and issue.suggestion.startswith("replace "))


def _power_misfit(role: str, request: ArrangeRequest, instrument: Instrument) -> float:
    """dB between the instrument's power and what the brief's dynamic asks of the role, beyond 3 dB."""
    wanted = -5.0 + 11.0 * base_level(request.brief) + (3.0 if role == "accent" else 0.0)
    return max(0.0, abs(instrument.power_weight_db - wanted) - 3.0)


def _fills(role: str, instrument: Instrument) -> bool:
    if (role, instrument.id) in _UNFIT:
        return False
    if role == "percussion":
        return not instrument.pitched and ("ostinato" in instrument.roles or instrument.id == "cymbal_susp")
    if role == "doubling":
        return "melody" in instrument.roles and instrument.max_polyphony <= 4
    if role == "accent":
        quick = instrument.attack_ms <= FAST_ATTACK_MS and instrument.family in ("keys", "tuned_perc",
                                                                                 "strings_plucked", "plucked")
        return "accent" in instrument.roles or quick
    return role in instrument.roles and (instrument.pitched or role == "ostinato") and not (
        role == "ostinato" and not instrument.pitched)


def _chance(request: ArrangeRequest, role: str, instrument: Instrument) -> float:
    """A number 0..1 that depends on nothing but the seed, the role and the instrument."""
    key = [request.seed & 0x7FFFFFFF, zlib.crc32(role.encode()), zlib.crc32(instrument.id.encode())]
    return float(np.random.default_rng(key).random())


def range_cost(role: str, request: ArrangeRequest, instrument: Instrument) -> float:
    """Cost per quarter of the melody on this instrument; 0 for roles that choose their own register."""
    if role not in ("melody", "doubling", "counter"):
        return 0.0
    return fit_cost_per_q(request.melody.notes, instrument.id)


def ranked(role: str, request: ArrangeRequest, without: Iterable[str] = ()) -> list[Instrument]:
    """Instruments for a role, the best first; what cannot carry the line is left out."""
    weights, taken, gone = emotion_weights(request.brief), set(without), _withdrawn(request)
    rated: list[tuple[float, str, Instrument]] = []
    for instrument in instruments().values():
        if not _fills(role, instrument) or instrument.id in taken or instrument.id in gone:
            continue
        cost = range_cost(role, request, instrument)
        if cost > MAX_COST_PER_Q or (instrument.id in _WITHDRAWN and instrument.id not in request.brief.core):
            continue
        rating = _affinity(instrument, weights) + _CHANCE * _chance(request, role, instrument) - _RANGE * cost
        rating -= _POWER * _power_misfit(role, request, instrument)
        rating += _CORE if instrument.id in request.brief.core else _RESERVED.get(instrument.family, 0.0)
        rating += _AVOID if instrument.id in request.brief.avoid else 0.0
        rated.append((-rating, instrument.id, instrument))
    return [item for _, _, item in sorted(rated, key=lambda entry: entry[:2])]

"""Every spot with what the writer must know about its place."""
from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from backend.domain.spotting import RhythmSpots
from backend.domain.tempo import Bar, TempoMap
from backend.music.phrases import Phrase

LONG_NOTE_Q = 2.0


@dataclass(frozen=True)
class Slot:
    """``metric`` 0..1 is the weight of the place in the bar, ``accent`` 0..1 adds length and the spot's strength;
    ``phrase`` is an index; ``phase`` 0..1 runs over the phrase, ``progress`` 0..1 over the cue."""

    onset_q: Fraction
    duration_q: Fraction
    bar: int
    metric: float
    accent: float
    phrase: int
    phase: float
    progress: float
    strength: int
    hit: bool


def metric_weight(bar: Bar, onset_q: Fraction) -> float:
    """1 on the bar line, .7 on the half bar, .5 on beats, .25 on their halves, .1 elsewhere; compound metres in
    dotted beats."""
    place = onset_q - bar.start_q
    compound = bar.denominator >= 8 and bar.numerator % 3 == 0
    beat = Fraction(12 if compound else 4, bar.denominator)
    if place == 0:
        return 1.0
    if place % beat == 0:
        beats = bar.length_q / beat
        return 0.7 if beats % 2 == 0 and place == beat * (beats / 2) else 0.5
    return 0.25 if place % (beat / (3 if compound else 2)) == 0 else 0.1


def make_slots(spots: RhythmSpots, phrases: tuple[Phrase, ...], tempo_map: TempoMap) -> tuple[Slot, ...]:
    """One slot a spot, in order."""
    phrase_of = {i: number for number, phrase in enumerate(phrases) for i in range(phrase.first, phrase.last + 1)}
    total = float(spots.spots[-1].onset_q) or 1.0
    out = []
    for i, spot in enumerate(spots.spots):
        bar = tempo_map.bar_at(spot.onset_q)
        phrase = phrases[phrase_of[i]]
        metric = metric_weight(bar, spot.onset_q)
        accent = min(1.0, 0.55 * metric + 0.3 * min(1.0, float(spot.duration_q) / LONG_NOTE_Q)
                     + 0.15 * (spot.strength - 1) / 2)
        phase = (i - phrase.first) / max(1, phrase.last - phrase.first)
        out.append(Slot(spot.onset_q, spot.duration_q, bar.number, metric, accent, phrase_of[i], phase,
                        float(spot.onset_q) / total, spot.strength, spot.kind == "hit"))
    return tuple(out)

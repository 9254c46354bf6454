"""Tempo maps, rhythm spots and briefs made from a seed, for tests of what is written on a rhythm."""
from __future__ import annotations

import random
from fractions import Fraction

from backend.domain.brief import CueBrief
from backend.domain.description import Attribute, Attributes, ClipDescription
from backend.domain.spotting import RhythmSpot, RhythmSpots, Section
from backend.domain.tempo import Meter, TempoMap, TempoPoint
from backend.music.brief import make_brief

METRES: dict[str, tuple[Meter, ...]] = {
    "4/4": (Meter(1, 4),), "3/4": (Meter(1, 3),), "6/8": (Meter(1, 6, 8),), "5/4": (Meter(1, 5),),
    "7/8": (Meter(1, 7, 8),), "2/4": (Meter(1, 2),),
    "mixed": (Meter(1, 4), Meter(4, 9, 8), Meter(5, 4), Meter(9, 7, 8), Meter(10, 3), Meter(12, 1, 8), Meter(13, 4)),
}
FORM = ("A", "A'", "B", "A''")


def description(valence: float = 0.1, arousal: float = 0.1, emotion: Attribute | None = None,
                view: str | None = None) -> ClipDescription:
    none = Attribute(None)
    labels = Attributes(none, none, Attribute(view), emotion or none, none, none, none)
    return ClipDescription(labels, (), (), "", valence, arousal, 0.2, 0.4)


def brief(emotion: str | None = None, seed: int = 1) -> CueBrief:
    return make_brief(description(), 40.0, emotion, seed=seed)


def tempo_map(metre: str = "4/4", bars: int = 16, tempo_qpm: float = 96.0) -> TempoMap:
    points = (TempoPoint(Fraction(0), round(60_000_000 / tempo_qpm)),)
    whole = TempoMap(points, METRES[metre], bars, Fraction(0))
    return TempoMap(points, METRES[metre], bars, whole.bars[-1].start_q)


def sections(bars: int) -> tuple[Section, ...]:
    if bars < 8:
        return (Section("A", 1, bars),)
    size = bars // 4
    return tuple(Section(label, 1 + i * size, bars if i == 3 else (i + 1) * size) for i, label in enumerate(FORM))


def rhythm(placed: TempoMap, seed: int, density: float = 1.0) -> RhythmSpots:
    """Half-beat onsets: a few bar patterns that come back, some hits, a rest now and then."""
    rng = random.Random(seed)
    patterns: dict[tuple[Fraction, int], list[int]] = {}
    onsets: list[Fraction] = []
    for bar in placed.bars:
        key = (bar.length_q, rng.randrange(3))
        count = int(bar.length_q * 2)
        if key not in patterns:
            patterns[key] = [k for k in range(count) if k == 0 or rng.random() < density * (0.2 if k % 2 else 0.55)]
        onsets += [bar.start_q + Fraction(k, 2) for k in patterns[key] if bar.start_q + Fraction(k, 2) < placed.end_q]
    onsets.append(placed.end_q)
    spots = []
    for a, b in zip(onsets, [*onsets[1:], placed.bars[-1].end_q], strict=True):
        rest = Fraction(1) if b - a >= 2 and rng.random() < 0.3 else Fraction(0)
        strength = rng.choice((1, 1, 2, 3))
        spots.append(RhythmSpot(a, b - a - rest, "hit" if strength == 3 else "fill", strength))
    return RhythmSpots(tuple(spots), sections(placed.bar_count), "test")

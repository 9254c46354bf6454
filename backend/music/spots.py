"""Rhythm spots: every anchored hit, and fills whose density per bar follows the motion of the picture."""
from __future__ import annotations

import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil

import numpy as np

from backend.domain.analysis import ClipAnalysis
from backend.domain.brief import CueBrief
from backend.domain.clip import Cue
from backend.domain.hits import HitPoints
from backend.domain.spotting import RhythmSpot, RhythmSpots, Section
from backend.domain.tempo import Bar, TempoMap
from backend.errors import EditError
from backend.music.form import bar_means, plan_phrases, section_at
from backend.music.tempo_fit.grid import BEAT, STRONG, MetreGrid, grid_of

MOTION_EXPONENT = 1.0
"""The busiest bar of a moving film has 2^1 times the brief's onsets, the calmest 2^-1 times. By ear."""
STILL_MOTION, FULL_MOTION = 0.02, 0.5
"""Frame heights per second: at and below, nothing moves; at and above, the film counts as moving (craft 2.2)."""
STILL_FACTOR = 0.5
"""Onsets in a film where nothing moves, against the brief's."""
THEME_SPOTS, SHORT_FACTOR = 10, 2.0
"""A theme wants about ten notes: a cue too short for them gets up to twice the onsets. By ear."""
FULL_CONTRAST = 0.4
"""Coefficient of variation of the motion per bar at which density uses its full range."""
NOISE = 0.3
"""How far chance may reorder the accents of a rhythm cell."""
SHORTEST_S = 0.11
"""No fill is shorter: nine notes a second is the edge of a melody."""
DENSITIES = (1, 2, 3, 4, 6, 8, 12, 16, 24)
"""Onsets a bar may have before hits are added."""
PHRASE_CLOSE = Fraction(1, 2)
"""Share of a phrase's last bar in which fills may start; then the melody breathes."""
CELL_OF_BAR = (0, 1, 0, 1)
"""Which variant of the section's cell the bars of a phrase take: a b a b."""
NEW_CELLS, ONE_CELL = (0, 1, 2, 3), (0, 0, 0, 0)
LITTLE_REPETITION, MUCH_REPETITION = 0.5, 1.5
"""Under the one every bar of a phrase has a rhythm of its own, from the other on all have the same."""


@dataclass(frozen=True)
class SpotContext:
    """Everything the rhythm depends on. ``sections`` tile the bars."""

    tempo_map: TempoMap
    hits: HitPoints
    analysis: ClipAnalysis
    brief: CueBrief
    sections: tuple[Section, ...]
    seed: int


@dataclass(frozen=True)
class BarRoom:
    """What a bar offers to fills: the first ``room_q`` quarters of it (less where a phrase closes), ``wished`` onsets
    with its hits counted, whether ``sixteenths`` can be played, its section's ``letter``, its ``place`` in the
    phrase."""

    bar: Bar
    room_q: Fraction
    wished: int
    sixteenths: bool
    letter: str
    place: int


def plan_spots(context: SpotContext) -> tuple[RhythmSpot, ...]:
    """Spots by rule: fills on eighths (sixteenths where the picture is busy); bars of a section share rhythm cells."""
    return spots_with(context, _fills(context, hit_positions(context)))


def spots_with(context: SpotContext, fills: Sequence[Fraction]) -> tuple[RhythmSpot, ...]:
    """Spots sorted by onset: all anchored hits exactly, and those of ``fills`` that stand beside them.

    The last onset lies at ``tempo_map.end_q``. Phrases end with a long note or a rest, and no fill comes within half a
    beat of an ``avoid`` hit or of a hit.
    """
    tempo_map, hits = context.tempo_map, hit_positions(context)
    onsets = sorted({*room_for(context, fills), *hits, tempo_map.end_q})
    closes = _phrase_ends(context)
    return tuple(_spot(context, onset, following, hits, closes)
                 for onset, following in zip(onsets, [*onsets[1:], None], strict=True))


def room_for(context: SpotContext, fills: Sequence[Fraction]) -> list[Fraction]:
    """Those of ``fills`` that stand clear of hits, avoided places and the end."""
    tempo_map, hits = context.tempo_map, hit_positions(context)
    kept = [onset for onset in fills if onset not in hits and onset < tempo_map.end_q]
    kept = _clear_of(kept, _avoided(context), tempo_map.beat_q / 2)
    kept = _clear_of(kept, [*hits, tempo_map.end_q], tempo_map.beat_q / 2, strict=True)
    return [onset for onset in kept if tempo_map.end_q - onset >= min(tempo_map.beat_q, tempo_map.end_q)]


def bar_rooms(context: SpotContext) -> tuple[BarRoom, ...]:
    """The bars that begin before the music's end."""
    tempo_map = context.tempo_map
    grid = grid_of(context.brief.meter_numerator, context.brief.meter_denominator)
    first_of = _phrase_starts(context.sections)
    closing = {last for section in context.sections for _, last in plan_phrases(section)}
    out = []
    for bar, wished in zip(tempo_map.bars, bar_density(context), strict=True):
        if bar.start_q < tempo_map.end_q:
            closes = bar.number in closing
            out.append(BarRoom(bar, bar.length_q * PHRASE_CLOSE if closes else bar.length_q,
                               _ladder(wished * float(bar.length_q)),
                               not closes and _sixteenths_playable(bar, tempo_map, grid),
                               section_at(context.sections, bar.number).label.rstrip("'"),
                               bar.number - first_of[bar.number]))
    return tuple(out)


def hit_positions(context: SpotContext) -> dict[Fraction, bool]:
    """Position of every anchored hit up to the end, and whether the user locked it."""
    out: dict[Fraction, bool] = {}
    for sync in context.tempo_map.sync:
        hit = context.hits.hits[sync.hit]
        if sync.anchored and hit.type != "avoid" and sync.position_q <= context.tempo_map.end_q:
            out[sync.position_q] = out.get(sync.position_q, False) or hit.locked
    return out


def bar_density(context: SpotContext) -> tuple[float, ...]:
    """Wished onsets per quarter of every bar: the brief's, scaled by how much the bar moves within the film.

    The brief's tempo counts quarters, so its onsets per beat are read per quarter in every metre.
    """
    tempo_map = context.tempo_map
    motion = bar_means(tempo_map.bars, tempo_map, context.analysis, "motion")
    level = float(np.clip((motion.mean() - STILL_MOTION) / (FULL_MOTION - STILL_MOTION), 0, 1))
    base = context.brief.onsets_per_beat * (STILL_FACTOR + (1 - STILL_FACTOR) * level ** 0.5)
    contrast = float(np.clip(motion.std() / max(float(motion.mean()), STILL_MOTION) / FULL_CONTRAST, 0, 1))
    rank = motion.argsort(kind="stable").argsort(kind="stable") / max(1, len(motion) - 1)
    height = (motion - motion.min()) / max(float(np.ptp(motion)), 1e-9)
    density = base * 2 ** (MOTION_EXPONENT * contrast * (rank + height - 1))
    expected = sum(d * float(bar.length_q) for d, bar in zip(density, tempo_map.bars, strict=True)
                   if bar.start_q < tempo_map.end_q)
    return tuple(float(d) for d in density * np.clip(THEME_SPOTS / expected, 1, SHORT_FACTOR))


def _fills(context: SpotContext, hits: Collection[Fraction]) -> list[Fraction]:
    """Fill onsets of all bars up to the end, before avoided places are looked at; hits count as onsets of their bar."""
    cells = _Cells(grid_of(context.brief.meter_numerator, context.brief.meter_denominator), context.seed)
    variants = _variants(context.brief)
    out: list[Fraction] = []
    for room in bar_rooms(context):
        bar, variant = room.bar, variants[room.place % len(variants)]
        places = cells.places(bar, (room.letter, variant), room.sixteenths)
        own = {q - bar.start_q for q in hits if bar.start_q <= q < bar.end_q}
        free = [q for q in places if q < room.room_q and q not in own]
        out += [bar.start_q + q for q in free[:max(0 if own else 1, room.wished - len(own))]]
    return sorted(out)


def _variants(brief: CueBrief) -> tuple[int, ...]:
    wish = 1.0 if brief.repetition is None else brief.repetition
    return NEW_CELLS if wish < LITTLE_REPETITION else ONE_CELL if wish >= MUCH_REPETITION else CELL_OF_BAR


def _phrase_starts(sections: Sequence[Section]) -> dict[int, int]:
    """First bar of the phrase each bar belongs to."""
    return {bar: first for section in sections for first, last in plan_phrases(section)
            for bar in range(first, last + 1)}


def _sixteenths_playable(bar: Bar, tempo_map: TempoMap, grid: MetreGrid) -> bool:
    """Whether half a unit is slow enough for a melody in this bar."""
    step_s = tempo_map.time_s(bar.start_q + grid.unit_q / 2) - tempo_map.time_s(bar.start_q)
    return float(step_s) >= SHORTEST_S


class _Cells:
    """Rhythm cells: an order of importance of the places in a bar, so that denser bars contain sparser ones."""

    def __init__(self, grid: MetreGrid, seed: int) -> None:
        self._grid = grid
        self._seed = seed
        self._noise: dict[tuple[str, int], list[float]] = {}

    def places(self, bar: Bar, cell: tuple[str, int], sixteenths: bool) -> list[Fraction]:
        """Places of a bar in quarters after its start, the most important first; the downbeat leads.

        Sixteenths come last, those that lead into a beat before the others.
        """
        unit_q = self._grid.unit_q
        ranked = self._ranking(int(bar.length_q / unit_q), cell)
        if not sixteenths:
            return ranked
        beats = {unit * unit_q for unit in self._grid.groups(int(bar.length_q / unit_q))} | {bar.length_q}
        return ranked + [q + unit_q / 2 for q in sorted(ranked, key=lambda q: q + unit_q not in beats)]

    def _ranking(self, units: int, cell: tuple[str, int]) -> list[Fraction]:
        accents = self._grid.accents(units)
        noise = self._noise_of(cell)
        scores = [accent + noise[i % len(noise)] * (i > 0) for i, accent in enumerate(accents)]
        order = sorted(range(units), key=lambda i: (i > 0, -scores[i], i))
        return [i * self._grid.unit_q for i in order]

    def _noise_of(self, cell: tuple[str, int]) -> list[float]:
        """Chance per unit. Variants of a letter differ in the second half of the bar only: one head, other tails."""
        if cell not in self._noise:
            letter, variant = cell
            size = self._grid.bar_units
            draw = random.Random(f"{self._seed}/{letter}/0")
            base = [draw.uniform(0, NOISE) for _ in range(size)]
            other = random.Random(f"{self._seed}/{letter}/{variant}")
            tail = [other.uniform(0, NOISE) for _ in range(size)]
            self._noise[cell] = base[:ceil(size / 2)] + (tail if variant else base)[ceil(size / 2):]
        return self._noise[cell]


def _ladder(count: float) -> int:
    """Round to few distinct densities, so that bars of like motion share one rhythm."""
    return min(DENSITIES, key=lambda step: (abs(step - count), step))


def _avoided(context: SpotContext) -> list[Fraction]:
    return [context.tempo_map.position_q(hit.time_s) for hit in context.hits.hits if hit.type == "avoid"]


def _clear_of(onsets: Sequence[Fraction], places: Sequence[Fraction], distance_q: Fraction,
              strict: bool = False) -> list[Fraction]:
    """Onsets farther than ``distance_q`` from every place (``strict``: exactly that far is far enough)."""
    return [onset for onset in onsets
            if all(abs(onset - place) > distance_q or (strict and abs(onset - place) == distance_q)
                   for place in places)]


def _phrase_ends(context: SpotContext) -> set[Fraction]:
    """Bar lines at which a phrase ends."""
    bars = context.tempo_map.bars
    return {bars[last - 1].end_q for section in context.sections for _, last in plan_phrases(section)}


def _spot(context: SpotContext, onset: Fraction, following: Fraction | None, hits: dict[Fraction, bool],
          closes: set[Fraction]) -> RhythmSpot:
    tempo_map = context.tempo_map
    grid = grid_of(context.brief.meter_numerator, context.brief.meter_denominator)
    if following is None:
        room = tempo_map.position_q(context.analysis.cue.duration_s) - onset
        held = max(grid.unit_q, room // grid.unit_q * grid.unit_q)
        return RhythmSpot(onset, held, "hit" if onset in hits else "fill", 3, hits.get(onset, False))
    duration = following - onset
    if duration > grid.unit_q and any(onset < close <= following for close in closes):
        duration -= _breath(min(tempo_map.beat_q, duration / 4), grid.unit_q / 2)
    if onset in hits:
        return RhythmSpot(onset, duration, "hit", 3, hits[onset])
    return RhythmSpot(onset, duration, "fill", _strength(tempo_map.bar_at(onset), onset, grid))


def _breath(wished_q: Fraction, step_q: Fraction) -> Fraction:
    """A rest of whole steps, one at least."""
    return max(step_q, wished_q // step_q * step_q)


def _strength(bar: Bar, onset: Fraction, grid: MetreGrid) -> int:
    unit = (onset - bar.start_q) / grid.unit_q
    accents = grid.accents(int(bar.length_q / grid.unit_q))
    accent = accents[int(unit)] if unit.denominator == 1 else 0.0
    return 2 if accent >= STRONG or (accent >= BEAT and grid.compound) else 1


def read_user_spots(spots: RhythmSpots, tempo_map: TempoMap, cue: Cue) -> RhythmSpots:
    """A list from the user, taken as it is: only sorted, one spot a place, and clipped to the cue.

    Hits are not added back: who leaves a hit out wants it left out. A spot whose duration is missing (0) or reaches
    past the next spot lasts until that. Raises EditError for an onset before the cue or an empty list.
    """
    end_q = tempo_map.position_q(cue.duration_s)
    ordered = sorted(spots.spots, key=lambda spot: (spot.onset_q, spot.kind != "hit", -spot.strength))
    if ordered and ordered[0].onset_q < 0:
        raise EditError(f"spots: onset_q {ordered[0].onset_q} lies before the cue. Onsets count from 0 in quarters.")
    kept: list[RhythmSpot] = []
    for spot in ordered:
        if spot.onset_q < end_q and (not kept or spot.onset_q != kept[-1].onset_q):
            kept.append(spot)
    if not kept:
        raise EditError("spots: no onset lies inside the cue. Add one, or delete the file to have spots found.")
    stops = [*(spot.onset_q for spot in kept[1:]), end_q]
    return replace(spots, spots=tuple(_fit_duration(spot, stop) for spot, stop in zip(kept, stops, strict=True)))


def _fit_duration(spot: RhythmSpot, stop_q: Fraction) -> RhythmSpot:
    longest = stop_q - spot.onset_q
    return replace(spot, duration_q=longest if spot.duration_q <= 0 else min(spot.duration_q, longest))

"""The spotter that learned its rhythm from composers: the CRT between the hits."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from backend.domain.brief import CueBrief
from backend.domain.requests import SpotRequest
from backend.domain.spotting import RhythmSpots
from backend.models.rhythm import RhythmTransformer, Sampling
from backend.models.rhythm_steps import (
    BITS,
    DISTANCES,
    MOTION_CLASSES,
    NEW_BAR,
    TICKS,
    BarWish,
    Conditions,
    conditions,
    density_class,
    progress_class,
    steps_in,
    tempo_class,
)
from backend.models.weights import Weights, bundled
from backend.music.form import bar_means, plan_sections
from backend.music.spots import (
    LITTLE_REPETITION,
    MUCH_REPETITION,
    BarRoom,
    SpotContext,
    bar_rooms,
    hit_positions,
    room_for,
    spots_with,
)

REPEATING_PLACES = {2: 2, 3: 2}
"""Bars of a phrase that take up an earlier one, and how many bars before: a b a b, as the rules do."""
ONE_BAR = {1: 1, 2: 1, 3: 1}
"""The same where much repetition is asked for."""
PULL = 3.0
"""What repetition asked for by hand, less the usual 1, adds to the pull of the bar that is taken up."""


class CrtSpotter:
    """Port Spotter: every anchored hit, and fills by the Controllable Rhythm Transformer."""

    name = "crt"

    def __init__(self, weights: Weights | None = None) -> None:
        given = weights or bundled("rhythm")
        self.weights_sha256 = given.sha256
        self._network = RhythmTransformer(given)
        self._sampling = Sampling(**given.card["sampler"])

    def spot(self, request: SpotRequest) -> RhythmSpots:
        """Sections and spots of a cue; the same for the same request."""
        sections = plan_sections(request.tempo_map, request.hits, request.analysis)
        context = SpotContext(request.tempo_map, request.hits, request.analysis, request.brief, sections, request.seed)
        rooms = bar_rooms(context)
        wished, targets, closed = _asked(context, rooms)
        sampling = _sampling(self._sampling, request.brief)
        patterns = self._network.write(wished, targets, sampling, request.seed, closed)
        return RhythmSpots(spots_with(context, _onsets(rooms, patterns)), sections, self.name)


def _sampling(usual: Sampling, brief: CueBrief) -> Sampling:
    return usual if brief.repetition is None else replace(usual, repeat=usual.repeat + PULL * (brief.repetition - 1))


def _asked(context: SpotContext, rooms: Sequence[BarRoom]
           ) -> tuple[Conditions, NDArray[np.float64], NDArray[np.bool_]]:
    """Conditions, wished onsets per step's bar, and ticks where no fill may come."""
    bars = [room.bar for room in rooms]
    motion = bar_means(bars, context.tempo_map, context.analysis, "motion")
    rank = motion.argsort(kind="stable").argsort(kind="stable")
    repeats = _repeats(rooms, 1.0 if context.brief.repetition is None else context.brief.repetition)
    wishes = [BarWish(room.bar.length_q, density_class(room.wished, room.bar.length_q),
                      1 + int(rank[i]) * MOTION_CLASSES // len(rooms), repeats[i], progress_class(i, len(rooms)))
              for i, room in enumerate(rooms)]
    hints = np.concatenate([_hints(room, hit_positions(context)) for room in rooms])
    closed = np.concatenate([_closed(context, room) for room in rooms])
    targets = np.concatenate([np.full(steps_in(room.bar.length_q), float(room.wished)) for room in rooms])
    return conditions(wishes, tempo_class(context.brief.tempo_qpm), hints), targets, closed


def _repeats(rooms: Sequence[BarRoom], repetition: float) -> list[int]:
    """Repeat class of every bar: the phrase's third and fourth bars take up its first and second; a section that
    comes back takes up its bars where they lie 4 or 8 bars before; both only where as many onsets are wished."""
    if repetition < LITTLE_REPETITION:
        return [NEW_BAR] * len(rooms)
    places = ONE_BAR if repetition >= MUCH_REPETITION else REPEATING_PLACES
    out = []
    for i, room in enumerate(rooms):
        far = [d for d in (8, 4) if i >= d and _alike(rooms[i - d], room)]
        wanted = [places[room.place]] if room.place in places else far
        fitting = [d for d in wanted if i >= d and rooms[i - d].bar.length_q == room.bar.length_q
                   and rooms[i - d].wished == room.wished]
        out.append(NEW_BAR + 1 + DISTANCES.index(fitting[0]) if fitting else NEW_BAR)
    return out


def _alike(a: BarRoom, b: BarRoom) -> bool:
    return a.letter == b.letter and a.place == b.place


def _hints(room: BarRoom, hits: dict[Fraction, bool]) -> NDArray[np.bool_]:
    """Hits of the bar that lie on sixteenths; others are added as they are when the spots are put together."""
    out = np.zeros((steps_in(room.bar.length_q), TICKS), bool)
    for place in hits:
        tick = (place - room.bar.start_q) * TICKS
        if 0 <= tick < room.bar.length_q * TICKS and tick.denominator == 1:
            out[int(tick) // TICKS, int(tick) % TICKS] = True
    return out


def _closed(context: SpotContext, room: BarRoom) -> NDArray[np.bool_]:
    """Ticks at which no fill may come: after the phrase's close, beside a hit or an avoided place, and the odd ones
    where sixteenths are too fast."""
    start_q = room.bar.start_q
    ticks = range(steps_in(room.bar.length_q) * TICKS)
    places = [start_q + Fraction(tick, TICKS) for tick in ticks if tick < room.room_q * TICKS]
    free = {(place - start_q) * TICKS for place in room_for(context, places)}
    return np.array([tick not in free or (tick % 2 == 1 and not room.sixteenths) for tick in ticks]).reshape(-1, TICKS)


def _onsets(rooms: Sequence[BarRoom], patterns: NDArray[np.int64]) -> list[Fraction]:
    out: list[Fraction] = []
    step = 0
    for room in rooms:
        steps = steps_in(room.bar.length_q)
        sounding = np.flatnonzero(BITS[patterns[step:step + steps]].reshape(-1))
        out += [room.bar.start_q + Fraction(int(tick), TICKS) for tick in sounding]
        step += steps
    return out

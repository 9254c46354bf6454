"""From hits to a tempo-and-metre map: scan, search, curve, and whole microseconds a quarter (craft 1.4)."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import log2

from backend.domain.brief import CueBrief
from backend.domain.clip import Cue
from backend.domain.hits import HitPoints
from backend.domain.tempo import Meter, SyncPoint, TempoMap, TempoPoint
from backend.domain.time import FrameRate
from backend.errors import CompositionError
from backend.music.tempo_fit.curve import Anchor, Curve, fit_curve
from backend.music.tempo_fit.grid import MetreGrid, grid_of
from backend.music.tempo_fit.scan import scan_tempi
from backend.music.tempo_fit.search import LOCKED_FACTOR, SKIP_HARD_COST, Plan, Problem, search
from backend.music.tempo_fit.targets import Target, targets_of

SEEDS = 5
BRIEF_COST = 4.0
"""Per octave between the chosen tempo and the brief's; an eighth of one costs a soft hit."""
WIDER = (1.0, 1.6, 3.0, 6.0)
"""Factors on the corridor, tried in turn until an end can be reached at all (very short or crowded cues)."""
WIDEST_FOR_LOCKED = 1.6
"""How far the corridor opens for hits that the user locked: 8 %, the bound of craft 1.6."""
TAIL_S = (1.0, 2.5)
"""Time left for the last chord to ring out (craft 1.4 D)."""
TAIL_SHARES = (0.15, 0.4)
"""The same as shares of the cue, for cues too short for seconds of tail."""
STEP_WEIGHT = 0.95
HOLD_S = Fraction(1, 10_000)
"""A tempo is kept while the beats stay this close to the curve: fewer tempo events, inaudible difference."""


@dataclass(frozen=True)
class _Fitted:
    """A plan with its curve; ``loss`` compares plans of different seeds."""

    plan: Plan
    curve: Curve
    loss: float


def fit_tempo(hits: HitPoints, cue: Cue, rate: FrameRate, brief: CueBrief, corridor: float = 0.05) -> TempoMap:
    """Tempo and metres such that the hits fall on beats, the anchored ones within microseconds.

    ``corridor`` bounds each segment's mean tempo around the tempo chosen from the brief's range. Position 0 is the
    cue's first frame. The music's planned end is ``result.time_s(result.end_q)``: the last hard hit when it lies in
    the last 2.5 s, else a strong beat 1 to 2.5 s before the cue's end. ``sync`` lists every hit, in order.

    Raises InputError for a hit outside the cue, OptionError for a metre without a grid.
    """
    grid = grid_of(brief.meter_numerator, brief.meter_denominator)
    targets = targets_of(hits, cue)
    fitted = _best(targets, grid, cue, rate, brief, corridor)
    bars = _bars(fitted.plan, grid)
    points = _points(fitted, _beats(bars, grid, fitted.plan.end_unit), grid)
    end_q = fitted.plan.end_unit * grid.unit_q
    bare = TempoMap(points, _meters(bars, grid), len(bars), end_q, (), grid.beat_q)
    full = _covering(bare, bars, grid, cue.duration_s)
    anchored = {anchor.hit for anchor in fitted.curve.anchors if anchor.hit >= 0}
    return TempoMap(points, full.meters, full.bar_count, end_q, _sync(full, hits, grid, anchored), grid.beat_q,
                    "tempo_fit")


def _best(targets: tuple[Target, ...], grid: MetreGrid, cue: Cue, rate: FrameRate, brief: CueBrief,
          corridor: float) -> _Fitted:
    """The best fit over the seed tempi; in a wider corridor when no end, or not every locked hit, can be reached."""
    seeds = scan_tempi(targets, grid, brief, rate.frame_s, SEEDS)
    end_hit = _end_hit(targets, cue)
    best: _Fitted | None = None
    for factor in WIDER:
        for last in dict.fromkeys((end_hit, None)):
            found = [] if best is None else [best]
            for seed in seeds:
                found += _fitted(Problem(targets, grid, float(rate.frame_s), seed, min(0.5, corridor * factor),
                                         _end_window(cue), last), brief)
            best = min(found, key=lambda fitted: (_locked_left(fitted, targets), fitted.loss), default=None)
            if best is not None and (factor >= WIDEST_FOR_LOCKED or not _locked_left(best, targets)):
                return best
    return _constant(targets, grid, cue, seeds[0])


def _locked_left(fitted: _Fitted, targets: tuple[Target, ...]) -> int:
    """How many locked hits a fit leaves out."""
    met = {anchor.hit for anchor in fitted.curve.anchors}
    return sum(target.locked and target.hit not in met for target in targets)


def _end_hit(targets: tuple[Target, ...], cue: Cue) -> int | None:
    """The target that ends the music: the last hard or locked one, when it lies in the cue's last seconds."""
    for i in range(len(targets) - 1, -1, -1):
        if targets[i].hard or targets[i].locked:
            return i if targets[i].time_s > 0 and float(targets[i].time_s) >= _end_window(cue)[0] else None
    return None


def _end_window(cue: Cue) -> tuple[float, float]:
    total = float(cue.duration_s)
    short, long = min(TAIL_S[0], TAIL_SHARES[0] * total), min(TAIL_S[1], TAIL_SHARES[1] * total)
    return total - long, total - short


def _fitted(problem: Problem, brief: CueBrief) -> list[_Fitted]:
    plan = search(problem)
    if plan is None:
        return []
    anchors = _anchors(plan, problem.targets)
    curve = fit_curve(anchors, _beats(_bars(plan, problem.grid), problem.grid, plan.end_unit))
    given_up = {anchor.hit for anchor in anchors} - {anchor.hit for anchor in curve.anchors}
    loss = plan.cost + BRIEF_COST * abs(log2(problem.seed_qpm / brief.tempo_qpm))
    for target in problem.targets:
        if target.hit in given_up:
            loss += target.weight * (SKIP_HARD_COST if target.hard else 1.0) * (LOCKED_FACTOR if target.locked else 1.0)
    return [_Fitted(plan, curve, loss)]


def _anchors(plan: Plan, targets: tuple[Target, ...]) -> tuple[Anchor, ...]:
    """Start, hits and end, one a unit, in order."""
    out = {0: Anchor(0, 0.0, 1.0, -1)}
    for index, unit in plan.anchors:
        target = targets[index]
        out[unit] = Anchor(unit, float(target.time_s), target.weight + 2 * target.hard, target.hit,
                           target.hard and target.weight >= STEP_WEIGHT, target.locked)
    out.setdefault(plan.end_unit, Anchor(plan.end_unit, plan.end_s, 1.0, -1))
    return tuple(out[unit] for unit in sorted(out))


def _constant(targets: tuple[Target, ...], grid: MetreGrid, cue: Cue, tempo_qpm: float) -> _Fitted:
    """One tempo from start to end, for cues too short to hold a strong beat in the end window."""
    lo, hi = _end_window(cue)
    end_s = (lo + hi) / 2
    unit_s = 60.0 * float(grid.unit_q) / tempo_qpm
    units = max(1, round(end_s / unit_s))
    plan = Plan(0.0, (), (grid.bar_units,) * (units // grid.bar_units), units, end_s)
    anchors = _anchors(plan, targets)
    return _Fitted(plan, fit_curve(anchors, (0, units)), 0.0)


def _bars(plan: Plan, grid: MetreGrid) -> tuple[int, ...]:
    """Bar lengths in units, the bar that holds the end included."""
    bars = plan.bars
    while sum(bars) <= plan.end_unit:
        bars = (*bars, grid.bar_units)
    return bars


def _beats(bars: Sequence[int], grid: MetreGrid, end_unit: int) -> tuple[int, ...]:
    """Units at which beats start, up to the end's unit."""
    out: list[int] = []
    start = 0
    for length in bars:
        out += [start + group for group in grid.groups(length)]
        start += length
    return (*(unit for unit in out if unit < end_unit), end_unit)


def _points(fitted: _Fitted, beats: Sequence[int], grid: MetreGrid) -> tuple[TempoPoint, ...]:
    """Whole microseconds a quarter with error feedback: each step aims at the next node from where rounding led."""
    exact = {anchor.unit for anchor in fitted.curve.anchors}
    nodes = sorted(set(beats) | exact)
    now_us = Fraction(0)
    points: list[TempoPoint] = []
    for unit, following in zip(nodes, nodes[1:], strict=False):
        length_q = (following - unit) * grid.unit_q
        goal_us = Fraction(float(fitted.curve.times[following])) * 1_000_000
        tempo = round((goal_us - now_us) / length_q)
        if tempo <= 0:
            raise CompositionError("No tempo meets these hits in this order. Remove hits that lie close together.")
        if points and following not in exact:
            held = points[-1].us_per_quarter
            if abs(now_us + held * length_q - goal_us) <= HOLD_S * 1_000_000:
                tempo = held
        now_us += tempo * length_q
        if not points or points[-1].us_per_quarter != tempo:
            points.append(TempoPoint(unit * grid.unit_q, tempo))
    return tuple(points)


def _meters(bars: Sequence[int], grid: MetreGrid) -> tuple[Meter, ...]:
    out: list[Meter] = []
    for number, length in enumerate(bars, start=1):
        if number == 1 or length != bars[number - 2]:
            out.append(grid.meter(number, length))
    return tuple(out)


def _covering(bare: TempoMap, bars: Sequence[int], grid: MetreGrid, duration_s: Fraction) -> TempoMap:
    """Add regular bars until the picture is covered."""
    longer = list(bars)
    while bare.time_s(sum(longer) * grid.unit_q) < duration_s:
        longer.append(grid.bar_units)
    return TempoMap(bare.points, _meters(longer, grid), len(longer), bare.end_q, (), bare.beat_q)


def _sync(tempo_map: TempoMap, hits: HitPoints, grid: MetreGrid, anchored: set[int]) -> tuple[SyncPoint, ...]:
    """Every hit against the half-beat nearest to it; ``error_s`` is music minus picture, positive = late."""
    out = []
    for i, hit in enumerate(hits.hits):
        nearest = round(tempo_map.position_q(hit.time_s) / grid.unit_q) * grid.unit_q
        error = float(tempo_map.time_s(nearest) - hit.time_s)
        out.append(SyncPoint(i, nearest, round(error, 9), i in anchored))
    return tuple(out)

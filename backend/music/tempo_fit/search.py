"""Stage B: how many half-beats lie between the hits, and which bars hold them (craft 1.4 B), by beam search."""
from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass, field, replace
from functools import cached_property

from backend.music.tempo_fit.grid import BEAT, STRONG, Landing, MetreGrid
from backend.music.tempo_fit.targets import Target

BEAM = 20
LOOK_AHEAD = 5
LOOK_AHEAD_S = 6.0
"""After this time a whole number of half-beats always fits a 5 % corridor at 50 qpm and above."""
CHANGE_COST = 12.0
"""Per squared octave of tempo change from segment to segment (docs/benchmarks/tempo_map.md)."""
AWAY_COST = 1.0
"""Per second and squared octave away from the seed tempo."""
SOFT_METRE_COST, HARD_METRE_COST = 0.2, 0.8
"""Times weight and lack of accent, for an anchored hit."""
ODD_FACTOR = 0.6
"""On the price of odd bars (grid.ODD_BAR_COST)."""
SKIP_HARD_MET_COST, SKIP_HARD_COST = 2.0, 6.0
"""A hard hit left to luck: within a frame of a beat, and (times weight) anywhere else."""
SKIP_SOFT_COST = 2.0
"""A soft hit left out, times weight."""
LOCKED_FACTOR = 4.0
"""A hit the user locked outweighs several found ones."""
ON_BEAT_CREDIT, OFF_BEAT_CREDIT = 0.75, 0.45
"""Share of a skipped soft hit's cost that is spared where the grid passes by in sync (craft 1.4 B)."""
ODD_PER_WINDOW, WINDOW_BARS = 2, 16
"""At most two irregular bars per 16 (craft 1.6)."""
WEAK_END_COST = 1.0
"""For a last note on a beat that is not strong."""
END_AWAY_COST = 0.25
"""Per squared second away from the middle of the end window."""


@dataclass(frozen=True)
class Problem:
    """What the search is given. ``seed_qpm`` and the corridor bound every segment's tempo.

    ``end_s`` is the window for the last onset; ``end_hit`` is the index of a target that ends the music, or None.
    """

    targets: tuple[Target, ...]
    grid: MetreGrid
    frame_s: float
    seed_qpm: float
    corridor: float
    end_s: tuple[float, float]
    end_hit: int | None

    @cached_property
    def times(self) -> tuple[float, ...]:
        """Time of every node: the start of the cue, then every target after it."""
        return (0.0, *(float(target.time_s) for target in self.targets))

    @cached_property
    def unit_s_at_1(self) -> float:
        """Seconds of a unit at one quarter a minute."""
        return 60.0 * float(self.grid.unit_q)

    def unit_range(self, dt: float) -> range:
        """How many units may fill ``dt`` seconds."""
        per_unit = self.unit_s_at_1
        lo, hi = self.seed_qpm * (1 - self.corridor), self.seed_qpm * (1 + self.corridor)
        return range(max(1, math.ceil(lo * dt / per_unit - 1e-9)), int(hi * dt / per_unit + 1e-9) + 1)

    def tempo_qpm(self, units: int, dt: float) -> float:
        return self.unit_s_at_1 * units / dt


@dataclass(frozen=True)
class Plan:
    """Anchors as (target index, unit); the bars' lengths in units up to the end; the end's unit and time."""

    cost: float
    anchors: tuple[tuple[int, int], ...]
    bars: tuple[int, ...]
    end_unit: int
    end_s: float


@dataclass
class _State:
    """A partial plan whose last anchor is node ``node`` (0 = the start), ``rest`` units into the open bar."""

    cost: float
    node: int
    unit: int
    rest: int
    tempo_qpm: float
    bar: int
    odd_at: tuple[int, ...]
    parent: _State | None = None
    bars: tuple[int, ...] = field(default=())


def search(problem: Problem) -> Plan | None:
    """The cheapest plan found, or None when no end can be reached inside the corridor."""
    nodes: list[dict[tuple[int, int, int], _State]] = [{} for _ in problem.times]
    first = 1 if problem.targets and problem.targets[0].time_s == 0 else 0
    nodes[first][(0, 0, 0)] = _State(0.0, first, 0, 0, 0.0, 0, ())
    skips = _SkipCosts(problem)
    best: _State | None = None
    end_s = 0.0
    for node in range(first, len(nodes)):
        states = sorted(nodes[node].values(), key=lambda state: state.cost)[:BEAM]
        for state in states:
            for last in _reach(problem, node):
                _extend(problem, skips, state, last, nodes[last])
            for ended, time_s in _ends(problem, skips, state):
                if best is None or ended.cost < best.cost:
                    best, end_s = ended, time_s
    return None if best is None else _plan(best, end_s, first)


def _reach(problem: Problem, node: int) -> range:
    """The nodes that may be the next anchor after ``node``."""
    times = problem.times
    far = bisect_right(times, times[node] + LOOK_AHEAD_S) + 1
    stop = len(times) if problem.end_hit is None else problem.end_hit + 2
    return range(node + 1, min(stop, max(node + 1 + LOOK_AHEAD, far)))


class _SkipCosts:
    """Price of the hits between two anchors that the grid only passes by, by the phase of the grid's beats."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._known: dict[tuple[int, float, float, int], float] = {}

    def between(self, node: int, stop_s: float, tempo_qpm: float, phase: int) -> float:
        """Cost of all targets after ``node`` and before ``stop_s``."""
        key = (node, stop_s, tempo_qpm, phase)
        if key not in self._known:
            self._known[key] = self._compute(node, stop_s, tempo_qpm, phase)
        return self._known[key]

    def _compute(self, node: int, stop_s: float, tempo_qpm: float, phase: int) -> float:
        times, grid = self._problem.times, self._problem.grid
        unit_s = self._problem.unit_s_at_1 / tempo_qpm
        cost = 0.0
        for i in range(node + 1, len(times)):
            if times[i] >= stop_s:
                break
            position = (times[i] - times[node]) / unit_s
            nearest = round(position)
            on_beat = (nearest + phase) % grid.beat_units == 0
            cost += self._cost(self._problem.targets[i - 1], (nearest - position) * unit_s, on_beat)
        return cost

    def _cost(self, target: Target, late_s: float, on_beat: bool) -> float:
        factor = LOCKED_FACTOR if target.locked else 1.0
        frames = late_s / self._problem.frame_s
        if target.hard:
            met = on_beat and abs(frames) <= 1
            return factor * (SKIP_HARD_MET_COST if met else SKIP_HARD_COST * target.weight)
        frames = -1.5 * frames if frames < 0 else frames
        sync = 1.0 if frames <= 1 else max(0.0, 1 - (frames - 1) / 2)
        return factor * SKIP_SOFT_COST * target.weight * (1 - sync * (ON_BEAT_CREDIT if on_beat else OFF_BEAT_CREDIT))


def _tempo_cost(problem: Problem, state: _State, tempo_qpm: float, dt: float) -> float:
    cost = AWAY_COST * dt * math.log2(tempo_qpm / problem.seed_qpm) ** 2
    if state.tempo_qpm:
        cost += CHANGE_COST * math.log2(tempo_qpm / state.tempo_qpm) ** 2
    return cost


def _extend(problem: Problem, skips: _SkipCosts, state: _State, last: int,
            found: dict[tuple[int, int, int], _State]) -> None:
    """Every way to make node ``last`` the next anchor."""
    target = problem.targets[last - 1]
    stop_s = problem.times[last]
    dt = stop_s - problem.times[state.node]
    metre_cost = (HARD_METRE_COST if target.hard else SOFT_METRE_COST) * target.weight
    for units in problem.unit_range(dt):
        tempo = problem.tempo_qpm(units, dt)
        base = state.cost + _tempo_cost(problem, state, tempo, dt)
        base += skips.between(state.node, stop_s, tempo, state.rest % problem.grid.beat_units)
        for landing in problem.grid.landings(state.rest, state.rest + units, target.hard):
            cost = base + metre_cost * (1 - landing.accent) + ODD_FACTOR * landing.cost
            key = (state.node, units, landing.rest)
            if key in found and found[key].cost <= cost:
                continue
            after = _after(problem.grid, state, units, landing, (cost, last, tempo))
            if after is not None:
                found[key] = after


def _after(grid: MetreGrid, state: _State, units: int, landing: Landing,
           arrival: tuple[float, int, float]) -> _State | None:
    """The state after a move; None when it would break the rule of two odd bars in sixteen."""
    closed = state.rest + units - landing.rest
    regular = (closed - sum(landing.odd)) // grid.bar_units
    bars = (grid.bar_units,) * regular + landing.odd
    bar = state.bar + len(bars)
    odd_at = (*state.odd_at, *range(bar - len(landing.odd), bar))
    for first, later in zip(odd_at, odd_at[ODD_PER_WINDOW:], strict=False):
        if later - first < WINDOW_BARS:
            return None
    cost, node, tempo = arrival
    return _State(cost, node, state.unit + units, landing.rest, tempo, bar, odd_at[-ODD_PER_WINDOW:], state, bars)


def _ends(problem: Problem, skips: _SkipCosts, state: _State) -> list[tuple[_State, float]]:
    """The ways to finish from ``state``: on the ending hit, or on a strong beat inside the end window."""
    if problem.end_hit is not None:
        return [(state, problem.times[state.node])] if state.node == problem.end_hit + 1 else []
    now = problem.times[state.node]
    lo, hi = problem.end_s
    out: list[tuple[_State, float]] = []
    if lo <= now <= hi and state.unit > 0 and problem.grid.accents(problem.grid.bar_units)[state.rest] >= STRONG:
        lost = skips.between(state.node, math.inf, state.tempo_qpm, state.rest % problem.grid.beat_units)
        out.append((replace(state, cost=state.cost + lost), now))
    if now >= hi:
        return out
    wish = state.tempo_qpm or problem.seed_qpm
    first = problem.unit_range(max(lo - now, 1e-6)).start
    for units in range(first, problem.unit_range(hi - now).stop):
        fitted = _fit_end(problem, units, wish, (lo - now, hi - now))
        if fitted is not None:
            out += _finish(problem, skips, state, units, fitted)
    return out


def _fit_end(problem: Problem, units: int, wish_qpm: float, window_s: tuple[float, float]) -> float | None:
    """Seconds from the last anchor to the end for ``units`` units at a tempo near ``wish_qpm``, in the window."""
    per_unit = problem.unit_s_at_1
    shortest = per_unit * units / (problem.seed_qpm * (1 + problem.corridor))
    longest = per_unit * units / (problem.seed_qpm * (1 - problem.corridor))
    lo, hi = max(window_s[0], shortest), min(window_s[1], longest)
    if lo > hi or hi <= 0:
        return None
    return min(hi, max(lo, per_unit * units / wish_qpm))


def _finish(problem: Problem, skips: _SkipCosts, state: _State, units: int,
            dt: float) -> list[tuple[_State, float]]:
    grid = problem.grid
    tempo = problem.tempo_qpm(units, dt)
    stop_s = problem.times[state.node] + dt
    middle = sum(problem.end_s) / 2
    base = state.cost + _tempo_cost(problem, state, tempo, dt)
    base += skips.between(state.node, math.inf, tempo, state.rest % grid.beat_units)
    base += END_AWAY_COST * (stop_s - middle) ** 2
    out = []
    for landing in grid.landings(state.rest, state.rest + units, True):
        weak = WEAK_END_COST if landing.accent < STRONG else 0.0
        cost = base + ODD_FACTOR * landing.cost + weak + BEAT * (1 - landing.accent)
        ended = _after(grid, state, units, landing, (cost, -1, tempo))
        if ended is not None:
            out.append((ended, stop_s))
    return out


def _plan(last: _State, end_s: float, first: int) -> Plan:
    path: list[_State] = []
    state: _State | None = last
    while state is not None:
        path.append(state)
        state = state.parent
    path.reverse()
    bars = tuple(length for step in path for length in step.bars)
    anchors = tuple((step.node - 1, step.unit) for step in path if step.node >= 1)
    return Plan(last.cost, anchors, bars, last.unit, end_s)

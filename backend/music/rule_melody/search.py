"""The cheapest line: a second-order Viterbi search over pitches (cost of a note, of an interval, of two intervals).

Viterbi, IEEE Trans. Inf. Theory 13 (1967); the state is the pair of the last two notes, so that a leap can ask for
its recovery. The costs put numbers to the melodic habits measured by Huron, Sweet Anticipation (2006): steps are
commonest, large intervals are followed by a turn back, falling steps outnumber falling leaps.
"""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backend.music.rule_melody.style import Style
from backend.music.rule_melody.tones import ToneRow

Costs = NDArray[np.float64]
Choices = NDArray[np.intp]
Pitches = NDArray[np.int_]

_SKIP_COST = np.array([0.0, 0.05, 0.0, 0.45, 0.55, 0.9, 2.6, 1.2, 1.9, 2.0, 3.2, 4.5, 2.2])
"""Cost of an interval by semitones, unison to octave, before the style's factor (by ear)."""
_BEYOND_OCTAVE = 9.0
_LEAP = 5
"""Semitones from which an interval asks for a turn back."""
_FREE_TEMPLATE_STEPS = 6.0
_AUGMENTED_SECOND = 1.6
_ZIGZAG = 0.2
"""A change of direction between small intervals: long breath before busy turns (by ear)."""
_ACROSS_PHRASES = 0.35
"""A breath lets the line jump: interval costs count that much between phrases."""


@dataclass(frozen=True)
class Goal:
    """One note: the ``pitches`` it may take with a ``cost`` each, the ``interval`` in scale steps its motif wants
    from the note before (None: free) and how firmly, and whether it opens a phrase."""

    pitches: tuple[int, ...]
    cost: tuple[float, ...]
    interval: int | None = None
    opens: bool = False
    firm: float = 1.0


def best_line(goals: list[Goal], row: ToneRow, style: Style) -> tuple[int, ...]:
    """The pitches of least total cost, one a goal; ties go to the lower pitch. Raises ValueError without goals."""
    if not goals:
        raise ValueError("goals: a line needs at least one note")
    pitches = [np.array(goal.pitches) for goal in goals]
    costs = [np.array(goal.cost) for goal in goals]
    if len(goals) == 1:
        return (int(pitches[0][int(np.argmin(costs[0]))]),)
    steps = [np.array([row.step(int(p)) for p in values]) for values in pitches]
    total = costs[0][:, None] + costs[1][None, :] + _pair_cost(goals[1], pitches[:2], steps[:2], style)
    back: list[Choices] = []
    for i in range(2, len(goals)):
        pair = _pair_cost(goals[i], pitches[i - 1:i + 1], steps[i - 1:i + 1], style)
        weight = _ACROSS_PHRASES if goals[i].opens or goals[i - 1].opens else 1.0
        free = 1.0 if goals[i].interval is None else 0.35
        cube = total[:, :, None] + weight * free * _turn_cost(pitches[i - 2:i + 1], row, style)
        back.append(np.argmin(cube, axis=0))
        total = np.min(cube, axis=0) + pair + costs[i][None, :]
    return _trace(total, back, pitches)


def _trace(total: Costs, back: list[Choices], pitches: list[Pitches]) -> tuple[int, ...]:
    b, c = (int(k) for k in np.unravel_index(int(np.argmin(total)), total.shape))
    line = [c, b]
    for table in reversed(back):
        b, c = int(table[b, c]), b
        line.append(b)
    return tuple(int(pitches[i][k]) for i, k in enumerate(reversed(line)))


def _pair_cost(goal: Goal, pitches: list[Pitches], steps: list[Costs],
               style: Style) -> Costs:
    """[B, C] cost of moving from each pitch before to each pitch now."""
    semitones = np.abs(pitches[1][None, :] - pitches[0][:, None])
    moved = steps[1][None, :] - steps[0][:, None]
    inside = _SKIP_COST[np.minimum(semitones, 12)]
    cost: Costs = np.where(semitones > 12, _BEYOND_OCTAVE + semitones - 12, inside) * style.leap
    if style.wide:
        cost = cost - style.wide * ((semitones >= _LEAP) & (semitones <= 12))
    cost = np.where(semitones == 0, style.repeat, cost)
    cost = cost + _AUGMENTED_SECOND * ((semitones == 3) & (np.abs(moved) == 1))
    if goal.interval is None:
        return cost * (_ACROSS_PHRASES if goal.opens else 1.0)
    deviation: Costs = np.minimum(np.abs(moved - goal.interval), _FREE_TEMPLATE_STEPS)
    out: Costs = 0.45 * cost + goal.firm * style.template * (deviation + 0.5 * (deviation > 0))
    return out


def _turn_cost(pitches: list[Pitches], row: ToneRow, style: Style) -> Costs:
    """[A, B, C] cost of the second interval given the first."""
    first = (pitches[1][None, :] - pitches[0][:, None])[:, :, None]
    second = (pitches[2][None, :] - pitches[1][:, None])[None, :, :]
    leap = np.abs(first) >= _LEAP
    back = np.sign(second) == -np.sign(first)
    onward = np.sign(second) == np.sign(first)
    cost = np.where(leap & onward, 1.0 + 0.15 * np.abs(second), 0.0)
    cost = cost + np.where(leap & back & (np.abs(second) > 4), 0.7, 0.0)
    cost = cost + np.where((first == 0) & (second == 0), 1.2, 0.0)
    cost = cost + np.where(~leap & back & (first != 0), _ZIGZAG * style.leap, 0.0)
    cost = cost + np.where((np.abs(first) > 2) & (np.abs(second) > 2), 0.35, 0.0)
    leading: NDArray[np.bool_] = (pitches[1] % 12 == (row.tonic_pc - 1) % 12)[None, :, None]
    lost: Costs = np.where(leading & (second != 1) & (np.abs(second) > 2), 0.6, 0.0)
    return cost + lost

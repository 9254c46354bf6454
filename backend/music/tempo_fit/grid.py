"""A metre counted in units (half-beats, or eighths in compound time): accents, groups, and bars of odd length."""
from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cache, cached_property

from backend.domain.tempo import Meter
from backend.errors import OptionError

_UNIT_OF_DENOMINATOR = {2: Fraction(1), 4: Fraction(1, 2), 8: Fraction(1, 2), 16: Fraction(1, 4)}
DOWNBEAT = 1.0
STRONG = 0.8
"""Accent of the second strong beat: beat 3 of 4/4, the fourth eighth of 6/8."""
BEAT = 0.5
OFF_BEAT = 0.3

ODD_BAR_COST = 0.35
"""Price of any bar of another length (craft 1.4 B: 0.35-0.60 by length)."""
_LONGER_COST = 0.1
_HALF_BEAT_COST = 0.1
_FAR_COST = 0.1


@dataclass(frozen=True)
class Landing:
    """A way to place a hit: ``rest`` units into its bar, after ``odd`` bars of other lengths, at ``cost``.

    ``accent`` is that of the place in a regular bar.
    """

    rest: int
    accent: float
    cost: float
    odd: tuple[int, ...]


@dataclass(frozen=True)
class MetreGrid:
    """``numerator``/``denominator`` in units of ``unit_q`` quarters; ``compound`` metres have beats of three units."""

    numerator: int
    denominator: int

    @cached_property
    def compound(self) -> bool:
        return self.denominator >= 8 and self.numerator % 3 == 0 and self.numerator > 3

    @cached_property
    def unit_q(self) -> Fraction:
        return _UNIT_OF_DENOMINATOR[self.denominator]

    @cached_property
    def bar_units(self) -> int:
        return int(Fraction(4 * self.numerator, self.denominator) / self.unit_q)

    @cached_property
    def beat_units(self) -> int:
        return 3 if self.compound else 2

    @cached_property
    def beat_q(self) -> Fraction:
        return self.unit_q * self.beat_units

    def accents(self, units: int) -> tuple[float, ...]:
        """Accent of every unit of a bar of ``units`` units, 1 on the downbeat."""
        return _accents(units, self.beat_units)

    def groups(self, units: int) -> tuple[int, ...]:
        """Units at which the beats of a bar of ``units`` units start."""
        return tuple(i for i, accent in enumerate(self.accents(units)) if accent >= BEAT)

    def meter(self, bar: int, units: int) -> Meter:
        """The signature of a bar of ``units`` units: over the cue's own denominator where that is whole."""
        if units == self.bar_units:
            return Meter(bar, self.numerator, self.denominator)
        unit_denominator = int(4 / self.unit_q)
        if not self.compound and units % 2 == 0:
            return Meter(bar, units // 2, unit_denominator // 2)
        return Meter(bar, units, unit_denominator)

    def landings(self, phase: int, units: int, strong_only: bool) -> tuple[Landing, ...]:
        """Ways for a hit ``units`` units after the start of the open bar (``phase`` units of which have passed).

        Without odd bars anything is allowed (on a beat when ``strong_only``); an odd bar comes just before the hit's
        own bar and only to put the hit on a strong beat.
        """
        return _landings(self, phase, units, strong_only)


@cache
def grid_of(numerator: int, denominator: int) -> MetreGrid:
    """Raises OptionError for a metre that has no grid."""
    if denominator not in _UNIT_OF_DENOMINATOR or not 2 <= numerator <= 15:
        raise OptionError(f"Metre {numerator}/{denominator} is not supported. Use 2 to 15 over 2, 4, 8 or 16.")
    return MetreGrid(numerator, denominator)


@cache
def _accents(units: int, beat_units: int) -> tuple[float, ...]:
    sizes = _group_sizes(units, beat_units)
    out: list[float] = []
    for i, size in enumerate(sizes):
        out += [_group_accent(i, len(sizes), beat_units == 3)] + [OFF_BEAT] * (size - 1)
    return tuple(out)


def _group_sizes(units: int, beat_units: int) -> list[int]:
    """Two plus a last three for odd simple bars (7/8 = 2+2+3); threes and twos for odd compound ones."""
    if units < beat_units:
        return [units]
    count, left = divmod(units, beat_units)
    sizes = [beat_units] * count
    if left and beat_units == 2:
        sizes[-1] += 1
    elif left == 2:
        sizes.append(2)
    elif left == 1:
        sizes[-1:] = [2, 2]
    return sizes


def _group_accent(index: int, count: int, compound: bool) -> float:
    if index == 0:
        return DOWNBEAT
    if index * 2 == count and (count >= 4 or compound):
        return STRONG
    if count >= 5 and index * 2 == count + 1:
        return STRONG
    return BEAT + 0.05 * (count <= 3)


@cache
def odd_bars(grid: MetreGrid) -> tuple[tuple[int, float], ...]:
    """(units, cost) of the bars that may stand in for a regular one, e.g. 7/8, 3/4, 5/4, 2/4 in 4/4."""
    regular = grid.bar_units
    beat = grid.beat_units
    out = []
    for units in range(max(2, regular // 2), regular + max(4, regular // 2) + 1):
        if units == regular:
            continue
        far = abs(units - regular) > 2 * beat
        broken = units % beat != 0
        if broken and not regular - beat - 1 <= units <= regular + beat - 1:
            continue
        out.append((units, ODD_BAR_COST + _LONGER_COST * (units > regular) + _HALF_BEAT_COST * broken
                    + _FAR_COST * far))
    return tuple(out)


@cache
def _landings(grid: MetreGrid, phase: int, units: int, strong_only: bool) -> tuple[Landing, ...]:
    regular = grid.bar_units
    accents = grid.accents(regular)
    best: dict[tuple[int, int], Landing] = {}

    def offer(rest: int, cost: float, odd: tuple[int, ...]) -> None:
        key = (rest, len(odd))
        if key not in best or cost < best[key].cost:
            best[key] = Landing(rest, accents[rest], cost, odd)

    if not strong_only or accents[units % regular] >= BEAT:
        offer(units % regular, 0.0, ())
    if strong_only:
        lengths = odd_bars(grid)
        for length, cost in lengths:
            left = units - length
            if left >= 0 and accents[left % regular] >= STRONG and (left >= regular or _may_close(grid, phase, length)):
                offer(left % regular, cost, (length,))
        for first, first_cost in lengths:
            for second, cost in lengths:
                left = units - first - second
                if left >= 0 and left % regular == 0 and first <= second and (left or _may_close(grid, phase, first)):
                    offer(0, first_cost + cost, (first, second))
    return tuple(best[key] for key in sorted(best))


def _may_close(grid: MetreGrid, phase: int, length: int) -> bool:
    """Whether the open bar may turn out ``length`` units long: past what was played, a beat in it staying one."""
    on_beat = grid.accents(grid.bar_units)[phase] >= BEAT
    return length > phase and (not on_beat or grid.accents(length)[phase] >= BEAT)

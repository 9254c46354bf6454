"""A place in the music under another tempo map: the moment stays, and lands on the grid where one is near."""
from __future__ import annotations

from fractions import Fraction
from math import lcm

from backend.domain.session import TICKS_PER_QUARTER
from backend.live.memory import CueClock

SNAP_S = Fraction(1, 20)
"""How far a place may be moved to be on the grid it was on before. By ear: notes closer than this sound together."""
COARSEST, FINEST = 2, 24
"""Grids in parts of a quarter: eighths at least, so that a quarter may become an eighth later."""


def grid_of(position_q: Fraction) -> int:
    """The parts of a quarter a position lies on (eighths at least); 960 for one on no musical grid."""
    return lcm(position_q.denominator, COARSEST) if position_q.denominator <= FINEST else TICKS_PER_QUARTER


def place(film_s: Fraction, clock: CueClock, grid: int) -> Fraction:
    """Quarters from the cue's start of a moment of the film; exactly where it was under an unchanged clock.

    Else the nearest multiple of 1/``grid`` within SNAP_S, else the nearest tick. Never before 0.
    """
    if clock.tempo_map is None:
        raise ValueError("clock: a place in the music needs a tempo map")
    time_s = clock.cue_s(film_s)
    exact_q = clock.tempo_map.position_q(time_s)
    if exact_q >= 0 and TICKS_PER_QUARTER % exact_q.denominator == 0:
        return exact_q
    snapped = max(Fraction(0), Fraction(round(exact_q * grid), grid))
    if abs(clock.tempo_map.time_s(snapped) - time_s) <= SNAP_S:
        return snapped
    return max(Fraction(0), Fraction(round(exact_q * TICKS_PER_QUARTER), TICKS_PER_QUARTER))

"""Ticks of a cue as seconds of the project it lies in."""
from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from backend.domain.session import TICKS_PER_QUARTER, TempoMarker
from backend.music.ticks import TickClock


class ProjectClock:
    """The cue's own exact clock, begun at ``start_s``. Without tempo only seconds can be placed.

    Sums are exact; a float is made once, so that neighbours that touch still touch.
    """

    def __init__(self, tempo: Sequence[TempoMarker], start_s: float) -> None:
        self._clock = TickClock(tempo) if tempo else None
        self._start_s = Fraction(start_s)

    def tick_s(self, tick: int) -> float:
        """Project seconds of a tick. Raises ValueError where the session has no tempo."""
        if self._clock is None:
            raise ValueError("session: bars and notes need a tempo")
        return float(self._start_s + self._clock.time_s(tick))

    def span_s(self, first_tick: int, last_tick: int) -> float:
        """Seconds between two ticks."""
        if self._clock is None:
            raise ValueError("session: bars and notes need a tempo")
        return float(self._clock.time_s(last_tick) - self._clock.time_s(first_tick))

    def cue_s(self, time_s: float) -> float:
        """Project seconds of a time of the cue."""
        return float(self._start_s + Fraction(time_s))


def bars_end_tick(tempo: Sequence[TempoMarker], end_tick: int) -> int:
    """The bar line at or after ``end_tick``: the end of the last bar that the cue touches."""
    metres = [marker for marker in tempo if marker.numerator]
    if not metres:
        return end_tick
    last = metres[-1]
    bar = 4 * TICKS_PER_QUARTER * last.numerator // last.denominator
    bars = -((last.tick - max(end_tick, last.tick + 1)) // bar)
    return last.tick + bars * bar

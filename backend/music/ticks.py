"""Ticks and seconds: the session's square tempo map evaluated exactly."""
from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from fractions import Fraction

from backend.domain.session import TICKS_PER_QUARTER, TempoMarker


class TickClock:
    """Cue time of every tick under square tempo: ``time = knot + (tick - knot tick) * us / (960 * 10^6)``.

    ``tempo`` is sorted by tick and starts at tick 0, as in a Session. Raises ValueError otherwise.
    """

    def __init__(self, tempo: Sequence[TempoMarker]) -> None:
        if not tempo or tempo[0].tick != 0:
            raise ValueError("tempo: the first tempo marker must lie at tick 0")
        self._us = [marker.us_per_quarter for marker in tempo]
        self._ticks = [marker.tick for marker in tempo]
        self._times = [Fraction(0)]
        for i in range(1, len(tempo)):
            if self._ticks[i] <= self._ticks[i - 1]:
                raise ValueError("tempo: tempo markers must be sorted by tick")
            self._times.append(self._times[-1] + (self._ticks[i] - self._ticks[i - 1]) * self._tick_s(i - 1))

    def _tick_s(self, index: int) -> Fraction:
        return Fraction(self._us[index], TICKS_PER_QUARTER * 1_000_000)

    def _index(self, tick: int | Fraction) -> int:
        return max(0, bisect_right(self._ticks, tick) - 1)

    def us_per_quarter(self, tick: int) -> int:
        """Tempo that holds from ``tick`` on."""
        return self._us[self._index(tick)]

    def time_s(self, tick: int | Fraction) -> Fraction:
        """Exact cue time of a tick."""
        i = self._index(tick)
        return self._times[i] + (tick - self._ticks[i]) * self._tick_s(i)

    def position(self, time_s: Fraction) -> Fraction:
        """Exact position in ticks of a cue time."""
        i = max(0, bisect_right(self._times, time_s) - 1)
        return self._ticks[i] + (time_s - self._times[i]) / self._tick_s(i)

    def nearest_tick(self, time_s: Fraction) -> int:
        return int((self.position(time_s) + Fraction(1, 2)) // 1)


def ticks(position_q: Fraction) -> int:
    """Nearest tick of a position in quarters."""
    return int((position_q * TICKS_PER_QUARTER + Fraction(1, 2)) // 1)

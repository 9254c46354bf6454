"""Ticks to samples, exactly: the session's square tempo map as integers."""
from __future__ import annotations

from bisect import bisect_right
from fractions import Fraction

from backend.domain.session import TICKS_PER_QUARTER, TempoMarker

_TICK_US = TICKS_PER_QUARTER * 1_000_000


class SessionClock:
    """Where a tick falls on the picture's clock. Times are sums of whole microseconds, so nothing drifts."""

    def __init__(self, tempo: tuple[TempoMarker, ...], sample_rate: int) -> None:
        markers = sorted(tempo, key=lambda marker: marker.tick) or [TempoMarker(0, 500_000)]
        self.sample_rate = sample_rate
        self._ticks = [0, *(marker.tick for marker in markers if marker.tick > 0)]
        first = [marker for marker in markers if marker.tick <= 0]
        self._us = [(first or markers)[-1 if first else 0].us_per_quarter,
                    *(marker.us_per_quarter for marker in markers if marker.tick > 0)]
        self._sums = [0]
        for i in range(1, len(self._ticks)):
            self._sums.append(self._sums[-1] + (self._ticks[i] - self._ticks[i - 1]) * self._us[i - 1])

    def time_s(self, tick: int) -> Fraction:
        """Exact seconds from the cue's start; ticks before 0 continue the first tempo backwards."""
        return Fraction(self._tick_us(tick), _TICK_US)

    def sample(self, tick: int) -> int:
        """Nearest sample to a tick (halves up)."""
        return (2 * self._tick_us(tick) * self.sample_rate + _TICK_US) // (2 * _TICK_US)

    def _tick_us(self, tick: int) -> int:
        """Time in ticks times microseconds per quarter: a whole number."""
        i = max(0, bisect_right(self._ticks, tick) - 1)
        return self._sums[i] + (tick - self._ticks[i]) * self._us[i]

"""Ticks of a cue as seconds of the project it lies in."""
from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from backend.domain.session import TICKS_PER_QUARTER, Session, TempoMarker
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


def bars_end_tick(session: Session) -> int:
    """The end of the cue's last bar: the first bar line that nothing of the cue reaches past."""
    last = max([1, session.end_tick, *(region.end_tick for region in session.regions),
                *(item.start_tick + item.length_ticks for track in session.tracks for item in track.midi)])
    metre = max((marker for marker in session.tempo if marker.numerator), key=lambda marker: marker.tick, default=None)
    if metre is None:
        return last
    bar = 4 * TICKS_PER_QUARTER * metre.numerator // metre.denominator
    return metre.tick + max(1, -((metre.tick - last) // bar)) * bar

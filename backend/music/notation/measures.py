"""Bars of a tempo map, continued past its end where notes need them, and notes cut at bar lines."""
from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from fractions import Fraction

from backend.domain.tempo import Bar, TempoMap


def bars_to(tempo_map: TempoMap, end_q: Fraction) -> tuple[Bar, ...]:
    """The map's bars, and as many more in the last metre as it takes to reach ``end_q``."""
    bars = list(tempo_map.bars)
    while not bars or bars[-1].end_q < end_q:
        meter = tempo_map.meters[-1]
        start = bars[-1].end_q if bars else Fraction(0)
        bars.append(Bar(len(bars) + 1, start, meter.length_q, meter.numerator, meter.denominator))
    return tuple(bars)


@dataclass(frozen=True)
class Piece:
    """Part of an event inside one bar: number ``source`` (None: rest), from ``start_q`` to ``end_q``; ``tied`` when
    the event goes on in the next piece."""

    source: int | None
    start_q: Fraction
    end_q: Fraction
    tied: bool


def lay_out(events: list[tuple[Fraction, Fraction]], bars: tuple[Bar, ...]) -> list[list[Piece]]:
    """Pieces of every bar in order, rests included. ``events`` are (start, end), sorted, not overlapping.

    Raises ValueError for an event outside the bars: there is nowhere to write it.
    """
    if any(start < 0 or max(start, end) > bars[-1].end_q for start, end in events):
        raise ValueError(f"an event lies outside the bars, which end at {bars[-1].end_q}")
    starts = [bar.start_q for bar in bars]
    out: list[list[Piece]] = [[] for _ in bars]
    position = Fraction(0)
    for number, (start, end) in enumerate([*events, (bars[-1].end_q, bars[-1].end_q)]):
        for source, lo, hi in ((None, position, start), (number, start, end)):
            while lo < hi:
                index = bisect_right(starts, lo) - 1
                stop = min(hi, bars[index].end_q)
                out[index].append(Piece(source, lo, stop, source is not None and stop < hi))
                lo = stop
        position = end
    return out

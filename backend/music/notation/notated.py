"""Written lengths. Players read a short-played quarter as a quarter: silence that only shortens a note is not written.

A note is written up to the next onset, the bar line or the next beat or part of one, the first of them that gives a
length easy to write, where the silence until there is shorter than a beat and at most half of the written length;
longer silences are rests.
"""
from __future__ import annotations

from bisect import bisect_left, bisect_right
from fractions import Fraction

from backend.domain.score import Note
from backend.domain.tempo import Bar

STACCATO_BELOW = Fraction(55, 100)
"""Sounding over written length below which a dot is written: half lengths are dotted, three quarters are not."""
OVERLAP_Q = Fraction(1, 8)
"""A note that sounds on for at most a 32nd, and a quarter of its length, under the next is written up to the next."""


def beat_q(bar: Bar) -> Fraction:
    """Length of a beat: three of the denominator's values in compound metres."""
    return Fraction(12 if bar.denominator >= 8 and bar.numerator % 3 == 0 else 4, bar.denominator)


def notated_end(start: Fraction, end: Fraction, following: Fraction | None, bar: Bar) -> Fraction:
    """Where a note that sounds from ``start`` to ``end`` is written to end. ``bar`` holds ``end`` (or closes there);
    ``following`` is the next onset at or after ``end``."""
    limit = bar.end_q if following is None else min(bar.end_q, following)
    beat = beat_q(bar)
    if _is_breath(start, end, limit, beat) and _is_plain(limit - start):
        return limit
    for step in _steps(start - bar.start_q, beat):
        edge = bar.start_q - (bar.start_q - end) // step * step
        if edge <= limit and _is_breath(start, end, edge, beat) and _is_plain(edge - start):
            return edge
    return end


def _is_breath(start: Fraction, end: Fraction, until: Fraction, beat: Fraction) -> bool:
    gap = until - end
    return gap < beat and 2 * gap <= until - start


def _is_plain(length_q: Fraction) -> bool:
    """Plain and dotted values, of triplets too, and any count of eighths from a quarter on."""
    if length_q >= 1 and length_q.denominator <= 2:
        return True
    return _odd_part(length_q.numerator) <= 3 and _odd_part(length_q.denominator) <= 3


def _odd_part(value: int) -> int:
    return value // (value & -value)


def _steps(place: Fraction, beat: Fraction) -> tuple[Fraction, ...]:
    """The beat and its parts: thirds where the note starts on a third (or the beat has three parts), else halves."""
    third = beat / 3
    parted = beat.numerator == 3 or place % third == 0 and place % (beat / 4) != 0
    return (beat, third, third / 2) if parted else (beat, beat / 2, beat / 4)


def bar_of_end(end: Fraction, bars: tuple[Bar, ...], starts: list[Fraction]) -> Bar:
    """The bar in which something ends; one that ends on a bar line belongs to the bar before it."""
    return bars[max(0, bisect_left(starts, end) - 1)]


def notated_ends(notes: tuple[Note, ...], bars: tuple[Bar, ...], struck: bool) -> list[Fraction]:
    """Written end of every note of a part, in order. ``struck``: unpitched percussion, whose sounding length says
    nothing; every stroke is written up to the next one or the next beat."""
    onsets = sorted({note.onset_q for note in notes})
    starts = [bar.start_q for bar in bars]
    known: dict[tuple[Fraction, Fraction], Fraction] = {}
    out = []
    for note in notes:
        key = (note.onset_q, note.duration_q)
        if key not in known:
            known[key] = _stroke_end(note.onset_q, onsets, bars, starts) if struck else _end(note, onsets, bars, starts)
        out.append(known[key])
    return out


def _end(note: Note, onsets: list[Fraction], bars: tuple[Bar, ...], starts: list[Fraction]) -> Fraction:
    start, end = note.onset_q, note.end_q
    index = bisect_left(onsets, end)
    following = onsets[index] if index < len(onsets) else None
    if following == end:
        return end
    before = onsets[index - 1]
    if before > start and end - before <= OVERLAP_Q and 4 * (end - before) <= before - start:
        return before
    return notated_end(start, end, following, bar_of_end(end, bars, starts))


def _stroke_end(start: Fraction, onsets: list[Fraction], bars: tuple[Bar, ...], starts: list[Fraction]) -> Fraction:
    bar = bars[max(0, bisect_right(starts, start) - 1)]
    beat = beat_q(bar)
    edge = min(bar.end_q, bar.start_q + ((start - bar.start_q) // beat + 1) * beat)
    index = bisect_right(onsets, start)
    return min(edge, onsets[index]) if index < len(onsets) else edge

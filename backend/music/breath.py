"""Breath: wind players and singers need a quarter of a second of air before their limit is over (craft 4.6)."""
from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from backend.domain.instruments import Instrument
from backend.domain.score import Note
from backend.domain.tempo import TempoMap

AIR_S = Fraction(26, 100)
_LEAST_S = Fraction(12, 100)
"""What must be left of a note that makes room."""
_MARGIN = 0.92


def _gap_q(tempo_map: TempoMap, position_q: Fraction) -> Fraction:
    """The air before a position in 32nds of a quarter, rounded up."""
    start = tempo_map.position_q(tempo_map.time_s(position_q) - AIR_S)
    return Fraction(math.ceil((position_q - start) * 32), 32)


def _fits(notes: Sequence[Note], cut_q: Fraction, gap_q: Fraction, tempo_map: TempoMap) -> bool:
    """Nothing starts so close before the cut that it would vanish."""
    least = _LEAST_S * Fraction(tempo_map.tempo_qpm(cut_q)).limit_denominator(1000) / 60
    return all(note.onset_q >= cut_q or note.onset_q + least <= cut_q - gap_q for note in notes)


def _cut(notes: list[Note], cut_q: Fraction, gap_q: Fraction) -> list[Note]:
    """Air before ``cut_q``; what would sound across it is struck again."""
    out = []
    for note in notes:
        if note.onset_q >= cut_q or note.end_q <= cut_q - gap_q:
            out.append(note)
            continue
        out.append(replace(note, duration_q=cut_q - gap_q - note.onset_q))
        if note.end_q > cut_q:
            out.append(replace(note, onset_q=cut_q, duration_q=note.end_q - cut_q))
    return sorted(out, key=lambda note: (note.onset_q, note.pitch))


def _first_long_run(notes: Sequence[Note], tempo_map: TempoMap, limit_s: float) -> tuple[Fraction, Fraction] | None:
    """Start and end of the first stretch without air that is longer than the limit."""
    start, end = notes[0].onset_q, notes[0].end_q
    for note in [*notes[1:], None]:
        rested = note is not None and tempo_map.time_s(note.onset_q) - tempo_map.time_s(end) >= Fraction(1, 4)
        if note is None or rested:
            if tempo_map.time_s(end) - tempo_map.time_s(start) > limit_s:
                return start, end
            if note is not None:
                start = note.onset_q
        if note is not None:
            end = note.end_q if rested else max(end, note.end_q)
    return None


def _cut_point(notes: list[Note], run: tuple[Fraction, Fraction], tempo_map: TempoMap,
               limit_s: float) -> Fraction | None:
    """The latest onset a breath allows before which there is room; a beat inside a long note when there is none."""
    start_s = tempo_map.time_s(run[0])
    beat = tempo_map.beat_q
    count = int((run[1] - run[0]) / beat) + 2
    beats = [Fraction(math.floor(run[0] / beat)) * beat + i * beat for i in range(1, count)]
    for options in (sorted({note.onset_q for note in notes}), beats):
        good = [q for q in options if run[0] < q < run[1]
                and 0.3 * limit_s <= tempo_map.time_s(q) - start_s <= limit_s
                and _fits(notes, q, _gap_q(tempo_map, q), tempo_map)]
        if good:
            return good[-1]
    return None


def breathe(notes: Sequence[Note], instrument: Instrument, tempo_map: TempoMap) -> tuple[Note, ...]:
    """Notes with air in them where the instrument needs it. Onsets stay; durations get shorter; held tones longer than
    a breath are struck again."""
    if instrument.breath_limit_s is None or not notes:
        return tuple(notes)
    limit_s = _MARGIN * instrument.breath_limit_s
    out = sorted(notes, key=lambda note: (note.onset_q, note.pitch))
    for _ in range(len(out) + 64):
        run = _first_long_run(out, tempo_map, limit_s)
        cut_q = _cut_point(out, run, tempo_map, limit_s) if run else None
        if cut_q is None:
            break
        out = _cut(out, cut_q, _gap_q(tempo_map, cut_q))
    return tuple(out)

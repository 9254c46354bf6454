"""Putting a few rewritten bars of a few parts into a score that otherwise stays as it is, bit for bit."""
from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from backend.domain.score import Control, Note, Part, Score
from backend.domain.tempo import TempoMap


def _span(bars: tuple[int, int], tempo_map: TempoMap) -> tuple[Fraction, Fraction | None]:
    """Start and end of inclusive bars; the last bar includes the final chord after it."""
    first = tempo_map.bars[max(1, bars[0]) - 1]
    last = tempo_map.bars[min(bars[1], tempo_map.bar_count) - 1]
    return first.start_q, None if bars[1] >= tempo_map.bar_count else last.end_q


def _timed(part: Part) -> list[tuple[Note, float | None]]:
    offsets: list[float | None] = list(part.timing_ms) if part.timing_ms else [None] * len(part.notes)
    return list(zip(part.notes, offsets, strict=True))


def _merged(old: Part, new: Part, span: tuple[Fraction, Fraction | None]) -> Part:
    def inside(position: Fraction) -> bool:
        return position >= span[0] and (span[1] is None or position < span[1])

    notes = [pair for pair in _timed(old) if not inside(pair[0].onset_q)]
    notes += [pair for pair in _timed(new) if inside(pair[0].onset_q)]
    notes.sort(key=lambda pair: (pair[0].onset_q, pair[0].pitch))
    kept: list[Control] = [c for c in old.controls if not inside(c.position_q)]
    kept += [c for c in new.controls if inside(c.position_q)]
    kept.sort(key=lambda control: (control.position_q, control.number))
    timing = tuple(offset or 0.0 for _, offset in notes) if old.timing_ms or new.timing_ms else ()
    return replace(old, notes=tuple(note for note, _ in notes), controls=tuple(kept), timing_ms=timing)


def splice_score(old: Score, new: Score, bars: tuple[int, int], parts: frozenset[str] | None,
                 tempo_map: TempoMap) -> Score:
    """``old`` with the notes and controls that start in ``bars`` (inclusive) of ``parts`` (None: all) from ``new``.

    A part only ``new`` has joins at the end with what it plays there; chords and sections stay ``old``'s.
    """
    span = _span(bars, tempo_map)
    fresh = {part.id: part for part in new.parts}
    out = []
    for part in old.parts:
        if parts is not None and part.id not in parts:
            out.append(part)
            continue
        source = fresh.get(part.id, replace(part, notes=(), controls=(), timing_ms=()))
        out.append(_merged(part, source, span))
    have = {part.id for part in old.parts}
    for part in new.parts:
        if part.id not in have and (parts is None or part.id in parts):
            joined = _merged(replace(part, notes=(), controls=(), timing_ms=()), part, span)
            if joined.notes:
                out.append(joined)
    return replace(old, parts=tuple(out))

"""Changes of notes: who is silent, what comes back, octaves, articulations; hits are met where somebody still plays."""
from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from fractions import Fraction

from backend.domain.hits import HitPoints
from backend.domain.score import Note, Part, Score
from backend.domain.tempo import TempoMap
from backend.music.harmony import anchored_hits
from backend.music.instruments import instruments

_STRUCK = 96
"""Velocity of a held tone that is struck again on a hit: between forte and fortissimo, by ear."""
Timed = tuple[Note, float]


@dataclass(frozen=True)
class Span:
    """Some bars in quarters; what is struck after the last bar (the final chord) belongs to it."""

    start_q: Fraction
    end_q: Fraction | None

    def starts_in(self, note: Note) -> bool:
        return note.onset_q >= self.start_q and (self.end_q is None or note.onset_q < self.end_q)

    def sounds_in(self, note: Note) -> bool:
        return note.end_q > self.start_q and (self.end_q is None or note.onset_q < self.end_q)


def span_of(bars: range, tempo_map: TempoMap) -> Span:
    """The stretch of consecutive bars."""
    last = tempo_map.bars[bars[-1] - 1]
    return Span(tempo_map.bars[bars[0] - 1].start_q, None if last.number == tempo_map.bar_count else last.end_q)


def timed(part: Part) -> list[Timed]:
    """Notes with their humanised offsets."""
    return list(zip(part.notes, part.timing_ms or (0.0,) * len(part.notes), strict=True))


def with_notes(part: Part, notes: Iterable[Timed]) -> Part:
    """A part with other notes, in order; without offsets where it had none."""
    ordered = sorted(notes, key=lambda pair: (pair[0].onset_q, pair[0].pitch, pair[0].end_q))
    has_timing = bool(part.timing_ms) or any(offset for _, offset in ordered)
    return replace(part, notes=tuple(note for note, _ in ordered),
                   timing_ms=tuple(offset for _, offset in ordered) if has_timing else ())


def changed(score: Score, ids: Iterable[str], change: Callable[[Part], Part]) -> Score:
    """The score with some parts changed."""
    wanted = frozenset(ids)
    return replace(score, parts=tuple(change(part) if part.id in wanted else part for part in score.parts))


def silence(part: Part, span: Span) -> Part:
    """Nothing of the part sounds there; what rings into it stops at its first bar line. Controllers stay: what comes
    after goes on as loud as it was."""
    if not any(span.sounds_in(note) for note in part.notes):
        return part
    out: list[Timed] = []
    for note, offset in timed(part):
        if not span.sounds_in(note):
            out.append((note, offset))
        elif note.onset_q < span.start_q:
            out.append((replace(note, duration_q=span.start_q - note.onset_q), offset))
    return with_notes(part, out)


def bring_back(part: Part, first: Part | None, span: Span) -> Part:
    """The part as it first was in those bars; what was cut off at their first bar line rings on."""
    if first is None:
        return part
    origin = {(note.onset_q, note.pitch): (note, offset) for note, offset in timed(first) if span.sounds_in(note)}
    out: list[Timed] = []
    for note, offset in timed(part):
        same = origin.pop((note.onset_q, note.pitch), None)
        if same is not None and not span.starts_in(note):
            out.append((replace(note, duration_q=max(note.duration_q, same[0].duration_q)), offset))
        elif same is not None:
            out.append(same)
        elif not span.starts_in(note):
            out.append((note, offset))
    out += [pair for pair in origin.values() if span.starts_in(pair[0])]
    return with_notes(part, out)


def move_octaves(part: Part, span: Span, octaves: int) -> Part:
    """Notes that start there, moved by octaves."""
    return with_notes(part, [(replace(note, pitch=note.pitch + 12 * octaves) if span.starts_in(note) else note, offset)
                             for note, offset in timed(part)])


def articulate(part: Part, span: Span, articulation: str) -> Part:
    """Notes that start there are played another way."""
    return replace(part, notes=tuple(replace(note, articulation=articulation) if span.starts_in(note) else note
                                     for note in part.notes))


def struck_positions(score: Score) -> frozenset[Fraction]:
    """Where anything is struck."""
    return frozenset(note.onset_q for part in score.parts for note in part.notes)


def hits_in(hits: HitPoints, tempo_map: TempoMap, span: Span) -> tuple[Fraction, ...]:
    """Hard hits that the tempo map meets within a span."""
    return tuple(q for q in anchored_hits(hits, tempo_map)
                 if q >= span.start_q and (span.end_q is None or q < span.end_q))


def meet_hits(before: Score, after: Score, positions: Iterable[Fraction]) -> tuple[Score, tuple[str, ...]]:
    """Hits that were struck before and are not any more: whoever holds a tone across one strikes it again there, the
    quickest instrument first. Also the ids of those parts, one a hit met; "" for a hit that nobody can meet."""
    who: list[str] = []
    for position in positions:
        if position not in struck_positions(before) or position in struck_positions(after):
            continue
        holding = [part for part in after.parts if instruments()[part.instrument].pitched
                   and any(note.onset_q < position < note.end_q for note in part.notes)]
        holding.sort(key=lambda part: (instruments()[part.instrument].attack_ms, part.id))
        if holding:
            after = changed(after, [holding[0].id], lambda part, q=position: _restruck(part, q))  # type: ignore[misc]
        who.append(holding[0].id if holding else "")
    return after, tuple(who)


def _restruck(part: Part, position: Fraction) -> Part:
    out: list[Timed] = []
    for note, offset in timed(part):
        if note.onset_q < position < note.end_q:
            out.append((replace(note, duration_q=position - note.onset_q), offset))
            out.append((replace(note, onset_q=position, duration_q=note.end_q - position,
                                velocity=max(note.velocity, _STRUCK)), 0.0))
        else:
            out.append((note, offset))
    return with_notes(part, out)

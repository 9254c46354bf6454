"""Unpitched percussion: a groove that grows with the dynamic, fills and swells that lead into the big hits."""
from __future__ import annotations

from fractions import Fraction

from backend.domain.score import Note
from backend.domain.tempo import Bar
from backend.music.harmony import half_bar
from backend.music.layers.canvas import BIG_HIT, Anchor, Canvas, Seat

_SHORT = Fraction(1, 4)
_STRONG, _MID, _WEAK = 72, 60, 46
_LOW = frozenset({"bass_drum", "taiko_ensemble", "toms", "frame_drum"})
_RATTLES = frozenset({"shaker", "tambourine"})
_SWELLS = frozenset({"cymbal_susp"})
_SWELL_BEATS = 3


def _hit(position_q: Fraction, pitch: int, weight: int) -> Note:
    return Note(position_q, _SHORT, pitch, weight)


def _low_bar(canvas: Canvas, bar: Bar, pitches: tuple[int, ...], index: int) -> list[Note]:
    out = [_hit(bar.start_q, pitches[0], _STRONG)]
    if index >= 4 and bar.length_q >= 2:
        out.append(_hit(bar.start_q + half_bar(bar), pitches[-1], _MID))
    if index >= 5:
        out.append(_hit(bar.end_q - Fraction(1, 2), pitches[-1], _WEAK))
    if index >= 6:
        position = bar.start_q + Fraction(1, 2)
        while position < bar.end_q - Fraction(1, 2):
            out.append(_hit(position, pitches[len(out) % len(pitches)], _WEAK))
            position += Fraction(1, 2)
    return out


def _snare_bar(canvas: Canvas, bar: Bar, pitches: tuple[int, ...], index: int) -> list[Note]:
    beat = canvas.tempo_map.beat_q
    out = []
    place, position = 0, bar.start_q
    while position < bar.end_q:
        if place % 2:
            out.append(_hit(position, pitches[0], _MID))
        elif index >= 5:
            out.append(_hit(position, pitches[0], _WEAK))
        if index >= 6 and place % 2 == 0:
            out += [_hit(position + beat / 2, pitches[0], _WEAK), _hit(position + 3 * beat / 4, pitches[0], _WEAK)]
        place, position = place + 1, position + beat
    return out


def _rattle_bar(canvas: Canvas, bar: Bar, pitches: tuple[int, ...], index: int) -> list[Note]:
    step = Fraction(1, 2) if index < 6 else Fraction(1, 4)
    count = int(bar.length_q / step)
    return [_hit(bar.start_q + i * step, pitches[0], _MID if i % 2 == 0 else _WEAK) for i in range(count)]


def _crash_bar(canvas: Canvas, bar: Bar, pitches: tuple[int, ...], index: int) -> list[Note]:
    starts = {section.first_bar for section in canvas.plan.sections}
    return [_hit(bar.start_q, pitches[0], _MID)] if bar.number in starts and index >= 4 else []


def _groove(canvas: Canvas, bar: Bar, seat: Seat) -> list[Note]:
    pitches = seat.instrument.drum_pitches
    index = canvas.steady_dynamic(bar.number)
    if seat.instrument.id in _SWELLS:
        return []
    if seat.instrument.id in _LOW:
        return _low_bar(canvas, bar, pitches, index)
    if seat.instrument.id in _RATTLES:
        return _rattle_bar(canvas, bar, pitches, index)
    if seat.instrument.id == "snare":
        return _snare_bar(canvas, bar, pitches, index)
    return _crash_bar(canvas, bar, pitches, index)


def _lead_in(canvas: Canvas, anchor: Anchor, seat: Seat) -> list[Note]:
    """A crescendo of sixteenths up to half a beat before a big hit: a beat and a half on drums, three on cymbals."""
    beat = canvas.tempo_map.beat_q
    swell = seat.instrument.id in _SWELLS
    beats = Fraction(_SWELL_BEATS) if swell else Fraction(3, 2)
    step = beat / 4
    start, stop = anchor.position_q - beats * beat, anchor.position_q - beat / 2
    earlier = max([a.position_q for a in canvas.hard if a.position_q < anchor.position_q], default=Fraction(-100))
    if start < 0 or earlier > start - beat:
        return []
    count = int((stop - start) / step)
    return [_hit(start + i * step, seat.instrument.drum_pitches[i % 2 % len(seat.instrument.drum_pitches)],
                 30 + round(45 * i / max(1, count - 1))) for i in range(count)]


def write(canvas: Canvas, seat: Seat) -> tuple[Note, ...]:
    """Grooves in the seat's bars; lead-ins to big hits wherever the seat is near."""
    found: dict[tuple[Fraction, int], Note] = {}
    for bar in canvas.playing_bars(seat):
        for note in _groove(canvas, bar, seat):
            found[(note.onset_q, note.pitch)] = note
    for anchor in canvas.hard:
        if anchor.weight >= BIG_HIT and canvas.bar_at(anchor.position_q).number in seat.bars:
            lead = _lead_in(canvas, anchor, seat)
            if lead:
                found = {key: note for key, note in found.items()
                         if not lead[0].onset_q <= note.onset_q < anchor.position_q}
            found.update({(note.onset_q, note.pitch): note for note in lead})
    return tuple(found[key] for key in sorted(found) if key[0] < canvas.end_q)

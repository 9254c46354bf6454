"""The pad: inner voices of the skeleton, held, struck again only where the harmony changes or a hit falls."""
from __future__ import annotations

from fractions import Fraction

from backend.domain.score import Note
from backend.music.layers.canvas import Canvas, Seat
from backend.music.theory import chord_pcs
from backend.music.voicing import Voicing

_SOFT = 58


def _third_voice(voicing: Voicing, root_pc: int, quality: str) -> int:
    """A chord tone above the alto, as low as it goes, that the two inner voices do not have yet."""
    tones = chord_pcs(root_pc, quality)
    have = {voicing.alto % 12, voicing.tenor % 12}
    wanted = [pc for pc in tones if pc not in have] or list(tones)
    return min(p for p in range(voicing.alto + 1, voicing.alto + 14) if p % 12 in wanted)


def _chord_pitches(canvas: Canvas, index: int) -> tuple[int, ...]:
    """From the top: third voice, alto, tenor, and a low root for wide pads."""
    voicing, chord = canvas.voicings[index], canvas.chords[index]
    low = voicing.bass if voicing.bass < voicing.tenor - 6 else voicing.tenor - 12
    return _third_voice(voicing, chord.root_pc, chord.quality), voicing.alto, voicing.tenor, low


def _chosen(pitches: tuple[int, ...], seat: Seat) -> tuple[int, ...]:
    """Which tones a seat plays: a solo section one, two share, an instrument with many fingers the whole chord."""
    many = seat.instrument.max_polyphony >= 4
    if many:
        return pitches[:3] if seat.of > 1 else pitches
    if seat.of == 1:
        return pitches[1:3] if seat.instrument.max_polyphony >= 2 else pitches[1:2]
    place = min(seat.rank, 3)
    if place == seat.of - 1 and seat.instrument.max_polyphony >= 2 and seat.of < 3:
        return pitches[place:place + 2]
    return pitches[place:place + 1]


def _segments(canvas: Canvas, seat: Seat) -> list[tuple[Fraction, Fraction, int]]:
    """(start, end, chord index), cut at chords, hits and the edges of the seat's bars."""
    edges = {chord.onset_q for chord in canvas.chords} | {anchor.position_q for anchor in canvas.hard}
    edges |= {canvas.end_q, canvas.last_q}
    for bar in canvas.tempo_map.bars:
        if (bar.number in seat.bars) != (bar.number + 1 in seat.bars):
            edges.add(bar.end_q)
        if (bar.number in seat.bars) != (bar.number - 1 in seat.bars):
            edges.add(bar.start_q)
    ordered = sorted(q for q in edges if q <= canvas.last_q)
    out = []
    for start, end in zip(ordered, ordered[1:], strict=False):
        if canvas.bar_at(start).number in seat.bars:
            out.append((start, end, canvas.chord_index(start)))
    return out


def write(canvas: Canvas, seat: Seat) -> tuple[Note, ...]:
    """Held chord tones; a tone two chords share is tied over unless a hard hit or the end falls there."""
    held: dict[int, Note] = {}
    out: list[Note] = []
    for start, end, index in _segments(canvas, seat):
        fresh = start in canvas.hard_positions or start == canvas.end_q
        playing: dict[int, Note] = {}
        for pitch in _chosen(_chord_pitches(canvas, index), seat):
            tied = None if fresh else held.get(pitch)
            if tied is not None and tied.end_q == start:
                playing[pitch] = Note(tied.onset_q, end - tied.onset_q, pitch, _SOFT)
            else:
                playing[pitch] = Note(start, end - start, pitch, _SOFT)
        out += [note for pitch, note in held.items()
                if pitch not in playing or playing[pitch].onset_q != note.onset_q]
        held = playing
    out += list(held.values())
    return tuple(sorted(out, key=lambda note: (note.onset_q, note.pitch)))

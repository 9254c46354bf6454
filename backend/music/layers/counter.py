"""The countermelody: it speaks while the melody holds or rests, against its direction, a third to a tenth below."""
from __future__ import annotations

from fractions import Fraction

from backend.domain.score import Note
from backend.music.layers.canvas import Canvas, Seat
from backend.music.theory import chord_pcs, scale_pcs

_SHARE = 0.6
"""At most this many notes for each of the melody's (craft 4.4)."""
_SOFT = 60
_NEAREST, _FARTHEST = 3, 16


def _windows(canvas: Canvas) -> list[tuple[Fraction, Fraction, int, int]]:
    """(start, end, melody pitch, melody direction) of the places the melody leaves free, a beat after its onset."""
    beat = canvas.tempo_map.beat_q
    out = []
    notes = canvas.melody
    for i, note in enumerate(notes):
        end = notes[i + 1].onset_q if i + 1 < len(notes) else canvas.end_q
        end = min(end, canvas.end_q)
        if end - note.onset_q >= 2 * beat or (note.duration_q >= beat and end - note.onset_q > beat):
            direction = note.pitch - notes[i - 1].pitch if i else 0
            out.append((note.onset_q + beat, end, note.pitch, direction))
    return out


def _options(canvas: Canvas, position_q: Fraction, melody_pitch: int, strong: bool) -> list[int]:
    """Pitches a third to a tenth (and a bit) below the melody: chord tones on strong places, scale tones between."""
    chord = canvas.chord_at(position_q)
    pcs = set(chord_pcs(chord.root_pc, chord.quality))
    if not strong:
        pcs |= set(scale_pcs(canvas.brief.tonic_pc, canvas.brief.mode))
    return [p for p in range(melody_pitch - _FARTHEST, melody_pitch - _NEAREST + 1) if p % 12 in pcs]


def _line(canvas: Canvas, window: tuple[Fraction, Fraction, int, int], before: int) -> list[Note]:
    """One note a beat through a window, at most four, moving against the melody."""
    start, end, melody_pitch, direction = window
    beat = canvas.tempo_map.beat_q
    count = max(1, min(4, int((end - start) / beat)))
    step = -1 if direction > 0 else 1
    out: list[Note] = []
    for i in range(count):
        onset = start + i * beat
        length = (end if i == count - 1 else onset + beat) - onset
        if length <= 0:
            break
        wanted = before + (step * 2 if i else 0)
        options = _options(canvas, onset, melody_pitch, i % 2 == 0)
        if not options:
            break
        rated = [(abs(p - wanted) + (3 if p == before and i else 0), p) for p in options]
        before = min(rated)[1]
        out.append(Note(onset, length, before, _SOFT))
    return out


def write(canvas: Canvas, seat: Seat) -> tuple[Note, ...]:
    """One line; it stays below .6 of the melody's number of notes in the bars it plays in."""
    allowed = int(_SHARE * sum(canvas.bar_at(note.onset_q).number in seat.bars for note in canvas.melody))
    before = round(sum(note.pitch for note in canvas.melody) / max(1, len(canvas.melody))) - 9
    out: list[Note] = []
    for window in _windows(canvas):
        if canvas.bar_at(window[0]).number not in seat.bars or window[0] >= canvas.end_q:
            continue
        out += _line(canvas, window, before)[:allowed - len(out)]
        before = out[-1].pitch if out else before
    return tuple(out)

"""The bass: roots on strong beats, busier as it gets louder, a pedal under tension, a step into the hits."""
from __future__ import annotations

from fractions import Fraction

from backend.domain.score import Chord, Note
from backend.domain.tempo import Bar
from backend.music.harmony import half_bar
from backend.music.layers.canvas import Canvas, Seat
from backend.music.ranges import nearest_octave

_LOWEST, _HIGHEST = 28, 52
_HOME = 40
_PEDAL_TENSION = 0.72
_STRONG, _WEAK = 70, 60


def _onsets(canvas: Canvas, bar: Bar, index: int) -> list[Fraction]:
    """Where the bass speaks in a bar: chord changes, hits, and more of them with the dynamic ``index``."""
    found = {bar.start_q}
    found |= {chord.onset_q for chord in canvas.chords if bar.start_q <= chord.onset_q < bar.end_q}
    found |= {anchor.position_q for anchor in canvas.anchors if bar.start_q <= anchor.position_q < bar.end_q}
    detached = canvas.brief.articulation < 0.75
    if index >= 3 and bar.length_q >= 2:
        found.add(bar.start_q + half_bar(bar))
    if (index >= 4 and detached) or index >= 6:
        step = Fraction(1, 2) if index >= 5 and detached else Fraction(1)
        position = bar.start_q
        while position < bar.end_q:
            found.add(position)
            position += step
    return sorted(q for q in found if q < canvas.end_q)


def _root(canvas: Canvas, chord: Chord, tension: float, bar: int) -> int:
    """Pitch class of the bass: the chord's own, or a pedal when the picture is tense."""
    if canvas.is_build(bar) and tension > 0.4:
        return (canvas.brief.tonic_pc + 7) % 12
    if tension > _PEDAL_TENSION:
        return canvas.brief.tonic_pc
    return chord.bass_pc if chord.bass_pc is not None else chord.root_pc


def _near(pc: int, before: int) -> int:
    pitch = nearest_octave(pc, _LOWEST, _HIGHEST, round(0.6 * before + 0.4 * _HOME))
    assert pitch is not None
    return pitch


def _bar_notes(canvas: Canvas, bar: Bar, before: int) -> list[Note]:
    measure = canvas.plan.measures[bar.number - 1]
    index = canvas.steady_dynamic(bar.number)
    onsets = _onsets(canvas, bar, index)
    ends = [*onsets[1:], min(bar.end_q, canvas.end_q)]
    out: list[Note] = []
    for place, (onset, end) in enumerate(zip(onsets, ends, strict=True)):
        chord = canvas.chord_at(onset)
        pc = _root(canvas, chord, measure.tension, bar.number)
        strong = onset in (bar.start_q, chord.onset_q) or onset in canvas.hard_positions
        if not strong and place % 2 and index in (3, 4) and pc == chord.root_pc:
            pc = (chord.root_pc + 7) % 12 if chord.quality not in ("d", "+") else chord.root_pc
        pitch = _near(pc, before)
        if not strong and index >= 6 and place % 2 and pitch + 12 <= _HIGHEST:
            pitch += 12
        out.append(Note(onset, end - onset, pitch, _STRONG if strong else _WEAK))
        before = pitch
    return out


def _approach(notes: list[Note], canvas: Canvas) -> list[Note]:
    """The last beat before a hard hit leads into it by step from below."""
    by_onset = {note.onset_q: note for note in notes}
    out = []
    for note in notes:
        target = by_onset.get(note.end_q)
        beat = canvas.tempo_map.beat_q
        if target is None or note.end_q not in canvas.hard_positions or note.duration_q < 2 * beat:
            out.append(note)
            continue
        step = target.pitch - 2 if (target.pitch - 1) % 12 == (canvas.brief.tonic_pc + 6) % 12 else target.pitch - 1
        lead = max(_LOWEST, step)
        out.append(Note(note.onset_q, note.duration_q - beat, note.pitch, note.velocity))
        out.append(Note(note.end_q - beat, beat, lead, _WEAK))
    return out


def write(canvas: Canvas, seat: Seat) -> tuple[Note, ...]:
    """One line between E1 and E3."""
    out: list[Note] = []
    for bar in canvas.playing_bars(seat):
        out += _bar_notes(canvas, bar, out[-1].pitch if out else _HOME)
    if canvas.tempo_map.bar_count in seat.bars:
        pitch = _near(canvas.chords[-1].root_pc, out[-1].pitch if out else _HOME)
        out.append(Note(canvas.end_q, canvas.last_q - canvas.end_q, pitch, _STRONG))
    return tuple(_approach(out, canvas))

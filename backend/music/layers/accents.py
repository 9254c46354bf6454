"""The accents on anchored hits: several instruments strike together, at least one of them with a fast attack."""
from __future__ import annotations

from fractions import Fraction

from backend.domain.instruments import Instrument
from backend.domain.score import Note
from backend.music.layers.canvas import BIG_HIT, Anchor, Canvas, Seat
from backend.music.ranges import nearest_octave
from backend.music.theory import chord_pcs

FAST_ATTACK_MS = 15.0
"""An instrument that is at half its loudness within this time can carry an accent alone."""
_LIGHT_FAMILIES = frozenset({"harp", "celesta", "glockenspiel", "piano", "felt_piano", "strings_pizzicato", "marimba",
                             "vibraphone", "triangle", "crotales", "guitar_nylon", "kalimba", "music_box"})
_RING_Q = {"percussion": Fraction(1, 2), "brass": Fraction(1), "strings": Fraction(1, 2), "tuned_perc": Fraction(2),
           "strings_plucked": Fraction(2), "keys": Fraction(2), "plucked": Fraction(2)}
_HARD, _LAST, _SOFT = 80, 76, 60


def _struck(canvas: Canvas, anchor: Anchor, instrument: Instrument) -> list[int]:
    """Pitches of the blow: drums their keys, low instruments root and fifth, the others the chord."""
    if not instrument.pitched:
        return list(instrument.drum_pitches[:2 if anchor.weight >= BIG_HIT else 1])
    chord = canvas.chord_at(anchor.position_q)
    tones = chord_pcs(chord.root_pc, chord.quality)
    low, high = instrument.sweet_range
    middle = (low + high) // 2
    fingers = instrument.max_polyphony
    root = nearest_octave(chord.root_pc, low, high, low + 5) or nearest_octave(
        chord.root_pc, *instrument.practical_range, middle)
    if root is None:
        return []
    if fingers <= 2 or high < 60:
        fifth = nearest_octave(tones[2] if len(tones) > 2 else tones[1], root + 5, high, root + 7)
        return [root, fifth] if fingers >= 2 and fifth is not None and anchor.weight >= BIG_HIT else [root]
    home = max(root, min(60, high - 12))
    upper = [nearest_octave(pc, home, home + 11, home) for pc in tones[:3]]
    octave = [root] if root <= home - 7 else []
    return [*octave, *sorted(p for p in upper if p is not None)][:max(2, min(fingers, 5))]


def _plays(anchor: Anchor, seat: Seat) -> bool:
    """The first accent track meets every hard hit, the second the heavier ones, all of them the big ones; soft hits
    get one light instrument."""
    if not anchor.hard:
        return seat.instrument.id in _LIGHT_FAMILIES and seat.rank <= 1
    if anchor.weight >= 0.8:
        return True
    return seat.rank <= 1


def write(canvas: Canvas, seat: Seat) -> tuple[Note, ...]:
    """Blows on the hits, and one on the last chord when the music ends loud or cut off."""
    out: list[Note] = []
    ring = _RING_Q.get(seat.instrument.family, Fraction(1))
    stops = [anchor.position_q for anchor in canvas.anchors]
    for anchor in canvas.anchors:
        if not _plays(anchor, seat):
            continue
        after = min([q for q in stops if q > anchor.position_q], default=anchor.position_q + 8)
        length = min(ring, (after - anchor.position_q) * Fraction(3, 4))
        weight = _HARD + round(12 * anchor.weight) if anchor.hard else _SOFT
        pitches = _struck(canvas, anchor, seat.instrument)
        out += [Note(anchor.position_q, length, pitch, weight) for pitch in (pitches if anchor.hard else pitches[-2:])]
    closes = canvas.arrange.ending == "cut_off" or canvas.plan.measures[-1].level >= 0.55 or seat.rank == 0
    if closes and canvas.end_q not in {note.onset_q for note in out}:
        last = Anchor(canvas.end_q, 0.7, True)
        out += [Note(canvas.end_q, ring, pitch, _LAST) for pitch in _struck(canvas, last, seat.instrument)]
    return tuple(sorted(out, key=lambda note: (note.onset_q, note.pitch)))

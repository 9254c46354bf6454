"""The ostinato: a one-bar rhythm over chord tones that stays in one octave and changes only with the section."""
from __future__ import annotations

from collections import Counter
from fractions import Fraction

from backend.domain.score import Note
from backend.domain.spotting import Section
from backend.domain.tempo import Bar, TempoMap
from backend.music.harmony import half_bar
from backend.music.layers.canvas import Canvas, Seat
from backend.music.theory import chord_pcs, scale_pcs

_PATTERNS = ((0, 1, 2, 1), (0, 3, 1, 4), (2, 1, 0, 1), (0, 1, 0, 2))
"""Indexes into root, fifth, octave, second, third: 1-5-8-5, 1-2-5-3, 8-5-1-5, 1-5-1-8 (craft 4.4)."""
_STRONG, _WEAK = 68, 58
_PULSES_PER_S = (2.6, 6.0)


def pulse_q(tempo_map: TempoMap, arousal: float) -> Fraction:
    """Length of a pulse: eighths or sixteenths so that a lively cue runs at about six a second, a calm one at three."""
    low, high = _PULSES_PER_S
    wanted = low + (high - low) * (arousal + 1) / 2
    per_quarter = wanted * 60 / tempo_map.tempo_qpm(Fraction(0))
    options = (Fraction(1), Fraction(1, 2), Fraction(1, 4))
    return min(options, key=lambda pulse: abs(float(1 / pulse) - per_quarter))


def euclid(onsets: int, pulses: int, turn: int = 0) -> str:
    """Onsets spread as evenly as whole pulses allow (Toussaint 2005), beginning on the first."""
    onsets = max(1, min(onsets, pulses))
    hits = {(i * pulses) // onsets for i in range(onsets)}
    cell = "".join("x" if i in hits else "." for i in range(pulses))
    turned = cell[turn % pulses:] + cell[:turn % pulses]
    return turned if turned[0] == "x" else cell


def melody_cell(melody: tuple[Note, ...], bars: tuple[Bar, ...], section: Section, pulse: Fraction) -> str:
    """The commonest bar rhythm of the melody in a section, on the pulse grid; empty when no bar has two onsets."""
    seen: Counter[str] = Counter()
    for bar in bars[section.first_bar - 1:section.last_bar]:
        places = {int((note.onset_q - bar.start_q) / pulse) for note in melody
                  if bar.start_q <= note.onset_q < bar.end_q}
        if len(places) >= 2:
            count = int(bar.length_q / pulse)
            seen["".join("x" if i in places else "." for i in range(count))] += 1
    return max(sorted(seen), key=lambda cell: seen[cell]) if seen else ""


def _tones(canvas: Canvas, position_q: Fraction, home: int) -> tuple[int, ...]:
    """Root, fifth, octave, second and third of the chord, the root in the octave above ``home``."""
    chord = canvas.chord_at(position_q)
    root = home + (chord.root_pc - home) % 12
    steps = [(pc - chord.root_pc) % 12 for pc in chord_pcs(chord.root_pc, chord.quality)]
    fifth = next((step for step in steps if step in (6, 7, 8)), 7)
    third = next((step for step in steps if step in (3, 4)), 5)
    scale = scale_pcs(canvas.brief.tonic_pc, canvas.brief.mode)
    second = 2 if (chord.root_pc + 2) % 12 in scale else third
    return root, root + fifth, root + 12, root + second, root + third


def _cell_of(canvas: Canvas, bar: Bar) -> str:
    found = [layer.cell for layer in canvas.arrange.layers
             if layer.role == "ostinato" and layer.from_bar <= bar.number <= layer.to_bar and layer.cell]
    return found[-1] if found else "x.x.x.x."


def _pulses(canvas: Canvas, bar: Bar, pulse: Fraction) -> list[tuple[Fraction, bool]]:
    """(position, strong) of the onsets in a bar; the second half of a build's last bar runs twice as fast."""
    cell = _cell_of(canvas, bar)
    rush = canvas.is_build(bar.number) and not canvas.is_build(bar.number + 1) and pulse > Fraction(1, 4)
    places = {i * pulse: i % max(1, int(1 / pulse)) == 0 for i in range(int(bar.length_q / pulse))
              if cell[i % len(cell)] == "x" or bar.start_q + i * pulse in canvas.hard_positions}
    if rush:
        half, step = half_bar(bar), pulse / 2
        places |= {half + i * step: (half + i * step) % 1 == 0 for i in range(int((bar.length_q - half) / step))}
    return [(bar.start_q + place, places[place]) for place in sorted(places)]


def write(canvas: Canvas, seat: Seat) -> tuple[Note, ...]:
    """Single notes around the instrument's lower middle."""
    low, high = seat.instrument.sweet_range
    home = max(low, min(high - 19, 55 if seat.rank == 0 else 48))
    pulse = pulse_q(canvas.tempo_map, canvas.brief.arousal)
    out: list[Note] = []
    for bar in canvas.playing_bars(seat):
        pattern = _PATTERNS[(canvas.section_index(bar.number) + canvas.seed) % len(_PATTERNS)]
        for i, (position, strong) in enumerate(_pulses(canvas, bar, pulse)):
            if position >= canvas.end_q:
                break
            pitch = _tones(canvas, position, home)[pattern[i % len(pattern)]]
            length = min(pulse, canvas.end_q - position)
            out.append(Note(position, length, pitch, _STRONG if strong else _WEAK))
    if out and canvas.tempo_map.bar_count in seat.bars:
        out.append(Note(canvas.end_q, Fraction(1), _tones(canvas, canvas.end_q, home)[0], _STRONG))
    return tuple(out)

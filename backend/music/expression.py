"""Playing, not printing: velocities, continuous controllers, articulations and human timing (craft 4.7, 4.8)."""
from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np

from backend.domain.instruments import Instrument
from backend.domain.score import Control, Note
from backend.music.layers.canvas import Canvas
from backend.music.levels import LevelCurve

HIT_TIMING_MS = 3.0
_SPREAD_MS = {"melody": 8.0, "counter": 8.0, "doubling": 8.0, "pad": 12.0, "bass": 6.0, "ostinato": 4.0,
              "percussion": 3.0, "accent": 3.0}
_MEMORY = 0.6
"""AR(1) coefficient: a player who is late stays late for a while."""
_MODULATION, _EXPRESSION = 1, 11
_THIN = 1.5
_STEP_Q = Fraction(1, 4)
_NEUTRAL = 64
_SHORT_ROLES = frozenset({"ostinato", "percussion", "accent"})
_DETACHED = ("spiccato", "staccato")


def part_rng(seed: int, part: str) -> np.random.Generator:
    """One stream of chance per part, so that parts do not disturb one another when one is written anew."""
    return np.random.default_rng([seed & 0x7FFFFFFF, zlib.crc32(part.encode())])


def _metric(canvas: Canvas, position_q: Fraction) -> float:
    """First beat +6, half bar +3, off the beat -4."""
    bar = canvas.bar_at(position_q)
    place = position_q - bar.start_q
    if place == 0:
        return 6.0
    if place * 2 == bar.length_q:
        return 3.0
    return -4.0 if place % canvas.tempo_map.beat_q else 0.0


def velocities(notes: Sequence[Note], canvas: Canvas, role: str, rng: np.random.Generator) -> tuple[Note, ...]:
    """``28 + 92 L^.9`` plus metre, the layer's own emphasis (velocity 64 = none) and a little chance."""
    out = []
    chance = rng.normal(0.0, 3.0, len(notes))
    for note, wobble in zip(notes, chance, strict=True):
        on_hit = note.onset_q in canvas.hard_positions
        level = canvas.curve.at(note.onset_q)
        value = 28 + 92 * level ** 0.9 + _metric(canvas, note.onset_q) + (note.velocity - _NEUTRAL) + float(wobble)
        if on_hit:
            value += 4 if role == "accent" else 12 if role != "pad" else 4
        if role == "accent":
            value = max(value, 78.0) if on_hit else min(value, 92.0)
        low = 34 if role == "melody" else 20
        out.append(replace(note, velocity=int(min(127, max(low, round(value))))))
    return tuple(out)


def articulation_of(note: Note, next_onset_q: Fraction | None, instrument: Instrument, canvas: Canvas,
                    role: str) -> str:
    """The way to play a note (craft 4.7), out of what the instrument offers; empty for its normal tone."""
    offers = instrument.articulations
    level, beat = canvas.curve.at(note.onset_q), canvas.tempo_map.beat_q
    tension = canvas.measure_at(note.onset_q).tension
    ratio = float(note.duration_q / (next_onset_q - note.onset_q)) if next_onset_q else 1.0
    fast = canvas.tempo_map.tempo_qpm(note.onset_q) >= 100
    wishes: list[str] = []
    if note.onset_q in canvas.hard_positions and level >= 0.5 and role != "pad":
        wishes += ["sfz", "marcato", "hard"]
    if role == "ostinato" or (note.duration_q <= beat / 2 and fast):
        wishes += ["pizzicato"] if level < 0.45 and canvas.brief.valence > 0.3 else []
        wishes += _DETACHED
    if note.duration_q >= 2 * beat and tension > 0.75 and role == "pad" and canvas.brief.valence < 0:
        wishes += ["tremolo"]
    if level < 0.2 and canvas.brief.valence < 0.2 and role in ("pad", "counter"):
        wishes += ["con_sord", "sul_tasto"]
    if note.duration_q >= 2 * beat:
        wishes += ["long"]
    if ratio >= 0.95:
        wishes += ["legato"]
    wishes += ["long", "note", "hit"]
    return next((wish for wish in wishes if wish in offers), "")


def articulate(notes: Sequence[Note], instrument: Instrument, canvas: Canvas, role: str) -> tuple[Note, ...]:
    """Give every note its articulation; a change comes no sooner than two beats after the one before."""
    out: list[Note] = []
    now, since = "", Fraction(-100)
    onsets = sorted({note.onset_q for note in notes})
    following = {a: b for a, b in zip(onsets, onsets[1:], strict=False)}
    for note in notes:
        wish = articulation_of(note, following.get(note.onset_q), instrument, canvas, role)
        marked = wish in ("sfz", "marcato", "hard")
        if wish != now and (note.onset_q - since >= 2 * canvas.tempo_map.beat_q or not now):
            now, since = wish, note.onset_q
        chosen = wish if marked or note.onset_q == since else now
        length = note.duration_q
        if chosen in _DETACHED and role in _SHORT_ROLES:
            length = min(length, max(Fraction(1, 8), length * Fraction(3, 4)))
        out.append(replace(note, articulation=chosen, duration_q=length))
    return tuple(out)


def _thinned(points: list[tuple[Fraction, float]], number: int) -> list[Control]:
    """Drop points a straight line would pass within the tolerance of."""
    out: list[Control] = []
    for place, (position, value) in enumerate(points):
        whole = int(min(127, max(0, round(value))))
        last = place == len(points) - 1
        if not out or abs(whole - out[-1].value) > _THIN or (last and whole != out[-1].value):
            out.append(Control(position, number, whole))
    return out


def _swells(notes: Sequence[Note], beat_q: Fraction) -> list[tuple[float, float]]:
    """(start, length) in quarters of the notes long enough to swell."""
    return [(float(note.onset_q), float(note.duration_q)) for note in notes if note.duration_q >= 2 * beat_q]


def _swell(long_notes: list[tuple[float, float]], position_q: float) -> float:
    """Bow pressure on long notes: ``12 sin(pi u)^1.5``."""
    for start, length in long_notes:
        if start <= position_q < start + length:
            return float(12.0 * math.sin(math.pi * (position_q - start) / length) ** 1.5)
    return 0.0


def _positions(notes: Sequence[Note], curve: LevelCurve) -> list[Fraction]:
    """Sixteenths while something sounds, from just before the first note."""
    stops = sorted((note.onset_q, note.end_q) for note in notes)
    spans: list[list[Fraction]] = []
    for start, end in stops:
        if spans and start <= spans[-1][1]:
            spans[-1][1] = max(spans[-1][1], end)
        else:
            spans.append([start, end])
    out = []
    for start, end in spans:
        position = Fraction(math.floor(start / _STEP_Q)) * _STEP_Q
        while position < end:
            out.append(position)
            position += _STEP_Q
    return sorted(set(out))


def _left(position_q: Fraction, canvas: Canvas) -> float:
    """What is left of the last chord: all of it when it starts, a tenth when it ends."""
    ahead = position_q - canvas.end_q
    return max(0.1, 1.0 - float(ahead / (canvas.last_q - canvas.end_q))) if ahead > 0 else 1.0


def controls(notes: Sequence[Note], instrument: Instrument, canvas: Canvas, role: str) -> tuple[Control, ...]:
    """CC1 = dynamic ``20 + 100 L`` with swells, CC11 = phrase trim; only what the instrument listens to.

    Struck and plucked instruments get none: their velocity is the dynamic.
    """
    if not notes or _MODULATION not in instrument.dynamics_cc:
        return ()
    beat = canvas.tempo_map.beat_q
    dynamic, trim, long_notes = [], [], _swells(notes, beat)
    for position in _positions(notes, canvas.curve):
        level = canvas.curve.at(position)
        hit = next((a for a in canvas.hard if 0 <= position - a.position_q < beat), None)
        push = 24.0 * (1 - float((position - hit.position_q) / beat)) if hit else 0.0
        left = _left(position, canvas)
        swell = _swell(long_notes, float(position)) if left == 1.0 else 0.0
        dynamic.append((position, (20 + 100 * level + swell + push) * left))
        trim.append((position, (66 + 56 * min(1.0, level + push / 60)) * left))
    return tuple(sorted([*_thinned(dynamic, _MODULATION), *_thinned(trim, _EXPRESSION)],
                        key=lambda control: (control.position_q, control.number)))


def timing(notes: Sequence[Note], canvas: Canvas, role: str, rng: np.random.Generator) -> tuple[float, ...]:
    """One offset in milliseconds per note: AR(1) noise, notes struck together move together, hits within 3 ms."""
    spread = _SPREAD_MS.get(role, 6.0)
    out: list[float] = []
    drift, before = 0.0, None
    for note in notes:
        if note.onset_q != before:
            drift = _MEMORY * drift + float(rng.normal(0.0, spread * math.sqrt(1 - _MEMORY ** 2)))
            before = note.onset_q
        limit = HIT_TIMING_MS if note.onset_q in canvas.hard_positions else 3 * spread
        if note.onset_q == canvas.end_q:
            limit = HIT_TIMING_MS
        offset = min(limit, max(-limit, drift))
        if note.onset_q == 0:
            offset = max(0.0, offset)
        out.append(round(offset, 3))
    return tuple(out)

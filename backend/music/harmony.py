"""Chords for a melody: a hidden Markov model over slots, with the palette's loop as a prior.

Craft 4.2. Emission: how well a chord carries the melody notes that sound over a slot. Transition: chord changes of Bach
chorales, cadences into section ends, changes on hard hits. Decoding: Viterbi.
"""
from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from backend.domain.brief import CueBrief
from backend.domain.hits import HitPoints
from backend.domain.score import Chord, Melody, Note
from backend.domain.tempo import Bar, TempoMap
from backend.music.loop_contrast import WINDOW, contrast, loop_tones
from backend.music.theory import QUALITIES
from backend.music.vocabulary import DegreeChord, change_log_probability, foreign_tones, loops, vocabulary

_CHORD_TONE, _SEVENTH, _FOREIGN, _CLASH = 1.6, 0.8, -1.8, -2.4
_ON_START, _PASSING = 1.4, 0.4
_TRANSITION_WEIGHT = 0.3
_FIRST_TONIC, _FINAL_TONIC, _CADENCE, _CHANGE_ON_HIT, _CHANGE_BEFORE_HIT = 0.8, 3.0, 1.2, 0.6, -0.8
_LOOP_BONUS = 1.8
"""By ear: the loop rules where the melody allows it, and gives way to a clash."""
_KEEP_LOOP = 0.4
_CONTRAST = 2.5
"""What a full change of tones at a section is worth against the fit of the melody (docs/benchmarks/arrangement.md)."""
_CHANGE_INSIDE_BAR, _STAY_OVER_BAR, _CHANGE_INTO_SECTION = -0.7, -0.6, 0.8
_DIVIDED_Q = 3
_FOREIGN_TONE = -0.6
_DIMINISHED = -0.7
_CADENCES: tuple[tuple[DegreeChord, DegreeChord], ...] = tuple(
    ((degree, quality), (0, tonic)) for degree, quality in ((7, "M"), (7, "7"), (10, "M"), (5, "m"), (5, "M"), (1, "M"))
    for tonic in ("M", "m"))
_TAIL_S = 1.8


@dataclass(frozen=True)
class _Slot:
    start_q: Fraction
    end_q: Fraction
    bar: int
    on_hit: bool
    before_hit: bool
    section_end: bool
    on_bar: bool
    section_start: bool = False


def tail_q(tempo_map: TempoMap) -> Fraction:
    """How long the last chord rings after ``end_q``, in whole half quarters, about 1.8 s."""
    return Fraction(max(1, round(2 * _TAIL_S * tempo_map.tempo_qpm(tempo_map.end_q) / 60)), 2)


def anchored_hits(hits: HitPoints, tempo_map: TempoMap, kinds: tuple[str, ...] = ("hard",)) -> dict[Fraction, float]:
    """Position in quarters -> weight of every anchored hit of these types, in order of position."""
    out: dict[Fraction, float] = {}
    for sync in tempo_map.sync:
        hit = hits.hits[sync.hit]
        if sync.anchored and hit.type in kinds and sync.position_q <= tempo_map.end_q:
            out[sync.position_q] = max(hit.weight, out.get(sync.position_q, 0.0))
    return dict(sorted(out.items()))


def half_bar(bar: Bar) -> Fraction:
    """Where a bar divides: on a beat, the longer half first (7/8 as 4+3, 5/4 as 3+2, 6/8 as 3+3)."""
    beats = bar.numerator
    return Fraction((beats + 1) // 2 * 4, bar.denominator) if beats > 1 else bar.length_q / 2


def _edges(tempo_map: TempoMap, hit_positions: tuple[Fraction, ...]) -> list[Fraction]:
    """Where a chord may start: bars, the halves of long ones, and hits that have room."""
    edges: set[Fraction] = set()
    for bar in tempo_map.bars:
        edges.add(bar.start_q)
        if bar.length_q >= _DIVIDED_Q:
            edges.add(bar.start_q + half_bar(bar))
    for position in hit_positions:
        if all(abs(position - edge) >= 1 for edge in edges if edge != position):
            edges.add(position)
    return sorted(edge for edge in edges if edge < tempo_map.end_q)


def _slots(melody: Melody, tempo_map: TempoMap, hits: HitPoints) -> list[_Slot]:
    positions = tuple(anchored_hits(hits, tempo_map))
    edges = [*_edges(tempo_map, positions), tempo_map.end_q]
    last_bars = {section.last_bar for section in melody.sections}
    first_bars = {section.first_bar for section in melody.sections} - {1}
    out = []
    for start, end in zip(edges, edges[1:], strict=False):
        bar = tempo_map.bar_at(start)
        closes = bar.number in last_bars and end >= min(bar.end_q, tempo_map.end_q)
        near = any(start < hit < start + tempo_map.beat_q for hit in positions)
        on_bar = start == bar.start_q
        out.append(_Slot(start, end, bar.number, start in positions, near, closes, on_bar,
                         on_bar and bar.number in first_bars))
    tail = tail_q(tempo_map)
    out.append(_Slot(tempo_map.end_q, tempo_map.end_q + tail, tempo_map.bar_count + 1, True, False, True, True))
    return out


def _is_passing(notes: tuple[Note, ...], i: int, slot: _Slot) -> bool:
    """Short and left by step on both sides: it need not belong to the chord."""
    note = notes[i]
    if note.duration_q * 2 >= slot.end_q - slot.start_q or not 0 < i < len(notes) - 1:
        return False
    return 0 < abs(notes[i - 1].pitch - note.pitch) <= 2 and 0 < abs(notes[i + 1].pitch - note.pitch) <= 2


def _pitch_class_weights(melody: Melody, slots: list[_Slot]) -> np.ndarray:
    """[slots, 12] share of each slot that a pitch class sounds, weighted (craft 4.2)."""
    weights = np.zeros((len(slots), 12))
    first = 0
    for row, slot in enumerate(slots):
        while first < len(melody.notes) and melody.notes[first].end_q <= slot.start_q:
            first += 1
        for i in range(first, len(melody.notes)):
            note = melody.notes[i]
            if note.onset_q >= slot.end_q:
                break
            overlap = min(note.end_q, slot.end_q) - max(note.onset_q, slot.start_q)
            share = float(overlap / (slot.end_q - slot.start_q))
            boost = _ON_START if note.onset_q == slot.start_q else 1.0
            passing = _PASSING if _is_passing(melody.notes, i, slot) else 1.0
            weights[row, note.pitch % 12] += share * boost * passing
    return weights


def _gains(chords: tuple[DegreeChord, ...], tonic_pc: int) -> np.ndarray:
    """[12, V] emission of one pitch class under each chord."""
    out = np.full((12, len(chords)), _FOREIGN)
    for column, (degree, quality) in enumerate(chords):
        tones = [(tonic_pc + degree + step) % 12 for step in QUALITIES[quality]]
        for pc in tones:
            out[(pc + 1) % 12, column] = _CLASH
        if degree == 7 and quality == "M":
            out[(tonic_pc + 5) % 12, column] = _SEVENTH
        for pc in tones:
            out[pc, column] = _CHORD_TONE
    return out


def _places(slots: list[_Slot], phrases: tuple[int, ...], bars_per_chord: float) -> np.ndarray:
    """Index into an endless loop for every slot; the loop starts anew with every phrase."""
    out, count, first = [], 0, 0
    for slot in slots:
        if slot.bar in phrases and slot.on_bar:
            count, first = 0, slot.bar
        if bars_per_chord < 1:
            out.append(count)
            count += 1
        else:
            out.append(int((slot.bar - first) // bars_per_chord))
    return np.array(out)


def _speeds(brief: CueBrief) -> tuple[float, ...]:
    """Bars per chord worth trying: what the brief says, and twice as fast."""
    wanted = brief.bars_per_chord
    return (0.5, 1.0) if wanted < 1.4 else (1.0, 2.0)


def _add_loops(emission: np.ndarray, slots: list[_Slot], chords: tuple[DegreeChord, ...], melody: Melody,
               brief: CueBrief, rng: np.random.Generator) -> None:
    """In every section favour the loop, speed and rotation the melody likes best; a new letter wants a new loop."""
    options = loops(brief.progressions, brief.mode)
    tones = loop_tones(chords)
    before: np.ndarray | None = None
    used: dict[str, int] = {}
    for rows in _section_rows(slots, melody):
        letter = _letter_at(melody, slots[rows[0]].bar)
        best: tuple[float, int, np.ndarray] | None = None
        for number, loop in enumerate(options):
            columns = np.array([chords.index(chord) for chord in loop])
            liking = -_KEEP_LOOP * (len(set(loop)) < 3)
            worn = sum(other == number for name, other in used.items() if name != letter)
            liking += _KEEP_LOOP * (used.get(letter) == number) - _KEEP_LOOP * worn + 0.1 * float(rng.random())
            for speed in _speeds(brief):
                places = _places([slots[row] for row in rows], melody.phrases, speed)
                for turn in range(len(loop)):
                    chosen = columns[(places + turn) % len(loop)]
                    rating = float(emission[rows, chosen].mean()) + liking + 0.2 * (turn == 0)
                    rating += _CONTRAST * contrast(tones[chosen], before)
                    if best is None or rating > best[0]:
                        best = (rating, number, chosen)
        assert best is not None
        used[letter] = best[1]
        emission[rows, best[2]] += _LOOP_BONUS
        before = tones[best[2][-WINDOW:]].sum(0)


def _letter_at(melody: Melody, bar: int) -> str:
    """``B`` for a bar in section B or B'; empty without sections."""
    return next((s.label.rstrip("'") for s in melody.sections if s.first_bar <= bar <= s.last_bar), "")


def _section_rows(slots: list[_Slot], melody: Melody) -> list[np.ndarray]:
    """Slot numbers of every section, the final chord's slot left out."""
    starts = sorted({section.first_bar for section in melody.sections})
    groups: dict[int, list[int]] = {}
    for row, slot in enumerate(slots[:-1]):
        groups.setdefault(bisect_right(starts, slot.bar), []).append(row)
    return [np.array(rows) for _, rows in sorted(groups.items())]


def _change_cost(slot: _Slot, brief: CueBrief, diagonal: np.ndarray) -> np.ndarray:
    """[V, V] what arriving in this slot adds to the transition."""
    change = (_CHANGE_ON_HIT if slot.on_hit else 0.0) + (_CHANGE_BEFORE_HIT if slot.before_hit else 0.0)
    if not slot.on_bar and not slot.on_hit and brief.bars_per_chord >= 0.75:
        change += _CHANGE_INSIDE_BAR
    stay = _STAY_OVER_BAR if slot.on_bar and brief.bars_per_chord < 1.5 else 0.0
    if slot.section_start:
        change += _CHANGE_INTO_SECTION
    return np.where(diagonal, stay, change)


def _decode(emission: np.ndarray, slots: list[_Slot], chords: tuple[DegreeChord, ...], brief: CueBrief) -> list[int]:
    """Viterbi over [slots, V]."""
    diagonal = np.eye(len(chords), dtype=bool)
    base = _TRANSITION_WEIGHT * change_log_probability(chords, brief.mode)
    cadence = np.zeros_like(base)
    for a, b in _CADENCES:
        if a in chords and b in chords:
            cadence[chords.index(a), chords.index(b)] = _CADENCE
    value = emission[0].copy()
    back = []
    for i in range(1, len(slots)):
        step = base + _change_cost(slots[i], brief, diagonal) + (cadence if slots[i].section_end else 0.0)
        reached = value[:, None] + step
        back.append(reached.argmax(axis=0))
        value = reached.max(axis=0) + emission[i]
    path = [int(value.argmax())]
    for pointer in reversed(back):
        path.append(int(pointer[path[-1]]))
    return path[::-1]


def _coloured(chord: DegreeChord, weights: np.ndarray, tonic_pc: int) -> str:
    """Take a strong foreign melody tone into the chord: ninth, fourth or seventh (craft 4.2)."""
    degree, quality = chord
    if quality not in ("M", "m"):
        return quality
    heard = {step: weights[(tonic_pc + degree + step) % 12] for step in (2, 3, 4, 5, 10, 11)}
    third = heard[4] if quality == "M" else heard[3]
    if heard[2] > 0.3:
        return "add9" if quality == "M" else "madd9"
    if heard[5] > 0.4 and third < 0.1:
        return "sus4"
    if quality == "M" and degree == 7 and heard[10] > 0.2:
        return "7"
    if quality == "M" and heard[11] > 0.3:
        return "maj7"
    if quality == "m" and heard[10] > 0.3:
        return "m7"
    return quality


def harmonise(melody: Melody, tempo_map: TempoMap, brief: CueBrief, hits: HitPoints, seed: int) -> tuple[Chord, ...]:
    """Chords from 0 to the end of the tail without gaps; the last one, from ``end_q`` at the latest, is the tonic.

    Equal neighbours are one chord. ``seed`` decides between loops that fit equally well.
    """
    slots = _slots(melody, tempo_map, hits)
    extra = tuple(chord for loop in loops(brief.progressions, brief.mode) for chord in loop)
    chords = vocabulary(brief.mode, extra)
    weights = _pitch_class_weights(melody, slots)
    emission = weights @ _gains(chords, brief.tonic_pc)
    emission += np.array([_FOREIGN_TONE * foreign_tones(chord, brief.mode) + _DIMINISHED * (chord[1] in ("d", "+"))
                          for chord in chords])[None, :]
    _add_loops(emission, slots, chords, melody, brief, np.random.default_rng(seed))
    emission[0] += _FIRST_TONIC * np.array([chord[0] == 0 for chord in chords])
    tonics = [i for i, chord in enumerate(chords) if chord[0] == 0]
    home = next(i for i in tonics if foreign_tones(chords[i], brief.mode) == 0)
    emission[-1] = -50.0
    emission[-1, home] = _FINAL_TONIC
    path = _decode(emission, slots, chords, brief)
    out: list[Chord] = []
    for slot, index, heard in zip(slots, path, weights, strict=True):
        degree, _ = chords[index]
        quality = _coloured(chords[index], heard, brief.tonic_pc)
        root = (brief.tonic_pc + degree) % 12
        if out and (out[-1].root_pc, out[-1].quality) == (root, quality):
            last = out.pop()
            out.append(Chord(last.onset_q, slot.end_q - last.onset_q, root, quality))
        else:
            out.append(Chord(slot.start_q, slot.end_q - slot.start_q, root, quality))
    return tuple(out)

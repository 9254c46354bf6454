"""A melody as the melody model sees it: a chord at every half bar, a note on every spot.

Time is never written, only read: what is known of each event beforehand are its classes, so onsets equal the spots in
any metre. Pitches count from the tonic, so a melody is the same in every key.
"""
from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from backend.domain.spotting import RhythmSpots
from backend.domain.tempo import Bar, TempoMap
from backend.music.harmony import half_bar
from backend.music.phrases import Phrase, split_phrases
from backend.music.rule_melody.slots import metric_weight

Ints = NDArray[np.int64]

CHORD, NOTE = 0, 1
PITCHES = 49
"""Two octaves on either side of the tonic in the middle."""
HOME = PITCHES // 2
QUALITIES_OF_CHORDS = ("M", "m", "d")
NO_CHORD = 12 * len(QUALITIES_OF_CHORDS)
CHORDS = NO_CHORD + 1
NOTHING = PITCHES + CHORDS
"""The token before the first event, and at an event that looks back to nothing. Chord tokens follow the pitches."""
TOKENS = NOTHING + 1
INTERVALS = 26
NO_INTERVAL = INTERVALS - 1
"""Semitones -12 .. 12 and none."""

GAP_EDGES = (0.26, 0.51, 0.76, 1.01, 1.51, 2.01, 3.01, 4.01, 6.01)
METRIC_EDGES = (0.2, 0.4, 0.6, 0.9)
METRE_WEIGHTS = (0.0, 0.2, 0.5, 0.8, 1.0)
"""By metric class: off the beat, its halves, beats, the half bar, the bar line."""
REST_Q = Fraction(1, 2)
POSITIONS = 32
"""Sixteenths from the bar line; later places share the last class."""
PROGRESS_CLASSES = 8
PHRASE_BARS = 7
FARTHEST = 16
LEAST_LIKENESS = 0.5
PREFERRED = {4: 0.06, 8: 0.06, 2: 0.04, 1: 0.03, 16: 0.02}
"""Bars back -> how much likelier a bar recalls that one; four and eight bars are the usual periods."""
SAME_SECTION = 0.15
DISTANCES = (1, 2, 4, 8)
INSIDE, OPENS, CLOSES, ENDS = range(4)

SIZES = {"kind": 2, "position": POSITIONS, "metric": len(METRIC_EDGES) + 1, "gap": len(GAP_EDGES) + 2, "rest": 2,
         "edge": 4, "phrase": PHRASE_BARS, "progress": PROGRESS_CLASSES, "metre": 6, "match": 3,
         "distance": len(DISTANCES) + 2}
"""Number of classes of everything that is known of an event."""


@dataclass(frozen=True)
class Events:
    """``classes`` by the names of SIZES, each [events]; ``look_back`` [events]: the event at the same place of the bar
    that this one may recall, -1 for none; ``spot`` [events]: index of the note's spot, -1 for a chord."""

    classes: dict[str, Ints]
    look_back: Ints
    spot: Ints
    onsets_q: tuple[Fraction, ...]

    @property
    def count(self) -> int:
        return len(self.look_back)


def chord_class(degree: int, quality: str) -> int:
    """``degree`` in semitones above the tonic; colours fall back to the triad their third makes."""
    triad = "d" if quality == "d" else "m" if quality in ("m", "m7", "madd9") else "M"
    return 12 * QUALITIES_OF_CHORDS.index(triad) + degree % 12


def chord_tones(chord: int) -> tuple[int, ...]:
    """Semitones above the tonic, modulo 12; empty without a chord."""
    if chord == NO_CHORD:
        return ()
    shape = ((0, 4, 7), (0, 3, 7), (0, 3, 6))[chord // 12]
    return tuple((chord % 12 + step) % 12 for step in shape)


def folded(classes: Ints) -> Ints:
    """Pitch classes outside 0 .. PITCHES - 1 moved by octaves into it."""
    low = np.where(classes < 0, classes % 12, classes)
    return np.asarray(np.where(low >= PITCHES, PITCHES - 13 + (low - PITCHES + 1) % 12, low), np.int64)


def home_pitch(tonic_pc: int, mean_pitch: float) -> int:
    """The tonic that class HOME stands for: the one nearest a fourth below the middle of the line."""
    return tonic_pc + 12 * round((mean_pitch - 5 - tonic_pc) / 12)


def events_of(spots: RhythmSpots, tempo_map: TempoMap, whole: bool = True) -> Events:
    """The events of a rhythm, in order. ``whole``: the last spot ends the piece (an excerpt just stops)."""
    rows = _notes(spots, tempo_map, split_phrases(spots, tempo_map), whole)
    for position in chord_places(tempo_map, spots.spots[-1].onset_q):
        rows.append(_Row(position, CHORD, tempo_map.bar_at(position)))
    rows.sort(key=lambda row: (row.onset_q, row.kind))
    _complete_chords(rows)
    back = _bars_back(rows, spots, tempo_map)
    look_back = _look_back(rows, back)
    classes = {name: np.array([_class(row, name, tempo_map, back) for row in rows]) for name in SIZES}
    return Events(classes, look_back, np.array([row.spot for row in rows]), tuple(row.onset_q for row in rows))


def chord_places(tempo_map: TempoMap, end_q: Fraction) -> list[Fraction]:
    """Bar lines, and the halves of bars of three quarters and more, up to ``end_q``."""
    places = []
    for bar in tempo_map.bars:
        places.append(bar.start_q)
        if bar.length_q >= 3:
            places.append(bar.start_q + half_bar(bar))
    return [place for place in places if place <= end_q]


@dataclass
class _Row:
    onset_q: Fraction
    kind: int
    bar: Bar
    spot: int = -1
    gap_q: Fraction = Fraction(0)
    rests: bool = False
    edge: int = INSIDE
    phrase_bar: int = 1


def _notes(spots: RhythmSpots, tempo_map: TempoMap, phrases: tuple[Phrase, ...], whole: bool) -> list[_Row]:
    rows = []
    last = len(spots.spots) - 1
    for phrase in phrases:
        for i in range(phrase.first, phrase.last + 1):
            spot = spots.spots[i]
            bar = tempo_map.bar_at(spot.onset_q)
            gap = spots.spots[i + 1].onset_q - spot.onset_q if i < last else max(Fraction(4), spot.duration_q)
            edge = (ENDS if whole and i == last else OPENS if i == phrase.first else
                    CLOSES if i == phrase.last else INSIDE)
            rows.append(_Row(spot.onset_q, NOTE, bar, i, gap, gap - spot.duration_q >= REST_Q, edge,
                             bar.number - phrase.first_bar))
    return rows


def _complete_chords(rows: list[_Row]) -> None:
    """A chord stands in the phrase of the note that comes next."""
    following = 0
    for row in reversed(rows):
        if row.kind == NOTE:
            following = row.phrase_bar
        else:
            row.phrase_bar = following


def _bars_back(rows: list[_Row], spots: RhythmSpots, tempo_map: TempoMap) -> dict[int, tuple[int, bool]]:
    """Bar number -> (how many bars back lies the bar it may recall, whether the rhythm is the same)."""
    shapes: dict[int, set[Fraction]] = {}
    for row in rows:
        if row.kind == NOTE:
            shapes.setdefault(row.bar.number, set()).add(row.onset_q - row.bar.start_q)
    places = _section_places(spots)
    lengths = {bar.number: bar.length_q for bar in tempo_map.bars}
    found = {}
    for number, shape in shapes.items():
        best = (LEAST_LIKENESS, 0, False)
        for back in range(1, min(FARTHEST, number - 1) + 1):
            other = shapes.get(number - back)
            if other is None or lengths[number] != lengths[number - back] or len(shape | other) < 2:
                continue
            likeness = len(shape & other) / len(shape | other) + PREFERRED.get(back, 0.0)
            if number in places and places[number] == places.get(number - back):
                likeness += SAME_SECTION
            if likeness > best[0]:
                best = (likeness, back, shape == other)
        if best[1]:
            found[number] = best[1:]
    return found


def _section_places(spots: RhythmSpots) -> dict[int, tuple[str, int]]:
    """Bar number -> letter of its section and how far into it the bar lies."""
    return {bar: (section.label.rstrip("'"), bar - section.first_bar) for section in spots.sections
            for bar in range(section.first_bar, section.last_bar + 1)}


def _look_back(rows: list[_Row], back: dict[int, tuple[int, bool]]) -> Ints:
    index = {(row.bar.number, row.onset_q - row.bar.start_q, row.kind): i for i, row in enumerate(rows)}
    out = []
    for row in rows:
        bars = back.get(row.bar.number, (0, False))[0]
        key = (row.bar.number - bars, row.onset_q - row.bar.start_q, row.kind)
        out.append(index.get(key, -1) if bars else -1)
    return np.array(out)


def _class(row: _Row, name: str, tempo_map: TempoMap, back: dict[int, tuple[int, bool]]) -> int:
    bars, same = back.get(row.bar.number, (0, False))
    is_note = row.kind == NOTE
    if name == "position":
        return min(POSITIONS - 1, round((row.onset_q - row.bar.start_q) * 4))
    if name == "metric":
        return bisect_right(METRIC_EDGES, metric_weight(row.bar, row.onset_q))
    if name == "distance":
        return 0 if not bars else 2 + DISTANCES.index(bars) if bars in DISTANCES else 1
    if name == "gap":
        return 1 + bisect_right(GAP_EDGES, row.gap_q) if is_note else 0
    if name == "progress":
        return min(PROGRESS_CLASSES - 1, (row.bar.number - 1) * PROGRESS_CLASSES // tempo_map.bar_count)
    found = {"kind": row.kind, "rest": int(row.rests), "edge": row.edge, "metre": _metre(row.bar),
             "phrase": min(PHRASE_BARS - 1, max(0, row.phrase_bar)), "match": 0 if not bars else 1 + same}
    return int(found[name])


def _metre(bar: Bar) -> int:
    """0 other, 1 two quarters, 2 three, 3 four, 4 compound, 5 five or seven."""
    if bar.denominator >= 8 and bar.numerator % 3 == 0:
        return 4
    return {2: 1, 3: 2, 4: 3, 5: 5, Fraction(7, 2): 5, 7: 5}.get(bar.length_q, 0)

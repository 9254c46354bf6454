"""What the melody model learns from: voices of songs, lead sheets and leading lines of quartets, as the requests that
the product itself would make of them.

Each window of a piece becomes rhythm spots and a tempo map, and from there on the same code looks at it that looks at
a film's rhythm.
"""
from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from backend.domain.spotting import RhythmSpot, RhythmSpots
from backend.domain.tempo import Meter, TempoMap, TempoPoint
from backend.models.melody_controls import STYLES, measured, mode_class, style_class, tempo_class
from backend.models.melody_events import CHORD, HOME, NOTE, Events, Ints, events_of, folded, home_pitch
from backend.music.criteria.keys import KeyFit, fit_key, histogram, scale_of
from backend.music.main_melody import main_melody
from backend.training.assessment_material import Source, listed, sources
from backend.training.melody_chords import Symbol, heard_classes, read_symbols, symbol_classes
from backend.training.musicxml_pieces import WrittenBar, WrittenNote
from backend.training.opt_in_pieces import OptInPiece

LEAST_BARS, LEAST_NOTES = 8, 24
LEAST_SOUNDING = 0.7
"""Share of a window's bars in which the melody begins a note."""
THINNED = (0.05, 0.3)
THIN_CHANCE, SPARSE_CHANCE = 0.5, 0.15
SPARSE = (0.3, 0.6)
"""Film rhythms can be far sparser than songs: now and then much is left out."""
SYMBOL_WEIGHT = 0.5
DEFAULT_US = 600_000


@dataclass(frozen=True, eq=False)
class MelodyPiece:
    """A melody of one voice with its bars; ``sounding`` [notes, 3] are onset, end and pitch of all parts, empty for a
    bare melody (chords are heard in them), ``symbols`` a lead sheet's."""

    name: str
    collection: str
    split: str
    bars: tuple[WrittenBar, ...]
    melody: tuple[WrittenNote, ...]
    sounding: NDArray[np.float64]
    symbols: tuple[Symbol, ...]
    tempo_qpm: float | None


@dataclass(frozen=True, eq=False)
class Window:
    """Bars of a piece as the model sees them: ``events``, the ``tokens`` a composer wrote (a class of its kind each),
    ``controls`` measured of them, ``home`` the MIDI pitch of class HOME, ``mode``, ``pitches`` and ``onsets_q`` of the
    notes, and the bars as ``tempo_map``."""

    piece: str
    events: Events
    tokens: Ints
    controls: dict[str, int]
    home: int
    key: KeyFit
    pitches: Ints
    spots: RhythmSpots
    tempo_map: TempoMap


def melody_pieces(data: Path, more: Sequence[OptInPiece] = ()) -> list[MelodyPiece]:
    """Every usable piece of the lieder, lead sheets and quartets, with its composer's split, and of what a user adds
    for training."""
    files = listed(data)
    tempi = _tempi(data)
    found = [_piece(source, item.path, tempi.get(source.written.name))
             for source, item in zip(sources(files), files, strict=True)]
    found += [_piece(one.source, Path(), one.tempo_qpm) for one in more]
    return [piece for piece in found if piece is not None]


def _tempi(data: Path) -> dict[str, float]:
    songs = json.loads((data / "symbolic/openscore_lieder/manifest.json").read_text(encoding="utf-8"))["songs"]
    return {song["id"]: float(song["metronome_marks"][0]) for song in songs if song["metronome_marks"]}


def _piece(source: Source, path: Path, tempo_qpm: float | None) -> MelodyPiece | None:
    written = source.written
    if len(written.bars) < LEAST_BARS or not written.lines or not all(bar.length_q > 0 for bar in written.bars):
        return None
    floats = [[(float(o), float(d), p) for o, d, p in line] for line in written.lines]
    lead = main_melody(floats).lead if source.collection == "quartets" else 0
    melody = _one_voice(written.lines[lead])
    if len(melody) < LEAST_NOTES:
        return None
    symbols = read_symbols(path, written) if source.collection == "lead sheets" else ()
    notes = [note for line in written.lines for note in line] if len(written.lines) > 1 else []
    sounding = np.array([(float(o), float(o + d), p) for o, d, p in notes]).reshape(-1, 3)
    return MelodyPiece(written.name, source.collection, source.split, written.bars, melody, sounding, symbols,
                       tempo_qpm)


def _one_voice(line: Sequence[WrittenNote]) -> tuple[WrittenNote, ...]:
    """The highest note of every onset, none reaching into the next."""
    top: dict[Fraction, WrittenNote] = {}
    for note in line:
        if note[0] not in top or note[2] > top[note[0]][2]:
            top[note[0]] = note
    onsets = sorted(top)
    return tuple((a, min(top[a][1], b - a) if b is not None else top[a][1], top[a][2])
                 for a, b in zip(onsets, [*onsets[1:], None], strict=True))


def draw_window(piece: MelodyPiece, bars: tuple[int, int], rng: np.random.Generator, thin: bool = True
                ) -> Window | None:
    """A seeded stretch of ``bars`` (least, most) in which the melody sounds; None when the piece has none."""
    starts = [bar.start_q for bar in piece.bars]
    onsets = [note[0] for note in piece.melody]
    sounding = np.unique(np.searchsorted([float(s) for s in starts], [float(o) + 1e-6 for o in onsets], "right") - 1)
    for _ in range(20):
        count = min(len(piece.bars), int(rng.integers(bars[0], bars[1] + 1)))
        fitting = sounding[sounding <= len(piece.bars) - count]
        if not fitting.size:
            continue
        first = int(fitting[-1] if rng.random() < 0.2 else rng.choice(fitting))
        inside = sounding[(sounding >= first) & (sounding < first + count)]
        if len(inside) < LEAST_SOUNDING * count:
            continue
        window = cut_window(piece, first, count, _thinned_share(rng) if thin else 0.0, rng)
        if window is not None:
            return window
    return None


def _thinned_share(rng: np.random.Generator) -> float:
    draw = rng.random()
    return float(rng.uniform(*SPARSE) if draw < SPARSE_CHANCE else
                 rng.uniform(*THINNED) if draw < SPARSE_CHANCE + THIN_CHANCE else 0.0)


def cut_window(piece: MelodyPiece, first: int, count: int, thinned: float, rng: np.random.Generator) -> Window | None:
    """``count`` bars from ``first`` (0-based) with a share of the notes left out; None with too few notes."""
    bars = piece.bars[first:first + count]
    start, end = bars[0].start_q, bars[-1].start_q + bars[-1].length_q
    inside = [note for note in piece.melody if start <= note[0] < end]
    kept = [note for note in inside if rng.random() >= thinned]
    if len(kept) < max(8, count // 2):
        return None
    tempo_map, spots = _request(bars, kept, piece.tempo_qpm)
    events = events_of(spots, tempo_map, whole=kept[-1] == piece.melody[-1])
    heard = piece.sounding[(piece.sounding[:, 0] < float(end)) & (piece.sounding[:, 1] > float(start))]
    key = _key(heard, kept, [s for s in piece.symbols if start <= s.onset_q < end])
    pitches = np.array([note[2] for note in kept])
    home = home_pitch(key.tonic_pc, float(pitches.mean()))
    places = [place + start for place, spot in zip(events.onsets_q, events.spot, strict=True) if spot < 0]
    chords = (symbol_classes(piece.symbols, places, key.tonic_pc) if piece.symbols else
              heard_classes(heard, [*places, end], key.tonic_pc))
    return Window(piece.name, events, _tokens(events, pitches - home + HOME, chords),
                  _controls(piece, key, pitches, home), home, key, pitches, spots, tempo_map)


def _request(bars: Sequence[WrittenBar], notes: Sequence[WrittenNote], tempo_qpm: float | None
             ) -> tuple[TempoMap, RhythmSpots]:
    start = bars[0].start_q
    meters = [_meter(number, bar) for number, bar in enumerate(bars, 1)]
    changes = [meter for i, meter in enumerate(meters) if i == 0 or meter != replace(meters[i - 1], bar=meter.bar)]
    us = round(60_000_000 / tempo_qpm) if tempo_qpm else DEFAULT_US
    tempo_map = TempoMap((TempoPoint(Fraction(0), us),), tuple(changes), len(bars), notes[-1][0] - start)
    return tempo_map, RhythmSpots(tuple(RhythmSpot(o - start, d, "fill") for o, d, _ in notes), ())


def _meter(number: int, bar: WrittenBar) -> Meter:
    """As written, or for a bar that is shorter or longer the same unit, divided as far as needed."""
    denominator = bar.denominator
    if bar.length_q == Fraction(4 * bar.numerator, denominator):
        return Meter(number, bar.numerator, denominator)
    length = bar.length_q / 4
    denominator = denominator if (length * denominator).denominator == 1 else length.denominator
    return Meter(number, min(64, max(1, int(length * denominator))), denominator)


def _key(heard: NDArray[np.float64], melody: Sequence[WrittenNote], symbols: Sequence[Symbol]) -> KeyFit:
    """The key of all that sounds; a lead sheet's chords count with their triads."""
    if len(heard):
        total = histogram(heard[:, 2], heard[:, 1] - heard[:, 0])
    else:
        total = histogram(np.array([n[2] for n in melody]), np.array([float(n[1]) for n in melody]))
    for symbol in symbols:
        third = 4 if symbol.quality == "M" else 3
        for step in (0, third, 6 if symbol.quality == "d" else 7):
            total[(symbol.root_pc + step) % 12] += SYMBOL_WEIGHT
    return fit_key(total)


def _tokens(events: Events, classes: Ints, chords: list[int]) -> Ints:
    """Pitch classes counted from HOME (folded by octaves where they leave the range), and chords."""
    tokens = np.zeros(events.count, np.int64)
    tokens[events.classes["kind"] == NOTE] = folded(classes)
    tokens[events.classes["kind"] == CHORD] = chords
    return tokens


def _controls(piece: MelodyPiece, key: KeyFit, pitches: Ints, home: int) -> dict[str, int]:
    scale = scale_of(key.tonic_pc, key.mode)
    style = piece.collection if piece.collection in STYLES else None
    foreign = float(np.mean([int(p) % 12 not in scale for p in pitches]))
    return {"mode": mode_class(key.mode), "tempo": tempo_class(piece.tempo_qpm), "style": style_class(style),
            **measured(pitches, home, foreign)}

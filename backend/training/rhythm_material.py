"""What the CRT learns from: main melodies of pieces with clear rights, as bars of sixteenths.

The melody is what :mod:`backend.music.main_melody` makes of a piece (the labelled voice leads where a piece names
one). Motion stands for how busy the whole piece is in a bar against its other bars, as a film's motion does for its
bars.
"""
from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from backend.models.rhythm_steps import (
    DISTANCES,
    MOTION_CLASSES,
    NEW_BAR,
    TICKS,
    BarWish,
    density_class,
    progress_class,
    steps_in,
    tempo_class,
)
from backend.music.main_melody import main_melody
from backend.training.assessment_material import Source, listed, sources
from backend.training.opt_in_pieces import OptInPiece

LEAST_BARS = 8
OFF_GRID = Fraction(1, 16)
"""Farther than this from a sixteenth (quarters), an onset does not belong to the grid."""
MOST_OFF_GRID = 0.15
"""Share of such onsets above which a piece is left out: it is written in triplets."""


@dataclass(frozen=True, eq=False)
class RhythmPiece:
    """``bars`` with what is known of each, ``onsets`` [steps, TICKS] bool over all bars, ``first_step`` of each bar and
    the end, ``tempo`` class."""

    name: str
    split: str
    bars: tuple[BarWish, ...]
    onsets: NDArray[np.bool_]
    first_step: NDArray[np.int64]
    tempo: int


def rhythm_pieces(data: Path, every: int = 1, more: Sequence[OptInPiece] = ()) -> list[RhythmPiece]:
    """Every usable piece of the lieder, lead sheets and quartets (or each ``every``-th), with its composer's split, and
    of what a user adds for training."""
    files = listed(data)[::every]
    marks = _tempi(data)
    found = [_piece(source, marks.get(source.written.name)) for source in sources(files)]
    found += [_piece(one.source, one.tempo_qpm) for one in more]
    return [piece for piece in found if piece is not None]


def _tempi(data: Path) -> dict[str, float]:
    songs = json.loads((data / "symbolic/openscore_lieder/manifest.json").read_text(encoding="utf-8"))["songs"]
    return {song["id"]: float(song["metronome_marks"][0]) for song in songs if song["metronome_marks"]}


def _piece(source: Source, tempo: float | None) -> RhythmPiece | None:
    written = source.written
    tracks = [[(float(o), float(d), p) for o, d, p in line] for line in written.lines]
    lead = None if source.collection == "quartets" else 0
    melody = [onset for onset, _, _ in main_melody(tracks, lead=lead).notes]
    places = [round(onset * TICKS) for onset in melody]
    off = sum(abs(onset - place / TICKS) > OFF_GRID for onset, place in zip(melody, places, strict=True))
    whole = all(bar.length_q * TICKS == int(bar.length_q * TICKS) for bar in written.bars)
    if len(written.bars) < LEAST_BARS or not whole or off > MOST_OFF_GRID * len(melody):
        return None
    lengths = [bar.length_q for bar in written.bars]
    first_step = np.concatenate([[0], np.cumsum([steps_in(length) for length in lengths])])
    onsets = np.zeros((first_step[-1], TICKS), bool)
    starts = [int(bar.start_q * TICKS) for bar in written.bars]
    for place in places:
        bar = int(np.searchsorted(starts, place, side="right")) - 1
        tick = place - starts[bar]
        if tick < int(lengths[bar] * TICKS):
            onsets[first_step[bar] + tick // TICKS, tick % TICKS] = True
    busy = _busy(tracks, starts) if len(tracks) > 1 else None
    bars = tuple(_bar(number, lengths, onsets, first_step, busy) for number in range(len(lengths)))
    return RhythmPiece(written.name, source.split, bars, onsets, first_step, tempo_class(tempo))


def _busy(tracks: list[list[tuple[float, float, int]]], starts: list[int]) -> NDArray[np.int64]:
    """Motion class of every bar: eighths of the piece by onsets of all tracks."""
    counts = np.zeros(len(starts))
    for track in tracks:
        for onset, _, _ in track:
            counts[np.searchsorted(starts, round(onset * TICKS), side="right") - 1] += 1
    rank = counts.argsort(kind="stable").argsort(kind="stable")
    return np.asarray(1 + rank * MOTION_CLASSES // len(starts), np.int64)


def _bar(number: int, lengths: list[Fraction], onsets: NDArray[np.bool_], first_step: NDArray[np.int64],
         busy: NDArray[np.int64] | None) -> BarWish:
    here = onsets[first_step[number]:first_step[number + 1]]
    return BarWish(lengths[number], density_class(int(here.sum()), lengths[number]),
                   0 if busy is None else int(busy[number]), _repeat(number, here, lengths, onsets, first_step),
                   progress_class(number, len(lengths)))


def _repeat(number: int, here: NDArray[np.bool_], lengths: list[Fraction], onsets: NDArray[np.bool_],
            first_step: NDArray[np.int64]) -> int:
    for index, distance in enumerate(DISTANCES):
        source = number - distance
        if source >= 0 and lengths[source] == lengths[number] and here.any():
            if np.array_equal(onsets[first_step[source]:first_step[source + 1]], here):
                return NEW_BAR + 1 + index
    return NEW_BAR

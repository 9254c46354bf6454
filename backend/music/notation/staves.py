"""The notes of a part in voices and bars, on a grid that can be written."""
from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cache

from backend.domain.score import Note
from backend.domain.tempo import Bar
from backend.music.notation.measures import Piece, lay_out
from backend.music.notation.notated import STACCATO_BELOW, notated_ends
from backend.music.notation.note_values import UNITS_PER_QUARTER, BeatGrid, beat_grid

MAX_VOICES = 4
"""What notation programs allow on a staff; a fifth voice cuts the note that would end first."""


@dataclass
class Chord:
    """Notes written from ``start`` to ``end`` in units of 1/48 quarter; ``dotted``: all sound for about half of it."""

    start: int
    end: int
    notes: list[Note]
    dotted: bool = False


@dataclass(frozen=True)
class Staff:
    """``voices[v][bar]`` are the pieces of a bar; a piece's ``source`` is an index into ``chords[v]``."""

    grid: BeatGrid
    chords: tuple[tuple[Chord, ...], ...]
    voices: tuple[list[list[Piece]], ...]


def make_staff(notes: tuple[Note, ...], bars: tuple[Bar, ...], struck: bool) -> Staff:
    """At least one voice; notes keep their start but for the grid, and end as :mod:`notated` says."""
    ends = notated_ends(notes, bars, struck)
    grid = beat_grid(bars, [place for note, end in zip(notes, ends, strict=True) for place in (note.onset_q, end)])
    voices = _voices(_snapped(notes, ends, grid))
    if not struck:
        _dot(voices)
    laid = []
    for voice in voices:
        events = [(Fraction(c.start, UNITS_PER_QUARTER), Fraction(c.end, UNITS_PER_QUARTER)) for c in voice]
        laid.append(lay_out(events, bars))
    return Staff(grid, tuple(tuple(voice) for voice in voices), tuple(laid))


def _dot(voices: list[list[Chord]]) -> None:
    """Mark what sounds much shorter than it is written."""
    for voice in voices:
        for chord in voice:
            sounding = max(note.duration_q for note in chord.notes) * UNITS_PER_QUARTER
            chord.dotted = sounding < STACCATO_BELOW * (chord.end - chord.start)


def _snapped(notes: tuple[Note, ...], ends: list[Fraction], grid: BeatGrid) -> list[Chord]:
    chords: dict[tuple[int, int], Chord] = {}
    snap = cache(grid.snap)
    for note, end_q in zip(notes, ends, strict=True):
        start, end = snap(note.onset_q), snap(end_q)
        if end <= start:
            end = start + (2 if grid.beat_of(start) in grid.triplets else 3)
        chords.setdefault((start, end), Chord(start, end, [])).notes.append(note)
    for chord in chords.values():
        chord.notes.sort(key=lambda note: note.pitch)
    return [chords[key] for key in sorted(chords, key=lambda key: (key[0], -key[1]))]


def _voices(chords: list[Chord]) -> list[list[Chord]]:
    """Each chord goes to the first voice that is free."""
    voices: list[list[Chord]] = [[]]
    for chord in chords:
        free = next((voice for voice in voices if not voice or voice[-1].end <= chord.start), None)
        if free is None and len(voices) < MAX_VOICES:
            free = []
            voices.append(free)
        if free is None:
            free = _cut(voices, chord)
        if free is not None:
            free.append(chord)
    return voices


def _cut(voices: list[list[Chord]], chord: Chord) -> list[Chord] | None:
    """Make room in the voice whose note ends first; where all started together, join the notes instead."""
    open_voices = [voice for voice in voices if voice[-1].start < chord.start]
    if not open_voices:
        voices[0][-1].notes.extend(chord.notes)
        return None
    voice = min(open_voices, key=lambda v: v[-1].end)
    voice[-1].end = chord.start
    return voice

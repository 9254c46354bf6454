"""Pieces written out in a few numbers, for the tests of the criteria."""
from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from backend.domain.brief import CueBrief
from backend.music.criteria.features import Piece, beat_length_q, line_of

SONG = (60, 62, 64, 65, 67, 67, 69, 67, 65, 64, 62, 64, 65, 67, 64, 60, 64, 65, 67, 69, 71, 72, 71, 67, 69, 67, 65, 64,
        62, 64, 62, 60, 60, 62, 64, 65, 67, 67, 69, 67, 65, 64, 62, 60, 59, 62, 60)
SONG_RHYTHM = (1, .5, .5, 1, 1, 1.5, .5, 2)
"""Two bars of 4/4."""


def piece(notes: Sequence[Sequence[float]], bars: int, meter: tuple[int, int] = (4, 4), role: str = "melody") -> Piece:
    """One line over equal bars."""
    return several((notes,), bars, meter, (role,))


def several(lines: Sequence[Sequence[Sequence[float]]], bars: int, meter: tuple[int, int] = (4, 4),
            roles: Sequence[str] = ()) -> Piece:
    length = 4 * meter[0] / meter[1]
    names = (*roles, *("melody", *("pad",) * len(lines))[len(roles):])
    return Piece(tuple(line_of(notes, role) for notes, role in zip(lines, names, strict=False)),
                 np.arange(bars + 1) * length, np.full(bars, beat_length_q(*meter)))


def in_rhythm(pitches: Sequence[int], rhythm: Sequence[float] = SONG_RHYTHM) -> list[tuple[float, float, int]]:
    """Pitches on a rhythm that repeats."""
    notes, at = [], 0.0
    for index, pitch in enumerate(pitches):
        length = rhythm[index % len(rhythm)]
        notes.append((at, length, pitch))
        at += length
    return notes


def song(shift: int = 0) -> Piece:
    """Twelve bars of a plain tune in C major, ``shift`` semitones higher."""
    return piece(in_rhythm([p + shift for p in SONG]), 12)


def brief(emotion: str | None = None, mode: str = "major", valence: float = 0.0, arousal: float = 0.0,
          articulation: float = .8) -> CueBrief:
    return CueBrief(emotion, valence, arousal, 0, mode, 80, 110, 95, 4, 4, 1.0, 62, 4, articulation, .5, 1, 3, 1, (),
                    ("flute",), ("snare", "piano"))

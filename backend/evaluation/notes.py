"""A score as arrays in seconds: what every symbolic measurement starts from."""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from backend.domain.instruments import Instrument
from backend.domain.score import Note, Part, Score
from backend.domain.tempo import TempoMap
from backend.music.instruments import instruments


@dataclass(frozen=True)
class NoteTable:
    """Every note of a score, sorted by onset; all arrays have shape (notes,).

    ``part`` is the index of the part; ``pitched`` false for drums.
    """

    onset_s: np.ndarray
    end_s: np.ndarray
    onset_q: np.ndarray
    end_q: np.ndarray
    pitch: np.ndarray
    velocity: np.ndarray
    part: np.ndarray
    pitched: np.ndarray

    def pick(self, mask: np.ndarray) -> NoteTable:
        """The notes where ``mask`` (notes,) is true."""
        return NoteTable(*(getattr(self, name)[mask] for name in self.__dataclass_fields__))


@lru_cache(maxsize=8)
def _knots(tempo_map: TempoMap) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Positions, times and seconds a quarter of the tempo points, each (points,)."""
    knots_s = np.array([float(tempo_map.time_s(point.position_q)) for point in tempo_map.points])
    starts = np.array([float(point.position_q) for point in tempo_map.points])
    return starts, knots_s, np.array([point.us_per_quarter for point in tempo_map.points]) / 1e6


def seconds_of(tempo_map: TempoMap, positions_q: np.ndarray) -> np.ndarray:
    """Cue times of positions in quarters, as floats (the exact map, evaluated at its knots)."""
    starts, knots_s, slope = _knots(tempo_map)
    index = np.maximum(np.searchsorted(starts, positions_q, side="right") - 1, 0)
    return np.asarray(knots_s[index] + (positions_q - starts[index]) * slope[index])


def note_table(parts: Iterable[Part], tempo_map: TempoMap) -> NoteTable:
    """The notes of some parts."""
    known = instruments()
    rows = [(float(note.onset_q), float(note.end_q), note.pitch, note.velocity, index, _is_pitched(part, known))
            for index, part in enumerate(parts) for note in part.notes]
    rows.sort()
    table = np.array(rows, dtype=float).reshape(-1, 6)
    return NoteTable(onset_s=seconds_of(tempo_map, table[:, 0]), end_s=seconds_of(tempo_map, table[:, 1]),
                     onset_q=table[:, 0], end_q=table[:, 1], pitch=table[:, 2].astype(int), velocity=table[:, 3],
                     part=table[:, 4].astype(int), pitched=table[:, 5] > 0)


def _is_pitched(part: Part, known: dict[str, Instrument]) -> bool:
    return known[part.instrument].pitched if part.instrument in known else part.role != "percussion"


def score_table(score: Score, tempo_map: TempoMap) -> NoteTable:
    return note_table(score.parts, tempo_map)


def melody_part(notes: tuple[Note, ...], instrument: str) -> Part:
    """The bare melody as a part: the control 'melody only'."""
    return Part("melody", "Melody", instrument, "melody", notes)


def overlap(start: np.ndarray, end: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """How much of each interval falls into each cell between ``edges``, shape (intervals, len(edges) - 1)."""
    low = np.maximum(start[:, None], edges[None, :-1])
    high = np.minimum(end[:, None], edges[None, 1:])
    return np.asarray(np.maximum(high - low, 0.0))

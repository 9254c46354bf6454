"""A score as arrays in seconds: what every symbolic measurement starts from."""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

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


def seconds_of(tempo_map: TempoMap, positions_q: np.ndarray) -> np.ndarray:
    """Cue times of positions in quarters, as floats (the exact map, evaluated at its knots)."""
    knots_q = [p.position_q for p in tempo_map.points]
    knots_s = np.array([float(tempo_map.time_s(q)) for q in knots_q])
    starts = np.array([float(q) for q in knots_q])
    slope = np.array([p.us_per_quarter for p in tempo_map.points]) / 1e6
    index = np.maximum(np.searchsorted(starts, positions_q, side="right") - 1, 0)
    return knots_s[index] + (positions_q - starts[index]) * slope[index]


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


def _is_pitched(part: Part, known: dict) -> bool:
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
    return np.maximum(high - low, 0.0)

"""Does the music develop: does the head motif return in every later section, and do sections differ where they meet?

Motif similarity = (pitch credit)^2 * (1 + rhythm credit) / 2. Pitch credit: mean over the intervals, 1 within a
semitone (a diatonic transposition), falling to 0 at three semitones or in the wrong direction, the cell upright or
inverted. Rhythm credit: mean of smaller over larger of the inter-onset times as shares of the cell, so augmentation
costs nothing. The form is by trial; what it says of tunes and of the same tunes shuffled: docs/benchmarks/sync.md.
Novelty: the checkerboard idea of J. Foote ("Automatic audio segmentation using a measure of audio novelty", ICME 2000)
with two bars a side, on chroma, timbre and density.
"""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backend.domain.score import Note, Part
from backend.domain.spotting import Section
from backend.domain.tempo import TempoMap
from backend.evaluation.notes import NoteTable, note_table, overlap

HEAD_NOTES = 5
"""Notes of the head motif (docs/benchmarks/sync.md)."""
RECURRENCE = 0.5
NOVELTY_BARS = 2


@dataclass(frozen=True)
class BarFeatures:
    """Per bar: ``chroma`` (bars, 12), ``timbre`` (bars, instruments) energy, ``density`` (bars,) onsets a quarter."""

    chroma: np.ndarray
    timbre: np.ndarray
    density: np.ndarray

    def flat(self) -> BarFeatures:
        """The control 'flat arrangement': the same instruments and density in every bar, only the notes change."""
        return BarFeatures(self.chroma, np.ones_like(self.timbre), np.ones_like(self.density))


def motif_similarity(head: tuple[Note, ...], cell: tuple[Note, ...]) -> float:
    """0..1 for two cells of equally many notes (at least two)."""
    return float(_similarities(head, cell)[0])


def _similarities(head: tuple[Note, ...], notes: tuple[Note, ...]) -> np.ndarray:
    """Similarity of ``head`` to every stretch of ``notes`` of its length, shape (stretches,)."""
    size = len(head) - 1
    intervals, gaps = (np.diff([n.pitch for n in head]), np.diff([float(n.onset_q) for n in head]))
    other = np.lib.stride_tricks.sliding_window_view(np.diff([n.pitch for n in notes]), size)
    lengths = np.lib.stride_tricks.sliding_window_view(np.diff([float(n.onset_q) for n in notes]), size)
    pitch = np.maximum(_pitch_credit(intervals, other), _pitch_credit(intervals, -other))
    mine, theirs = gaps / gaps.sum(), lengths / lengths.sum(axis=1, keepdims=True)
    rhythm = (np.minimum(mine, theirs) / np.maximum(mine, theirs)).mean(axis=1)
    return np.asarray(pitch ** 2 * (1 + rhythm) / 2)


def _pitch_credit(intervals: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Mean credit of each row of ``other`` (stretches, size), shape (stretches,)."""
    near = np.clip(1 - (np.abs(intervals - other) - 1) / 2, 0, 1)
    return np.asarray((near * (np.sign(intervals) == np.sign(other))).mean(axis=1))


def head_similarities(notes: tuple[Note, ...], sections: tuple[Section, ...],
                      tempo_map: TempoMap) -> tuple[float | None, ...]:
    """For every section the nearest return of the head motif that starts in it. None for the section that opens with
    the motif (its own statement is no return), for those before it, and where a section has too few notes."""
    head = notes[:HEAD_NOTES]
    if len(head) < HEAD_NOTES:
        return tuple(None for _ in sections)
    values = _similarities(head, notes)
    starts = np.array([float(note.onset_q) for note in notes[:len(values)]])
    opening = opening_section(notes, sections, tempo_map)
    out: list[float | None] = [None] * len(sections)
    for index in range(opening + 1, len(sections)):
        low, high = section_bounds(sections[index], tempo_map)
        inside = values[(starts >= low) & (starts < high)]
        out[index] = float(inside.max()) if len(inside) else None
    return tuple(out)


def opening_section(notes: tuple[Note, ...], sections: tuple[Section, ...], tempo_map: TempoMap) -> int:
    """Index of the section in which the first note, and so the head motif, starts (0 without notes)."""
    begun = [index for index, section in enumerate(sections)
             if notes and section_bounds(section, tempo_map)[0] <= float(notes[0].onset_q)]
    return max(begun, default=0)


def section_bounds(section: Section, tempo_map: TempoMap) -> tuple[float, float]:
    """First and end position of a section in quarters."""
    bars = tempo_map.bars
    return (float(bars[min(section.first_bar, len(bars)) - 1].start_q),
            float(bars[min(section.last_bar, len(bars)) - 1].end_q))


def bar_features(parts: tuple[Part, ...], tempo_map: TempoMap) -> BarFeatures:
    """Features of some parts of a score; timbre has one column for each instrument."""
    notes = note_table(parts, tempo_map)
    names = sorted({part.instrument for part in parts})
    column = np.array([names.index(part.instrument) for part in parts] or [0])
    bars = tempo_map.bars
    edges = np.array([float(bars[0].start_q), *(float(bar.end_q) for bar in bars)])
    energy = overlap(notes.onset_q, notes.end_q, edges) * (notes.velocity[:, None] / 127) ** 2
    chroma, timbre = np.zeros((12, len(bars))), np.zeros((max(1, len(names)), len(bars)))
    np.add.at(chroma, notes.pitch[notes.pitched] % 12, energy[notes.pitched])
    np.add.at(timbre, column[notes.part], energy)
    density = np.histogram(notes.onset_q, edges)[0] / np.diff(edges)
    return BarFeatures(chroma.T, timbre.T, density)


def novelty(features: BarFeatures) -> np.ndarray:
    """Novelty of every inner bar line, shape (bars - 1,): mean of chroma and timbre cosine distance and change of
    density in octaves (at most 1), two bars before against two after."""
    out = np.zeros(max(0, len(features.density) - 1))
    for line in range(1, len(features.density)):
        before, after = slice(max(0, line - NOVELTY_BARS), line), slice(line, line + NOVELTY_BARS)
        chroma = _cosine_distance(features.chroma[before].sum(0), features.chroma[after].sum(0))
        timbre = _cosine_distance(np.sqrt(features.timbre[before].sum(0)), np.sqrt(features.timbre[after].sum(0)))
        ratio = (features.density[after].mean() + 0.25) / (features.density[before].mean() + 0.25)
        out[line - 1] = (chroma + timbre + min(1.0, abs(float(np.log2(ratio))))) / 3
    return out


def _cosine_distance(a: np.ndarray, b: np.ndarray) -> float:
    norm = float(np.linalg.norm(a) * np.linalg.norm(b))
    if norm == 0:
        return 0.0 if not a.any() and not b.any() else 1.0
    return max(0.0, 1 - float(a @ b) / norm)


def boundary_lines(sections: tuple[Section, ...], bar_count: int) -> tuple[int, ...]:
    """Indices into the novelty of the bar lines where a section (not the first) starts."""
    return tuple(sorted({s.first_bar - 2 for s in sections if 2 <= s.first_bar <= bar_count}))


def novelty_ratio(values: np.ndarray, boundaries: tuple[int, ...]) -> float | None:
    """Mean novelty at the boundaries over the mean elsewhere; None without both."""
    at = np.zeros(len(values), dtype=bool)
    at[list(boundaries)] = True
    if not at.any() or at.all():
        return None
    return float(values[at].mean() / max(values[~at].mean(), 1e-6))


def shuffled_pitches(notes: tuple[Note, ...], seed: int) -> tuple[Note, ...]:
    """The control of motif recurrence: the same onsets and the same pitches in another order."""
    order = np.random.default_rng(seed).permutation(len(notes))
    return tuple(Note(note.onset_q, note.duration_q, notes[k].pitch, note.velocity)
                 for note, k in zip(notes, order, strict=True))


def table_edges(notes: NoteTable, beat_q: float, end_q: float) -> np.ndarray:
    """Beat edges from 0 to the end of the music, in quarters."""
    last = max(end_q, float(notes.onset_q.max()) if len(notes.onset_q) else 0.0)
    return np.arange(0.0, last + beat_q, beat_q)

"""Which chords are heard, and how usual their succession is.

Chords are degrees: (semitones above the tonic, quality M, m, d or +). They are found by a Viterbi search over the
fourteen commonest chords of the mode; how likely one follows another was counted in 140 Bach chorales
(chord_bigram.json, the project's own figures, add-.25 smoothing).
"""
from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from backend.music.criteria.keys import KeyFit
from backend.music.theory import QUALITIES

IN_CHORD = 1.6
OUT_OF_CHORD = -1.8
ONSET_ACCENT = 1.4
"""A note that begins with its segment says more about the chord than one held over (by ear)."""
STAY = 0.30
"""Probability that the chord holds into the next segment."""
PRIOR = 0.35
"""Weight of how common a chord is at all, against how well it fits."""
FLOOR = 0.004
"""Probability of a succession that the chorales never show."""
_TRIAD_OF = {"M": "M", "m": "m", "d": "d", "+": "+", "sus4": "M", "add9": "M", "madd9": "m", "maj7": "M", "m7": "m",
             "7": "M"}

Degree = tuple[int, str]


@dataclass(frozen=True)
class Segment:
    """One chord from ``start_q`` to ``end_q``."""

    start_q: float
    end_q: float
    degree: Degree


@dataclass(frozen=True, eq=False)
class Harmony:
    """Chords in order, equal neighbours merged. ``coverage``: share of sounding time whose note belongs to the chord.
    ``log2_perplexity`` of the changes under the chorale bigrams, None with fewer than two changes. ``strange``:
    start positions of the chords reached by the least usual steps. ``note_fit`` [notes]: share of each note's time
    in which it belongs to the chord."""

    segments: tuple[Segment, ...]
    coverage: float
    log2_perplexity: float | None
    strange: tuple[float, ...]
    note_fit: np.ndarray


@dataclass(frozen=True, eq=False)
class _Table:
    degrees: tuple[Degree, ...]
    unigram: np.ndarray
    bigram: np.ndarray
    members: np.ndarray


@cache
def _table(minor: bool) -> _Table:
    """Degrees [14], unigram [14], bigram [14, 14] and chord tones above the tonic [14, 12]."""
    data = json.loads(Path(__file__).with_name("chord_bigram.json").read_text(encoding="utf-8"))
    part = data["minor" if minor else "major"]
    degrees = tuple((int(name[:-1]), name[-1]) for name in part["chords"])
    members = np.zeros((len(degrees), 12))
    for row, (step, quality) in enumerate(degrees):
        members[row, [(step + tone) % 12 for tone in QUALITIES[quality]]] = 1.0
    return _Table(degrees, np.asarray(part["unigram"]), np.asarray(part["bigram_p"]), members)


def minor_chord_share(minor: bool) -> float:
    """How much of the time minor and diminished chords sound in chorales of a mode."""
    table = _table(minor)
    return float(sum(u for u, (_, quality) in zip(table.unigram, table.degrees, strict=True) if quality in "md")
                 / table.unigram.sum())


def _weights(notes: tuple[np.ndarray, np.ndarray, np.ndarray], tonic: int, edges: np.ndarray
             ) -> tuple[np.ndarray, np.ndarray]:
    """Sounding quarters and accented quarters per segment and pitch class above the tonic, [segments, 12] each."""
    onset, _, pitch = notes
    overlap = _overlap(notes, edges[:-1], edges[1:])
    accent = np.where(np.abs(onset - edges[:-1, None]) < 1e-6, ONSET_ACCENT, 1.0)
    one_hot = np.eye(12)[(pitch - tonic) % 12]
    return overlap @ one_hot, (overlap * accent) @ one_hot


def _viterbi(emission: np.ndarray, table: _Table) -> np.ndarray:
    """Best chord index per segment, from emission [segments, 14]."""
    move = np.log(np.where(np.eye(len(table.degrees)) > 0, STAY, (1 - STAY) * np.maximum(table.bigram, FLOOR)))
    score = emission + PRIOR * np.log(table.unigram)
    back = np.zeros(emission.shape, int)
    total = score[0]
    for i in range(1, len(emission)):
        options = total[:, None] + move
        back[i] = options.argmax(axis=0)
        total = options.max(axis=0) + score[i]
    path = [int(total.argmax())]
    for i in range(len(emission) - 1, 0, -1):
        path.append(int(back[i][path[-1]]))
    return np.asarray(path[::-1])


def heard(notes: tuple[np.ndarray, np.ndarray, np.ndarray], key: KeyFit, edges: np.ndarray) -> Harmony:
    """Chords of (onset_q, duration_q, pitch) arrays, one decision between each two ``edges`` [segments + 1]."""
    table = _table(key.is_minor)
    if notes[0].size == 0:
        return Harmony((), 0.0, None, (), np.zeros(0))
    plain, accented = _weights(notes, key.tonic_pc, edges)
    sounding = plain.sum(axis=1) > 0
    first, last = int(np.argmax(sounding)), len(sounding) - int(np.argmax(sounding[::-1]))
    plain, accented, edges = plain[first:last], accented[first:last], edges[first:last + 1]
    voices = np.maximum(plain.sum(axis=1, keepdims=True), (edges[1:] - edges[:-1])[:, None])
    fit = np.where(table.members.T > 0, IN_CHORD, OUT_OF_CHORD)
    path = _viterbi(accented / voices @ fit, table)
    segments = [Segment(float(a), float(b), table.degrees[k])
                for a, b, k in zip(edges[:-1], edges[1:], path, strict=True)]
    return _harmony(segments, _note_fit(notes, key.tonic_pc, edges, table.members[path]), notes[1], table)


def _overlap(notes: tuple[np.ndarray, np.ndarray, np.ndarray], start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Quarters that each note sounds inside each span, [spans, notes]."""
    onset, duration, _ = notes
    shared = np.minimum(onset + duration, end[:, None]) - np.maximum(onset, start[:, None])
    return np.asarray(np.clip(shared, 0.0, None))


def _note_fit(notes: tuple[np.ndarray, np.ndarray, np.ndarray], tonic: int, edges: np.ndarray, members: np.ndarray
              ) -> np.ndarray:
    """Share of each note inside the chord of its moment [notes], chords given as members [segments, 12]."""
    overlap = _overlap(notes, edges[:-1], edges[1:])
    inside = (overlap * members[:, (notes[2] - tonic) % 12]).sum(axis=0)
    total = overlap.sum(axis=0)
    return np.where(total > 0, inside / np.where(total > 0, total, 1.0), 1.0)


def given(chords: tuple[tuple[float, float, int, str], ...], key: KeyFit,
          notes: tuple[np.ndarray, np.ndarray, np.ndarray]) -> Harmony:
    """Written chords (onset_q, duration_q, root_pc, quality) judged against the notes that sound."""
    segments = [Segment(onset, onset + duration, ((root - key.tonic_pc) % 12, _triad(quality, key)))
                for onset, duration, root, quality in chords]
    start = np.asarray([c[0] for c in chords])
    overlap = _overlap(notes, start, start + np.asarray([c[1] for c in chords]))
    members = np.zeros((len(chords), 12))
    for row, (_, _, root, quality) in enumerate(chords):
        members[row, [(root + tone) % 12 for tone in QUALITIES[quality]]] = 1.0
    inside, total = (overlap * members[:, notes[2] % 12]).sum(axis=0), overlap.sum(axis=0)
    fit = np.where(total > 0, inside / np.where(total > 0, total, 1.0), 1.0)
    return _harmony(segments, fit, notes[1], _table(key.is_minor))


def _triad(quality: str, key: KeyFit) -> str:
    return ("m" if key.is_minor else "M") if quality == "5" else _TRIAD_OF[quality]


def _harmony(segments: list[Segment], note_fit: np.ndarray, duration: np.ndarray, table: _Table) -> Harmony:
    merged: list[Segment] = []
    for segment in segments:
        if merged and merged[-1].degree == segment.degree:
            merged[-1] = Segment(merged[-1].start_q, segment.end_q, segment.degree)
        else:
            merged.append(segment)
    index = {degree: i for i, degree in enumerate(table.degrees)}
    steps = []
    for a, b in zip(merged, merged[1:], strict=False):
        known = a.degree in index and b.degree in index
        p = table.bigram[index[a.degree], index[b.degree]] if known else FLOOR
        steps.append((float(np.log2(max(p, FLOOR))), b.start_q))
    perplexity = -float(np.mean([s for s, _ in steps])) if len(steps) >= 2 else None
    strange = tuple(q for s, q in sorted(steps)[:3] if s < -4.0)
    coverage = float((note_fit * duration).sum() / duration.sum())
    return Harmony(tuple(merged), coverage, perplexity, strange, note_fit)

"""A piece as arrays: lines of notes over bars, and the scales every criterion shares.

Positions and durations are quarters (float, [n]); bars may differ in metre. Nothing here depends on tempo except the
seconds that an instrument's breath is compared with.
"""
from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from backend.domain.instruments import Instrument
from backend.music.criteria import chords, keys

STEPS_PER_QUARTER = 24
"""Resolution of positions inside a bar: holds 32nds and 16th triplets exactly."""
SHORT_BARS = 8
"""A melody with fewer sounding bars is short: its evidence is thin and it has fusion weights of its own."""
MIN_NOTES = 4
"""Fewer pitched notes than this are no melody: nothing is judged."""


def ramp(x: float, low: float, high: float) -> float:
    """0 at ``low`` and below, 1 at ``high`` and above, straight between."""
    return float(min(1.0, max(0.0, (x - low) / (high - low))))


def band(x: float, low: float, full_low: float, full_high: float, high: float) -> float:
    """Trapezoid: 0 outside ``low``..``high``, 1 inside ``full_low``..``full_high``."""
    return min(ramp(x, low, full_low), ramp(-x, -high, -full_high))


def entropy(counts: Iterable[float]) -> float:
    """Shannon entropy in bits of non-negative weights."""
    weights = np.asarray([c for c in counts if c > 0], float)
    if weights.size < 2:
        return 0.0
    share = weights / weights.sum()
    return float(-(share * np.log2(share)).sum())


@dataclass(frozen=True, eq=False)
class Line:
    """One part's notes sorted by onset: ``onset_q``, ``duration_q`` float [n], ``pitch`` int [n].

    ``note_s`` holds sounding seconds per note when a tempo is known (empty otherwise); ``instrument`` is None when
    nobody has chosen one yet.
    """

    onset_q: np.ndarray
    duration_q: np.ndarray
    pitch: np.ndarray
    role: str = "melody"
    instrument: Instrument | None = None
    articulations: tuple[str, ...] = ()
    note_s: np.ndarray = field(default_factory=lambda: np.zeros(0))

    @property
    def end_q(self) -> np.ndarray:
        return np.asarray(self.onset_q + self.duration_q)

    @property
    def arrays(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """onset_q, duration_q, pitch."""
        return self.onset_q, self.duration_q, self.pitch

    @cached_property
    def top(self) -> Line:
        """The highest note of every onset: what the ear follows."""
        order = np.lexsort((-self.pitch, self.onset_q))
        first = np.ones(order.size, bool)
        first[1:] = np.diff(self.onset_q[order]) > 1e-6
        kept = order[first]
        return Line(self.onset_q[kept], self.duration_q[kept], self.pitch[kept], self.role, self.instrument)


def line_of(notes: Iterable[Sequence[float]], role: str = "melody", instrument: Instrument | None = None) -> Line:
    """A line from (onset_q, duration_q, pitch) triples in any order."""
    rows = sorted((float(n[0]), float(n[1]), int(n[2])) for n in notes)
    table = np.asarray(rows, float).reshape(-1, 3)
    return Line(table[:, 0], table[:, 1], table[:, 2].astype(int), role, instrument)


@dataclass(frozen=True, eq=False)
class Piece:
    """Lines over bars. ``bar_q``: bar starts and the last bar's end [bars + 1]; ``beat_q``: beat length per bar [bars].

    ``given_chords`` are (onset_q, duration_q, root_pc, quality) of a harmonised score; without them chords are heard.
    ``tempo_qpm`` is the mean tempo, used by the emotion criteria only.
    """

    lines: tuple[Line, ...]
    bar_q: np.ndarray
    beat_q: np.ndarray
    given_chords: tuple[tuple[float, float, int, str], ...] = ()
    tempo_qpm: float = 100.0

    @cached_property
    def melody(self) -> Line:
        """The line with role ``melody``, else the one that lies highest; its top notes."""
        for line in self.lines:
            if line.role == "melody" and line.pitch.size:
                return line.top
        sounding = [line for line in self.lines if line.pitch.size]
        return max(sounding, key=lambda line: float(line.pitch.mean())).top if sounding else line_of(())

    @cached_property
    def everything(self) -> Line:
        """All pitched notes of all lines in one."""
        return line_of((o, d, p) for line in self.lines
                       for o, d, p in zip(line.onset_q, line.duration_q, line.pitch, strict=True))

    @property
    def is_polyphonic(self) -> bool:
        return sum(1 for line in self.lines if line.pitch.size) > 1

    @property
    def kind(self) -> str:
        """Which fusion weights judge it: ``score``, ``melody``, or ``short`` for a melody of few bars."""
        if self.is_polyphonic:
            return "score"
        return "short" if len(self.sounding_bars) < SHORT_BARS else "melody"

    @property
    def bar_count(self) -> int:
        return len(self.beat_q)

    def bars_of(self, onset_q: np.ndarray) -> np.ndarray:
        """Bar index (0-based) of positions [n]."""
        index = np.searchsorted(self.bar_q, onset_q + 1e-6, side="right") - 1
        return np.clip(index, 0, max(0, self.bar_count - 1))

    @cached_property
    def sounding_bars(self) -> tuple[int, ...]:
        """Indices of bars in which the melody has an onset."""
        return tuple(int(b) for b in np.unique(self.bars_of(self.melody.onset_q)))

    @cached_property
    def bar_steps(self) -> dict[int, tuple[tuple[int, int], ...]]:
        """Melody per bar: (step inside the bar at STEPS_PER_QUARTER, pitch) pairs."""
        bars = self.bars_of(self.melody.onset_q)
        steps = np.rint((self.melody.onset_q - self.bar_q[bars]) * STEPS_PER_QUARTER).astype(int)
        return {b: tuple((int(s), int(p)) for s, p in zip(steps[bars == b], self.melody.pitch[bars == b], strict=True))
                for b in self.sounding_bars}

    @cached_property
    def slices(self) -> list[tuple[float, float, tuple[int, ...]]]:
        """(start_q, duration_q, sorted pitches) between any two note boundaries where something sounds."""
        notes = self.everything
        edges = np.unique(np.round(np.concatenate([notes.onset_q, notes.end_q]), 6))
        first = np.searchsorted(edges, notes.onset_q - 1e-5)
        last = np.searchsorted(edges, notes.end_q - 1e-5)
        sounding: list[list[int]] = [[] for _ in edges]
        for a, b, pitch in zip(first, last, notes.pitch, strict=True):
            for index in range(a, b):
                sounding[index].append(int(pitch))
        return [(float(a), float(b - a), tuple(sorted(pitches)))
                for a, b, pitches in zip(edges, edges[1:], sounding, strict=False) if pitches]

    @cached_property
    def key(self) -> keys.KeyFit:
        """The key heard over the whole piece."""
        return keys.fit_key(keys.histogram(self.everything.pitch, self.everything.duration_q))

    @cached_property
    def harmony(self) -> chords.Harmony:
        """The chords given, else the chords heard: per beat with several parts, per half bar in a bare melody."""
        source = self.everything if self.is_polyphonic else self.melody
        if self.given_chords:
            return chords.given(self.given_chords, self.key, source.arrays)
        return chords.heard(source.arrays, self.key, self._chord_edges())

    def _chord_edges(self) -> np.ndarray:
        edges: list[float] = []
        for start, end, beat in zip(self.bar_q[:-1], self.bar_q[1:], self.beat_q, strict=True):
            beats = max(1, round((end - start) / beat))
            parts = beats if self.is_polyphonic else (2 if beats % 2 == 0 else 1)
            edges.extend(start + (end - start) * np.arange(parts) / parts)
        return np.asarray([*edges, self.bar_q[-1]], float)


def beat_length_q(numerator: int, denominator: int) -> float:
    """A beat in quarters: the dotted note in compound metres (6/8, 9/8, 12/8, 3/8), the eighth in 5/8 and 7/8, at
    most a quarter in the others (a half note's grid would be too coarse for cut time)."""
    unit = 4.0 / denominator
    if denominator >= 8 and numerator % 3 == 0:
        return 3 * unit
    return min(1.0, unit)


def bars_text(bars: Sequence[int]) -> str:
    """``bars 3-6, 9`` from bar numbers."""
    runs: list[list[int]] = []
    for bar in sorted(set(bars)):
        if runs and bar == runs[-1][1] + 1:
            runs[-1][1] = bar
        else:
            runs.append([bar, bar])
    if not runs:
        return "no bar"
    text = ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in runs[:4])
    noun = "bar " if len(set(bars)) == 1 else "bars "
    return noun + text + (" ..." if len(runs) > 4 else "")

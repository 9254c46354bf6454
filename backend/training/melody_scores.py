"""Are the model's melodies like those of composers? Ten figures a melody, compared as distributions, and copies of the
training material counted."""
from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backend.models.melody_events import CHORD, HOME, NO_CHORD, NOTE, Ints, chord_tones
from backend.music.criteria.keys import scale_of
from backend.training.melody_material import MelodyPiece, Window

FIGURES = ("pitch class entropy", "scale consistency", "leaps", "steps", "repeated notes", "range", "chord tones",
           "bar repeat", "motif sequence", "ends at home")
LEAP, STEP = 4, 2
NEAR_BARS = 8
STRONG = 3
"""Metric class from which a beat counts as strong: the half bar."""
NGRAM = 6
LONG_COPY = 20
_KDE_POINTS = 400


def figures(window: Window, tokens: Ints) -> dict[str, float]:
    """By the names of FIGURES; nan where a melody does not say."""
    events = window.events
    notes = np.flatnonzero(events.classes["kind"] == NOTE)
    pitch = tokens[notes]
    degree = (pitch - HOME) % 12
    steps = np.diff(pitch)
    scale = {(pc - window.key.tonic_pc) % 12 for pc in scale_of(window.key.tonic_pc, window.key.mode)}
    share = np.bincount(degree, minlength=12) / len(degree)
    exact, shapes = _bars(window, pitch)
    home = (0, 3, 7) if window.key.is_minor else (0, 4, 7)
    return {"pitch class entropy": float(-np.sum(share[share > 0] * np.log2(share[share > 0]))),
            "scale consistency": float(np.isin(degree, list(scale)).mean()),
            "leaps": float((np.abs(steps) > LEAP).mean()),
            "steps": float(((np.abs(steps) <= STEP) & (steps != 0)).mean()),
            "repeated notes": float((steps == 0).mean()), "range": float(pitch.max() - pitch.min()),
            "chord tones": _chord_share(window, tokens, notes, degree), "bar repeat": _came_back(exact),
            "motif sequence": _came_back(shapes, least=2), "ends at home": float(degree[-1] in home)}


def _chord_share(window: Window, tokens: Ints, notes: Ints, degree: Ints) -> float:
    """Share of the notes on strong beats under a chord that belong to it."""
    chord, found = NO_CHORD, []
    place = 0
    for event, kind in enumerate(window.events.classes["kind"]):
        if kind == CHORD:
            chord = int(tokens[event])
            continue
        if chord != NO_CHORD and window.events.classes["metric"][event] >= STRONG:
            found.append(int(degree[place]) in chord_tones(chord))
        place += 1
    return float(np.mean(found)) if found else float("nan")


def _bars(window: Window, pitch: Ints) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
    """Every sounding bar with places and pitches, and as its intervals."""
    exact: dict[int, list[tuple[object, int]]] = {}
    for spot, value in zip(window.spots.spots, pitch, strict=True):
        bar = window.tempo_map.bar_at(spot.onset_q)
        exact.setdefault(bar.number, []).append((spot.onset_q - bar.start_q, int(value)))
    rows = [exact[number] for number in sorted(exact)]
    return [tuple(row) for row in rows], [tuple(np.diff([p for _, p in row]).tolist()) for row in rows]


def _came_back(bars: Sequence[tuple[object, ...]], least: int = 1) -> float:
    """Share of the bars after the first that equal one of the NEAR_BARS before."""
    found = [len(bar) >= least and bar in bars[max(0, i - NEAR_BARS):i] for i, bar in enumerate(bars) if i]
    return float(np.mean(found)) if found else 0.0


def overlap_area(a: Sequence[float], b: Sequence[float]) -> float:
    """Shared area of the kernel densities of two sets of figures, 0 .. 1, nan values left out; nan without any."""
    first, second = (np.asarray([v for v in values if not np.isnan(v)], float) for values in (a, b))
    if not first.size or not second.size:
        return float("nan")
    low, high = min(first.min(), second.min()) - 1e-3, max(first.max(), second.max()) + 1e-3
    grid = np.linspace(low - 0.2 * (high - low), high + 0.2 * (high - low), _KDE_POINTS)
    return float(np.minimum(_density(first, grid), _density(second, grid)).sum() * (grid[1] - grid[0]))


def _density(values: NDArray[np.float64], grid: NDArray[np.float64]) -> NDArray[np.float64]:
    """Gaussian kernels of Silverman's width, at least a fiftieth of the grid's."""
    width = max(1e-3, 1.06 * float(values.std()) * len(values) ** -0.2, 0.02 * float(grid[-1] - grid[0]) / 1.4)
    kernels = np.exp(-0.5 * ((grid[:, None] - values[None]) / width) ** 2).sum(axis=1)
    return np.asarray(kernels / (kernels.sum() * (grid[1] - grid[0])))


@dataclass(frozen=True)
class Known:
    """Interval figures of the training melodies: runs of NGRAM intervals and of LONG_COPY notes, in any key."""

    short: frozenset[tuple[int, ...]]
    long: frozenset[tuple[int, ...]]

    def share(self, pitches: Sequence[int]) -> float:
        """Of the different short figures of a melody, how many training has; nan without any."""
        mine = set(_runs(pitches, NGRAM))
        return len(mine & self.short) / len(mine) if mine else float("nan")

    def copies(self, pitches: Sequence[int]) -> int:
        """Runs of LONG_COPY notes that training has, note for note in some key."""
        return len(set(_runs(pitches, LONG_COPY - 1)) & self.long)


def known(pieces: Iterable[MelodyPiece]) -> Known:
    short: set[tuple[int, ...]] = set()
    long: set[tuple[int, ...]] = set()
    for piece in pieces:
        pitches = [note[2] for note in piece.melody]
        short.update(_runs(pitches, NGRAM))
        long.update(_runs(pitches, LONG_COPY - 1))
    return Known(frozenset(short), frozenset(long))


def _runs(pitches: Sequence[int], count: int) -> list[tuple[int, ...]]:
    steps = [b - a for a, b in zip(pitches, pitches[1:], strict=False)]
    return [tuple(steps[i:i + count]) for i in range(len(steps) - count + 1)]


def random_line(window: Window, rng: np.random.Generator) -> Ints:
    """The control: notes of the window's scale over two octaves, under the chords that were written."""
    scale = sorted({(pc - window.key.tonic_pc) % 12 for pc in scale_of(window.key.tonic_pc, window.key.mode)})
    tokens = window.tokens.copy()
    notes = window.events.classes["kind"] == NOTE
    tokens[notes] = HOME + rng.choice(scale, int(notes.sum())) + 12 * rng.integers(0, 2, int(notes.sum()))
    return tokens


@dataclass(frozen=True)
class Likeness:
    """``overlap`` by figure and their ``mean_overlap``; means of ``real`` and ``made`` figures; share of short figures
    known from training, of both; ``copies``: runs of LONG_COPY notes copied, of both; ``pieces`` compared."""

    overlap: dict[str, float]
    mean_overlap: float
    real: dict[str, float]
    made: dict[str, float]
    known_real: float
    known_made: float
    copies_real: int
    copies_made: int
    pieces: int


def likeness(windows: Sequence[Window], written: Sequence[Ints], training: Known) -> Likeness:
    """Compare one line a window with what its composer wrote."""
    real = [figures(w, w.tokens) for w in windows]
    made = [figures(w, tokens) for w, tokens in zip(windows, written, strict=True)]
    overlap = {name: overlap_area([f[name] for f in real], [f[name] for f in made]) for name in FIGURES}
    means = [{name: _mean([f[name] for f in rows]) for name in FIGURES} for rows in (real, made)]
    lines = [[t[w.events.classes["kind"] == NOTE].tolist() for w, t in zip(windows, rows, strict=True)]
             for rows in ([w.tokens for w in windows], written)]
    shares = [_mean([training.share(line) for line in rows]) for rows in lines]
    copies = [sum(training.copies(line) for line in rows) for rows in lines]
    return Likeness(overlap, _mean(list(overlap.values())), means[0], means[1], shares[0], shares[1],
                    copies[0], copies[1], len(windows))


def _mean(values: Sequence[float]) -> float:
    """Of what is not nan; nan without any."""
    kept = [value for value in values if not np.isnan(value)]
    return float(np.mean(kept)) if kept else float("nan")

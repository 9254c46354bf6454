"""The chords under a melody: from the symbols of a lead sheet, else from what all parts play in a half bar."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from backend.models.melody_events import CHORDS, NO_CHORD, chord_class, chord_tones
from backend.training.musicxml_pieces import _STEPS, WrittenPiece, _number, _root

_MINOR = ("minor", "half-diminished")
LEAST_FIT = 0.35
"""Below this share of sounding time inside the best chord less what lies outside it, a half bar has no chord."""
_OUTSIDE = 0.6
_ROOT_BONUS = 0.08


@dataclass(frozen=True)
class Symbol:
    """From ``onset_q`` on."""

    onset_q: Fraction
    root_pc: int
    quality: str


def read_symbols(path: Path, written: WrittenPiece) -> tuple[Symbol, ...]:
    """The chord symbols of a MusicXML file's first part, sorted; empty where there are none."""
    part = _root(path).find("part")
    out: list[Symbol] = []
    divisions = 1
    for bar, measure in zip(written.bars, [] if part is None else part.findall("measure"), strict=False):
        cursor = bar.start_q
        for item in measure:
            divisions = _number(item, "divisions", divisions) if item.tag == "attributes" else divisions
            if item.tag == "harmony":
                out += _symbol(item, cursor, divisions)
            elif item.tag in ("note", "forward") and item.find("chord") is None and item.find("grace") is None:
                cursor += Fraction(_number(item, "duration"), divisions)
            elif item.tag == "backup":
                cursor -= Fraction(_number(item, "duration"), divisions)
    return tuple(sorted(out, key=lambda symbol: symbol.onset_q))


def _symbol(item: ElementTree.Element, cursor: Fraction, divisions: int) -> list[Symbol]:
    root = item.find("root")
    if root is None or root.findtext("root-step") not in _STEPS:
        return []
    kind = (item.findtext("kind") or "major").strip()
    quality = "d" if kind.startswith("diminished") else "m" if kind.startswith(_MINOR) else "M"
    place = cursor + Fraction(_number(item, "offset"), divisions)
    pitch = _STEPS[str(root.findtext("root-step"))] + _number(root, "root-alter")
    return [Symbol(max(Fraction(0), place), pitch % 12, quality)]


def symbol_classes(symbols: Sequence[Symbol], places: Sequence[Fraction], tonic_pc: int) -> list[int]:
    """The chord class that holds at every place: the last symbol that begins before a quarter after it."""
    out = []
    for place in places:
        begun = [s for s in symbols if s.onset_q < place + 1]
        out.append(chord_class(begun[-1].root_pc - tonic_pc, begun[-1].quality) if begun else NO_CHORD)
    return out


def heard_classes(notes: NDArray[np.float64], edges: Sequence[Fraction], tonic_pc: int) -> list[int]:
    """The best triad of all ``notes`` [n, 3] (onset, end, pitch) between each two ``edges``; none without notes."""
    pcs = (notes[:, 2].astype(int) - tonic_pc) % 12
    out = []
    for start, end in zip(map(float, edges), map(float, edges[1:]), strict=False):
        shared = np.minimum(notes[:, 1], end) - np.maximum(notes[:, 0], start)
        out.append(_best(np.bincount(pcs, weights=np.maximum(0.0, shared), minlength=12).astype(np.float64)))
    return out


def _tables() -> NDArray[np.float64]:
    table = np.full((CHORDS - 1, 12), -_OUTSIDE)
    for chord in range(CHORDS - 1):
        table[chord, list(chord_tones(chord))] = 1.0
        table[chord, chord % 12] += _ROOT_BONUS
    return table


_TABLE = _tables()


def _best(weights: NDArray[np.float64]) -> int:
    if weights.sum() <= 0:
        return NO_CHORD
    fits = _TABLE @ (weights / weights.sum())
    return int(fits.argmax()) if fits.max() >= LEAST_FIT else NO_CHORD

"""The chords a mode may use, how they follow each other, and the palette's loops among them.

A degree chord is ``(semitones above the tonic, quality)``. Change probabilities come from chord_bigram.json (140 Bach
chorales); the colour chords a mode is known by are added to them.
"""
from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from backend.music.roman import parse_progression, suits_mode
from backend.music.theory import MODES, QUALITIES, is_minor_like

DegreeChord = tuple[int, str]

# The chords that tell a mode from plain major or minor (craft 2.3, 2.4).
_COLOURS: dict[str, tuple[DegreeChord, ...]] = {
    "major": ((5, "m"), (8, "M"), (10, "M")), "lydian": ((2, "M"), (11, "m"), (6, "d")),
    "mixolydian": ((10, "M"), (7, "m"), (3, "M")), "dorian": ((5, "M"), (2, "m"), (10, "M")),
    "aeolian": ((8, "M"), (3, "M"), (10, "M"), (7, "m")), "harmonic_minor": ((7, "M"), (8, "M"), (11, "d")),
    "phrygian": ((1, "M"), (10, "m"), (8, "M")), "octatonic": ((6, "M"), (1, "d"), (3, "M"), (8, "m"), (6, "m")),
    "chromatic": ((6, "m"), (8, "m"), (1, "M"), (4, "m"), (6, "M")),
}
_DEFAULT_LOOPS = {"major": "I vi IV V", "lydian": "I II I V", "mixolydian": "I bVII IV I", "dorian": "i IV i VII",
                  "aeolian": "i VI III VII", "harmonic_minor": "i iv i V", "phrygian": "i bII i bvii",
                  "octatonic": "i bv i bIII", "chromatic": "i bvi i bII"}
_UNSEEN = 0.02
"""Probability of a change the chorales do not know; by ear: a colour chord should be rare, not forbidden."""
_SELF = 0.30


@cache
def _table(mode: str) -> dict[str, Any]:
    text = Path(__file__).with_name("chord_bigram.json").read_text(encoding="utf-8")
    table: dict[str, Any] = json.loads(text)["minor" if is_minor_like(mode) else "major"]
    return table


def _parse(name: str) -> DegreeChord:
    degree, quality = re.fullmatch(r"(\d+)(\D.*)", name).groups()  # type: ignore[union-attr]
    return int(degree), quality


def vocabulary(mode: str, extra: tuple[DegreeChord, ...] = ()) -> tuple[DegreeChord, ...]:
    """The chords a harmony of ``mode`` may use, commonest first, then the mode's colours and ``extra``."""
    known = [_parse(name) for name in _table(mode)["chords"]]
    return tuple(dict.fromkeys([*known, *_COLOURS[mode], *extra]))


def foreign_tones(chord: DegreeChord, mode: str) -> int:
    """How many tones of a chord lie outside the scale (the raised leading tone of a minor dominant is at home)."""
    scale = set(MODES[mode])
    if mode in ("aeolian", "harmonic_minor") and chord == (7, "M"):
        return 0
    return sum((chord[0] + step) % 12 not in scale for step in QUALITIES[chord[1]])


def change_log_probability(chords: tuple[DegreeChord, ...], mode: str) -> np.ndarray:
    """[V, V] natural log of P(next | previous) for changes; the diagonal is log .30 (craft 4.2)."""
    place = {_parse(name): i for i, name in enumerate(_table(mode)["chords"])}
    rows = _table(mode)["bigram"]
    out = np.full((len(chords), len(chords)), _UNSEEN)
    for i, a in enumerate(chords):
        for j, b in enumerate(chords):
            if a in place and b in place:
                out[i, j] = max(_UNSEEN / 4, rows[place[a]][place[b]])
    np.fill_diagonal(out, _SELF)
    return np.asarray(np.log(out))


def loops(progressions: tuple[str, ...], mode: str) -> tuple[tuple[DegreeChord, ...], ...]:
    """The palette's loops that suit the mode, the mode's own when none does. Raises ValueError."""
    usable = tuple(parse_progression(text, 0, mode) for text in progressions if suits_mode(text, mode))
    return usable or (parse_progression(_DEFAULT_LOOPS[mode], 0, mode),)

"""Chord loops in roman numerals, and what they are in a key.

``I IV bVII V7 iio Imaj7 IVsus4 iiadd9``: capitals are major, small letters minor, ``o`` diminished, ``+``
augmented; ``b`` and ``#`` count from the major scale. Without an accidental a degree is that of the major scale in
major-like modes and of natural minor in minor-like ones (``VI`` in minor lies eight semitones above the tonic).
"""
from __future__ import annotations

import re
from functools import cache

from backend.music.theory import MODES, chord_pcs, is_minor_like, scale_pcs

_NUMERAL = re.compile(r"([b#]?)(VII|VI|IV|V|III|II|I|vii|vi|iv|v|iii|ii|i)(o|\+|maj7|m7|7|sus4|add9)?$")
_DEGREES = ("I", "II", "III", "IV", "V", "VI", "VII")


@cache
def parse_progression(text: str, tonic_pc: int, mode: str) -> tuple[tuple[int, str], ...]:
    """``(root_pc, quality)`` of every chord of a loop; qualities as in ``theory.QUALITIES``.

    Raises ValueError naming the numeral that cannot be read.
    """
    degrees = MODES["aeolian" if is_minor_like(mode) else "major"]
    chords = []
    for numeral in text.split():
        match = _NUMERAL.match(numeral)
        if match is None:
            raise ValueError(f"'{numeral}' is no chord. Write roman numerals such as i bVII IVmaj7 V7 iio.")
        accidental, letters, suffix = match.groups()
        degree = _DEGREES.index(letters.upper())
        offset = degrees[degree] if not accidental else MODES["major"][degree] + (1 if accidental == "#" else -1)
        chords.append(((tonic_pc + offset) % 12, _quality(letters.isupper(), suffix)))
    return tuple(chords)


def _quality(major: bool, suffix: str | None) -> str:
    if suffix in ("o", "+", "sus4", "maj7", "m7"):
        return {"o": "d"}.get(suffix, suffix)
    if suffix == "7":
        return "7" if major else "m7"
    if suffix == "add9":
        return "add9" if major else "madd9"
    return "M" if major else "m"


def scale_fit(text: str, mode: str) -> float:
    """Share of a loop's chord tones that lie in the mode, 0..1."""
    scale = set(scale_pcs(0, mode))
    tones = [pc for root, quality in parse_progression(text, 0, mode) for pc in chord_pcs(root, quality)]
    return sum(pc in scale for pc in tones) / len(tones)


def suits_mode(text: str, mode: str) -> bool:
    """Whether the loop's tonic chord is minor in a minor-like mode and major in a major-like one."""
    first = [quality for root, quality in parse_progression(text, 0, mode) if root == 0]
    minor = bool(first) and first[0] in ("m", "m7", "madd9", "d")
    return bool(first) and minor == is_minor_like(mode)

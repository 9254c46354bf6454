"""Modes, chord qualities and pitch spelling. Pitch classes count from C = 0; pitches are MIDI, 60 = middle C."""
from __future__ import annotations

MODES: dict[str, tuple[int, ...]] = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "lydian": (0, 2, 4, 6, 7, 9, 11),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "aeolian": (0, 2, 3, 5, 7, 8, 10),
    "harmonic_minor": (0, 2, 3, 5, 7, 8, 11),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
    "octatonic": (0, 1, 3, 4, 6, 7, 9, 10),
    "chromatic": tuple(range(12)),
}
"""Semitones above the tonic."""

QUALITIES: dict[str, tuple[int, ...]] = {
    "M": (0, 4, 7), "m": (0, 3, 7), "d": (0, 3, 6), "+": (0, 4, 8), "sus4": (0, 5, 7), "add9": (0, 4, 7, 2),
    "madd9": (0, 3, 7, 2), "maj7": (0, 4, 7, 11), "m7": (0, 3, 7, 10), "7": (0, 4, 7, 10), "5": (0, 7),
}
"""Semitones above the root, the root first."""

_FIFTHS_OF_MODE = {"major": 0, "lydian": 1, "mixolydian": -1, "dorian": -2, "aeolian": -3, "harmonic_minor": -3,
                   "phrygian": -4, "octatonic": -3, "chromatic": -3}
_SHARP_LETTERS = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
_FLAT_LETTERS = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")
MINOR_LIKE = frozenset({"dorian", "aeolian", "harmonic_minor", "phrygian", "octatonic", "chromatic"})


def scale_pcs(tonic_pc: int, mode: str) -> tuple[int, ...]:
    """Pitch classes of a scale, the tonic first."""
    return tuple((tonic_pc + step) % 12 for step in MODES[mode])


def chord_pcs(root_pc: int, quality: str) -> tuple[int, ...]:
    """Pitch classes of a chord, the root first."""
    return tuple((root_pc + step) % 12 for step in QUALITIES[quality])


def is_minor_like(mode: str) -> bool:
    return mode in MINOR_LIKE


def key_fifths(tonic_pc: int, mode: str) -> int:
    """Sharps (> 0) or flats (< 0) of the key signature, -6..6."""
    fifths = ((tonic_pc * 7) % 12) + _FIFTHS_OF_MODE[mode]
    while fifths > 6:
        fifths -= 12
    while fifths < -6:
        fifths += 12
    return fifths


def pc_name(pc: int, fifths: int = 0) -> str:
    """Letter name of a pitch class, sharps in sharp keys and flats in flat keys."""
    return (_SHARP_LETTERS if fifths >= 0 else _FLAT_LETTERS)[pc % 12]


def pitch_name(pitch: int, fifths: int = 0) -> str:
    """``C4`` for 60."""
    return f"{pc_name(pitch, fifths)}{pitch // 12 - 1}"


def key_name(tonic_pc: int, mode: str) -> str:
    """``D harmonic minor``."""
    return f"{pc_name(tonic_pc, key_fifths(tonic_pc, mode))} {mode.replace('_', ' ')}"

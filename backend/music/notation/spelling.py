"""Which letter a pitch is written with. Scale tones take the scale's letters, others the nearest on the line of fifths.

The line of fifths and its window around the key: Temperley, The Cognition of Basic Musical Structures (2001), ch. 5.
"""
from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from backend.domain.score import Key
from backend.music.theory import is_minor_like, key_fifths, scale_pcs

LETTERS = "CDEFGAB"
NATURAL_PC = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_FIFTHS_LETTERS = "FCGDAEB"


@dataclass(frozen=True)
class Spelled:
    """``letter`` A-G, ``alter`` in semitones (-2..2), ``octave`` of the written letter (4 holds middle C)."""

    letter: str
    alter: int
    octave: int

    @property
    def pitch(self) -> int:
        return 12 * (self.octave + 1) + NATURAL_PC[self.letter] + self.alter


def letter_at(fifths: int) -> tuple[str, int]:
    """Letter and alteration of a place on the line of fifths (C = 0, G = 1, F = -1, F sharp = 6)."""
    octave, place = divmod(fifths + 1, 7)
    return _FIFTHS_LETTERS[place], octave


def signature_alter(letter: str, fifths: int) -> int:
    """What a key signature of ``fifths`` sharps (flats when negative) does to a letter."""
    order = _FIFTHS_LETTERS.index(letter)
    return (fifths - order + 6) // 7


@cache
def _letters(tonic_pc: int, mode: str) -> dict[int, tuple[str, int]]:
    """Letter and alteration of the twelve pitch classes in a key."""
    fifths = key_fifths(tonic_pc, mode)
    lowest = fifths - (3 if is_minor_like(mode) else 4)
    out = {}
    for place in range(lowest, lowest + 12):
        letter, alter = letter_at(place)
        out[(NATURAL_PC[letter] + alter) % 12] = (letter, alter)
    pcs = scale_pcs(tonic_pc, mode)
    if len(pcs) == 7:
        tonic_letter = next(letter_at(place)[0] for place in range(fifths - 1, fifths + 6)
                            if (NATURAL_PC[letter_at(place)[0]] + letter_at(place)[1]) % 12 == tonic_pc)
        first = LETTERS.index(tonic_letter)
        for number, pc in enumerate(pcs):
            letter = LETTERS[(first + number) % 7]
            out[pc] = (letter, (pc - NATURAL_PC[letter] + 6) % 12 - 6)
    return out


def spell(pitch: int, key: Key) -> Spelled:
    """The written form of a pitch in a key."""
    letter, alter = _letters(key.tonic_pc, key.mode)[pitch % 12]
    return Spelled(letter, alter, (pitch - NATURAL_PC[letter] - alter) // 12 - 1)

"""A composer's note as the scripted ensemble understands it: a few plain turns of phrase, nothing else."""
from __future__ import annotations

import re
from dataclasses import dataclass

from backend.agents.stand_in.sheet import Row

FAMILIES = {"brass": "brass", "horns": "brass", "trumpets": "brass", "strings": "strings", "string": "strings",
            "woodwind": "woodwind", "woodwinds": "woodwind", "winds": "woodwind", "percussion": "percussion",
            "drums": "percussion", "choir": "choir", "voices": "choir", "synth": "synth", "synths": "synth",
            "piano": "keys", "keys": "keys"}
"""Word of a note -> family of instruments."""
_WORD = "|".join(sorted(FAMILIES, key=len, reverse=True))


@dataclass(frozen=True)
class Wish:
    """``fewer`` families to leave out, ``only`` families to keep (empty: all), ``quiet_before`` the bar until which the
    music is held back (1: none), ``gain`` 1 where nothing is said, less where it is to be softer."""

    fewer: frozenset[str] = frozenset()
    only: frozenset[str] = frozenset()
    quiet_before: int = 1
    gain: float = 1.0

    def allows(self, family: str) -> bool:
        return family not in self.fewer and (not self.only or family in self.only)


_BRASS = ("brass", "horn", "trumpet", "trombone", "tuba", "cornet", "euphonium", "cimbasso", "flugel")
_STRINGS = ("violin", "viola", "cell", "bass_solo", "basses", "string", "contrabass")
_DRUMS = ("drum", "taiko", "timpani", "cymbal", "percussion", "toms", "snare", "gong", "tam_tam", "triangle",
          "tambourine", "shaker", "anvil")
_WINDS = ("flute", "piccolo", "oboe", "clarinet", "bassoon", "sax", "english_horn", "recorder", "woodwind")


def family_of(instrument: str) -> str:
    """What everybody knows of an instrument by its name, "" where that is nothing."""
    for family, words in (("woodwind", _WINDS), ("brass", _BRASS), ("percussion", _DRUMS),
                          ("choir", ("choir", "soprano")), ("strings", _STRINGS),
                          ("keys", ("piano", "organ", "celesta")), ("synth", ("synth",))):
        if any(word in instrument for word in words):
            return family
    return ""


def read_wish(note: str, table: list[Row]) -> Wish:
    """``table`` has columns m and hit: "hold back until the door" means the bar of the strongest hit."""
    words = note.lower()
    less = rf"\b(?:less|fewer|no|without|drop)\s+(?:the\s+)?({_WORD})\b"
    fewer = frozenset(FAMILIES[word] for word in re.findall(less, words))
    only = frozenset(FAMILIES[word] for pair in re.findall(rf"\b({_WORD})\s+only\b|\bonly\s+({_WORD})\b", words)
                     for word in pair if word)
    gain = 0.75 if re.search(r"\b(softer|quieter)\b", words) else 1.0
    return Wish(fewer, only, _hold_until(words, table), gain)


def _hold_until(words: str, table: list[Row]) -> int:
    match = re.search(r"\bhold back until\s+(?:bar\s+(\d+)|\w+)", words)
    if not match:
        return 1
    if match[1]:
        return int(match[1])
    hits = [(float(row["hit"] or 0), -int(row["m"])) for row in table]
    weight, bar = max(hits, default=(0.0, -1))
    return -bar if weight > 0 else 1

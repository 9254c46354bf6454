"""How a part is mostly played, and how much earlier a sample library has to play it."""
from __future__ import annotations

from collections import Counter

from backend.domain.score import Part
from backend.music.instruments import instruments

_QUICK = frozenset({"spiccato", "staccato", "marcato", "sfz", "pizzicato", "bartok_pizz", "col_legno", "hit", "hard"})
_QUICK_SHARE = 0.4
"""Attack of short and accented articulations relative to the instrument's long tone (by ear; measure to calibrate)."""


def main_articulation(part: Part | None) -> str:
    """The articulation of most notes; empty where there are none."""
    if part is None or not part.notes:
        return ""
    counts = Counter(note.articulation for note in part.notes)
    return max(sorted(counts), key=lambda name: counts[name])


def playback_offset_ms(instrument_id: str, articulation: str) -> float:
    """How much earlier a track has to play so that its tones are half risen on the beat."""
    attack = instruments()[instrument_id].attack_ms
    return -round(attack * (_QUICK_SHARE if articulation in _QUICK and attack > 15 else 1.0), 3)

"""The twelve emotion labels as musical targets: backend/music/emotions.json, read once.

The file holds one record a label. ``progressions`` are chord loops in roman numerals (see
``backend.music.roman``); ``core`` and ``avoid`` are instrument ids; ``meters`` are written ``3/4``.
"""
from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from backend.domain import serial
from backend.errors import OptionError


@dataclass(frozen=True)
class Emotion:
    """Musical targets of one label. ``valence``, ``arousal`` -1..1; ``dynamic`` 0 (ppp) .. 7 (fff);
    ``articulation`` is duration over inter-onset time; ``tension`` 0..1 says how dissonant the chords may be."""

    label: str
    valence: float
    arousal: float
    modes: tuple[str, ...]
    tempo_lo_qpm: float
    tempo_hi_qpm: float
    meters: tuple[str, ...]
    onsets_per_beat: float
    register_pitch: int
    dynamic: float
    articulation: float
    tension: float
    bars_per_chord: float
    percussion: int
    progressions: tuple[str, ...]
    core: tuple[str, ...]
    avoid: tuple[str, ...]


@dataclass(frozen=True)
class EmotionTable:
    """The data file: the twelve labels of FilmComposer's Table 6."""

    emotions: tuple[Emotion, ...]


@cache
def emotions() -> dict[str, Emotion]:
    """Every emotion by label, in the order of the table."""
    text = Path(__file__).with_name("emotions.json").read_text(encoding="utf-8")
    return {item.label: item for item in serial.loads(EmotionTable, text).emotions}


def find_emotion(label: str) -> Emotion:
    """The emotion of that name, whatever its capitals. Raises OptionError naming the twelve."""
    for name, emotion in emotions().items():
        if name.lower() == label.strip().lower():
            return emotion
    raise OptionError(f"There is no emotion '{label}'. Choose one of {', '.join(emotions())}.")


def nearest(valence: float, arousal: float) -> tuple[Emotion, ...]:
    """Every emotion, the nearest in the valence/arousal plane first (ties in the order of the table)."""
    return tuple(sorted(emotions().values(),
                        key=lambda item: (item.valence - valence) ** 2 + (item.arousal - arousal) ** 2))

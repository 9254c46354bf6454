"""Melodies played by the project's own renderer, dry: each note early by its own attack, as in a mix."""
from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import cache

import numpy as np
from numpy.typing import NDArray

from backend.audio.bank_notes import BankNotes
from backend.audio.performance import PlayedNote
from backend.audio.soundfont import Preset, open_font
from backend.audio.voice import Touch, play
from backend.audio.wav import quantise
from backend.domain.score import Melody, Note
from backend.domain.spotting import RhythmSpot, RhythmSpots
from backend.domain.tempo import TempoMap
from backend.music.rule_melody.compose import compose_melody
from tests.music.rhythms import brief, rhythm, tempo_map

RATE = 48_000
TAIL_S = 1.0
INSTRUMENTS = {"piano": 0, "strings": 48, "violin": 40, "clarinet": 71, "flute": 73, "horn": 60, "oboe": 68,
               "vibraphone": 11, "guitar": 24, "trumpet": 56}
"""General MIDI programs (counted from 0)."""


def melody(seed: int, metre: str = "4/4", bars: int = 8, tempo_qpm: float = 96.0) -> tuple[Melody, TempoMap]:
    """What the rules write on a random rhythm."""
    placed = tempo_map(metre, bars, tempo_qpm)
    return compose_melody(rhythm(placed, seed), placed, brief("Joyous", seed), seed), placed


def spots_of(one: Melody) -> RhythmSpots:
    """The rhythm of a melody, each spot as long as its note."""
    return RhythmSpots(tuple(RhythmSpot(n.onset_q, n.duration_q, "fill") for n in one.notes), one.sections, "test")


def timed(notes: Sequence[Note], placed: TempoMap) -> list[tuple[float, float, float]]:
    """Onset, end in seconds, pitch."""
    return [(float(placed.time_s(n.onset_q)), float(placed.time_s(n.end_q)), float(n.pitch)) for n in notes]


@cache
def _bank() -> BankNotes:
    return BankNotes(RATE)


def played(notes: Sequence[Note], placed: TempoMap, program: int) -> NDArray[np.float32]:
    """Sound [2, samples] at 48 kHz from time 0 until a second after the last note."""
    font, preset = open_font(None, RATE), Preset(program)
    scored = [PlayedNote(round(a * RATE), round(b * RATE), int(p), n.velocity, preset)
              for (a, b, p), n in zip(timed(notes, placed), notes, strict=True)]
    early = [(max(0, one.start - _bank().advance(font, one)), one) for one in scored]
    stop = max(one.end for one in scored) + round(TAIL_S * RATE)
    sound = play(font, early, (0, stop), Touch({preset: 1.0}, 1.0), RATE)
    return np.ascontiguousarray(sound.T) * np.float32(0.5 / max(1e-6, float(np.abs(sound).max())))


def as_24_bit(sound: NDArray[np.float32]) -> NDArray[np.int32]:
    return quantise(sound)


def end_of(placed: TempoMap) -> Fraction:
    return placed.bars[-1].end_q

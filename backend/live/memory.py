"""What a results folder remembers of the session: what was put there, and for which cue the user's documents hold.

What the user did in the session is the difference between what was told to it and what is found there. A session may
stand at an earlier telling (a build was refused, REAPER closed without saving, undo), so a few are kept
and the one that fits best counts.
"""
from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TypeVar

from backend.domain import serial
from backend.domain.hits import HitPoint
from backend.domain.score import Melody
from backend.domain.spotting import RhythmSpots
from backend.domain.tempo import TempoMap
from backend.results import ResultsFolder

log = logging.getLogger(__name__)

MEMORY_FILE = ".session.json"
KEPT = 4
"""Tellings: some undo steps, and a build or two that never arrived."""
T = TypeVar("T")


@dataclass(frozen=True)
class ToldHits:
    """``hits`` have their time on the film's clock; ``origin_s`` is film time 0 on the project's, at ``play_rate``."""

    hits: tuple[HitPoint, ...]
    origin_s: Fraction
    play_rate: Fraction = Fraction(1)


@dataclass(frozen=True)
class CueClock:
    """Where a cue lies on the film, and its tempo map: what quarters and cue seconds of a document refer to."""

    start_s: Fraction
    play_rate: Fraction
    tempo_map: TempoMap | None = None

    def film_s(self, cue_s: Fraction) -> Fraction:
        return (self.start_s + cue_s) * self.play_rate

    def cue_s(self, film_s: Fraction) -> Fraction:
        return film_s / self.play_rate - self.start_s


@dataclass(frozen=True)
class ToldSpots:
    """``start_s`` is where quarter 0 lay on the project's clock; None: where it lies now."""

    clock: CueClock
    spots: RhythmSpots
    start_s: float | None = None


@dataclass(frozen=True)
class ToldMelody:
    """As ToldSpots."""

    clock: CueClock
    melody: Melody
    start_s: float | None = None


@dataclass(frozen=True)
class SpotEdit:
    """A spot of the user's, or a place they emptied (``kind`` empty), on the film's clock. ``grid``: it lay on a
    multiple of 1/grid quarters."""

    time_s: Fraction
    end_s: Fraction
    kind: str
    strength: int = 1
    grid: int = 960


@dataclass(frozen=True)
class SessionMemory:
    """``hits_clock`` is the cue that hits.json counts from; ``clock`` the cue and the map that spots and melody hold
    for. ``spots_hash`` and ``melody_hash`` are of the files as the session's edits left them (another hash: edited by
    hand since). ``start_s`` .. ``bars_end_s``: the last plan, on the project's clock."""

    hits_clock: CueClock | None = None
    clock: CueClock | None = None
    hits: tuple[ToldHits, ...] = ()
    spots: tuple[ToldSpots, ...] = ()
    melody: tuple[ToldMelody, ...] = ()
    spot_edits: tuple[SpotEdit, ...] = ()
    spots_hash: str = ""
    melody_hash: str = ""
    start_s: float | None = None
    end_s: float | None = None
    bars_end_s: float | None = None


def same_music(a: CueClock, b: CueClock) -> bool:
    """Whether every place in the music is the same moment of the film (which hits are met does not matter)."""
    if (a.start_s, a.play_rate) != (b.start_s, b.play_rate) or a.tempo_map is None or b.tempo_map is None:
        return False
    return replace(a.tempo_map, sync=(), made_by="") == replace(b.tempo_map, sync=(), made_by="")


def told(earlier: tuple[T, ...], now: T) -> tuple[T, ...]:
    """The tellings with the latest last, each once."""
    return (*(one for one in earlier if one != now), now)[-KEPT:]


def read_memory(folder: ResultsFolder) -> SessionMemory:
    """Empty where there is none or it cannot be read: then the documents alone say what the session held."""
    file = folder.file(MEMORY_FILE)
    if not file.is_file():
        return SessionMemory()
    try:
        memory: SessionMemory = serial.loads(SessionMemory, file.read_text(encoding="utf-8"))
        return memory
    except (serial.SchemaError, ValueError, OSError) as error:
        log.warning("what was put into the session is not known any more (%s): %s", file.name, error)
        return SessionMemory()


def write_memory(folder: ResultsFolder, memory: SessionMemory) -> None:
    folder.save(MEMORY_FILE, memory)

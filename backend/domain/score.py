"""Notes in quarters: the melody and the full score."""
from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import backend.domain.time  # noqa: F401  (teaches the documents to hold fractions)
from backend.domain.limits import positive, within
from backend.domain.spotting import Section


@dataclass(frozen=True)
class Note:
    """``pitch`` is sounding MIDI 0-127 (60 = middle C), ``velocity`` 1-127."""

    onset_q: Fraction
    duration_q: Fraction
    pitch: int
    velocity: int = 80
    articulation: str = ""

    def __post_init__(self) -> None:
        if self.onset_q < 0:
            raise ValueError("onset_q: a note lies before the cue")
        if not 0 <= self.pitch <= 127:
            raise ValueError(f"pitch: {self.pitch} is not within 0 and 127")
        if not 1 <= self.velocity <= 127:
            raise ValueError(f"velocity: {self.velocity} is not within 1 and 127")
        if self.duration_q <= 0:
            raise ValueError("duration_q: a note must last")

    @property
    def end_q(self) -> Fraction:
        return self.onset_q + self.duration_q


@dataclass(frozen=True)
class Key:
    """``tonic_pc`` 0 = C .. 11 = B; ``mode`` as in music.theory.MODES."""

    tonic_pc: int
    mode: str

    def __post_init__(self) -> None:
        within("tonic_pc", self.tonic_pc, 0, 11)


@dataclass(frozen=True)
class Melody:
    """Monophonic, sorted by onset, onsets equal to the rhythm spots. ``phrases`` are the bars a phrase starts in."""

    notes: tuple[Note, ...]
    key: Key
    sections: tuple[Section, ...]
    phrases: tuple[int, ...] = ()
    made_by: str = ""
    seed: int = 0


@dataclass(frozen=True)
class Chord:
    """``root_pc`` 0..11, ``quality`` one of music.theory.QUALITIES (``M m d + sus4 add9 maj7 m7 7``)."""

    onset_q: Fraction
    duration_q: Fraction
    root_pc: int
    quality: str
    bass_pc: int | None = None

    def __post_init__(self) -> None:
        if self.onset_q < 0:
            raise ValueError("onset_q: a chord lies before the cue")
        positive("duration_q", self.duration_q)
        within("root_pc", self.root_pc, 0, 11)
        within("bass_pc", self.bass_pc or 0, 0, 11)


@dataclass(frozen=True)
class Control:
    """A continuous controller value 0-127 at a position."""

    position_q: Fraction
    number: int
    value: int

    def __post_init__(self) -> None:
        if self.position_q < 0:
            raise ValueError("position_q: a controller lies before the cue")
        within("number", self.number, 0, 127)
        within("value", self.value, 0, 127)


@dataclass(frozen=True)
class Part:
    """One instrument's line. ``role``: melody, counter, pad, bass, ostinato, doubling, percussion, accent.

    ``id`` is stable (``melody``, ``pad.violins2`` ...) and is what ``--tracks`` names. ``timing_ms`` holds one
    humanised offset per note (empty: none); hard hits stay within 3 ms.
    """

    id: str
    name: str
    instrument: str
    role: str
    notes: tuple[Note, ...]
    controls: tuple[Control, ...] = ()
    timing_ms: tuple[float, ...] = ()


@dataclass(frozen=True)
class Score:
    """Every part, the chords and the form. Quarter positions refer to the tempo map."""

    title: str
    key: Key
    parts: tuple[Part, ...]
    chords: tuple[Chord, ...]
    sections: tuple[Section, ...]
    made_by: str = ""
    seed: int = 0

"""The arrangement scheme and the plans the experts exchange to reach it.

The rule experts and, later, language-model agents read and write exactly these. Measures are bar numbers from 1 and
levels lie in 0..1. Code writes notes; experts write plans.
"""
from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from backend.domain.limits import within
from backend.domain.spotting import Section

Dynamic = Literal["ppp", "pp", "p", "mp", "mf", "f", "ff", "fff"]
DYNAMICS: tuple[Dynamic, ...] = ("ppp", "pp", "p", "mp", "mf", "f", "ff", "fff")


@dataclass(frozen=True)
class Measure:
    """Analyze's view of a bar: loudness level and tension 0..1, layers that play, weight of the strongest hard hit."""

    m: int
    dynamic: Dynamic
    level: float
    tension: float
    texture: tuple[str, ...]
    hit_weight: float = 0.0

    def __post_init__(self) -> None:
        for name in ("level", "tension", "hit_weight"):
            within(name, getattr(self, name), 0, 1)


@dataclass(frozen=True)
class MeasurePlan:
    """Output of Analyze."""

    summary: str
    measures: tuple[Measure, ...]
    sections: tuple[Section, ...]


@dataclass(frozen=True)
class Soften:
    track: str
    from_bar: int
    to_bar: int
    gain_db: float


@dataclass(frozen=True)
class Duplicate:
    """Double ``source`` role with another instrument, ``octave`` octaves away."""

    source: str
    instrument: str
    octave: int
    from_bar: int
    to_bar: int


@dataclass(frozen=True)
class Layer:
    """A role that plays in a range of bars; ``cell`` is a rhythm like ``x.xx.xx.`` (one bar) where it matters."""

    role: str
    from_bar: int
    to_bar: int
    cell: str = ""


@dataclass(frozen=True)
class BarRange:
    from_bar: int
    to_bar: int


@dataclass(frozen=True)
class ArrangePlan:
    """Output of Arrange."""

    layers: tuple[Layer, ...]
    duplicates: tuple[Duplicate, ...]
    soften: tuple[Soften, ...]
    silences: tuple[BarRange, ...]
    builds: tuple[BarRange, ...]
    ending: Literal["cadence", "fade", "cut_off", "segue"]


@dataclass(frozen=True)
class Voice:
    """A line of the melody that one instrument can carry: the bars it owns and the pitches (MIDI) it needs there."""

    id: str
    bars: tuple[BarRange, ...]
    low_pitch: int
    high_pitch: int


@dataclass(frozen=True)
class VoicePlan:
    """Output of Voice-Part: the melody's voices. Together they own every bar, none twice; usually there is one."""

    voices: tuple[Voice, ...]


@dataclass(frozen=True)
class CastTrack:
    """``part`` is the stable part id; several tracks may share a role. A melody track with ``bars`` plays those and no
    others; without, tracks of a role take turns."""

    track_index: int
    part: str
    role: str
    instrument: str
    articulation: str
    octave_shift: int = 0
    bars: tuple[BarRange, ...] = ()


@dataclass(frozen=True)
class Casting:
    """Output of Instrument."""

    tracks: tuple[CastTrack, ...]


@dataclass(frozen=True)
class TrackVolume:
    """``measures`` maps bar number to level 0..1; unnamed bars keep the level before them."""

    track_index: int
    measures: dict[int, float]


@dataclass(frozen=True)
class VolumePlan:
    """Output of Volume."""

    tracks: tuple[TrackVolume, ...]


@dataclass(frozen=True)
class TrackMix:
    track_index: int
    gain_db: float
    pan: float
    reverb_space: float


@dataclass(frozen=True)
class MixPlan:
    """Output of Mixing."""

    tracks: tuple[TrackMix, ...]


@dataclass(frozen=True)
class Issue:
    """``severity`` 1 note, 2 should change, 3 must change. ``path`` points into the scheme."""

    severity: int
    step: Literal["analyze", "arrange", "voice_part", "instrument", "volume", "mixing"]
    path: str
    problem: str
    suggestion: str


@dataclass(frozen=True)
class Review:
    """Output of the Reviewer. ``qa`` holds computed figures; ``rating`` is their weighted sum."""

    verdict: Literal["accept", "revise"]
    rating: float
    issues: tuple[Issue, ...]
    qa: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class TrackScheme:
    """A track of the paper's scheme (track_index, instrument, panning, reverb_space, volume_envelope per measure)
    and what we add. ``volume_envelope`` maps bar number to level 0..1 (linear gain, 20 log10)."""

    track_index: int
    part: str
    name: str
    role: str
    instrument: str
    articulation: str
    panning: float
    reverb_space: float
    gain_db: float
    volume_envelope: dict[int, float]
    playback_offset_ms: float = 0.0
    made_by: str = "rule"

    def __post_init__(self) -> None:
        for name, low, high in (("panning", -1, 1), ("reverb_space", 0, 1), ("gain_db", -150, 24),
                                ("playback_offset_ms", -5000, 5000)):
            within(name, getattr(self, name), low, high)
        for bar, level in self.volume_envelope.items():
            if bar < 1:
                raise ValueError(f"volume_envelope: there is no bar {bar}")
            within(f"volume_envelope.{bar}", level, 0, 1)


@dataclass(frozen=True)
class ArrangementScheme:
    """What is executed. ``rounds`` are the reviews on the way; ``chosen_round`` the one kept."""

    tracks: tuple[TrackScheme, ...]
    measures: tuple[Measure, ...]
    sections: tuple[Section, ...]
    ending: str
    rounds: tuple[Review, ...] = ()
    chosen_round: int = 0
    made_by: str = ""

"""The ports: what the pipeline needs done, and nothing about who does it. ``wiring.py`` alone chooses.

Every port has one contract suite in ``tests/contracts`` that each implementation passes. Every result records
``made_by``. Implementations raise errors of ``backend.errors`` only.
"""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Protocol

from backend.domain.analysis import ClipAnalysis
from backend.domain.assessment import Assessment, AssessmentReport, Fix
from backend.domain.brief import CueBrief
from backend.domain.clip import Clip
from backend.domain.description import ClipDescription
from backend.domain.hits import HitPoints
from backend.domain.metrics import CueMetrics
from backend.domain.render import RenderReport
from backend.domain.scheme import (
    ArrangementScheme,
    ArrangePlan,
    Casting,
    MeasurePlan,
    MixPlan,
    Review,
    VolumePlan,
)
from backend.domain.score import Chord, Melody, Score
from backend.domain.session import Session
from backend.domain.spotting import RhythmSpots
from backend.domain.tempo import TempoMap
from backend.domain.time import FrameRate
from backend.domain.transcription import Transcription

Progress = Callable[[float], None]
"""Called with the fraction done, 0..1; may raise KeyboardInterrupt to stop the work."""


@dataclass(frozen=True)
class ClipRequest:
    """Which part of which file to analyse. ``start_s``/``end_s`` in clip time, None = the whole clip.

    ``frame_rate`` and ``start_timecode`` override what the file says. At a ``play_rate`` of 2 the picture runs at
    double speed, and every clip time (``start_s``, ``end_s``, all times of the analysis) is one of that showing.
    """

    path: Path
    cue: str = "1M1"
    start_s: Fraction | None = None
    end_s: Fraction | None = None
    frame_rate: FrameRate | None = None
    start_timecode: str | None = None
    play_rate: Fraction = Fraction(1)


class ClipAnalyzer(Protocol):
    """Opens the media once and measures it."""

    name: str

    def probe(self, request: ClipRequest) -> Clip:
        """What the container says, without decoding. Raises MediaError."""
        ...

    def analyze(self, request: ClipRequest, progress: Progress) -> ClipAnalysis:
        """One decode pass. Raises MediaError when there is no picture to measure."""
        ...


class HitFinder(Protocol):
    name: str

    def find(self, analysis: ClipAnalysis) -> HitPoints:
        """The few moments the music should meet, weighted and explained."""
        ...

    def accept(self, hits: HitPoints, analysis: ClipAnalysis) -> HitPoints:
        """A list from the user, put in order. Raises EditError for a hit outside the cue."""
        ...


class Describer(Protocol):
    name: str

    def describe(self, analysis: ClipAnalysis, emotion: str | None) -> ClipDescription:
        """Label what can honestly be labelled; ``emotion`` is the user's word."""
        ...


@dataclass(frozen=True)
class SpotRequest:
    analysis: ClipAnalysis
    hits: HitPoints
    tempo_map: TempoMap
    brief: CueBrief
    seed: int


class Spotter(Protocol):
    name: str

    def spot(self, request: SpotRequest) -> RhythmSpots:
        """Every hit plus fills whose density per bar follows the motion."""
        ...


@dataclass(frozen=True)
class MelodyRequest:
    """``keep`` and ``bars`` (inclusive): rewrite only those bars of ``keep``, everything else stays."""

    spots: RhythmSpots
    tempo_map: TempoMap
    brief: CueBrief
    seed: int
    fixes: tuple[Fix, ...] = ()
    keep: Melody | None = None
    bars: tuple[int, int] | None = None


class MelodyWriter(Protocol):
    name: str

    def write(self, request: MelodyRequest) -> Melody:
        """A note on every spot: onsets equal the spots exactly."""
        ...


class Transcriber(Protocol):
    name: str

    def transcribe(self, audio: Path, tempo_map: TempoMap, spots: RhythmSpots | None) -> Transcription:
        """The melody of a recording that begins at the cue's start: a note on every spot, or freely."""
        ...


class Assessor(Protocol):
    name: str

    def assess(self, melody: Melody, tempo_map: TempoMap, brief: CueBrief, advisory: bool) -> Assessment:
        """The 19 criteria and the verdict on a melody."""
        ...

    def assess_score(self, score: Score, tempo_map: TempoMap, brief: CueBrief) -> Assessment:
        """The same on the whole score, always advisory."""
        ...


@dataclass(frozen=True)
class ArrangeRequest:
    """What every arrangement expert may look at."""

    melody: Melody
    chords: tuple[Chord, ...]
    analysis: ClipAnalysis
    description: ClipDescription
    hits: HitPoints
    tempo_map: TempoMap
    brief: CueBrief
    seed: int
    reviews: tuple[Review, ...] = ()


class Analyzer(Protocol):
    name: str

    def analyze(self, request: ArrangeRequest) -> MeasurePlan: ...


class Arranger(Protocol):
    name: str

    def arrange(self, request: ArrangeRequest, plan: MeasurePlan) -> ArrangePlan: ...


class Caster(Protocol):
    name: str

    def cast(self, request: ArrangeRequest, plan: MeasurePlan, arrange: ArrangePlan) -> Casting: ...


class VolumeExpert(Protocol):
    name: str

    def balance(self, request: ArrangeRequest, plan: MeasurePlan, casting: Casting) -> VolumePlan: ...


class Mixer(Protocol):
    name: str

    def mix(self, request: ArrangeRequest, casting: Casting) -> MixPlan: ...


class Reviewer(Protocol):
    name: str

    def review(self, request: ArrangeRequest, score: Score, scheme: ArrangementScheme) -> Review:
        """Judge by computed QA; at severity 2 and above the named step is done again."""
        ...


@dataclass(frozen=True)
class RenderRequest:
    """Render ``session`` into ``folder`` (``mix.wav``, ``stems/``), loudness-normalised to ``target_lufs``."""

    session: Session
    folder: Path
    target_lufs: float
    soundfont: Path | None = None


class AudioRenderer(Protocol):
    name: str

    def render(self, request: RenderRequest, progress: Progress) -> RenderReport:
        """Write mix and stems (48 kHz / 24 bit, equal length). Raises OutputError, InputError for the soundfont."""
        ...


@dataclass(frozen=True)
class PreviewRequest:
    """Picture of ``source`` from ``start_s`` to ``end_s`` (clip time) with the sound of ``mix``.

    Clip times are those of the showing at ``play_rate``.
    """

    source: Path
    start_s: Fraction
    end_s: Fraction
    mix: Path
    target: Path
    play_rate: Fraction = Fraction(1)


class PreviewWriter(Protocol):
    name: str

    def write(self, request: PreviewRequest) -> None:
        """An mp4 whose picture and music start together. Raises OutputError, MediaError."""
        ...


class SessionWriter(Protocol):
    name: str

    def write(self, session: Session, target: Path) -> Path:
        """Put the session where the user works: an .RPP file, or an open REAPER."""
        ...


@dataclass(frozen=True)
class CueResults:
    """Every document of a cue, for reports and measurements. ``files`` maps a role to a name in ``folder``."""

    title: str
    folder: Path
    analysis: ClipAnalysis
    description: ClipDescription
    brief: CueBrief
    hits: HitPoints
    tempo_map: TempoMap
    spots: RhythmSpots
    melody: Melody
    assessment: AssessmentReport
    score: Score
    scheme: ArrangementScheme
    render: RenderReport | None
    files: dict[str, str]


class Reporter(Protocol):
    name: str

    def report(self, results: CueResults, metrics: CueMetrics) -> tuple[str, ...]:
        """Write the pictures and tables a person looks at; the names written. Raises OutputError."""
        ...


@dataclass(frozen=True)
class Services:
    """One adapter for every port, chosen by ``wiring.py``."""

    clip_analyzer: ClipAnalyzer
    hit_finder: HitFinder
    describer: Describer
    spotter: Spotter
    melody_writer: MelodyWriter
    assessor: Assessor
    analyzer: Analyzer
    arranger: Arranger
    caster: Caster
    volume: VolumeExpert
    mixer: Mixer
    reviewer: Reviewer
    session_writer: SessionWriter
    audio_renderer: AudioRenderer
    preview_writer: PreviewWriter
    reporter: Reporter

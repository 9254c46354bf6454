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
from backend.domain.assessment import Assessment
from backend.domain.brief import CueBrief
from backend.domain.clip import Clip
from backend.domain.description import ClipDescription
from backend.domain.ensemble import Still
from backend.domain.hits import HitPoints
from backend.domain.metrics import CueMetrics
from backend.domain.render import RenderReport
from backend.domain.requests import (
    ArrangeRequest,
    ClipRequest,
    CueResults,
    DescribeRequest,
    MelodyRequest,
    PreviewRequest,
    RenderRequest,
    SpotRequest,
)
from backend.domain.scheme import (
    ArrangementScheme,
    ArrangePlan,
    Casting,
    MeasurePlan,
    MixPlan,
    Review,
    VoicePlan,
    VolumePlan,
)
from backend.domain.score import Melody, Score
from backend.domain.session import Session
from backend.domain.spotting import RhythmSpots
from backend.domain.tempo import TempoMap
from backend.domain.transcription import Transcription

Progress = Callable[[float], None]
"""Called with the fraction done, 0..1; may raise KeyboardInterrupt to stop the work."""


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


class FrameGrabber(Protocol):
    name: str

    def grab(self, analysis: ClipAnalysis, clip: Path, times_s: tuple[Fraction, ...], height: int) -> tuple[Still, ...]:
        """The frames shown at ``times_s`` (cue time), at most ``height`` lines high. Raises MediaError."""
        ...


class Describer(Protocol):
    name: str

    def describe(self, request: DescribeRequest) -> ClipDescription:
        """Label what can honestly be labelled."""
        ...


class Spotter(Protocol):
    name: str

    def spot(self, request: SpotRequest) -> RhythmSpots:
        """Every hit plus fills whose density per bar follows the motion."""
        ...


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


class Analyzer(Protocol):
    name: str

    def analyze(self, request: ArrangeRequest) -> MeasurePlan: ...


class Arranger(Protocol):
    name: str

    def arrange(self, request: ArrangeRequest, plan: MeasurePlan) -> ArrangePlan: ...


class VoiceSplitter(Protocol):
    name: str

    def split(self, request: ArrangeRequest, plan: MeasurePlan, arrange: ArrangePlan) -> VoicePlan:
        """The melody as lines that instruments can carry, before anybody is cast."""
        ...


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


class AudioRenderer(Protocol):
    name: str

    def render(self, request: RenderRequest, progress: Progress) -> RenderReport:
        """Write mix and stems (48 kHz / 24 bit, equal length). Raises OutputError, InputError for the soundfont."""
        ...


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
    voice_splitter: VoiceSplitter
    caster: Caster
    volume: VolumeExpert
    mixer: Mixer
    reviewer: Reviewer
    session_writer: SessionWriter
    audio_renderer: AudioRenderer
    preview_writer: PreviewWriter
    reporter: Reporter

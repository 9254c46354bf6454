"""What the ports are asked: one frozen request for every kind of work, with everything the work may look at."""
from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from backend.domain.analysis import ClipAnalysis
from backend.domain.assessment import AssessmentReport, Fix
from backend.domain.brief import CueBrief
from backend.domain.description import ClipDescription
from backend.domain.ensemble import ChatRecord, Lock
from backend.domain.hits import HitPoints
from backend.domain.render import RenderReport
from backend.domain.scheme import ArrangementScheme, Review, VoicePlan
from backend.domain.score import Chord, Melody, Score
from backend.domain.session import Session
from backend.domain.spotting import RhythmSpots
from backend.domain.tempo import TempoMap
from backend.domain.time import FrameRate


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


@dataclass(frozen=True)
class DescribeRequest:
    """``emotion`` is the user's word for the whole cue, ``clip`` the file for those who look at it."""

    analysis: ClipAnalysis
    emotion: str | None = None
    clip: Path = Path()
    note: str = ""


@dataclass(frozen=True)
class SpotRequest:
    analysis: ClipAnalysis
    hits: HitPoints
    tempo_map: TempoMap
    brief: CueBrief
    seed: int


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


@dataclass(frozen=True)
class ArrangeRequest:
    """What every arrangement expert may look at. ``note`` is the composer's word, ``locks`` are fields that stand;
    ``voices`` are known from the voice-part step on."""

    melody: Melody
    chords: tuple[Chord, ...]
    analysis: ClipAnalysis
    description: ClipDescription
    hits: HitPoints
    tempo_map: TempoMap
    brief: CueBrief
    seed: int
    reviews: tuple[Review, ...] = ()
    voices: VoicePlan | None = None
    note: str = ""
    locks: tuple[Lock, ...] = ()


@dataclass(frozen=True)
class RenderRequest:
    """Render ``session`` into ``folder`` (``mix.wav``, ``stems/``), loudness-normalised to ``target_lufs``."""

    session: Session
    folder: Path
    target_lufs: float
    soundfont: Path | None = None


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
    chats: tuple[ChatRecord, ...] = ()

"""One cue of one clip on its way into one folder: where its documents are read, checked and fitted to each other."""
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import cast

from backend.config import DEFAULTS, Options, file_name, options_from, title_of
from backend.daw.build import build_session
from backend.domain.analysis import ClipAnalysis
from backend.domain.brief import CueBrief
from backend.domain.description import ClipDescription
from backend.domain.ensemble import Lock, Locks
from backend.domain.hits import HitPoints
from backend.domain.scheme import ArrangementScheme
from backend.domain.score import Melody, Score
from backend.domain.session import Session
from backend.domain.spotting import RhythmSpots
from backend.domain.tempo import TempoMap
from backend.music.consistency import (
    check_analysis,
    check_brief,
    check_description,
    check_melody,
    check_scheme,
    check_score,
    check_spots,
    check_tempo_map,
    consistent_tempo_map,
)
from backend.music.spots import read_user_spots
from backend.music.user_hits import read_user_hits
from backend.ports import Services
from backend.results import ResultsFolder, relative_to


@dataclass(frozen=True)
class Supplied:
    """Documents the user hands in instead of having them made."""

    hits: Path | None = None
    spots: Path | None = None
    description: Path | None = None


@dataclass(frozen=True)
class CueJob:
    """One cue of one clip on its way into one folder. ``options`` has no gaps left where a default exists."""

    clip: Path
    folder: ResultsFolder
    options: Options
    services: Services
    supplied: Supplied = Supplied()

    @property
    def title(self) -> str:
        """For people, as typed."""
        return " ".join(f"{self.options.cue} {self.options.title or title_of(self.clip.stem)}".split())

    @property
    def name(self) -> str:
        """The title as a file name."""
        return file_name(self.title)

    @property
    def seed(self) -> int:
        return int(self.options.seed or 0)

    @property
    def analysis(self) -> ClipAnalysis:
        analysis = self.folder.load(ClipAnalysis, "analysis.json")
        check_analysis(analysis)
        return analysis

    @property
    def description(self) -> ClipDescription:
        description = self.folder.load(ClipDescription, "description.json")
        check_description(description, self.analysis)
        return description

    @property
    def hits(self) -> HitPoints:
        """In order and inside the cue, with frame and timecode, whatever an edit did."""
        analysis = self.analysis
        return read_user_hits(self.folder.load(HitPoints, "hits.json"), analysis.cue, analysis.clip.frame_rate)

    @property
    def brief(self) -> CueBrief:
        brief = self.folder.load(CueBrief, "brief.json")
        check_brief(brief)
        return brief

    @property
    def tempo_map(self) -> TempoMap:
        """Without the sync points of hits that are gone."""
        tempo_map, hits = self.folder.load(TempoMap, "tempo_map.json"), self.hits
        check_tempo_map(tempo_map, hits)
        return consistent_tempo_map(tempo_map, hits)

    @property
    def spots(self) -> RhythmSpots:
        """In order and inside the cue, whatever an edit did."""
        tempo_map = self.tempo_map
        spots = read_user_spots(self.folder.load(RhythmSpots, "spots.json"), tempo_map, self.analysis.cue)
        check_spots(spots, tempo_map)
        return spots

    @property
    def melody(self) -> Melody:
        melody = self.folder.load(Melody, "melody.json")
        check_melody(melody, self.tempo_map)
        return melody

    @property
    def score(self) -> Score:
        score = self.folder.load(Score, "score.json")
        check_score(score, self.tempo_map)
        return score

    @property
    def scheme(self) -> ArrangementScheme:
        scheme = self.folder.load(ArrangementScheme, "scheme.json")
        check_scheme(scheme, self.score)
        return scheme

    @property
    def locks(self) -> tuple[Lock, ...]:
        """Fields of the scheme that stand, from ``locks.json``; none without the file."""
        return self.folder.load(Locks, "locks.json").locks if self.folder.has("locks.json") else ()

    def session(self) -> Session:
        """The session that the documents describe now."""
        analysis = self.analysis
        return build_session(
            name=self.title, clip=analysis.clip, cue=analysis.cue, hits=self.hits, tempo_map=self.tempo_map,
            video_file=relative_to(self.clip, self.folder.path), spots=self.spots, score=self.score,
            scheme=self.scheme)


def job_of(folder: ResultsFolder, services: Services | None = None) -> CueJob:
    """The job a results folder was made by, for reading; ``services`` only where something is to be made."""
    options = options_from(folder.options).over(DEFAULTS)
    return CueJob(folder.clip, folder, options, cast(Services, services))

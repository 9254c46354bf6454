"""A session as far as a request sees it: one video item, markers, the spots, the melody. Plans are put into it."""
from __future__ import annotations

import base64
import struct
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from backend.cue_job import CueJob, job_of
from backend.domain.live import LiveItem, LivePlan
from backend.live.run import LiveOutcome, run_request
from backend.pipeline import StageNews
from backend.ports import Services
from backend.results import ResultsFolder
from bridge.messages import JobKind, JobRequest, SeenMarker, SeenNote, SeenProject, SeenVideo, Span


@dataclass
class OpenSession:
    """``ours`` are markers of the last plan (as the user left them), ``users`` the user's own."""

    services: Services
    video: SeenVideo
    project: SeenProject
    span: Span | None
    ours: list[SeenMarker] = field(default_factory=list)
    users: list[SeenMarker] = field(default_factory=list)
    spots: list[SeenNote] | None = None
    melody: list[SeenNote] | None = None
    known: bool = False
    news: list[StageNews] = field(default_factory=list)
    options: dict[str, str] | None = None

    def request(self, kind: JobKind, **more: object) -> JobRequest:
        left, right = ((self.span.start_s, self.span.end_s) if self.span else
                       (self.video.position_s, self.video.position_s + self.video.length_s))
        markers = tuple(m for m in (*self.ours, *self.users) if left - 1e-6 <= m.time_s <= right + 1e-6)
        return JobRequest(kind, self.video, self.span, self.project, markers, self._notes(self.spots),
                          self._notes(self.melody), self.known, options=self.options, **more)  # type: ignore[arg-type]

    def _notes(self, notes: list[SeenNote] | None) -> tuple[SeenNote, ...] | None:
        return None if notes is None else tuple(notes)

    def ask(self, kind: JobKind, **more: object) -> LiveOutcome:
        """Run a request; the session stays as it is (as when a build is refused)."""
        self.news = []
        return run_request(self.request(kind, **more), self.services, self.news.append)

    def run(self, kind: JobKind, **more: object) -> LiveOutcome:
        """Run a request and build the plan."""
        outcome = self.ask(kind, **more)
        if outcome.plan is not None:
            self.build(outcome.plan)
        return outcome

    def build(self, plan: LivePlan) -> None:
        self.known = True
        if "markers" in plan.parts:
            self.ours = [SeenMarker(m.time_s, m.name, i + 1) for i, m in enumerate(plan.markers)]
        if "spots" in plan.parts:
            self.spots = notes_of(plan, "spots")
        if "tracks" in plan.parts:
            self.melody = notes_of(plan, "melody")

    def made(self) -> set[str]:
        """Stages that the last request made."""
        return {news.stage for news in self.news if news.status == "made"}

    def change(self, index: int, **new: object) -> None:
        """Touch one of our markers."""
        self.ours[index] = replace(self.ours[index], **new)  # type: ignore[arg-type]

    @property
    def folder(self) -> Path:
        return next((Path(self.project.folder) / "FilmComposer").iterdir())


def notes_of(plan: LivePlan, kind: str) -> list[SeenNote] | None:
    """The notes of the tracks of a kind, as a session gives them back; None where there is no such track."""
    items = [item for track in plan.tracks if track.kind == kind for item in track.items]
    return [note for item in items for note in _events(item)] if items else None


def _events(item: LiveItem) -> list[SeenNote]:
    data, place, tick, sounding, out = base64.b64decode(item.events), 0, 0, {}, []
    while place < len(data):
        offset, _, size = struct.unpack_from("<iBi", data, place)
        message = data[place + 9:place + 9 + size]
        place, tick = place + 9 + size, tick + offset
        if message[0] & 0xF0 == 0x90:
            sounding[message[1]] = (tick, message[2])
        elif message[0] & 0xF0 == 0x80:
            start, velocity = sounding.pop(message[1])
            out.append(SeenNote(start / 960, (tick - start) / 960, message[1], velocity))
    return out


def read(session: OpenSession) -> CueJob:
    """The cue's documents as they lie in the folder now."""
    return job_of(ResultsFolder(session.folder).open())


def brief(session: OpenSession) -> list[tuple[float, str, str, bool]]:
    """Time, reason, type and lock of the hits."""
    return [(float(hit.time_s), hit.reason, hit.type, hit.locked) for hit in read(session).hits.hits]


FOUND = [(3.0, "cut to a busier shot", "hard", False), (5.0, "cut to a similar shot", "soft", False)]
"""What is found in the small film."""
Make = Callable[..., OpenSession]

"""What a request saw of the session, beside the job it asks for."""
from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from backend.cue_job import CueJob
from backend.errors import InputError
from backend.live.hit_edits import Mark
from backend.live.marker_names import clean
from backend.live.memory import CueClock, ToldHits
from backend.live.picture import ShownPicture, exact_s
from backend.pipeline import Tell, run_cue
from bridge.messages import JobRequest

MOST_MARKERS = 2000


@dataclass(frozen=True)
class SeenSession:
    """``picture`` null: the film is not in the session, so nothing of it was seen there."""

    job: CueJob
    request: JobRequest
    picture: ShownPicture | None
    tell: Tell

    def bring(self, until: str, redo_from: str | None = None) -> None:
        """Run the stages that are due."""
        run_cue(self.job, self.tell, redo_from, until)

    def clock(self, with_map: bool = False) -> CueClock:
        """The cue as it stands in the folder."""
        analysis = self.job.analysis
        return CueClock(analysis.cue.start_s, analysis.clip.play_rate, self.job.tempo_map if with_map else None)

    def marks(self, told: ToldHits | None) -> list[Mark]:
        """The markers on the film's clock, and as they would lie had the item stayed as it was when ``told``."""
        if self.picture is None:
            return []
        if len(self.request.markers) > MOST_MARKERS:
            raise InputError(f"{len(self.request.markers)} markers lie in the cue. Leave at most {MOST_MARKERS}: each "
                             "is a moment for the music to meet.")
        out = []
        for marker in self.request.markers:
            time_s = exact_s(marker.time_s, f"The marker '{clean(marker.name)[:40]}'")
            film_s = self.picture.film_s(time_s)
            out.append(Mark(film_s, marker.name, (time_s - told.origin_s) * told.play_rate if told else film_s))
        return out

    def stretch(self) -> tuple[Fraction, Fraction]:
        """The stretch of film that the markers were taken from."""
        assert self.picture is not None
        span = self.request.span
        left, right = ((self.picture.left_s, self.picture.right_s) if span is None else
                       (exact_s(span.start_s, "The cue's start"), exact_s(span.end_s, "The cue's end")))
        return self.picture.film_s(left), self.picture.film_s(right)


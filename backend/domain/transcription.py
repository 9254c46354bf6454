"""A melody heard in a recording: what sounded, in seconds, and the same as notes in quarters."""
from __future__ import annotations

from dataclasses import dataclass

from backend.domain.limits import within
from backend.domain.score import Note


@dataclass(frozen=True)
class HeardNote:
    """Seconds from the recording's start. ``confidence`` 0..1: sure that the pitch sounds, times sure that it begins
    there."""

    start_s: float
    end_s: float
    pitch: int
    confidence: float

    def __post_init__(self) -> None:
        within("confidence", self.confidence, 0, 1)


@dataclass(frozen=True)
class Transcription:
    """``notes`` (one voice, sorted) and ``heard`` belong together one by one. With rhythm spots given, the onsets are
    the spots.

    ``trusted`` is False when the recording should be made anew; ``verdict`` says why in a line.
    """

    heard: tuple[HeardNote, ...]
    notes: tuple[Note, ...]
    confidence: float
    trusted: bool
    verdict: str
    made_by: str = ""

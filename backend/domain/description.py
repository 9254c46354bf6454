"""What the picture means: the seven attributes of FilmComposer's Table 6, per shot and for the clip, each with its
source."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from backend.domain.limits import within
from backend.domain.visual_labels import LABELS

EMOTIONS = LABELS["emotion"]
Source = Literal["measured", "user", "model", "none"]


@dataclass(frozen=True)
class Attribute:
    """A label of Table 6 or null, who said so, and how sure (0..1). The user edits ``label`` and sets ``source`` to
    "user"; in ``description.txt`` the label alone is enough."""

    label: str | None
    source: Source = "none"
    confidence: float = 0.0

    def __post_init__(self) -> None:
        within("confidence", self.confidence, 0, 1)


@dataclass(frozen=True)
class Attributes:
    """Table 6: brightness, hue, view scale, emotion, setting, behaviour, theme."""

    brightness: Attribute
    hue: Attribute
    view_scale: Attribute
    emotion: Attribute
    setting: Attribute
    behaviour: Attribute
    theme: Attribute


@dataclass(frozen=True)
class ShotDescription:
    """``shot`` is the index in the analysis; ``motion`` is a sentence computed from the curves, ``sentence`` one by a
    model or the user on what is seen, null otherwise."""

    shot: int
    attributes: Attributes
    motion: str
    sentence: str | None = None


@dataclass(frozen=True)
class PlotSection:
    """A stretch of the story: tension 0..1 measured from cutting, motion and light, or what ``source`` says of the
    story; the sentence is the user's or a model's, null otherwise."""

    start_s: float
    end_s: float
    tension: float
    sentence: str | None = None
    source: Source = "measured"

    def __post_init__(self) -> None:
        within("tension", self.tension, 0, 1)
        if self.end_s < self.start_s:
            raise ValueError("end_s: the section ends before it starts")


@dataclass(frozen=True)
class VisualElements:
    """CoT-VTM eq. (3): what in the picture bears on music."""

    objects: str
    emotion: str
    dynamics: str
    colour: str


@dataclass(frozen=True)
class MusicElements:
    """CoT-VTM eq. (4). ``instruments`` are ids of ours."""

    genre: str
    instruments: tuple[str, ...]
    rhythm: str
    emotion: str


@dataclass(frozen=True)
class Reasoning:
    """CoT-VTM's chain of thought: seen elements, musical elements that follow, and the description, eq. (5)."""

    visual: VisualElements
    music: MusicElements
    music_description: str


@dataclass(frozen=True)
class ClipDescription:
    """Read back when edited: an ``emotion`` label with source "user" outweighs the measured prior.

    ``valence`` and ``arousal`` in -1..1 are the measured prior from colour, motion and cutting (craft: low
    confidence for valence, medium for arousal). ``frames_seen`` are the frames that a model was shown.
    """

    clip: Attributes
    shots: tuple[ShotDescription, ...]
    plot: tuple[PlotSection, ...]
    motion: str
    valence: float
    arousal: float
    valence_confidence: float
    arousal_confidence: float
    made_by: str = ""
    reasoning: Reasoning | None = None
    frames_seen: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        within("valence", self.valence, -1, 1)
        within("arousal", self.arousal, -1, 1)
        within("valence_confidence", self.valence_confidence, 0, 1)
        within("arousal_confidence", self.arousal_confidence, 0, 1)

"""What one decode pass saw: per-frame curves, cuts, transitions, shots. Times count from the cue's start."""
from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from backend.domain.clip import Clip, Cue

TransitionKind = Literal["fade_in", "fade_out", "dissolve", "flash"]


@dataclass(frozen=True)
class Curve:
    """One value per analysed frame. ``unit`` says what a 1 means, e.g. ``frame heights per second``."""

    name: str
    unit: str
    values: tuple[float, ...]


@dataclass(frozen=True)
class Cut:
    """``frame`` is the first frame of the new shot; ``strength`` in 0..1 says how different the pictures are."""

    frame: int
    time_s: Fraction
    strength: float


@dataclass(frozen=True)
class Transition:
    """A gradual change over an inclusive frame range."""

    kind: TransitionKind
    start_frame: int
    end_frame: int


@dataclass(frozen=True)
class Impact:
    """A visible hit: motion that stops dead or a jolt of the picture at ``frame``. ``strength`` in 0..1."""

    frame: int
    time_s: Fraction
    strength: float
    kind: str


@dataclass(frozen=True)
class Shot:
    """Frames ``start_frame`` up to, not including, ``end_frame``.

    ``motion_speed`` and ``motion_saliency`` are eq. (4) and (5) of FilmComposer over the shot, cut frames masked,
    in frame heights per second (and its positive change).
    """

    start_frame: int
    end_frame: int
    start_s: Fraction
    end_s: Fraction
    motion_speed: float
    motion_saliency: float
    luma: float
    saturation: float
    brightness: str
    hue: str
    view_scale: str | None = None
    view_scale_confidence: float = 0.0


@dataclass(frozen=True)
class ClipAnalysis:
    """The picture as numbers.

    ``frame_times_s[i]`` is the exact presentation time of frame i after the cue's start; every curve has as
    many values. Curves (names are stable): ``motion`` (frame heights/s, cut frames interpolated), ``saliency``
    (positive change of motion, frame heights/s), ``luma`` 0..1, ``saturation`` 0..1, ``contrast`` 0..1.
    ``motion_speed`` and ``motion_saliency`` are eq. (4) and (5) over the whole cue.
    """

    clip: Clip
    cue: Cue
    frame_times_s: tuple[Fraction, ...]
    curves: tuple[Curve, ...]
    cuts: tuple[Cut, ...]
    transitions: tuple[Transition, ...]
    impacts: tuple[Impact, ...]
    shots: tuple[Shot, ...]
    motion_speed: float
    motion_saliency: float
    made_by: str = ""

    def curve(self, name: str) -> Curve:
        for curve in self.curves:
            if curve.name == name:
                return curve
        raise KeyError(f"no curve '{name}'; there are {', '.join(c.name for c in self.curves)}")

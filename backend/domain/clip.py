"""The film excerpt that is scored, and the cue inside it."""
from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from backend.domain.time import FrameRate, timecode


@dataclass(frozen=True)
class Clip:
    """A media file as the reader found it.

    ``video_start_s`` is the time of the first picture frame on the file's own clock (0 for most files);
    clip time 0 is that first frame. ``start_frame`` is the absolute timecode frame of it.
    ``frames`` and ``duration_s`` describe what could be decoded of the analysed range. ``play_rate`` is how many
    seconds of the file pass in a second of clip time; every time here, ``video_start_s`` included, is clip time.
    """

    name: str
    frame_rate: FrameRate
    frames: int
    duration_s: Fraction
    width: int
    height: int
    start_frame: int = 0
    video_start_s: Fraction = Fraction(0)
    rotation_degrees: int = 0
    variable_rate: bool = False
    has_audio: bool = False
    codec: str = ""
    warnings: tuple[str, ...] = ()
    play_rate: Fraction = Fraction(1)

    def __post_init__(self) -> None:
        if self.play_rate <= 0:
            raise ValueError("play_rate: a picture runs forwards")

    @property
    def first_frame_s(self) -> Fraction:
        """Clip time 0 on the file's own clock."""
        return self.video_start_s * self.play_rate


@dataclass(frozen=True)
class Cue:
    """A stretch of the clip that gets one piece of music: ``1M1``, in and out in clip time.

    Every later time (hits, tempo map, notes) counts from ``start_s``; ``start_frame`` is the absolute
    timecode frame there.
    """

    label: str
    start_s: Fraction
    end_s: Fraction
    start_frame: int = 0
    title: str = ""

    def __post_init__(self) -> None:
        if self.end_s <= self.start_s:
            raise ValueError(f"cue {self.label} ends before it starts")

    @property
    def duration_s(self) -> Fraction:
        return self.end_s - self.start_s

    def timecode_at(self, time_s: Fraction, rate: FrameRate) -> str:
        """Timecode of a cue time."""
        return timecode(self.start_frame + rate.nearest_frame(time_s), rate)

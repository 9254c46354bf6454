"""The user's video item: which part of the film it shows, when, and how fast.

Three clocks meet here. The *project's* runs in REAPER. *Clip time* runs at the project's speed and is 0 at the film's
first picture. *Film time* is the film's own: clip time multiplied by the play rate; it is where a picture is, whatever
the item does. All three are exact fractions of seconds.
"""
from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from backend.config import Options
from backend.domain.clip import Clip
from backend.domain.requests import ClipRequest
from backend.errors import InputError
from backend.live.marker_names import clean
from backend.ports import ClipAnalyzer
from bridge.messages import SeenVideo, Span

EDGE_S = Fraction(1, 10_000)
"""A frame that begins this little before the item's edge still begins with it: REAPER's edges are rounded numbers."""
RATE_DENOMINATOR = 100_000
"""Fine enough for 24000/1001 : 25, so that a rate typed into REAPER is the rate that was meant."""
_MICRO = 1_000_000


def exact_s(value: float, what: str) -> Fraction:
    """A time from REAPER, to the microsecond. Raises InputError for what is no time."""
    if not math.isfinite(value) or abs(value) > 1e7:
        raise InputError(f"{what} is no time ({value}). Run the action again.")
    return Fraction(round(value * _MICRO), _MICRO)


@dataclass(frozen=True)
class ShownPicture:
    """``clip`` as probed at the play rate; ``origin_s`` is clip time 0 on the project's clock, ``left_s`` ..
    ``right_s`` the item's edges there. ``item`` is its GUID, empty when the film is not in the project yet."""

    path: Path
    clip: Clip
    origin_s: Fraction
    left_s: Fraction
    right_s: Fraction
    item: str = ""
    name: str = ""

    def clip_s(self, project_s: Fraction) -> Fraction:
        return project_s - self.origin_s

    def project_s(self, clip_s: Fraction) -> Fraction:
        return clip_s + self.origin_s

    def film_s(self, project_s: Fraction) -> Fraction:
        return self.clip_s(project_s) * self.clip.play_rate


def play_rate_of(video: SeenVideo) -> Fraction:
    """Raises OptionError for extreme rates, InputError for what is none."""
    if not math.isfinite(video.play_rate) or video.play_rate <= 0:
        raise InputError("The video item does not run forwards. Set its play rate to 1, then run the action again.")
    rate = Fraction(video.play_rate).limit_denominator(RATE_DENOMINATOR)
    return Options(play_rate=_plain(rate)).speed()


def shown_picture(video: SeenVideo, analyzer: ClipAnalyzer) -> ShownPicture:
    """What the item shows. Reads the head of the film. Raises MediaError, InputError, OptionError."""
    path = Path(video.file)
    if not path.is_absolute():
        raise InputError(f"'{video.file}': give the film's full path.")
    rate = play_rate_of(video)
    clip = analyzer.probe(ClipRequest(path, play_rate=rate))
    left_s = exact_s(video.position_s, "The video item's position")
    offset_s = exact_s(video.source_offset_s, "The video item's start in its source") / rate
    length_s = exact_s(video.length_s, "The video item's length")
    if length_s <= 0:
        length_s = clip.video_start_s + clip.duration_s - offset_s
    return ShownPicture(path, clip, left_s - offset_s + clip.video_start_s, left_s, left_s + length_s, video.item,
                        video.name)


def cue_bounds(picture: ShownPicture, span: Span | None) -> tuple[Fraction, Fraction | None]:
    """In and out of the cue in clip time: the span, no further than the item shows picture; no span: all it shows.

    The cue begins with the picture frame nearest to the span's start, but never with one from before the item or
    before project time 0. Out is None where the film ends first. Raises InputError when the two do not touch.
    """
    film_end_s = picture.project_s(picture.clip.duration_s) if picture.clip.duration_s > 0 else picture.right_s
    first_s = max(picture.left_s, picture.origin_s, Fraction(0))
    start_s, end_s = first_s, picture.right_s
    if span is not None:
        start_s = max(start_s, exact_s(span.start_s, f"The start of {clean(span.label)}"))
        end_s = min(end_s, exact_s(span.end_s, f"The end of {clean(span.label)}"))
    frame_s = picture.clip.frame_rate.frame_s
    if min(end_s, film_end_s) - start_s < frame_s:
        raise InputError(_apart(picture, span))
    cue_in = _first_frame(picture, start_s, first_s)
    return cue_in, None if end_s > film_end_s - frame_s / 2 else max(cue_in + frame_s, _end(picture, end_s))


def _end(picture: ShownPicture, end_s: Fraction) -> Fraction:
    """On the frame, where there is one: an end that is handed back is the end it was."""
    rate, wanted = picture.clip.frame_rate, picture.clip_s(end_s)
    return wanted if picture.clip.variable_rate else rate.time_s(rate.nearest_frame(wanted))


def _first_frame(picture: ShownPicture, start_s: Fraction, first_s: Fraction) -> Fraction:
    rate, wanted = picture.clip.frame_rate, picture.clip_s(start_s)
    edge = picture.clip_s(first_s) - EDGE_S
    if picture.clip.variable_rate:
        return max(wanted, edge + rate.frame_s / 2)  # the analyser looks half a frame back
    frame = max(0, rate.nearest_frame(wanted))
    return rate.time_s(frame if rate.time_s(frame) >= edge else frame + 1)


def _apart(picture: ShownPicture, span: Span | None) -> str:
    item = (f"the video item '{clean(picture.name) or picture.path.name}' ({float(picture.left_s):.2f} to "
            f"{float(picture.right_s):.2f} s)")
    if span is None:
        return f"There is no picture in {item}. Extend the item, then run the action again."
    return (f"{clean(span.label)} ({span.start_s:.2f} to {span.end_s:.2f} s) has no picture of {item}. Move the region "
            "or the item, or select the video item that lies there.")


def _plain(value: Fraction) -> str:
    return str(value.numerator) if value.denominator == 1 else f"{value.numerator}/{value.denominator}"

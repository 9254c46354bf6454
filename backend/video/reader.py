"""The only place that opens media: a clip's facts and its pictures with exact times (PyAV)."""
from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil
from pathlib import Path
from typing import Any

import av

from backend.errors import MediaError
from backend.video import rates
from backend.video.picture import Picture, Shrinker

log = logging.getLogger(__name__)

SCAN_PACKETS = 240
"""Packets looked at to learn the distance of frames: ten seconds of film, a few megabytes."""

MAX_BROKEN_READS = 50
"""Reads in a row that may fail before the rest of a damaged file is given up."""

THREADED_PIXELS = 1280 * 720
"""Larger pictures are decoded on all cores; smaller ones are faster on one and cost less memory."""

SHORTFALL = Fraction(1, 2)
"""Seconds a film may end before its announced end without a warning (half a second covers sound that runs on)."""

_SIGNATURES = (("ftyp", 4), ("moov", 4), ("mdat", 4), ("\x1a\x45\xdf\xa3", 0), ("RIFF", 0), ("OggS", 0))


@dataclass(frozen=True)
class MediaFacts:
    """What the file says. ``first_tick`` is the time stamp of the first picture, in ``time_base`` seconds.

    ``width`` and ``height`` as displayed (rotation and pixel shape applied); ``rotation_degrees`` clockwise.
    ``announced_s`` is the length the container claims, None when it claims none. ``timecode`` empty when absent.
    """

    path: Path
    stream_index: int
    codec: str
    width: int
    height: int
    pixel_aspect: Fraction
    rotation_degrees: int
    fps: Fraction
    variable_rate: bool
    time_base: Fraction
    first_tick: int
    video_start_s: Fraction
    announced_s: Fraction | None
    timecode: str
    has_audio: bool
    play_rate: Fraction = Fraction(1)

    def shown_at(self, play_rate: Fraction) -> MediaFacts:
        """The same ticks on the clock of a showing that runs ``play_rate`` times as fast."""
        announced_s = None if self.announced_s is None else self.announced_s / play_rate
        return replace(self, fps=self.fps * play_rate, time_base=self.time_base / play_rate,
                       video_start_s=self.video_start_s / play_rate, announced_s=announced_s, play_rate=play_rate)


@dataclass
class DecodeLog:
    """What went wrong while decoding; filled by :func:`pictures`."""

    broken_packets: int = 0
    first_broken_s: Fraction | None = None
    gave_up: bool = False
    out_of_order: int = 0


def read_facts(path: Path) -> MediaFacts:
    """Open ``path`` and look at its head: packets' times and the first picture. Raises MediaError."""
    with _open(path) as container:
        stream = _video_stream(container, path)
        frame, ticks = _look_at_head(container, stream)
        if frame is None:
            raise MediaError(f"No picture of '{path.name}' can be decoded ({stream.codec_context.name}). "
                             "Re-export the clip, for example as H.264 in MP4.")
        base = Fraction(stream.time_base)
        fps = rates.choose_rate((stream.average_rate, stream.guessed_rate, stream.base_rate), ticks, base)
        if fps is None:
            raise MediaError(f"'{path.name}' does not say its frame rate. Pass --frame-rate 24, or re-wrap it.")
        rotation = -round(frame.rotation / 90) * 90 % 360
        aspect = _pixel_aspect(stream)
        size = (max(1, round(frame.width * aspect)), frame.height)
        width, height = reversed(size) if rotation in (90, 270) else size
        first = frame.pts if frame.pts is not None else (ticks[0] if ticks else 0)
        origin = Fraction(container.start_time or 0, av.time_base) if container.start_time is not None else first * base
        return MediaFacts(
            path=path, stream_index=stream.index, codec=stream.codec_context.name, width=width, height=height,
            pixel_aspect=aspect, rotation_degrees=rotation, fps=fps,
            variable_rate=rates.is_variable(ticks), time_base=base, first_tick=first,
            video_start_s=max(Fraction(0), first * base - origin), announced_s=_announced(stream, first * base),
            timecode=_timecode(container, stream), has_audio=len(container.streams.audio) > 0)


def pictures(facts: MediaFacts, start_s: Fraction, end_s: Fraction | None,
             errors: DecodeLog) -> Iterator[tuple[int, Picture]]:
    """Yield (time stamp, picture) of the frames with ``start_s`` <= clip time < ``end_s``, in order of time.

    Damaged packets are skipped and noted in ``errors``. Raises MediaError when the file cannot be opened.
    """
    shrinker = Shrinker(facts.rotation_degrees, facts.pixel_aspect)
    for tick, frame in frames(facts, start_s, end_s, errors):
        yield tick, shrinker.shrink(frame)


def frames(facts: MediaFacts, start_s: Fraction, end_s: Fraction | None,
           errors: DecodeLog) -> Iterator[tuple[int, Any]]:
    """The same frames as they leave the decoder: neither turned upright nor made small."""
    start_tick = facts.first_tick + ceil(start_s / facts.time_base)
    end_tick = None if end_s is None else facts.first_tick + ceil(end_s / facts.time_base)
    last: int | None = None
    for tick, frame in _frames(facts, start_s, errors):
        if tick < start_tick:
            continue
        if end_tick is not None and tick >= end_tick:
            return
        if last is not None and tick <= last:
            errors.out_of_order += 1
            continue
        last = tick
        yield tick, frame


def _frames(facts: MediaFacts, start_s: Fraction, errors: DecodeLog) -> Iterator[tuple[int, Any]]:
    """Frames from a key frame at or before ``start_s`` on; from the beginning where seeking misses."""
    if start_s > 0:
        with _open(facts.path) as container:
            target = facts.first_tick + int(start_s / facts.time_base)
            stream = container.streams[facts.stream_index]
            try:
                container.seek(target, stream=stream, backward=True, any_frame=False)
            except av.FFmpegError as error:
                log.debug("cannot seek in %s: %s", facts.path.name, error)
            decoded = _decode(container, stream, facts, errors)
            head = next(decoded, None)
            if head is not None and head[0] <= target:
                yield head
                yield from decoded
                return
    with _open(facts.path) as container:
        yield from _decode(container, container.streams[facts.stream_index], facts, errors)


def _decode(container: Any, stream: Any, facts: MediaFacts, errors: DecodeLog) -> Iterator[tuple[int, Any]]:
    """Every frame from here on with its time stamp; a frame without one follows its predecessor."""
    context = stream.codec_context
    if context.width * context.height > THREADED_PIXELS:
        stream.thread_type = "AUTO"
    else:
        context.thread_count = 1
    step = max(1, round(1 / facts.fps / facts.time_base))
    last = facts.first_tick - step
    for packet in _packets(container, stream, errors):
        try:
            frames = packet.decode()
        except av.FFmpegError:
            errors.broken_packets += 1
            if errors.first_broken_s is None:
                errors.first_broken_s = max(Fraction(0), (last + step - facts.first_tick) * facts.time_base)
            continue
        for frame in frames:
            last = frame.pts if frame.pts is not None else last + step
            yield last, frame


def _packets(container: Any, stream: Any, errors: DecodeLog) -> Iterator[Any]:
    """Packets of a stream, reading on after damaged places."""
    source = container.demux(stream)
    broken_in_a_row = 0
    while True:
        try:
            packet = next(source)
        except StopIteration:
            return
        except av.FFmpegError:
            broken_in_a_row += 1
            if broken_in_a_row > MAX_BROKEN_READS:
                errors.gave_up = True
                return
            source = container.demux(stream)
            continue
        broken_in_a_row = 0
        yield packet


def _look_at_head(container: Any, stream: Any) -> tuple[Any, list[int]]:
    """The first decodable frame (or None) and the sorted time stamps of the first packets."""
    stream.codec_context.thread_count = 1
    first, ticks = None, []
    for count, packet in enumerate(_packets(container, stream, DecodeLog())):
        if packet.pts is not None:
            ticks.append(packet.pts)
        if first is None:
            try:
                first = next(iter(packet.decode()), None)
            except av.FFmpegError:
                continue
        if count >= SCAN_PACKETS and first is not None:
            break
    return first, sorted(set(ticks))


def _open(path: Path) -> Any:
    try:
        if path.is_dir():
            raise MediaError(f"'{path}' is a folder. Name one film file in it.")
        if not path.exists():
            raise MediaError(f"There is no file '{path}'. Check the path.")
        if path.stat().st_size == 0:
            raise MediaError(f"'{path.name}' is empty (0 bytes). Copy or export it again.")
        return av.open(str(path), metadata_errors="replace")
    except (av.FFmpegError, OSError, ValueError) as error:
        raise MediaError(_why_unreadable(path, error)) from None


def _why_unreadable(path: Path, error: Exception) -> str:
    if isinstance(error, PermissionError):
        return f"'{path.name}' may not be read. Change its permissions."
    try:
        with path.open("rb") as file:
            head = file.read(16).decode("latin-1")
    except OSError as reason:
        return f"'{path.name}' cannot be read: {reason.strerror or reason}."
    if any(head[offset:].startswith(mark) for mark, offset in _SIGNATURES):
        return (f"'{path.name}' is damaged: its index is missing, as after a broken-off recording or copy. "
                "Copy or export it again.")
    return f"'{path.name}' is not a film that can be read. Give a video file such as MP4, MOV, MKV or AVI."


def _video_stream(container: Any, path: Path) -> Any:
    """The first stream of moving pictures; cover art does not count."""
    for stream in container.streams.video:
        if not stream.disposition & av.stream.Disposition.attached_pic:
            return stream
    raise MediaError(f"'{path.name}' has no picture, only sound. Give a file with a video track.")


def _pixel_aspect(stream: Any) -> Fraction:
    """Width over height of a pixel; deviations of 1 % are rounding of odd sizes and mean square."""
    aspect = Fraction(stream.sample_aspect_ratio or 1)
    return aspect if aspect > 0 and abs(aspect - 1) > Fraction(1, 100) else Fraction(1)


def _announced(stream: Any, first_s: Fraction) -> Fraction | None:
    """Length of the picture; Matroska's tag counts from the file's zero, not from the first picture."""
    if stream.duration:
        return int(stream.duration) * Fraction(stream.time_base)
    text = stream.metadata.get("DURATION", "")
    try:
        hours, minutes, seconds = text.split(":")
        return int(hours) * 3600 + int(minutes) * 60 + Fraction(seconds.strip("\0")) - first_s
    except ValueError:
        return None


def _timecode(container: Any, stream: Any) -> str:
    """The start timecode of the picture: its own, the timecode track's, or the file's."""
    sources = [stream.metadata, *(other.metadata for other in container.streams.data), container.metadata]
    return next((text for text in (source.get("timecode", "") for source in sources) if text), "")

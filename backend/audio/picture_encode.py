"""The film's picture, encoded again as H.264: for cuts within the clip and for codecs mp4 players do not know."""
from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from backend.audio.picture_copy import moving_picture
from backend.domain.requests import PreviewRequest
from backend.errors import MediaError

MAX_LINES = 720
PRESET, QUALITY = "ultrafast", "23"
"""The picture differs from "veryfast" by .1 dB and costs a quarter of the work, for twice the bytes
(docs/benchmarks/render.md). The encoder takes as many threads as there are cores."""
FALLBACK_RATE = Fraction(25)
_TIME_BASE = Fraction(1, 90_000)
_MAX_BROKEN = 200
"""Broken reads after which a damaged file's rest is left out."""


def encoded_packets(request: PreviewRequest, output: Any) -> Iterator[tuple[float, Any]]:
    """(time, packet) of the frames that ``request`` shows, at its play rate, turned upright, square pixels.

    Every frame keeps its own time, so variable rates stay variable. Raises MediaError.
    """
    speed = request.play_rate
    frames = ((file_s / speed, frame) for file_s, frame in
              _timed_frames(request.source, request.start_s * speed, request.end_s * speed))
    head = next(frames, None)
    if head is None:
        return iter(())
    rate, aspect = _rate_and_aspect(request.source)
    graph, width, height = _upright(head[1], aspect)
    stream = output.add_stream("libx264", rate=(rate * speed).limit_denominator(1001))
    stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
    stream.codec_context.time_base = _TIME_BASE
    stream.time_base = _TIME_BASE
    stream.options = {"preset": PRESET, "crf": QUALITY}
    return _encode(head, frames, graph, stream)


def _encode(head: tuple[Fraction, Any], frames: Iterator[tuple[Fraction, Any]], graph: Any,
            stream: Any) -> Iterator[tuple[float, Any]]:
    shape, last = _shape(head[1]), -1
    size = (stream.width, stream.height)
    for time_s, frame in _chain(head, frames):
        if _shape(frame) != shape:
            graph, shape = _upright(frame, Fraction(1), size)[0], _shape(frame)
        graph.push(frame)
        picture = graph.pull()
        tick = int(time_s / _TIME_BASE)
        if tick <= last:
            continue
        last = picture.pts = tick
        picture.time_base = _TIME_BASE
        picture.pict_type = 0
        for packet in stream.encode(picture):
            yield _time_s(packet), packet
    for packet in stream.encode(None):
        yield _time_s(packet), packet


def _time_s(packet: Any) -> float:
    return float(packet.dts * packet.time_base)


def _chain(head: tuple[Fraction, Any], rest: Iterator[tuple[Fraction, Any]]) -> Iterator[tuple[Fraction, Any]]:
    yield head
    yield from rest


def _rate_and_aspect(path: Path) -> tuple[Fraction, Fraction]:
    """Nominal frame rate and width over height of a pixel."""
    with av.open(str(path)) as container:
        stream = moving_picture(container)
        return stream.average_rate or FALLBACK_RATE, Fraction(stream.sample_aspect_ratio or 1)


def _timed_frames(path: Path, start_s: Fraction, end_s: Fraction) -> Iterator[tuple[Fraction, Any]]:
    """(time from ``start_s``, frame) on the file's clock; the frame on screen at ``start_s`` comes first, at 0.
    Raises MediaError."""
    on_screen = None
    for clip_s, frame in _clip_frames(path, start_s):
        if clip_s >= end_s:
            break
        if clip_s <= start_s:
            on_screen = frame
            continue
        if on_screen is not None:
            yield Fraction(0), on_screen
            on_screen = None
        yield clip_s - start_s, frame
    if on_screen is not None:
        yield Fraction(0), on_screen


def _clip_frames(path: Path, start_s: Fraction) -> Iterator[tuple[Fraction, Any]]:
    """(clip time, frame) from a key frame at or before ``start_s`` on; clip time 0 is the file's first frame."""
    try:
        container = av.open(str(path))
    except (av.FFmpegError, OSError):
        raise MediaError(f"'{path.name}' cannot be opened for the preview. Check the file.") from None
    with container:
        stream = moving_picture(container)
        if stream is None:
            raise MediaError(f"'{path.name}' has no picture to show. Choose a film clip.")
        stream.thread_type = "AUTO"
        base, first = Fraction(stream.time_base or _TIME_BASE), None
        step = int(1 / (stream.average_rate or FALLBACK_RATE) / base) or 1
        for tick, frame in _decoded(container, stream, step, 0):
            first = tick
            if start_s == 0:
                yield Fraction(0), frame
            break
        if first is None:
            return
        if start_s > 0:
            container.seek(first + int(start_s / base), stream=stream, backward=True)
            head = next(_decoded(container, stream, step, first), None)
            container.seek(first if head is None or head[0] > first + start_s / base
                           else first + int(start_s / base), stream=stream, backward=True)
        for tick, frame in _decoded(container, stream, step, first):
            yield (tick - first) * base, frame


def _decoded(container: Any, stream: Any, step: int, first: int) -> Iterator[tuple[int, Any]]:
    """(time stamp, frame) from here on; broken packets are skipped, missing time stamps follow the last one."""
    last, broken = first - step, 0
    packets = container.demux(stream)
    while broken < _MAX_BROKEN:
        try:
            frames = next(packets).decode()
        except StopIteration:
            return
        except av.FFmpegError:
            broken += 1
            continue
        for frame in frames:
            last = frame.pts if frame.pts is not None else last + step
            yield last, frame


def _shape(frame: Any) -> tuple[int, int, str]:
    return frame.width, frame.height, frame.format.name


def _upright(frame: Any, aspect: Fraction, size: tuple[int, int] | None = None) -> tuple[Any, int, int]:
    """A filter that turns frames like this one upright with square pixels, and the size it gives (even numbers)."""
    turns = round(frame.rotation / 90) % 4
    shown = (frame.width * aspect, Fraction(frame.height))
    wide, high = (shown[1], shown[0]) if turns % 2 else shown
    scale = min(Fraction(1), MAX_LINES / min(wide, high))
    width, height = size or (max(2, round(wide * scale / 2) * 2), max(2, round(high * scale / 2) * 2))
    filters: list[tuple[str, str]] = [("transpose", "cclock")] * turns
    filters += [("scale", f"{width}:{height}"), ("format", "yuv420p"), ("setsar", "1")]
    graph = av.filter.Graph()
    node = graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=_TIME_BASE)
    for name, arguments in filters:
        following = graph.add(name, arguments)
        node.link_to(following)
        node = following
    node.link_to(graph.add("buffersink"))
    graph.configure()
    return graph, width, height

"""The film's own picture packets, moved so that the cue's first frame lies at time 0."""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

COPIED_FORMATS = {"h264": ("yuv420p", "yuvj420p"), "hevc": ("yuv420p", "yuv420p10le")}
"""What common players accept inside mp4."""
_READ_ON_S = 1
"""Packets come in coding order: all of a cue's have passed once one lies this far behind its end."""


@dataclass(frozen=True)
class CopyPlan:
    """``ticks``: presentation times of the packets to copy, in coding order; ``first_tick`` is clip time 0."""

    path: Path
    ticks: tuple[int, ...]
    first_tick: int
    time_base: Fraction


def copy_plan(path: Path, start_s: Fraction, end_s: Fraction) -> CopyPlan | None:
    """How to copy, or None when the picture must be encoded again: another codec, a start within the clip, packets
    without times, no key frame first, damage."""
    if start_s != 0:
        return None
    try:
        with av.open(str(path)) as container:
            stream = moving_picture(container)
            if stream is None or stream.codec_context.pix_fmt not in COPIED_FORMATS.get(stream.codec_context.name, ()):
                return None
            packets = _look(container, stream, end_s)
            base = Fraction(stream.time_base or 0)
    except (av.FFmpegError, OSError):
        return None
    if not packets or any(tick is None for tick, _ in packets) or not packets[0][1]:
        return None
    ticks = [tick for tick, _ in packets]
    first = min(ticks)
    if packets[0][0] != first or len(set(ticks)) != len(ticks):
        return None
    stop = first + end_s / base
    last = max(i for i, tick in enumerate(ticks) if tick < stop)
    return CopyPlan(path, tuple(ticks[:last + 1]), first, base)


def moving_picture(container: Any) -> Any:
    """The first video stream that is not cover art, or None."""
    cover = av.stream.Disposition.attached_pic
    return next((stream for stream in container.streams.video if not stream.disposition & cover), None)


def _look(container: Any, stream: Any, end_s: Fraction) -> list[tuple[int, bool]]:
    """(time, key frame) of the packets up to a little behind ``end_s``."""
    found: list[tuple[int, bool]] = []
    for packet in container.demux(stream):
        if packet.size == 0:
            continue
        if packet.is_corrupt:
            return []
        found.append((packet.pts, packet.is_keyframe))
        if packet.pts is None or (packet.pts - found[0][0]) * stream.time_base > end_s + _READ_ON_S:
            break
    return found


def copied_packets(plan: CopyPlan, output: Any) -> Iterator[tuple[float, Any]]:
    """(time, packet), as planned. Decoding times are made anew: presentation times in order, as early as needed."""
    container = av.open(str(plan.path))
    source = moving_picture(container)
    stream = output.add_stream_from_template(source)
    stream.time_base = source.time_base
    ordered = sorted(plan.ticks)
    delay = max(decode - show for decode, show in zip(ordered, plan.ticks, strict=True))

    def packets() -> Iterator[tuple[float, Any]]:
        with container:
            wanted = (packet for packet in container.demux(source) if packet.size)
            for tick, decode, packet in zip(plan.ticks, ordered, wanted, strict=False):
                packet.pts = tick - plan.first_tick
                packet.dts = decode - delay - plan.first_tick
                packet.stream = stream
                yield float(packet.dts * plan.time_base), packet

    return packets()

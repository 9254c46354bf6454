"""Sound of any file, as it lies against the picture: 48 kHz, one or two channels, from the clip's first picture on."""
from __future__ import annotations

import io
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from backend.dataset.item import Rejected
from backend.dataset.options import SAMPLE_RATE

Sound = NDArray[np.float32]
"""[samples, channels], full scale 1."""
_BROKEN_PACKETS = 0
_GAP_S = 0.05
"""Time stamps that run farther ahead than this mean a hole, which is filled with silence."""


@dataclass(frozen=True, eq=False)
class Fitted:
    """Sound within full scale; ``gain_db`` was applied."""

    sound: Sound
    gain_db: float


def has_picture(path: Path) -> bool:
    """Whether a file can be opened and has moving pictures (a cover is none)."""
    try:
        with av.open(str(path), metadata_errors="replace") as container:
            return any(not stream.disposition & av.stream.Disposition.attached_pic
                       for stream in container.streams.video)
    except (av.FFmpegError, OSError, ValueError):
        return True


def read_music(path: Path, first_frame_s: Fraction | None, length_s: float) -> Sound:
    """The first sound track of a file, at most ``length_s`` of it.

    ``first_frame_s`` is where the first picture lies on the file's own clock; None for a file that begins with the
    clip. Raises Rejected: no sound, damaged.
    """
    try:
        with av.open(str(path), metadata_errors="replace") as container:
            if not container.streams.audio:
                raise Rejected("no sound", f"'{path.name}' has no sound track.")
            parts, start_s = _decode(container, path.name, length_s, first_frame_s)
    except (av.FFmpegError, OSError, ValueError) as error:
        raise Rejected("damaged", f"The sound of '{path.name}' cannot be decoded ({_word(error)}).") from None
    if not parts:
        raise Rejected("no sound", f"The sound track of '{path.name}' is empty.")
    sound = np.concatenate(parts)
    wanted = round(length_s * SAMPLE_RATE)
    shift = round(start_s * SAMPLE_RATE)
    if shift > 0:
        sound = np.concatenate([np.zeros((min(shift, wanted), sound.shape[1]), np.float32), sound])
    sound = sound[max(0, -shift):][:wanted]
    if not np.isfinite(sound).all():
        raise Rejected("damaged", f"The sound of '{path.name}' holds samples that are no numbers.")
    return sound


def _decode(container: av.container.InputContainer, name: str, length_s: float,
            first_frame_s: Fraction | None) -> tuple[list[Sound], float]:
    """Pieces of sound without holes, and the clip time of the first."""
    stream = container.streams.audio[0]
    channels = 1 if stream.codec_context.channels == 1 else 2
    resampler = av.AudioResampler(format="flt", layout="mono" if channels == 1 else "stereo", rate=SAMPLE_RATE)
    origin = (Fraction(container.start_time, av.time_base) if container.start_time is not None else Fraction(0)) + (
        first_frame_s or 0)
    parts: list[Sound] = []
    start_s: float | None = None
    have, broken = 0, 0
    for packet in container.demux(stream):
        try:
            frames = packet.decode()
        except av.FFmpegError:
            broken += 1
            continue
        for frame in frames:
            at = float(frame.pts * frame.time_base - origin) if frame.pts is not None and (
                frame.time_base is not None and first_frame_s is not None) else None
            start_s = (at or 0.0) if start_s is None else start_s
            hole = 0 if at is None else round((at - start_s) * SAMPLE_RATE) - have
            if hole > _GAP_S * SAMPLE_RATE:
                parts.append(np.zeros((min(hole, round(length_s * SAMPLE_RATE)), channels), np.float32))
                have += len(parts[-1])
            have += _take(resampler, frame, channels, parts)
        if start_s is not None and start_s + have / SAMPLE_RATE > length_s + 1:
            break
    if broken > _BROKEN_PACKETS:
        raise Rejected("damaged", f"The sound of '{name}' is damaged: {broken} packets could not be decoded.")
    _take(resampler, None, channels, parts)
    return parts, start_s or 0.0


def _take(resampler: av.AudioResampler, frame: av.AudioFrame | None, channels: int, parts: list[Sound]) -> int:
    taken = 0
    for done in resampler.resample(frame):
        parts.append(np.asarray(done.to_ndarray(), np.float32).reshape(-1, channels))
        taken += len(parts[-1])
    return taken


def _word(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or type(error).__name__)


def fitted(sound: Sound) -> Fitted:
    """Turned down where resampling or the file itself goes beyond full scale."""
    peak = float(np.abs(sound).max(initial=0.0))
    if peak <= 1.0:
        return Fitted(sound, 0.0)
    gain_db = -20 * float(np.log10(peak))
    return Fitted((sound / peak).astype(np.float32), round(gain_db, 4))


def as_flac(sound: Sound) -> bytes:
    """24-bit FLAC; the same bytes for the same sound."""
    import soundfile
    data = io.BytesIO()
    soundfile.write(data, sound, SAMPLE_RATE, subtype="PCM_24", format="FLAC")
    return data.getvalue()

"""preview.mp4: the cue's picture with the mix, for a first look and for sending around.

The picture is copied packet by packet where mp4 players know its codec, the cue begins with the clip and it is shown
at its own speed; otherwise it is encoded again (H.264, at most 720 lines). Media is opened here only to
re-wrap it; backend.video measures it.
"""
from __future__ import annotations

import heapq
import logging
import os
from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from typing import Any

import av

from backend.audio.picture_copy import copied_packets, copy_plan
from backend.audio.picture_encode import encoded_packets
from backend.domain.requests import PreviewRequest
from backend.errors import InputError, MediaError, OutputError

AUDIO_BITS_PER_S = 192_000
_AUDIO_FRAME = 1024
_OPTIONS = {"movflags": "+faststart"}

log = logging.getLogger(__name__)


class PyAvPreview:
    """PreviewWriter: re-wraps or re-encodes with PyAV."""

    name = "pyav"

    def write(self, request: PreviewRequest) -> None:
        """Write ``request.target``; nothing is left there unless it is complete.

        Raises MediaError (no picture to show), InputError (no mix), OutputError.
        """
        temporary = request.target.with_name(f".{request.target.name}.part")
        try:
            with _sound_of(request) as mix, _target(request, temporary) as output:
                _fill(request, mix, output)
            os.replace(temporary, request.target)
        except av.FFmpegError as error:
            if not isinstance(error, OSError):
                raise MediaError(f"'{request.source.name}' cannot be shown: {error.strerror}. Re-export the clip, "
                                 "for example as H.264 in MP4.") from None
            raise self._unwritable(request, error) from None
        except OSError as error:
            raise self._unwritable(request, error) from None
        finally:
            with suppress(OSError):
                temporary.unlink()

    def _unwritable(self, request: PreviewRequest, error: OSError) -> OutputError:
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
        return OutputError(f"The preview cannot be written to '{request.target.parent}': {reason}. "
                           "Free some space or choose another folder (-o; in REAPER, save the project elsewhere).")


def _fill(request: PreviewRequest, mix: Any, output: Any) -> None:
    """Both streams, in order of time."""
    plan = copy_plan(request.source, request.start_s, request.end_s) if request.play_rate == 1 else None
    picture = copied_packets(plan, output) if plan else encoded_packets(request, output)
    log.debug("preview: picture is %s", "copied" if plan else "encoded again")
    first = next(picture, None)
    if first is None:
        raise MediaError(f"'{request.source.name}' has no picture between {float(request.start_s):.2f} s and "
                         f"{float(request.end_s):.2f} s. Choose another stretch with --in and --out.")
    sound = _sound_packets(mix, output)
    for _, packet in heapq.merge([first], picture, sound, key=lambda timed: timed[0]):
        output.mux(packet)


def _sound_of(request: PreviewRequest) -> Any:
    try:
        return av.open(str(request.mix))
    except (av.FFmpegError, OSError):
        raise InputError(f"'{request.mix}' cannot be read as sound. Render the cue again.") from None


def _target(request: PreviewRequest, temporary: Any) -> Any:
    request.target.parent.mkdir(parents=True, exist_ok=True)
    return av.open(str(temporary), "w", format="mp4", options=_OPTIONS)


def _sound_packets(mix: Any, output: Any) -> Iterator[tuple[float, Any]]:
    """The mix as AAC, sample 0 at time 0 (the encoder's lead-in is hidden by the file's edit list)."""
    source = mix.streams.audio[0]
    rate = source.codec_context.sample_rate
    stream = output.add_stream("aac", rate=rate, layout="stereo")
    stream.bit_rate = AUDIO_BITS_PER_S
    resampler = av.AudioResampler("fltp", "stereo", rate, frame_size=_AUDIO_FRAME)
    at = Fraction(0)

    def packets() -> Iterator[tuple[float, Any]]:
        nonlocal at
        for decoded in (*mix.decode(source), None):
            for frame in resampler.resample(decoded):
                for packet in stream.encode(frame):
                    yield float(at), packet
                at += Fraction(frame.samples, frame.sample_rate)
        for packet in stream.encode(None):
            yield float(at), packet

    return packets()

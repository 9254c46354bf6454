"""Just enough of a WAV file to say when sound begins and on which side. Standard library only."""
from __future__ import annotations

import wave
from dataclasses import dataclass

_AUDIBLE = 1e-3


@dataclass(frozen=True)
class Heard:
    """``onset_s`` is the first frame over -60 dBFS, None for silence; ``left`` and ``right`` are peaks, full is 1."""

    rate_hz: int
    bits: int
    channels: int
    frames: int
    onset_s: float | None
    left: float
    right: float


def listen(file: str) -> Heard:
    """Read a PCM file of 16, 24 or 32 bit; the first two channels. Raises wave.Error, OSError."""
    with wave.open(file, "rb") as sound:
        rate_hz, width, channels, frames = (sound.getframerate(), sound.getsampwidth(), sound.getnchannels(),
                                            sound.getnframes())
        data = sound.readframes(frames)
    sides = [_samples(data, width, channels, side) for side in range(min(2, channels))]
    peaks = [max((abs(value) for value in side), default=0.0) for side in sides]
    onset = next((i for i, values in enumerate(zip(*sides, strict=True)) if max(map(abs, values)) > _AUDIBLE), None)
    return Heard(rate_hz, width * 8, channels, frames, None if onset is None else onset / rate_hz, peaks[0], peaks[-1])


def _samples(data: bytes, width: int, channels: int, channel: int) -> list[float]:
    step, full = width * channels, float(1 << (8 * width - 1))
    return [int.from_bytes(data[i:i + width], "little", signed=True) / full
            for i in range(channel * width, len(data) - width + 1, step)]

"""WAV files: 24-bit PCM with a broadcast extension chunk (EBU Tech 3285), and reading any WAV back.

Own writer because the time reference, which places the file on the film's timecode, is written by no library at
hand; the date fields stay empty so that the same music gives the same bytes.
"""
from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

from backend.errors import InputError

FULL_SCALE = 8_388_607
ORIGINATOR = "FilmComposer"
_BEXT_BYTES = 602


def quantise(sound: np.ndarray) -> np.ndarray:
    """Float [2, samples] to 24-bit values, int32 [2, samples]; clipped at full scale."""
    return np.clip(np.rint(sound * np.float32(FULL_SCALE)), -FULL_SCALE - 1, FULL_SCALE).astype(np.int32)


def write_wav(path: Path, values: np.ndarray, sample_rate: int, time_reference: int = 0) -> None:
    """Write 24-bit values [channels, samples]. ``time_reference``: samples since midnight. Raises OSError."""
    channels, samples = values.shape
    frames = np.ascontiguousarray(values.T.astype("<i4"))
    data = frames.view(np.uint8).reshape(samples * channels, 4)[:, :3].tobytes()
    block = channels * 3
    fmt = struct.pack("<HHIIHH", 1, channels, sample_rate, sample_rate * block, block, 24)
    chunks = _chunk(b"bext", _bext(path.name, time_reference)) + _chunk(b"fmt ", fmt)
    head = chunks + b"data" + struct.pack("<I", len(data))
    with path.open("wb") as stream:
        stream.write(b"RIFF" + struct.pack("<I", 4 + len(head) + len(data) + len(data) % 2) + b"WAVE" + head)
        stream.write(data)
        stream.write(b"\0" * (len(data) % 2))


def read_wav(path: Path) -> tuple[np.ndarray, int]:
    """Float32 [channels, samples] and the sample rate. Raises InputError."""
    import soundfile

    try:
        sound, sample_rate = soundfile.read(str(path), dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, OSError):
        raise InputError(f"'{path}' cannot be read as sound. Render it again.") from None
    return np.ascontiguousarray(sound.T), int(sample_rate)


def originator(path: Path) -> str:
    """Who wrote the file, from its broadcast extension; empty when it has none."""
    with path.open("rb") as stream:
        head = stream.read(12 + 8 + _BEXT_BYTES)
    if len(head) < 20 + _BEXT_BYTES or head[:4] != b"RIFF" or head[12:16] != b"bext":
        return ""
    return head[20 + 256:20 + 288].split(b"\0")[0].decode("ascii", "replace")


def _chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def _bext(description: str, time_reference: int) -> bytes:
    """Tech 3285 version 1: description 256, originator 32, reference 32, date 10, time 8, reference time, version."""
    text = description.encode("ascii", "replace")[:256].ljust(256, b"\0")
    head = text + ORIGINATOR.encode().ljust(32, b"\0") + bytes(32 + 10 + 8)
    body = head + struct.pack("<QH", max(0, time_reference), 1)
    return body.ljust(_BEXT_BYTES, b"\0")

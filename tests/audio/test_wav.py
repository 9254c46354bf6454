"""24 bits go out and come back; the timecode stands in the broadcast chunk."""
from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile

from backend.audio.wav import originator, quantise, read_wav, write_wav


def test_outside_reader_finds_the_same_samples(tmp_path: Path) -> None:
    values = np.array([[0, 1, -1, 8_388_607, -8_388_608], [5, -70_000, 70_000, 123_456, -1]], np.int32)
    write_wav(tmp_path / "a.wav", values, 48_000)
    info = soundfile.info(tmp_path / "a.wav")
    assert (info.samplerate, info.channels, info.frames, info.subtype) == (48_000, 2, 5, "PCM_24")
    read, _ = soundfile.read(tmp_path / "a.wav", dtype="int32")
    assert (read.T >> 8).tolist() == values.tolist()


def test_odd_data_is_padded(tmp_path: Path) -> None:
    write_wav(tmp_path / "a.wav", np.array([[1, 2, 3]], np.int32), 48_000)
    data = (tmp_path / "a.wav").read_bytes()
    assert len(data) % 2 == 0
    assert struct.unpack("<I", data[4:8])[0] == len(data) - 8


def test_time_reference_and_originator(tmp_path: Path) -> None:
    write_wav(tmp_path / "a.wav", np.zeros((2, 4), np.int32), 48_000, time_reference=3600 * 48_000)
    data = (tmp_path / "a.wav").read_bytes()
    assert data[12:16] == b"bext"
    assert struct.unpack("<Q", data[20 + 338:20 + 346])[0] == 172_800_000
    assert originator(tmp_path / "a.wav") == "FilmComposer"


def test_other_files_have_no_originator(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "b.wav", np.zeros(100), 48_000)
    assert originator(tmp_path / "b.wav") == ""


@pytest.mark.parametrize(("value", "expected"), [(0.5, 4_194_304), (1.5, 8_388_607), (-1.5, -8_388_608)])
def test_quantise_rounds_and_clips(value: float, expected: int) -> None:
    assert quantise(np.full((2, 1), value, np.float32))[0, 0] == expected


def test_read_gives_channels_first(tmp_path: Path) -> None:
    write_wav(tmp_path / "a.wav", quantise(np.array([[0.25, 0.5], [-0.25, -0.5]], np.float32)), 44_100)
    sound, rate = read_wav(tmp_path / "a.wav")
    assert rate == 44_100
    assert sound == pytest.approx(np.array([[0.25, 0.5], [-0.25, -0.5]]), abs=1e-6)

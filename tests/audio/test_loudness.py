"""The meter agrees with the standard's own test signals and with an outside implementation."""
from __future__ import annotations

from pathlib import Path

import numpy as np
import pyloudnorm
import pytest

from backend.audio.loudness import SILENCE_LUFS, measure
from backend.audio.wav import quantise, write_wav
from backend.errors import InputError

RATE = 48_000


def _tone(level_dbfs: float, seconds: float, hz: float = 1000.0) -> np.ndarray:
    return 10 ** (level_dbfs / 20) * np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE)) / RATE)


def _stereo(*pieces: np.ndarray) -> np.ndarray:
    return np.tile(np.concatenate(pieces), (2, 1)).astype(np.float32)


@pytest.mark.parametrize(("pieces", "expected"), [
    ([(-23, 20)], -23.0), ([(-33, 20)], -33.0),
    ([(-36, 10), (-23, 60), (-36, 10)], -23.0),
    ([(-72, 10), (-36, 10), (-23, 60), (-36, 10), (-72, 10)], -23.0),
    ([(-26, 20), (-20, 20.1), (-26, 20)], -23.0)], ids=["1", "2", "3", "4", "5"])
def test_integrated_meets_ebu_tech_3341(pieces: list[tuple[float, float]], expected: float) -> None:
    assert measure(_stereo(*(_tone(*piece) for piece in pieces))).integrated_lufs == pytest.approx(expected, abs=0.1)


@pytest.mark.parametrize(("pieces", "expected"), [
    ([(-20, 20), (-30, 20)], 10.0), ([(-20, 20), (-15, 20)], 5.0), ([(-40, 20), (-20, 20)], 20.0),
    ([(-50, 20), (-35, 20), (-20, 20), (-35, 20), (-50, 20)], 15.0)], ids=["1", "2", "3", "4"])
def test_range_meets_ebu_tech_3342(pieces: list[tuple[float, float]], expected: float) -> None:
    assert measure(_stereo(*(_tone(*piece) for piece in pieces))).loudness_range_lu == pytest.approx(expected, abs=1.0)


@pytest.mark.parametrize("rate", [44_100, 48_000, 96_000])
def test_agrees_with_pyloudnorm_on_noise(rate: int) -> None:
    rng = np.random.default_rng(7)
    level = np.repeat(rng.uniform(0.003, 0.3, 40), rate // 4)
    noise = (rng.standard_normal((2, len(level))) * level).astype(np.float32)
    expected = pyloudnorm.Meter(rate).integrated_loudness(noise.T.astype(float))
    assert measure(noise, rate).integrated_lufs == pytest.approx(expected, abs=0.1)


@pytest.mark.parametrize(("phase", "division", "expected"), [
    (0, 4, -6.0), (45, 4, -6.0), (60, 6, -6.0), (67.5, 8, -6.0)])
def test_true_peak_meets_ebu_tech_3341(phase: float, division: int, expected: float) -> None:
    tone = 0.5 * np.sin(2 * np.pi * np.arange(RATE) / division + np.radians(phase))
    tone *= np.minimum(1, np.minimum(np.arange(RATE), np.arange(RATE)[::-1]) / 4800)
    assert expected - 0.4 <= measure(tone).true_peak_dbtp <= expected + 0.2


def test_momentary_follows_the_sound() -> None:
    loud = measure(_stereo(_tone(-23, 2), np.zeros(2 * RATE)))
    assert loud.momentary_lufs[19] == pytest.approx(-23.0, abs=0.1)
    assert loud.momentary_lufs[60] == SILENCE_LUFS
    assert len(loud.momentary_lufs) == 80


def test_silence_and_crumbs_have_floor_values() -> None:
    for samples in (0, 10, RATE):
        quiet = measure(np.zeros((2, samples), np.float32))
        assert (quiet.integrated_lufs, quiet.true_peak_dbtp, quiet.loudness_range_lu) == (SILENCE_LUFS, -120.0, 0.0)


def test_reads_files(tmp_path: Path) -> None:
    write_wav(tmp_path / "tone.wav", quantise(_stereo(_tone(-20, 3))), RATE)
    assert measure(tmp_path / "tone.wav").integrated_lufs == pytest.approx(-20.0, abs=0.1)


def test_names_a_file_it_cannot_read(tmp_path: Path) -> None:
    (tmp_path / "x.wav").write_bytes(b"no sound")
    with pytest.raises(InputError, match="x.wav"):
        measure(tmp_path / "x.wav")

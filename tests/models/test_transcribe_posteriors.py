"""The network, its file and the sound it gets: as the package hears it, without drift, errors in one line."""
from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from backend.errors import InputError, MissingExtraError
from backend.models.transcribe_posteriors import (
    FRAME_S,
    LOWEST,
    PITCHES,
    SAMPLE_RATE,
    PitchNetwork,
    network_file,
    read_sound,
)


@pytest.fixture(scope="module")
def network() -> PitchNetwork:
    return PitchNetwork()


def tone(pitch: int, start_s: float, end_s: float, length_s: float, rate: int = SAMPLE_RATE) -> np.ndarray:
    """Ten falling harmonics, struck."""
    times = np.arange(round(length_s * rate)) / rate
    hz = 440 * 2 ** ((pitch - 69) / 12)
    sound = sum(0.5 ** k * np.sin(2 * np.pi * hz * (k + 1) * times) for k in range(10))
    return (0.2 * sound * ((times >= start_s) & (times < end_s)) * np.exp(-2 * (times - start_s))).astype(np.float32)


def test_hears_what_the_package_hears(network: PitchNetwork, shared_data: Path) -> None:
    folder = shared_data / "audio" / "transcription"
    notes = json.loads((folder / "vocadito_10.basic_pitch_note_events.json").read_text())["notes"]
    heard = network.listen(read_sound(folder / "vocadito_10.wav"))
    apart = [heard.note[round(start / FRAME_S):round(end / FRAME_S), pitch - LOWEST].mean() - amplitude
             for start, end, pitch, amplitude in notes]
    assert len(notes) == 28 and np.abs(apart).mean() < 0.01 and np.abs(apart).max() < 0.03


@pytest.mark.parametrize("start_s", [0.3, 1.6, 7.9, 21.45])
def test_frames_do_not_drift(network: PitchNetwork, start_s: float) -> None:
    heard = network.listen(tone(64, start_s, start_s + 0.5, 23.0))
    assert heard.note.shape == (-(-23 * SAMPLE_RATE // 256), PITCHES)
    peak = int(heard.onset[:, 64 - LOWEST].argmax())
    assert peak * FRAME_S == pytest.approx(start_s, abs=0.025)
    assert heard.onset[peak].argmax() == 64 - LOWEST


def test_silence_is_silent_and_loudness_does_not_matter(network: PitchNetwork) -> None:
    assert network.listen(np.zeros(50_000, np.float32)).note.max() == 0
    assert network.listen(np.zeros(1, np.float32)).note.shape == (1, PITCHES)
    sound = tone(60, 0.5, 1.5, 2.0)
    noise = np.random.default_rng(1).normal(0, 1e-5, 4 * SAMPLE_RATE).astype(np.float32)
    heard, faint = network.listen(sound), network.listen(sound / 50)
    assert heard.note[60:120].mean(axis=0).argmax() == faint.note[60:120].mean(axis=0).argmax() == 60 - LOWEST
    assert network.listen(np.concatenate([sound, noise])).note[400:].max() == 0


@pytest.mark.parametrize("rate", [8_000, 32_000, 44_100, 48_000])
def test_any_rate_and_channels(network: PitchNetwork, tmp_path: Path, rate: int) -> None:
    sound = tone(69, 0.5, 1.5, 2.0, rate)
    soundfile.write(tmp_path / "a.wav", np.stack([sound, 0.5 * sound], axis=1), rate)
    read = read_sound(tmp_path / "a.wav")
    assert len(read) == 2 * SAMPLE_RATE
    heard = network.listen(read)
    assert heard.note[50:120].mean(axis=0).argmax() == 69 - LOWEST


def test_what_is_no_sound_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "text.wav").write_text("no sound")
    soundfile.write(tmp_path / "empty.wav", np.zeros(0, np.float32), 48_000)
    soundfile.write(tmp_path / "nan.wav", np.array([0, np.nan], np.float32), 48_000, subtype="FLOAT")
    for name, said in {"text.wav": "cannot be read as sound", "empty.wav": "holds no sound",
                       "nan.wav": "samples that are no numbers", "absent.wav": "cannot be read as sound"}.items():
        with pytest.raises(InputError, match=said) as raised:
            read_sound(tmp_path / name)
        assert "\n" not in str(raised.value)


def test_the_file_is_found_without_the_package_and_missed_in_one_line(tmp_path: Path) -> None:
    assert network_file().name == "nmp.onnx"
    assert "basic_pitch" not in sys.modules and "tensorflow" not in sys.modules
    here = [str(tmp_path)]
    with pytest.raises(MissingExtraError, match="pip install --no-deps basic-pitch==0.4.0"):
        network_file(here)
    info = tmp_path / "basic_pitch-0.4.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: basic-pitch\nVersion: 0.4.0\n")
    with pytest.raises(MissingExtraError, match="Run: pip install"):
        network_file(here)
    fake = tmp_path / "basic_pitch" / "saved_models" / "icassp_2022" / "nmp.onnx"
    fake.parent.mkdir(parents=True)
    fake.write_bytes(b"something else")
    assert network_file(here) == fake
    with pytest.raises(InputError, match="is not the network of basic-pitch 0.4.0"):
        PitchNetwork(fake)

"""The files: complete or not at all, identical every time, measured back."""
from __future__ import annotations

import logging
import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from backend.audio.loudness import measure
from backend.audio.renderer import SoundfontRenderer
from backend.domain.requests import RenderRequest
from backend.domain.session import Send, Session, Track
from backend.errors import InputError, OutputError
from tests.audio.conftest import part, session_of


def _session() -> Session:
    tracks: list[Track] = []
    for family, program in (("strings", 48), ("brass", 60), ("percussion", 47)):
        notes = [(tick, 460, 48 + tick // 480 % 12, 70 + tick // 480 % 50) for tick in range(0, 5760, 480)]
        tracks += [Track(family, "folder", family), Track(f"{family}.reverb", "reverb", "hall", parent=family),
                   part(f"{family}1", notes, family, program=program, sends=(Send(f"{family}.reverb", -10.0),))]
    return session_of(*tracks, length_s=3.0125)


def _render(folder: Path, workers: int = 1, target_lufs: float = -23.0, session: Session | None = None,
            soundfont: Path | None = None):  # type: ignore[no-untyped-def]
    request = RenderRequest(session or _session(), folder, target_lufs, soundfont)
    return SoundfontRenderer(workers).render(request, lambda done: None)


def _files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_same_bytes_for_any_number_of_workers(tmp_path: Path) -> None:
    one = _render(tmp_path / "a", workers=1)
    three = _render(tmp_path / "b", workers=3)
    assert one == three
    assert _files(tmp_path / "a") == _files(tmp_path / "b")
    assert sorted(_files(tmp_path / "a")) == ["mix.wav", "stems/brass.wav", "stems/percussion.wav", "stems/strings.wav"]


@pytest.mark.parametrize("target", [-23.0, -28.0, -14.0])
def test_report_is_what_the_files_say(tmp_path: Path, target: float) -> None:
    report = _render(tmp_path, target_lufs=target)
    heard = measure(tmp_path / report.mix)
    assert report.integrated_lufs == pytest.approx(target, abs=0.5)
    assert heard.integrated_lufs == pytest.approx(report.integrated_lufs, abs=0.01)
    assert heard.true_peak_dbtp == pytest.approx(report.true_peak_dbtp, abs=0.01)
    assert report.true_peak_dbtp <= -2.0
    for stem in report.stems:
        assert stem.integrated_lufs == pytest.approx(measure(tmp_path / stem.file).integrated_lufs, abs=0.05)


@pytest.mark.parametrize("target", [-23.0, -10.0], ids=["gain", "limiter"])
def test_stems_null_against_the_mix(tmp_path: Path, target: float) -> None:
    report = _render(tmp_path, target_lufs=target)
    mix, _ = soundfile.read(tmp_path / report.mix)
    total = sum(soundfile.read(tmp_path / stem.file)[0] for stem in report.stems)
    rest = 10 * np.log10(((total - mix) ** 2).mean() + 1e-20)
    assert rest < -100
    assert report.null_dbfs == pytest.approx(max(rest, -120.0), abs=1.0)
    assert (report.gain_reduction_db < 0) == (target == -10.0)


def test_files_are_24_bit_48_khz_and_equally_long(tmp_path: Path) -> None:
    report = _render(tmp_path)
    for file in (report.mix, *(stem.file for stem in report.stems)):
        info = soundfile.info(tmp_path / file)
        assert (info.frames, info.samplerate, info.channels, info.subtype) == (144_600, 48_000, 2, "PCM_24")
    assert report.samples == 144_600


def test_ends_do_not_click(tmp_path: Path) -> None:
    report = _render(tmp_path)
    mix, _ = soundfile.read(tmp_path / report.mix)
    assert np.abs(mix[0]).max() < 1e-4
    assert np.abs(mix[-1]).max() < 1e-4


def test_a_session_without_notes_is_silence(tmp_path: Path) -> None:
    empty = session_of(Track("strings", "folder", "S"), part("v", [], "strings"))
    report = _render(tmp_path, session=empty)
    assert (report.integrated_lufs, report.true_peak_dbtp, report.gain_db) == (-120.0, -120.0, 0.0)
    assert report.stems[0].integrated_lufs is None
    assert np.abs(soundfile.read(tmp_path / report.mix)[0]).max() == 0.0
    assert _render(tmp_path, session=session_of(length_s=0.1)).stems == ()


def test_stems_of_an_earlier_render_go_and_other_files_stay(tmp_path: Path) -> None:
    _render(tmp_path)
    soundfile.write(tmp_path / "stems" / "mine.wav", np.zeros(10), 48_000)
    _render(tmp_path, session=session_of(Track("brass", "folder", "B"), part("h", [(0, 960, 60, 90)], "brass")))
    assert sorted(path.name for path in (tmp_path / "stems").iterdir()) == ["brass.wav", "mine.wav"]


def test_the_bank_is_named_with_its_licence(tmp_path: Path) -> None:
    bank = _render(tmp_path).bank
    assert bank.file == "TimGM6mb.sf2"
    assert "GPL-2" in bank.licence


def test_another_bank_is_used_and_named(tmp_path: Path, shared_data: Path) -> None:
    font = shared_data / "soundfont" / "VintageDreamsWaves-v2.sf2"
    notes = [(0, 1900, 60, 100)]
    report = _render(tmp_path / "a", session=session_of(part("p", notes)), soundfont=font)
    assert (report.bank.file, report.bank.name) == ("VintageDreamsWaves-v2.sf2", "Vintage Dreams Waves v 2.0")
    assert "Ian Wilson" in report.bank.licence
    _render(tmp_path / "b", session=session_of(part("p", notes)))
    assert (tmp_path / "a" / "mix.wav").read_bytes() != (tmp_path / "b" / "mix.wav").read_bytes()


@pytest.mark.parametrize(("content", "reason"), [
    (None, "No such file"), (b"", "no SoundFont"), (b"RIFF\x10\0\0\0WAVEdata", "no SoundFont"),
    (b"RIFF\xff\xff\0\0sfbkLIST", "cut short")], ids=["missing", "empty", "wave", "cut"])
def test_a_bad_bank_is_named_in_one_line(tmp_path: Path, content: bytes | None, reason: str) -> None:
    font = tmp_path / "bank.sf2"
    if content is not None:
        font.write_bytes(content)
    with pytest.raises(InputError, match=reason) as caught:
        _render(tmp_path / "out", soundfont=font)
    assert "bank.sf2" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_a_truncated_bank_is_an_input_error(tmp_path: Path, shared_data: Path) -> None:
    data = (shared_data / "soundfont" / "VintageDreamsWaves-v2.sf2").read_bytes()
    (tmp_path / "half.sf2").write_bytes(data[:len(data) // 2])
    with pytest.raises(InputError, match="half.sf2"):
        _render(tmp_path / "out", soundfont=tmp_path / "half.sf2")


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file in the way")
    with pytest.raises(OutputError, match="out"):
        _render(tmp_path / "out")


def test_nothing_half_written_stays_when_a_name_is_taken(tmp_path: Path) -> None:
    (tmp_path / "mix.wav").mkdir()
    (tmp_path / "mix.wav" / "in the way").write_text("x")
    with pytest.raises(OutputError):
        _render(tmp_path)
    assert not [path for path in tmp_path.rglob("*") if path.name.endswith(".part")]


def test_stopping_leaves_no_file(tmp_path: Path) -> None:
    def stop(done: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        SoundfontRenderer(2).render(RenderRequest(_session(), tmp_path, -23.0), stop)
    assert os.listdir(tmp_path) == []


def test_progress_rises_to_one(tmp_path: Path) -> None:
    seen: list[float] = []
    SoundfontRenderer(1).render(RenderRequest(_session(), tmp_path, -23.0), seen.append)
    assert seen == sorted(seen)
    assert (seen[0] > 0, seen[-1]) == (True, 1.0)


def test_the_file_stands_at_the_sessions_timecode(tmp_path: Path) -> None:
    import dataclasses

    _render(tmp_path, session=dataclasses.replace(_session(), project_offset_s=3600.5))
    data = (tmp_path / "mix.wav").read_bytes()
    assert int.from_bytes(data[358:366], "little") == round(3600.5 * 48_000)


def test_a_note_the_bank_cannot_play_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        _render(tmp_path, session=session_of(part("sax", [(0, 960, 84, 90)], program=67)))
    assert "sax" in caplog.text

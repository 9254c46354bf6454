"""A data set from a small folder: what it holds, what it leaves out, and that workers, kills and engines change
nothing of it."""
from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import soundfile

from backend.dataset.item import DatasetItem
from backend.dataset.report import BuildReport
from backend.domain import serial
from backend.training.rcmusicgen_manifest import read_manifest
from tests.dataset.clips import QPM, TUNE, build, small_folder, tree, whole_folder

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 240


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return whole_folder(tmp_path_factory.mktemp("material") / "clips")


@pytest.fixture(scope="module")
def built(clips: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = clips.parent / "built"
    assert build(clips, "-o", out, "--workers", 1) == 0
    return out


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_folder(tmp_path_factory.mktemp("small") / "clips")


def _items(out: Path) -> dict[str, DatasetItem]:
    items = [serial.loads(DatasetItem, file.read_text(encoding="utf-8")) for file in (out / "items").glob("*.json")]
    return {Path(item.clip.file.path).stem: item for item in items}


def _report(out: Path) -> BuildReport:
    return serial.loads(BuildReport, (out / "report.json").read_text(encoding="utf-8"))


def test_every_rejected_clip_is_named_with_its_reason(built: Path) -> None:
    report = _report(built)
    assert {one.path: one.reason for one in report.rejected} == {
        "damaged.mp4": "damaged", "hall/twin.mp4": "duplicate", "lonely.wav": "no picture",
        "no sound.mp4": "no sound", "silent.mp4": "silent", "too short.mp4": "too short",
        "unclear.mp4": "melody unclear"}
    assert (report.clips, report.accepted) == (10, 3)
    page = (built / "report.md").read_text(encoding="utf-8")
    assert "| hall/twin.mp4 | duplicate | The same clip and music as 'hall/scored.mp4'. |" in page


def test_a_score_gives_the_tune_itself(built: Path) -> None:
    item = _items(built)["scored"]
    assert [note.pitch for note in item.melody.notes] == list(TUNE[:13])
    assert [spot.time_s for spot in item.spots] == pytest.approx([i * 60 / QPM for i in range(13)], abs=1e-5)
    assert [spot.strength for spot in item.spots] == [3, 2, 2, 2] * 3 + [3]
    assert item.melody.tracks[0] == 1
    assert [one.name for one in item.description.instruments or ()] == ["Flute", "String Ensemble 1"]
    assert (item.description.tempo_qpm, item.description.tonic, item.description.mode) == (96.0, "G", "major")
    assert item.music.origin == "rendered" and item.provenance.made_by["music"].startswith("tinysoundfont")


def test_a_recording_is_heard(built: Path) -> None:
    for name in ("night", "own"):
        item = _items(built)[name]
        onsets = [note.start_s for note in item.melody.notes]
        hits = [i for i in range(12) if any(abs(time - i * 60 / QPM) < 0.06 for time in onsets)]
        assert len(hits) >= 11
        heard = {round(note.start_s * QPM / 60): note.pitch for note in item.melody.notes}
        assert sum(heard.get(i) == TUNE[i] for i in range(12)) >= 11
        assert item.description.tempo_qpm == pytest.approx(QPM, rel=0.02)
        assert item.description.tonic == "G"


def test_the_music_is_cut_to_the_clip(built: Path) -> None:
    items = _items(built)
    for name, seconds in (("night", 9), ("scored", 8), ("own", 8)):
        file = built / items[name].music.file.path
        info = soundfile.info(file)
        assert (info.samplerate, info.frames, info.format, info.subtype) == (48000, seconds * 48000, "FLAC", "PCM_24")


def test_clips_are_named_not_copied(built: Path, clips: Path) -> None:
    item = _items(built)["night"]
    assert (built / item.clip.file.path).resolve() == (clips / "night.mp4").resolve()
    assert tree(clips)["night.mp4"] == item.clip.file.sha256
    assert not list(built.rglob("*.mp4"))
    assert {path.name for path in built.iterdir()} == {"audio", "items", "rejected", "manifest.jsonl", "report.json",
                                                       "report.md"}


def test_what_people_said_is_kept(built: Path) -> None:
    items = _items(built)
    night = items["night"]
    assert (night.description.genre, night.visual.clip.emotion.label, night.visual.clip.setting.source) == (
        "lullaby", "Calm", "user")
    assert (night.provenance.licence, night.provenance.licence_from) == ("CC-BY-4.0", "licence.txt")
    assert items["scored"].provenance.licence == "CC0-1.0"


def test_the_trainer_reads_the_manifest(built: Path) -> None:
    clips = {clip.split: clip for clip in read_manifest(built / "manifest.jsonl")}
    dev = clips["dev"]
    assert dev.licence == "CC0-1.0" and dev.strengths[:5] == (3, 2, 2, 2, 3)
    assert dev.music == {"instrumentation": "flute, string ensemble 1", "tempo": "moderate, 96 beats per minute"}
    assert dev.audio is not None and dev.audio.is_file() and dev.duration_s == 8.0


def test_two_workers_give_the_same_bytes(clips: Path, built: Path) -> None:
    out = built.with_name("two")
    assert build(clips, "-o", out, "--workers", 2) == 0
    assert tree(out) == tree(built)


def test_a_finished_build_is_not_done_again(built: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in (built / "audio").iterdir()}
    files = tree(built)
    (built / "audio" / "gone.flac").write_bytes(b"of the user")
    assert build(built.with_name("clips"), "-o", built, "--workers", 1) == 0
    assert (built / "audio" / "gone.flac").read_bytes() == b"of the user"
    (built / "audio" / "gone.flac").unlink()
    assert {path: path.stat().st_mtime_ns for path in (built / "audio").iterdir()} == before
    assert tree(built) == files


def _start(clips: Path, out: Path) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen([sys.executable, "-m", "tests.dataset.clips", str(clips), "-o", str(out), "--workers", "1"],
                            cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True)


def _wait_for_item(process: subprocess.Popen[str], out: Path) -> Path:
    limit = time.monotonic() + PATIENCE_S
    while time.monotonic() < limit and process.poll() is None:
        found = list((out / "items").glob("*.json"))
        if found:
            return found[0]
        time.sleep(0.005)
    raise AssertionError("no item was finished")


@pytest.mark.posix
@pytest.mark.parametrize("stop", [signal.SIGKILL, signal.SIGINT])
def test_a_stopped_build_goes_on(small: Path, tmp_path: Path, stop: signal.Signals) -> None:
    out = tmp_path / "out"
    process = _start(small, out)
    first = _wait_for_item(process, out)
    process.send_signal(stop)
    _, said = process.communicate(timeout=PATIENCE_S)
    assert "Traceback" not in said
    assert process.returncode == (-signal.SIGKILL if stop == signal.SIGKILL else 130)
    assert not (out / "manifest.jsonl").exists()
    for file in (out / "items").glob("*.json"):
        serial.loads(DatasetItem, file.read_text(encoding="utf-8"))
    if stop == signal.SIGINT:
        assert not (out / ".work").exists()
        return
    made = first.stat().st_mtime_ns
    assert build(small, "-o", out, "--workers", 1) == 0
    assert first.stat().st_mtime_ns == made
    assert _report(out).accepted == 3 and not (out / ".work").exists()


@pytest.mark.parametrize("arguments, line", [
    (("{clips}", "-o", "{clips}"), "holds the clips themselves"),
    (("{empty}/nothing", "-o", "{out}"), "There is no folder"),
    (("{empty}", "-o", "{out}"), "There is no film clip"),
    (("{clips}", "-o", "{out}", "--engine", "ray"), "give local, or dask://HOST:PORT"),
    (("{clips}", "-o", "{out}", "--workers", "0"), "give a number from 1"),
    (("{clips}", "-o", "{out}", "--splits", "80/30/10"), "that make 100"),
    (("{clips}", "-o", "{clips}/licence.txt"), "is a file"),
])
def test_mistakes_are_one_line(clips: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str],
                               arguments: tuple[str, ...], line: str) -> None:
    (tmp_path / "empty").mkdir()
    places = {"clips": clips, "out": tmp_path / "out", "empty": tmp_path / "empty"}
    assert build(*(argument.format(**places) for argument in arguments)) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and line in said


def test_copies_on_request_and_nothing_usable(small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, out = tmp_path / "clips", tmp_path / "out"
    folder.mkdir()
    for name in ("clip0.mp4", "clip0.mid"):
        shutil.copy(small / name, folder)
    assert build(folder, "-o", out, "--workers", 1, "--copy-clips") == 0
    copy = _items(out)["clip0"].clip.copy
    assert copy is not None and (out / copy).read_bytes() == (folder / "clip0.mp4").read_bytes()
    assert build(folder, "-o", out, "--workers", 1, "--min-seconds", 60) == 2
    assert "None of the 1 clips could be used" in capsys.readouterr().err
    assert list((out / "items").iterdir()) == [] and list((out / "audio").iterdir()) == []
    assert json.loads((out / "report.json").read_text())["reasons"] == {"too short": 1}


def test_real_clips_and_damaged_ones(shared_data: Path, tmp_path: Path) -> None:
    """A silent film with a recorded song and its score; files that broke on their way."""
    folder, out = tmp_path / "clips", tmp_path / "out"
    (folder / "silent film").mkdir(parents=True)
    shutil.copy(shared_data / "video/clips/chaplin_silent_640x360_25fps.mp4", folder / "silent film/chaplin.mp4")
    for ending in ("ogg", "mid"):
        shutil.copy(shared_data / f"audio/midi_audio_pairs/lied_lc6592481.{ending}",
                    folder / f"silent film/chaplin.{ending}")
    for name in ("zero_bytes.mp4", "truncated_tail.webm", "random_bytes.mp4", "truncated_moov_ok.mp4"):
        shutil.copy(shared_data / "video/corrupt" / name, folder / name)
    assert build(folder, "-o", out, "--workers", 1, "--min-seconds", 3) == 0
    report = _report(out)
    assert (report.accepted, report.reasons) == (1, {"damaged": 4})
    item = _items(out)["chaplin"]
    assert item.description.tempo_qpm == pytest.approx(92, abs=0.1) and item.provenance.source == "silent film"
    assert [one.name for one in item.description.instruments or ()] == ["Acoustic Grand Piano", "Clarinet"]
    assert item.music.origin == "file" and item.melody.origin == "score" and len(item.spots) > 5

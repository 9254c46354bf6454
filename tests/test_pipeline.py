"""The whole path on a small film: what lies in the folder, the same bytes again, and only what is due."""
from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import soundfile

from backend.cli.main import main
from tests.cue_folder import copy_of, hashes, score

ROOT = Path(__file__).resolve().parents[1]
NAMES = {"1M1 Film.RPP", "cue.mid", "score.musicxml", "melody.abc", "mix.wav", "preview.mp4", "timeline.png",
         "analysis.json", "description.json", "description.txt", "hits.json", "brief.json", "tempo_map.json",
         "spots.json", "melody.json", "score.json", "scheme.json", "assessment.json", "metrics.json",
         "spotting_notes.csv", "report.html", "render.json"}


def test_everything_promised_lies_in_the_folder(scored: Path) -> None:
    files = set(hashes(scored / "out"))
    assert NAMES == {name for name in files if not name.startswith("stems/")}
    stems = [name for name in files if name.startswith("stems/")]
    assert stems and all(name.endswith(".wav") for name in stems)


def test_sound_is_48k_24_bit_as_long_as_the_picture(scored: Path) -> None:
    infos = [soundfile.info(str(p)) for p in (scored / "out").rglob("*.wav")]
    assert {(i.samplerate, i.subtype, i.frames) for i in infos} == {(48000, "PCM_24", 8 * 48000)}


def test_same_seed_elsewhere_gives_the_same_bytes(scored: Path, tmp_path: Path) -> None:
    """MIDI, JSON, .RPP and sound to the byte, from another folder, in another process with another hash seed."""
    other = tmp_path / "another place"
    other.mkdir()
    (other / "film.mp4").write_bytes((scored / "film.mp4").read_bytes())
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "7"}
    subprocess.run([sys.executable, "-m", "backend", "score", str(other / "film.mp4"), "-o", str(other / "out")],
                   env=environment, check=True, capture_output=True)
    first, second = hashes(scored / "out"), hashes(other / "out")
    assert {n: h for n, h in first.items() if n != "preview.mp4"} == {
        n: h for n, h in second.items() if n != "preview.mp4"}


def test_another_seed_is_another_idea(scored: Path, tmp_path: Path) -> None:
    out = copy_of(scored, tmp_path / "copy")
    assert score(out, "--seed", 2, "--until", "compose") == 0
    before, after = hashes(scored / "out"), hashes(out)
    assert before["melody.json"] != after["melody.json"]
    assert before["analysis.json"] == after["analysis.json"]
    assert before["hits.json"] == after["hits.json"]


def test_a_second_run_makes_nothing(scored: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = copy_of(scored, tmp_path / "copy")
    before = {p: p.stat().st_mtime_ns for p in out.rglob("*") if p.is_file() and not p.name.startswith(".")}
    assert score(out) == 0
    assert {p: p.stat().st_mtime_ns for p in before} == before
    assert capsys.readouterr().err.count("as before") == 11


def test_until_stops_there(scored: Path, tmp_path: Path) -> None:
    assert main(["hits", str(scored / "film.mp4"), "-o", str(tmp_path)]) == 0
    assert set(hashes(tmp_path)) == {"analysis.json", "description.json", "description.txt", "hits.json"}


def test_json_outcome(scored: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = copy_of(scored, tmp_path / "copy")
    assert score(out, "--json") == 0
    outcome = json.loads(capsys.readouterr().out)
    assert outcome["title"] == "1M1 Film"
    assert outcome["hits"]["hard_on_the_frame"] == outcome["hits"]["hard"] >= 1
    assert abs(outcome["sound"]["integrated_lufs"] + 23) <= 0.5


def test_in_and_out_cut_the_cue(scored: Path, tmp_path: Path) -> None:
    assert score(scored / "film.mp4", "-o", tmp_path, "--in", "3", "--out", "00:00:07:00", "--until", "hits") == 0
    analysis = json.loads((tmp_path / "analysis.json").read_text())
    assert (analysis["cue"]["start_s"], analysis["cue"]["end_s"], analysis["clip"]["frames"]) == (3, 7, 96)
    assert analysis["cue"]["start_frame"] == 72


def test_cues_get_a_folder_each(scored: Path, tmp_path: Path) -> None:
    cues = tmp_path / "cues.csv"
    cues.write_text("label,in,out,title\n1M1,0,3,Rest\n1M2,3,8,Fall\n")
    assert score(scored / "film.mp4", "--cues", cues, "-o", tmp_path / "reel", "--until", "tempo") == 0
    assert sorted(p.name for p in (tmp_path / "reel").iterdir()) == ["1M1 Rest", "1M2 Fall"]


@pytest.mark.parametrize("arguments", [
    ["no such.mov"], ["."], ["{film}", "--emotion", "Meh"], ["{film}", "--in", "9"],
    ["{film}", "--in", "5", "--out", "4"], ["{film}", "--until", "bake"], ["{film}", "--hits", "none.json"],
    ["{film}", "--soundfont", "none.sf2"], ["{film}", "--bars", "1-2"], ["{film}", "--cues", "none.csv"],
    ["{film}", "--tempo", "x"]])
def test_mistakes_are_one_line_and_exit_2(scored: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str],
                                          arguments: list[str]) -> None:
    here = Path.cwd()
    os.chdir(tmp_path)
    try:
        code = score(*(a.replace("{film}", str(scored / "film.mp4")) for a in arguments))
    finally:
        os.chdir(here)
    said = [line for line in capsys.readouterr().err.splitlines() if line.startswith("filmcomposer:")]
    assert (code, len(said)) == (2, 1)


def test_names_with_blanks_quotes_and_accents(scored: Path, tmp_path: Path) -> None:
    clip = tmp_path / "L'été \"deux\" & co (v2).mp4"
    clip.write_bytes((scored / "film.mp4").read_bytes())
    assert score(clip, "-o", tmp_path / "où ça", "--until", "session") == 0
    assert (tmp_path / "où ça" / "1M1 L'été Deux & Co (v2).RPP").is_file()


@pytest.mark.parametrize(("arguments", "project"), [
    (["--title", "../a/b\tc"], "1M1 .. a b c.RPP"), (["--title", "x" * 300], "1M1 " + "x" * 116 + ".RPP")])
def test_a_title_never_leaves_the_folder(scored: Path, tmp_path: Path, arguments: list[str], project: str) -> None:
    assert score(scored / "film.mp4", "-o", tmp_path / "out", "--until", "session", *arguments) == 0
    assert [p.name for p in tmp_path.iterdir()] == ["out"]
    assert (tmp_path / "out" / project).is_file()


@pytest.mark.parametrize("arguments", [["--cue", "../x"], ["--cue", "y" * 99], ["--seed", "-5"],
                                       ["--frame-rate", "24/0"], ["--hits", "/dev/null"]])
def test_odd_options_are_refused_and_not_remembered(scored: Path, tmp_path: Path, arguments: list[str]) -> None:
    out = copy_of(scored, tmp_path / "copy")
    assert score(out, *arguments) == 2
    assert score(out, "--until", "tempo") == 0


def test_another_clip_does_not_slip_into_a_folder(scored: Path, tmp_path: Path) -> None:
    out = copy_of(scored, tmp_path / "copy")
    other = tmp_path / "other.mp4"
    other.write_bytes((scored / "film.mp4").read_bytes() + b"\0" * 8)
    assert score(other, "-o", out) == 2
    assert score(other, "-o", out, "--from", "analyze", "--until", "session") == 0
    assert sorted(p.name for p in out.glob("*.RPP")) == ["1M1 Other.RPP"]


def test_a_stem_that_was_deleted_is_made_again(scored: Path, tmp_path: Path) -> None:
    out = copy_of(scored, tmp_path / "copy")
    stem = sorted((out / "stems").iterdir())[0]
    sound = stem.read_bytes()
    stem.unlink()
    assert score(out) == 0
    assert stem.read_bytes() == sound


def test_old_figures_are_not_shown_as_new(scored: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = copy_of(scored, tmp_path / "copy")
    assert score(out, "--seed", 3, "--until", "arrange", "--json") == 0
    outcome = json.loads(capsys.readouterr().out)
    assert "sound" not in outcome and outcome["hits"]["hard_heard_on_the_frame"] is None


def test_default_takes_a_choice_back(scored: Path, tmp_path: Path) -> None:
    out = copy_of(scored, tmp_path / "copy")
    before = hashes(out)["brief.json"]
    assert score(out, "--emotion", "Fear", "--until", "brief") == 0
    assert hashes(out)["brief.json"] != before
    assert score(out, "--emotion", "default", "--until", "brief") == 0
    assert hashes(out)["brief.json"] == before

"""What may be learned from: only what was accepted, only with consent, and nothing of the machine."""
from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from backend.cli.main import main
from backend.errors import OptionError
from backend.triples import export_triples
from tests.cue_folder import copy_of, score

REASONING = """
[seen]
objects: a square
emotion: calm
dynamics: it falls dead
colour: green

[music]
genre: chamber music
instruments: flute, cellos
rhythm: slow
emotion: calm
description: Calm chamber music for flute over cellos.
"""


@pytest.fixture(scope="module")
def accepted(scored: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cue whose description the user has thought through, arranged from it and accepted."""
    out = copy_of(scored, tmp_path_factory.mktemp("accepted") / "copy")
    text = (out / "description.txt").read_text(encoding="utf-8").replace("setting: null", "setting: stage", 1)
    (out / "description.txt").write_text(text.replace("seen: null", "seen: It rests.", 1) + REASONING, encoding="utf-8")
    assert score(out, "--until", "arrange") == 0
    _accept(out)
    return out


def _accept(out: Path) -> None:
    """The user goes over the scheme: whatever the reviewer said, it is theirs."""
    scheme = json.loads((out / "scheme.json").read_text(encoding="utf-8"))
    scheme["tracks"][0]["panning"] = 0.25
    (out / "scheme.json").write_text(json.dumps(scheme), encoding="utf-8")
    assert score(out, "--until", "arrange") == 0


def _lines(target: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()]


def test_an_accepted_cue_gives_one_line_of_three(accepted: Path, tmp_path: Path) -> None:
    target, said = tmp_path / "t.jsonl", list[str]()
    assert export_triples((accepted,), target, True, said.append) == 1
    line, = _lines(target)
    assert set(line) == {"visual", "reasoning", "music_description"} and said == []
    assert line["visual"]["clip"]["setting"] == "stage" and line["visual"]["shots"][0]["seen"] == "It rests."
    assert line["reasoning"]["visual"]["dynamics"] == "it falls dead"
    assert line["reasoning"]["music"]["instruments"] == ["flute", "cellos"]
    scheme = json.loads((accepted / "scheme.json").read_text(encoding="utf-8"))
    assert set(line["reasoning"]["music"]["scored_for"]) == {track["instrument"] for track in scheme["tracks"]}
    assert line["music_description"] == "Calm chamber music for flute over cellos."


def test_nothing_of_the_machine_is_in_it(accepted: Path, tmp_path: Path) -> None:
    target = tmp_path / "t.jsonl"
    export_triples((accepted,), target, True)
    text = target.read_text(encoding="utf-8").lower()
    for word in (str(tmp_path), str(accepted), "film.mp4", "1m1", str(Path.home()), "/tmp", "\\\\"):
        assert word.lower() not in text


def test_without_consent_one_line_says_what_would_be_written(accepted: Path, scored: Path, tmp_path: Path) -> None:
    target = tmp_path / "t.jsonl"
    with pytest.raises(OptionError) as caught:
        export_triples((accepted, scored / "out"), target, False)
    said = str(caught.value)
    assert "1 accepted description (" in said and "1 left out (out: its description has no reasoning" in said
    assert str(target) in said and "Add --consent" in said and "\n" not in said and not target.exists()


def test_what_is_left_out_is_said_with_the_reason(accepted: Path, scored: Path, tmp_path: Path) -> None:
    def variant(name: str) -> Path:
        return Path(shutil.copytree(accepted, tmp_path / name))

    edited, headless, broken = variant("edited"), variant("headless"), variant("broken")
    with (edited / "description.txt").open("a", encoding="utf-8") as text:
        text.write("# later\n")
    (headless / "scheme.json").unlink()
    state = json.loads((broken / ".filmcomposer.json").read_text(encoding="utf-8"))
    (broken / "description.json").write_text("{", encoding="utf-8")
    state["stages"]["describe"]["files"]["description.json"] = hashlib.sha256(b"{").hexdigest()[:32]
    (broken / ".filmcomposer.json").write_text(json.dumps(state), encoding="utf-8")
    said: list[str] = []
    folders = (scored / "out", edited, headless, broken, tmp_path, accepted, accepted)
    assert export_triples(folders, tmp_path / "t.jsonl", True, said.append) == 1
    assert [line.split(": ")[0] for line in said] == [
        "Left out out", "Left out edited", "Left out headless", "Left out broken", f"Left out {tmp_path.name}",
        f"Left out {accepted.name}"]
    for line, words in zip(said, ("no reasoning", "edited since the last run", "has no scheme.json", "not valid JSON",
                                  "no results folder", "the same as another"), strict=True):
        assert words in line and str(tmp_path) not in line


def test_the_command_tells_why_folders_are_left_out_and_how_many(accepted: Path, scored: Path, tmp_path: Path,
                                                                 capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "t.jsonl"
    folders = [str(scored / "out"), str(accepted), str(tmp_path)]
    assert main(["triples", *folders, "--consent", "-o", str(target)]) == 0
    said = capsys.readouterr()
    assert said.out == f"1 triple of 3 folders, 2 left out in {target}\n"
    assert "Left out out: its description has no reasoning" in said.err
    assert f"Left out {tmp_path.name}: is no results folder." in said.err
    before = target.read_bytes()
    assert main(["triples", str(accepted), "--consent", "-o", str(target)]) == 2
    assert "is there already, and stays. Give another file" in capsys.readouterr().err
    assert target.read_bytes() == before
    target.unlink()
    assert main(["triples", str(accepted), "--consent", "-o", str(target)]) == 0
    assert capsys.readouterr().out == f"1 triple in {target}\n"
    assert main(["triples", folders[0], folders[2], "--consent", "-o", str(tmp_path / "none.jsonl")]) == 2
    said = capsys.readouterr()
    assert "None of these folders" in said.err and said.err.count("Left out") == 2
    assert not (tmp_path / "none.jsonl").exists()


def test_a_scheme_the_reviewer_sent_back_is_not_accepted(accepted: Path, tmp_path: Path) -> None:
    out = Path(shutil.copytree(accepted, tmp_path / "sent-back"))
    state = json.loads((out / ".filmcomposer.json").read_text(encoding="utf-8"))
    state["stages"]["arrange"]["yours"] = []
    scheme = json.loads((out / "scheme.json").read_text(encoding="utf-8"))
    for verdict, count in (("revise", 0), ("accept", 1)):
        scheme["rounds"][scheme["chosen_round"]]["verdict"] = verdict
        data = json.dumps(scheme).encode()
        (out / "scheme.json").write_bytes(data)
        state["stages"]["arrange"]["files"]["scheme.json"] = hashlib.sha256(data).hexdigest()[:32]
        (out / ".filmcomposer.json").write_text(json.dumps(state), encoding="utf-8")
        said: list[str] = []
        assert export_triples((out,), tmp_path / f"{verdict}.jsonl", True, said.append) == count
        assert (tmp_path / f"{verdict}.jsonl").exists() == bool(count)
        assert ["not accepted" in line for line in said] == [True] * (1 - count)


@pytest.mark.parametrize("sentence", ["See /home/ann/films/a.mov for it.", "Kept in C:\\Films\\a.mov.",
                                      "~/films/a/b.mov", "A note by Annabel herself."])
def test_sentences_that_name_the_machine_keep_a_cue_back(accepted: Path, tmp_path: Path, sentence: str,
                                                         monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "annabel")
    out = Path(shutil.copytree(accepted.parent, tmp_path / "copy")) / accepted.name
    text = (out / "description.txt").read_text(encoding="utf-8")
    (out / "description.txt").write_text(text.replace("It rests.", sentence), encoding="utf-8")
    assert score(out, "--until", "describe") == 0
    said: list[str] = []
    assert export_triples((out,), tmp_path / "t.jsonl", True, said.append) == 0
    assert len(said) == 1 and "a sentence of it names" in said[0]

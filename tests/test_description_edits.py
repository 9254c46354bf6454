"""The description has two faces, JSON and text: either may be edited, the other follows, and so does the music."""
from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cue_folder import copy_of, hashes, score


def _text(out: Path) -> str:
    return (out / "description.txt").read_text(encoding="utf-8")


def _write(out: Path, text: str) -> None:
    (out / "description.txt").write_text(text, encoding="utf-8")


def _json(out: Path, name: str = "description.json") -> dict[str, Any]:
    read: dict[str, Any] = json.loads((out / name).read_text(encoding="utf-8"))
    return read


def _with_emotion(text: str, label: str) -> str:
    return text.replace("emotion: null", f"emotion: {label}", 1)


def test_an_edited_text_becomes_the_description_and_is_heard(scored: Path, tmp_path: Path) -> None:
    out = copy_of(scored, tmp_path / "copy")
    mine = _with_emotion(_text(out), "fear").replace("seen: null", "seen: He falls.", 1)
    _write(out, mine)
    assert score(out, "--until", "brief") == 0
    assert _text(out) == mine, "what a person wrote stays as it is"
    described = _json(out)
    assert described["clip"]["emotion"] == {"label": "Fear", "source": "user", "confidence": 1.0}
    assert described["shots"][0]["sentence"] == "He falls."
    assert _json(out, "brief.json")["emotion"] == "Fear"
    before = hashes(out)
    assert score(out, "--until", "brief") == 0
    assert hashes(out) == before, "a second run is content"


def test_an_edited_json_is_seen_in_the_text(scored: Path, tmp_path: Path) -> None:
    out = copy_of(scored, tmp_path / "copy")
    document = _json(out)
    document["shots"][0]["attributes"]["setting"] = {"label": "church", "source": "user", "confidence": 1.0}
    (out / "description.json").write_text(json.dumps(document), encoding="utf-8")
    assert score(out, "--until", "brief") == 0
    assert "setting: church (user 1.00)" in _text(out)
    _write(out, _text(out).replace("church (user 1.00)", "cave"))
    assert score(out, "--until", "brief") == 0
    assert _json(out)["shots"][0]["attributes"]["setting"]["label"] == "cave"


def test_both_edited_are_refused(scored: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = copy_of(scored, tmp_path / "copy")
    (out / "description.json").write_text(json.dumps(_json(out)), encoding="utf-8")
    _write(out, _with_emotion(_text(out), "Sad"))
    before = hashes(out)
    assert score(out) == 2
    said = capsys.readouterr().err
    assert "Both description.json and description.txt" in said and hashes(out) == before
    (out / "description.json").unlink()
    assert score(out, "--until", "brief") == 2
    assert "no description.json to read it with" in capsys.readouterr().err


def test_an_unknown_label_is_answered_with_the_list(scored: Path, tmp_path: Path,
                                                    capsys: pytest.CaptureFixture[str]) -> None:
    out = copy_of(scored, tmp_path / "copy")
    _write(out, _text(out).replace("setting: null", "setting: chruch", 1))
    before = hashes(out)
    assert score(out) == 2
    said = capsys.readouterr().err
    assert "there is no setting 'chruch'; choose null or one of church, road, home" in said and hashes(out) == before


def test_text_that_is_no_utf8_is_refused(scored: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = copy_of(scored, tmp_path / "copy")
    (out / "description.txt").write_bytes(b"\xff\xfe[clip]")
    assert score(out) == 2
    assert "description.txt is not UTF-8" in capsys.readouterr().err


def test_a_folder_from_before_gets_its_text(scored: Path, tmp_path: Path) -> None:
    """Made by an earlier version, with and without an edit of the user's."""
    for edited in (False, True):
        out = copy_of(scored, tmp_path / f"copy-{edited}")
        (out / "description.txt").unlink()
        state = _json(out, ".filmcomposer.json")
        del state["stages"]["describe"]["files"]["description.txt"]
        (out / ".filmcomposer.json").write_text(json.dumps(state), encoding="utf-8")
        document = _json(out)
        if edited:
            document["clip"]["emotion"] = {"label": "Calm", "source": "user", "confidence": 1.0}
            (out / "description.json").write_text(json.dumps(document), encoding="utf-8")
        assert score(out, "--until", "brief") == 0
        assert _json(out) == document
        assert ("emotion: Calm (user 1.00)" in _text(out)) == edited


def test_an_edit_is_taken_back_by_deleting_the_file(scored: Path, tmp_path: Path) -> None:
    out = copy_of(scored, tmp_path / "copy")
    whole = _text(out)
    _write(out, _with_emotion(whole, "Sad"))
    assert score(out, "--until", "describe") == 0
    (out / "description.txt").unlink()
    assert score(out, "--until", "describe") == 0
    assert _text(out) == whole and _json(out)["clip"]["emotion"]["label"] is None


def test_text_that_is_missing_is_written_from_the_json_that_was_edited(scored: Path, tmp_path: Path) -> None:
    out = copy_of(scored, tmp_path / "copy")
    document = _json(out)
    document["motion"] = "It moves."
    (out / "description.json").write_text(json.dumps(document), encoding="utf-8")
    assert score(out, "--until", "describe") == 0
    (out / "description.txt").unlink()
    assert score(out, "--until", "describe") == 0
    assert "motion: It moves." in _text(out) and _json(out) == document


def test_from_describe_sets_the_text_aside(scored: Path, tmp_path: Path) -> None:
    out = copy_of(scored, tmp_path / "copy")
    whole = _text(out)
    _write(out, _with_emotion(whole, "Sad"))
    assert score(out, "--from", "describe", "--until", "describe") == 0
    assert _text(out) == whole
    assert (out / "description.edited-1.txt").read_text(encoding="utf-8") == _with_emotion(whole, "Sad")


def test_shots_are_found_by_their_timecode(scored: Path) -> None:
    text = _text(scored / "out")
    shots = _json(scored / "out", "analysis.json")["shots"]
    assert text.count("\n# 00:00:0") == len(shots) and "[shot 0]\n# 00:00:00:00 to " in text


def test_emotion_is_refused_where_the_text_is_the_users(scored: Path, tmp_path: Path,
                                                        capsys: pytest.CaptureFixture[str]) -> None:
    out = copy_of(scored, tmp_path / "copy")
    _write(out, _with_emotion(_text(out), "Sad"))
    for _ in range(2):
        assert score(out, "--emotion", "Joyous") == 2
        assert "description.txt is yours now" in capsys.readouterr().err
        assert score(out, "--until", "describe") == 0
    (out / "description.txt").unlink()
    assert score(out, "--emotion", "Joyous", "--until", "brief") == 0
    assert _json(out, "brief.json")["emotion"] == "Joyous"

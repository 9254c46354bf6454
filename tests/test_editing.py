"""A person edits one document at each stage: it is kept, it is heard, and nothing before it changes."""
from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cue_folder import copy_of, hashes, score

ORDER = ["analysis.json", "description.json", "hits.json", "brief.json", "tempo_map.json", "spots.json", "melody.json",
         "score.json"]


def _edit(file: Path, change: Callable[[dict[str, Any]], None]) -> None:
    document = json.loads(file.read_text(encoding="utf-8"))
    change(document)
    file.write_text(json.dumps(document), encoding="utf-8")


def _more_motion(d: dict[str, Any]) -> None:
    curve = next(c for c in d["curves"] if c["name"] == "motion")
    curve["values"] = [0.0] * 60 + [2.0] * (len(curve["values"]) - 60)


def _fear(d: dict[str, Any]) -> None:
    d["clip"]["emotion"] = {"label": "Fear", "source": "user", "confidence": 1.0}


def _new_hit(d: dict[str, Any]) -> None:
    d["hits"] = [{"time_s": "9/2", "weight": 1.0, "kind": "user", "type": "hard", "reason": "she turns",
                  "locked": True}]


def _other_mode(d: dict[str, Any]) -> None:
    d["tonic_pc"], d["mode"] = (d["tonic_pc"] + 3) % 12, "phrygian"


def _faster(d: dict[str, Any]) -> None:
    for point in d["points"]:
        point["us_per_quarter"] -= 1000


def _fewer_spots(d: dict[str, Any]) -> None:
    del d["spots"][1]


def _higher(d: dict[str, Any]) -> None:
    d["notes"][0]["pitch"] += 5


def _softer(d: dict[str, Any]) -> None:
    d["parts"][0]["notes"][0]["velocity"] = 3


@pytest.mark.parametrize(("name", "change"), [
    ("analysis.json", _more_motion), ("description.json", _fear), ("hits.json", _new_hit), ("brief.json", _other_mode),
    ("tempo_map.json", _faster), ("spots.json", _fewer_spots), ("melody.json", _higher), ("score.json", _softer)])
def test_an_edit_is_kept_and_heard(scored: Path, tmp_path: Path, name: str, change: Callable[[Any], None]) -> None:
    out = copy_of(scored, tmp_path / "copy")
    _edit(out / name, change)
    edited = hashes(out)
    assert score(out) == 0
    after = hashes(out)
    upto = ORDER.index(name) + 1
    assert {n: after[n] for n in ORDER[:upto]} == {n: edited[n] for n in ORDER[:upto]}
    assert after["mix.wav"] != edited["mix.wav"]
    assert after["cue.mid"] != edited["cue.mid"]


def test_a_hit_that_was_added_is_met(scored: Path, tmp_path: Path) -> None:
    out = copy_of(scored, tmp_path / "copy")
    _edit(out / "hits.json", _new_hit)
    assert score(out) == 0
    sync = json.loads((out / "tempo_map.json").read_text())["sync"]
    assert [(s["hit"], s["anchored"]) for s in sync] == [(0, True)]
    heard = json.loads((out / "metrics.json").read_text())["sync"]["hits"][0]
    assert heard["status"] == "hit" and abs(heard["error_ms"]) <= 1000 / 24


def test_pan_is_found_in_the_stem(scored: Path, tmp_path: Path) -> None:
    import soundfile
    out = copy_of(scored, tmp_path / "copy")

    def to_the_right(d: dict[str, Any]) -> None:
        for track in d["tracks"]:
            track["panning"], track["reverb_space"] = 1.0, 0.0

    _edit(out / "scheme.json", to_the_right)
    assert score(out) == 0
    sound, _ = soundfile.read(str(out / "mix.wav"))
    left, right = (sound ** 2).mean(axis=0)
    assert right > 1000 * left


def test_an_edited_abc_is_read_back(scored: Path, tmp_path: Path) -> None:
    out = copy_of(scored, tmp_path / "copy")
    notes = json.loads((out / "melody.json").read_text())["notes"]
    text = (out / "melody.abc").read_text()
    body = text[text.index("% bar 1"):]
    letter = next(c for c in body.split("\n", 1)[1] if c in "ABCDEFGabcdefg")
    place = text.index("% bar 1") + body.index(letter, body.index("\n"))
    other = "D" if letter != "D" else "E"
    (out / "melody.abc").write_text(text[:place] + other + text[place + 1:])
    assert score(out) == 0
    after = json.loads((out / "melody.json").read_text())["notes"]
    changed = [i for i, (a, b) in enumerate(zip(notes, after, strict=True)) if a["pitch"] != b["pitch"]]
    assert changed and changed[0] == 0
    assert score(out) == 0, "a second run is content with the pair in step"


def test_two_edits_that_collide_are_refused(scored: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = copy_of(scored, tmp_path / "copy")
    _edit(out / "melody.json", _higher)
    (out / "melody.abc").write_text((out / "melody.abc").read_text().replace("T:", "T:My "))
    assert score(out) == 2
    said = capsys.readouterr().err
    assert "melody.json" in said and "melody.abc" in said


def test_a_project_saved_over_ours_is_set_aside(scored: Path, tmp_path: Path) -> None:
    out = copy_of(scored, tmp_path / "copy")
    project = out / "1M1 Film.RPP"
    mine = project.read_text().replace("NAME", "NAME", 1) + "\n"
    project.write_text(mine)
    assert score(out) == 0
    assert (out / "1M1 Film.edited-1.RPP").read_text() == mine


def test_from_sets_an_edit_aside_and_makes_it_again(scored: Path, tmp_path: Path) -> None:
    out = copy_of(scored, tmp_path / "copy")
    before = hashes(out)["hits.json"]
    _edit(out / "hits.json", _new_hit)
    mine = hashes(out)["hits.json"]
    assert score(out, "--from", "hits", "--until", "hits") == 0
    assert (hashes(out)["hits.json"], hashes(out)["hits.edited-1.json"]) == (before, mine)


def test_broken_edits_name_file_and_field(scored: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = copy_of(scored, tmp_path / "copy")
    _edit(out / "hits.json", lambda d: d["hits"].append({"weight": 1}))
    assert score(out) == 2
    assert "hits.json: hits[" in capsys.readouterr().err


def test_supplied_hits_stay_without_the_flag(scored: Path, tmp_path: Path) -> None:
    out = copy_of(scored, tmp_path / "copy")
    mine = tmp_path / "mine.json"
    mine.write_text((out / "hits.json").read_text())
    _edit(mine, _new_hit)
    assert score(out, "--hits", mine, "--until", "hits") == 0
    supplied = hashes(out)["hits.json"]
    assert score(out, "--until", "hits") == 0
    assert hashes(out)["hits.json"] == supplied
    assert json.loads((out / "hits.json").read_text())["hits"][0]["reason"] == "she turns"


def test_an_earlier_edit_is_set_aside_when_a_file_is_handed_in(scored: Path, tmp_path: Path) -> None:
    out = copy_of(scored, tmp_path / "copy")
    other = tmp_path / "other.json"
    other.write_text((out / "hits.json").read_text())
    _edit(out / "hits.json", _new_hit)
    mine = hashes(out)["hits.json"]
    assert score(out, "--until", "hits") == 0
    assert score(out, "--until", "hits", "--hits", other) == 0
    assert hashes(out)["hits.edited-1.json"] == mine


def test_emotion_is_refused_where_the_description_is_the_users(scored: Path, tmp_path: Path) -> None:
    out = copy_of(scored, tmp_path / "copy")
    _edit(out / "description.json", _fear)
    assert score(out, "--emotion", "Joyous") == 2
    assert score(out, "--until", "brief") == 0
    assert json.loads((out / "brief.json").read_text())["emotion"] == "Fear"


def test_stopping_before_the_melody_says_nothing_of_the_old_one(scored: Path, tmp_path: Path,
                                                                 capsys: pytest.CaptureFixture[str]) -> None:
    out = copy_of(scored, tmp_path / "copy")
    brief = json.loads((out / "brief.json").read_text(encoding="utf-8"))
    brief |= {"meter_numerator": 7, "meter_denominator": 8}
    (out / "brief.json").write_text(json.dumps(brief), encoding="utf-8")
    assert score(out, "--until", "tempo") == 0
    said = capsys.readouterr().err
    assert "hits" in said and "bars" not in said

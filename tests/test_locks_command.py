"""``filmcomposer lock`` and ``unlock``: fields by forgiving names; the next run keeps them."""
from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from backend.cli.main import main
from tests.cue_folder import copy_of, score


@pytest.fixture
def out(scored: Path, tmp_path: Path) -> Path:
    return copy_of(scored, tmp_path / "copy")


def lock(*arguments: object) -> int:
    return main(["lock", *(str(a) for a in arguments)])


def unlock(*arguments: object) -> int:
    return main(["unlock", *(str(a) for a in arguments)])


def scheme(out: Path) -> dict[str, Any]:
    return dict(json.loads((out / "scheme.json").read_text("utf-8")))


def locked(out: Path) -> dict[str, Any]:
    return {one["path"]: one["value"] for one in json.loads((out / "locks.json").read_text("utf-8"))["locks"]}


def test_locked_fields_stand_in_the_next_run_whatever_the_seed(out: Path) -> None:
    before = scheme(out)
    pan = before["tracks"][0]["panning"]
    assert lock(out, "melody.pan", "melody.instrument=cello_solo", "bar2.dynamic=ff", "ending=fade",
                "melody.volume.3=0.25", "accent.xylophone.gain=-9.5") == 0
    assert score(out, "--seed", 7, "--until", "arrange") == 0
    after = scheme(out)
    tracks = {t["part"]: t for t in after["tracks"]}
    melody = tracks["melody"]
    assert (melody["instrument"], melody["panning"], melody["volume_envelope"]["3"]) == ("cello_solo", pan, 0.25)
    assert melody["made_by"] == "rule+user(panning, instrument, volume_envelope/3)"
    assert tracks["accent.xylophone"]["gain_db"] == -9.5
    assert (after["measures"][1]["dynamic"], after["ending"]) == ("ff", "fade")
    assert after["made_by"] == "rule+user(ending, measure 2)"
    assert after["tracks"] != before["tracks"]
    parts = {p["id"]: p["instrument"] for p in json.loads((out / "score.json").read_text("utf-8"))["parts"]}
    assert parts["melody"] == "cello_solo" and set(parts) == set(tracks)
    assert unlock(out, "--all") == 0 and not (out / "locks.json").exists()
    assert score(out, "--seed", 1, "--until", "arrange") == 0
    assert scheme(out) == before


def test_names_are_forgiving(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tracks = scheme(out)["tracks"]
    strings = [t for t in tracks if "violin" in t["instrument"] or "strings" in t["instrument"]]
    assert lock(out, "strings.pan", "XYLOPHONE.reverb", "/tracks/melody/articulation", "bars1-2.level") == 0
    paths = locked(out)
    assert {f"/tracks/{t['part']}/panning": t["panning"] for t in strings}.items() <= paths.items() and strings
    assert "/tracks/accent.xylophone/reverb_space" in paths and "/tracks/melody/articulation" in paths
    assert paths["/measures/2/level"] == scheme(out)["measures"][1]["level"]
    capsys.readouterr()
    assert lock(out) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(paths) and f"bar2.level = {json.dumps(paths['/measures/2/level'])}" in lines
    assert unlock(out, "xylophone") == 0 and unlock(out, "bar2") == 0 and unlock(out, "strings.pan") == 0
    assert set(locked(out)) == {"/tracks/melody/articulation", "/measures/1/level"}
    assert unlock(out, "melody", "bar1.level") == 0
    assert "no field is locked" in capsys.readouterr().out


@pytest.mark.parametrize(("fields", "says"), [
    (["kazoo.pan"], "'kazoo': there is no such track. There are melody"),
    (["melody.colour"], "a track has instrument, articulation"),
    (["melody"], "'melody' is a track: say which of its fields: instrument, articulation"),
    (["tempo"], "There is no field 'tempo'. A track has instrument"),
    (["melody.pan=3"], "filmcomposer: melody.panning: 3 is no number within -1 and 1. Nothing was locked."),
    (["melody.instrument=cello solo"], "no instrument 'cello solo' (did you mean cello_solo"),
    (["melody.instrument=\n" + "9" * 400], "there is no instrument"),
    (["x" * 4000], "There is no field 'xxx"),
    (["melody.pan=0", "bar99.level=0.5"], "the cue has bars 1 to 4"),
    (["bar1.colour=0.5"], "A bar has level, dynamic, tension, texture"),
    (["melody.volume.9=0.5"], "the cue has bars 1 to 4"),
    (["/tracks/melody/colour=1"], "no such field"),
    (["ending=bang"], "none of cadence"),
])
def test_a_field_that_cannot_be_is_one_line_and_locks_nothing(fields: list[str], says: str, out: Path,
                                                              capsys: pytest.CaptureFixture[str]) -> None:
    assert lock(out, *fields) == 2
    said = capsys.readouterr().err
    assert says in said and said.count("\n") == 1 and len(said) <= 340
    assert "locks.json" not in said and not (out / "locks.json").exists()


def test_unlocking_what_is_not_locked(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert unlock(out, "melody.pan") == 2
    assert "'melody.pan' is not locked. Locked are: no fields." in capsys.readouterr().err
    assert unlock(out, "nonsense") == 2
    assert "'nonsense' is not locked. Locked are: no fields." in capsys.readouterr().err
    assert unlock(out) == 2 and lock(out / "nowhere") == 2


def test_a_lock_written_by_hand_that_cannot_be_ends_the_run_in_one_line(out: Path,
                                                                        capsys: pytest.CaptureFixture[str]) -> None:
    before = (out / "scheme.json").read_bytes()
    (out / "locks.json").write_text('{"schema": "Locks/1", "locks": [{"path": "/tracks/melody/panning", "value": 7}]}')
    capsys.readouterr()
    assert score(out, "--until", "arrange") == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.startswith("filmcomposer: locks.json: /tracks/melody/panning: 7 is no number within -1 and 1.")
    assert (out / "scheme.json").read_bytes() == before


def test_locking_again_keeps_the_locked_value_and_says_so(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert lock(out, "melody.pan=0.7", "bar1.level") == 0
    capsys.readouterr()
    assert lock(out, "melody.pan") == 0
    assert "melody.panning is locked already, and stays 0.7" in capsys.readouterr().err
    assert locked(out)["/tracks/melody/panning"] == 0.7
    assert lock(out, "melody.pan=0.1") == 0 and locked(out)["/tracks/melody/panning"] == 0.1


@pytest.mark.parametrize("path", ["/tracks/" + "x" * 5000, "/tracks/a\\n\\u001b[31m/panning", "/measures/1\\n2/level"])
def test_whatever_the_file_holds_the_message_is_one_short_line(path: str, out: Path,
                                                               capsys: pytest.CaptureFixture[str]) -> None:
    (out / "locks.json").write_text(f'{{"schema": "Locks/1", "locks": [{{"path": "{path}", "value": 7}}]}}')
    capsys.readouterr()
    assert lock(out, "melody.pan") == 2
    said = capsys.readouterr().err
    assert said.startswith("filmcomposer: locks.json: /") and said.count("\n") == 1 and len(said) <= 320
    assert "\x1b" not in said

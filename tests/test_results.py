"""The results folder: what is remembered, what counts as edited, and that nothing is lost."""
from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from backend.domain.hits import HitPoint, HitPoints
from backend.errors import EditError, OutputError
from backend.results import STATE_FILE, ResultsFolder

HITS = HitPoints((HitPoint(Fraction(1), 1.0, "cut", "hard", "cut"),))


def test_edits_are_noticed_and_remembered(tmp_path: Path) -> None:
    folder = ResultsFolder(tmp_path / "out").open()
    folder.save("hits.json", HITS)
    folder.record("hits", "key", ("hits.json",))
    assert folder.edited("hits", ("hits.json",)) == ()
    folder.write_text("hits.json", folder.file("hits.json").read_text().replace("cut", "door"))
    again = ResultsFolder(tmp_path / "out").open()
    assert again.edited("hits", ("hits.json",)) == ("hits.json",)
    again.record("hits", "key", ("hits.json",), yours=("hits.json",))
    assert (again.edited("hits", ("hits.json",)), again.yours("hits")) == ((), ("hits.json",))
    again.file("hits.json").unlink()
    assert again.yours("hits") == ()


def test_a_file_that_was_never_ours_counts_as_edited(tmp_path: Path) -> None:
    folder = ResultsFolder(tmp_path).open()
    folder.write_text("hits.json", "x")
    assert folder.edited("hits", ("hits.json",)) == ("hits.json",)


def test_set_aside_never_overwrites(tmp_path: Path) -> None:
    folder = ResultsFolder(tmp_path).open()
    for content in ("a", "b"):
        folder.write_text("score.RPP", content)
        folder.set_aside("score.RPP")
    assert [(tmp_path / f"score.edited-{n}.RPP").read_text() for n in (1, 2)] == ["a", "b"]


def test_a_broken_document_names_file_and_field(tmp_path: Path) -> None:
    folder = ResultsFolder(tmp_path).open()
    folder.write_text("hits.json", '{"schema": "HitPoints/1", "hits": [3]}')
    with pytest.raises(EditError, match=r"hits\.json: hits\[0\]: expected an object, got 3"):
        folder.load(HitPoints, "hits.json")


def test_a_file_in_the_way_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    with pytest.raises(OutputError, match="is a file"):
        ResultsFolder(tmp_path / "out").open()


def test_a_damaged_state_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / STATE_FILE).write_text("{")
    with pytest.raises(EditError, match="Delete it"):
        ResultsFolder(tmp_path).open()


def test_writes_leave_no_partial_file(tmp_path: Path) -> None:
    folder = ResultsFolder(tmp_path).open()
    folder.save("hits.json", HITS)
    assert [p.name for p in tmp_path.iterdir()] == ["hits.json"]
    (tmp_path / "taken.json").mkdir()
    with pytest.raises(OutputError, match="Cannot write"):
        folder.save("taken.json", HITS)
    assert not list(tmp_path.glob(".*.part"))


def test_the_clip_is_remembered_from_the_folder(tmp_path: Path) -> None:
    folder = ResultsFolder(tmp_path / "out").open()
    folder.remember(tmp_path / "clip.mp4", "abc", {"seed": 3, "emotion": None})
    again = ResultsFolder(tmp_path / "out").open()
    assert (again.clip, again.clip_hash, again.options) == (tmp_path / "clip.mp4", "abc", {"seed": 3})


def test_files_under_names_no_longer_used_go_unless_edited(tmp_path: Path) -> None:
    folder = ResultsFolder(tmp_path).open()
    for name in ("1M1 Old.RPP", "1M1 Mine.RPP"):
        folder.write_text(name, "ours")
    folder.record("session", "key", ("1M1 Old.RPP", "1M1 Mine.RPP"))
    folder.write_text("1M1 Mine.RPP", "edited")
    folder.drop_old("session", ("1M1 New.RPP",))
    assert not folder.has("1M1 Old.RPP") and folder.has("1M1 Mine.RPP")


def test_an_emptied_document_is_an_edit_error(tmp_path: Path) -> None:
    folder = ResultsFolder(tmp_path).open()
    folder.write_text("hits.json", "")
    with pytest.raises(EditError, match="not valid JSON"):
        folder.load(HitPoints, "hits.json")

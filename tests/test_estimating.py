"""What models will be asked is said before: for the stages that are due, and for no others."""
from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from backend.cli.main import main
from backend.config import DEFAULTS, Options, options_from
from backend.cue_job import CueJob, job_of
from backend.domain import serial
from backend.domain.ensemble import ChatRecord, Spending, Turn
from backend.estimating import asked_chats, expected_line
from backend.pipeline import due_stages
from backend.results import ResultsFolder
from backend.stages import chats_of
from backend.wiring import wire


@pytest.fixture
def own_score(scored: Path, tmp_path: Path) -> Path:
    """A finished folder to change, beside its film."""
    shutil.copytree(scored, tmp_path / "own")
    return tmp_path / "own" / "out"


def _job(folder: Path, **options: object) -> CueJob:
    results = ResultsFolder(folder).open()
    known = options_from(results.options).over(DEFAULTS)
    return replace(job_of(results, wire(known)), options=replace(known, **options))  # type: ignore[arg-type]


def test_nothing_is_due_in_a_finished_folder(own_score: Path) -> None:
    assert due_stages(_job(own_score)) == ()
    assert due_stages(_job(own_score), until="compose", redo_from="spot") == ("spot", "compose")


def test_an_edit_makes_everything_after_it_due_and_itself_not(own_score: Path) -> None:
    brief = own_score / "brief.json"
    brief.write_text(brief.read_text(encoding="utf-8").replace('"layers": ', '"layers":  '), encoding="utf-8")
    assert due_stages(_job(own_score)) == ("tempo", "spot", "compose", "arrange", "session", "render", "report")


def test_only_chats_of_due_stages_are_counted(own_score: Path) -> None:
    job = _job(own_score, agents="llm", describer="vision", model="gpt-4.1")
    assert asked_chats(job.options) == ("describe", "assess", "arrange")
    assert expected_line(job) == ""
    arranging, all_of_it = (expected_line(job, redo_from=stage) for stage in ("arrange", "describe"))
    assert arranging.endswith("stops at $1.00 (--cap)") and all_of_it != arranging
    assert expected_line(job, redo_from="describe", until="describe") not in ("", all_of_it)


def test_a_cap_below_the_least_is_called_so(own_score: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "https://api.openai.com/v1")
    job = _job(own_score, agents="llm", model="gpt-4.1", cap=0.0001)
    assert "more than --cap 0.0001 allows" in expected_line(job, redo_from="compose")


def test_no_model_no_line(own_score: Path) -> None:
    assert expected_line(_job(own_score), redo_from="analyze") == "" and asked_chats(Options()) == ()


def test_a_note_without_a_reader_is_refused(own_score: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["score", str(own_score), "--note", "less brass"]) == 2
    assert "--note speaks to language models" in capsys.readouterr().err


def test_a_chat_that_rules_have_done_again_is_not_told(own_score: Path) -> None:
    folder = ResultsFolder(own_score).open()
    said = ChatRecord("arrange", "cot", (Turn(1, "A1", "analyze", 1, "llm", "m", "calm"),), spending=Spending(1, 9, 9))
    _save(own_score, said)
    assert chats_of(folder) == ()
    scheme = own_score / "scheme.json"
    text = scheme.read_text(encoding="utf-8")
    scheme.write_text(text.replace('"made_by": "rule"', '"made_by": "llm-analyze:m"'), encoding="utf-8")
    assert chats_of(folder) == (said,)
    (own_score / "agents" / "arrange.json").write_text("{", encoding="utf-8")
    assert chats_of(folder) == ()


def _save(folder: Path, record: ChatRecord) -> None:
    (folder / "agents").mkdir()
    (folder / "agents" / "arrange.json").write_text(serial.dumps(record), encoding="utf-8")


def test_two_runs_in_one_folder(own_score: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with ResultsFolder(own_score).held():
        assert main(["score", str(own_score)]) == 2
        assert "Another run is at work" in capsys.readouterr().err
    assert main(["score", str(own_score)]) == 0
    assert not (own_score / ".working").exists()

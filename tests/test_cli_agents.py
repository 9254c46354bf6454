"""The commands around the ensemble: what they say without a model, without consent, without a port."""
from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from backend.cli.main import main
from tests.cue_folder import copy_of, hashes


@pytest.fixture
def no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)


def test_trials_without_a_model_are_not_run(no_model: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trials", "--cases", "1", "--task", "mix"]) == 0
    said = capsys.readouterr().out
    assert "not run" in said and "OPENAI_BASE_URL" in said
    assert main(["trials", "--cases", "0"]) == 2
    assert "--cases 0" in capsys.readouterr().err


def test_triples_need_consent(scored: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "triples.jsonl"
    assert main(["triples", str(scored / "out"), "-o", str(target)]) == 2
    said = capsys.readouterr().err
    assert "--consent" in said and said.count("\n") == 1 and not target.exists()
    assert main(["triples", str(tmp_path), "-o", str(target), "--consent"]) == 2
    assert "None of these folders" in capsys.readouterr().err and not target.exists()


def test_a_stand_in_whose_port_is_taken_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["stand-in", "--port", str(port), "--mode", "adversarial", "--seed", "3"]) == 2
    assert f"Port {port} cannot be served" in capsys.readouterr().err


def test_a_revision_at_a_dead_endpoint_ends_in_one_line(scored: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                                        capsys: pytest.CaptureFixture[str]) -> None:
    out = copy_of(scored, tmp_path / "copy")
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    monkeypatch.setenv("OPENAI_BASE_URL", f"http://127.0.0.1:{port}/v1")
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    before = hashes(out)
    assert main(["revise", str(out), "strings only"]) == 2
    assert f"127.0.0.1:{port}" in capsys.readouterr().err
    assert hashes(out) == before


def test_locks_under_a_score_of_ones_own_say_when_they_hold(scored: Path, tmp_path: Path,
                                                            capsys: pytest.CaptureFixture[str]) -> None:
    out = copy_of(scored, tmp_path / "copy")
    document = json.loads((out / "scheme.json").read_text("utf-8"))
    (out / "scheme.json").write_text(json.dumps(document), "utf-8")
    assert main(["lock", str(out), "ending"]) == 0
    said = capsys.readouterr()
    assert said.out == f"ending = {json.dumps(document['ending'])}\n"
    assert "scheme.json came from you and stays as it is" in said.err and "--from arrange" in said.err

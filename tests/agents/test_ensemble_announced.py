"""What goes where is said before it goes, whatever is printed besides; a run by rules does not sign with a model."""
from __future__ import annotations

import json
from pathlib import Path

import pytest

from backend.agents.ensemble.prompts import SPEAKERS
from backend.agents.stand_in import Scripted, StandIn
from backend.cli.main import main
from tests.agents.ensemble_run import run
from tests.agents.numbered_film import draw_numbered_film


def test_data_on_one_stream_and_what_leaves_on_the_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                                         capsys: pytest.CaptureFixture[str]) -> None:
    draw_numbered_film(tmp_path / "film.mp4")
    with StandIn(Scripted()) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        run(tmp_path / "film.mp4", tmp_path / "out", "--describer", "vision", "--until", "describe", "--json")
        seen = capsys.readouterr()
        host = server.base_url.split("/")[2]
        assert json.loads(seen.out)["title"] == "1M1 Film"
        estimate, sent = (line for line in seen.err.splitlines() if line.strip())
        assert "calls" in estimate and "(--cap)" in estimate
        assert host in sent and "frames" in sent

        asked = len(server.requests)
        assert main(["score", str(tmp_path / "out"), "--until", "describe"]) == 0
        assert len(server.requests) == asked and "calls" not in capsys.readouterr().err


def test_rules_do_it_again_and_say_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                      capsys: pytest.CaptureFixture[str]) -> None:
    draw_numbered_film(tmp_path / "film.mp4")
    with StandIn(Scripted()) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        run(tmp_path / "film.mp4", tmp_path / "out", "--agents", "llm", "--until", "arrange", "--json")
        assert json.loads(capsys.readouterr().out)["ensemble"]["answers"] >= len(SPEAKERS["arrange"])
        run(tmp_path / "film.mp4", tmp_path / "out", "--agents", "rules", "--until", "arrange", "--json")
        assert "ensemble" not in json.loads(capsys.readouterr().out)

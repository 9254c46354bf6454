"""A folder that models scored, taken up again: what stands is not made anew, whoever is there to be asked."""
from __future__ import annotations

import shutil
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from backend.agents.stand_in import Scripted, StandIn
from backend.cli.main import main
from backend.domain.serial import loads
from backend.domain.tempo import TempoMap
from backend.music.instruments import instruments
from backend.music.revision import reached
from backend.music.revision_cells import difference
from tests.agents.ensemble_run import MODELS, Finished, revise, run
from tests.agents.numbered_film import draw_numbered_film
from tests.cue_folder import hashes

BEFORE_THE_SCORE = ("melody.json", "description.json", "assessment.json", "brief.json", "tempo_map.json", "spots.json",
                    "melody.abc", "description.txt")


@dataclass(frozen=True)
class Later:
    """A copy of a finished folder and of its film."""

    out: Path
    port: int

    def again(self, *flags: str) -> Finished:
        return Finished(self.out, main(["score", str(self.out), *flags]))


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The film scored by the scripted ensemble, to the report."""
    folder = tmp_path_factory.mktemp("later")
    draw_numbered_film(folder / "film.mp4")
    with pytest.MonkeyPatch.context() as environment, StandIn(Scripted()) as server:
        environment.setenv("OPENAI_BASE_URL", server.base_url)
        assert run(folder / "film.mp4", folder / "out", *MODELS).code == 0
    yield folder


@pytest.fixture
def later(finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Later:
    """The folder, and nobody at the server's place any more."""
    shutil.copytree(finished, tmp_path / "copy")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    monkeypatch.setenv("OPENAI_BASE_URL", f"http://127.0.0.1:{port}/v1")
    return Later(tmp_path / "copy" / "out", port)


def kept(before: dict[str, str], after: dict[str, str], *but: str) -> set[str]:
    """Names of the files that are not as they were."""
    return {name for name in before if before[name] != after.get(name) and name not in but}


@pytest.mark.parametrize("is_named", [True, False])
def test_nothing_due_asks_nobody(later: Later, is_named: bool, monkeypatch: pytest.MonkeyPatch,
                                 capsys: pytest.CaptureFixture[str]) -> None:
    if not is_named:
        monkeypatch.delenv("OPENAI_BASE_URL")
    before = hashes(later.out)
    assert later.again().code == 0
    assert hashes(later.out) == before
    said = capsys.readouterr().err
    assert "calls" not in said and "rules" not in said


def test_a_stage_that_follows_the_models_needs_none(later: Later) -> None:
    before = hashes(later.out)
    assert later.again("--loudness", "-20").code == 0
    changed = kept(before, hashes(later.out))
    assert "mix.wav" in changed and not changed & {*BEFORE_THE_SCORE, "score.json", "scheme.json", "transcript.md"}


def test_a_stage_of_the_models_says_in_one_line_who_is_missing(later: Later, capsys: pytest.CaptureFixture[str]
                                                               ) -> None:
    before = hashes(later.out)
    assert later.again("--note", "less brass").code == 2
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert error.startswith("filmcomposer: No answer from") and str(later.port) in error
    assert kept(before, hashes(later.out)) == set()


def test_a_change_in_words_leaves_what_models_made_before_it(later: Later, monkeypatch: pytest.MonkeyPatch,
                                                             capsys: pytest.CaptureFixture[str]) -> None:
    """Only rules stand at the ports of `revise`: what models made under other names is not due for that."""
    before, dead = hashes(later.out), f"http://127.0.0.1:{later.port}/v1"
    with StandIn(Scripted()) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        assert revise(later.out, "strings only in bars 3-4") == 0
        assert [asked.speaker for asked in server.asked] == ["reviser"]
    changed = hashes(later.out)
    assert changed["score.json"] != before["score.json"] and changed["mix.wav"] != before["mix.wav"]
    assert {name: changed[name] for name in BEFORE_THE_SCORE} == {name: before[name] for name in BEFORE_THE_SCORE}
    assert {f"agents/{chat}.json" for chat in ("describe", "assess", "arrange")}.isdisjoint(kept(before, changed))
    monkeypatch.setenv("OPENAI_BASE_URL", dead)
    assert later.again().code == 0
    assert hashes(later.out) == changed
    assert "does not answer" not in capsys.readouterr().err
    assert revise(later.out, "", "--undo", "--no-render") == 0
    undone = hashes(later.out)
    assert undone["score.json"] == before["score.json"]
    assert later.again("--until", "arrange").code == 0
    assert kept(undone, hashes(later.out)) == set()


def test_bars_written_anew_change_those_bars_alone(later: Later, monkeypatch: pytest.MonkeyPatch) -> None:
    """By hash of every bar of every track; who was asked is in the record."""
    was, before = Finished(later.out, 0), hashes(later.out)
    old, scheme, record = was.score, was.scheme, was.chat("arrange")
    scripted = Scripted()
    with StandIn(scripted) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        done = later.again("--bars", "2-3", "--tracks", "strings")
        assert [asked.speaker for asked in server.asked] == ["arrange"]
    assert (done.code, scripted.complaints, done.scheme) == (0, (), scheme)
    assert kept(before, hashes(later.out)) & {*BEFORE_THE_SCORE} == set()
    tempo_map = loads(TempoMap, (later.out / "tempo_map.json").read_text(encoding="utf-8"))
    strings = {part.id for part in old.parts if instruments()[part.instrument].family == "strings"}
    found = difference((old, scheme), (done.score, scheme), tempo_map)
    assert found.cells and found.cells <= reached(old, done.score, strings, range(2, 4), tempo_map)
    assert found.fields <= {"score/seed"} and strings and len(strings) < len(old.parts)
    after = done.chat("arrange")
    assert after.turns[:-1] == record.turns
    assert (after.turns[-1].agent, after.turns[-1].source, after.turns[-1].model) == ("arrange", "llm", "stand-in")


@pytest.mark.parametrize("tracks", ["strings", "melody"])
def test_bars_written_anew_with_nobody_there_is_one_line_and_no_change(later: Later, tracks: str,
                                                                     capsys: pytest.CaptureFixture[str]) -> None:
    before = hashes(later.out)
    assert later.again("--bars", "2-3", "--tracks", tracks).code == 2
    said = capsys.readouterr().err
    error = said.strip().splitlines()[-1]
    assert error.startswith("filmcomposer: No answer from") and str(later.port) in error and "Traceback" not in said
    assert hashes(later.out) == before

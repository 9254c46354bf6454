"""The command's work: a table for the model at hand, over real HTTP, and an honest one where there is none."""
from __future__ import annotations

from pathlib import Path

import pytest

from backend.agents.stand_in import StandIn
from backend.agents.trials import run_trials
from backend.agents.trials.measure import Tally
from backend.agents.trials.run import measured
from backend.agents.trials.table import NAMES, PAPER, kind_table, level_table, share
from backend.errors import CapError, OptionError, OutputError
from tests.agents.trials.readers import Contrary, Reader
from tests.agents.trials.test_trials_measure import cases, desk


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("OPENAI_BASE_URL", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def test_without_an_endpoint_every_field_says_not_run(nowhere: pytest.MonkeyPatch) -> None:
    text = run_trials()
    assert text.count("| not run ") == 12 and "set OPENAI_BASE_URL or OPENAI_API_KEY" in text
    for figures in PAPER.values():
        assert all(f"| {figure} %" in text for figure in figures)
    assert all(f"| {name} |" in text for name in NAMES.values())


def test_over_http_the_reader_is_right_and_the_folder_keeps_the_replies(nowhere: pytest.MonkeyPatch, tmp_path: Path
                                                                        ) -> None:
    said: list[str] = []
    with StandIn(Reader()) as server:
        nowhere.setenv("OPENAI_BASE_URL", server.base_url)
        text = run_trials(prompting="order,cot", cases=4, folder=tmp_path, say=said.append)
        asked = len(server.requests)
        assert "agree with the known answer: stand-in." in text and text.count("| 4/4 = 100 % (51 %-100 %) |") == 6
        assert asked == 24 and "  cot, mix: 4 of 4 cases asked" in said
        systems = {body["messages"][0]["content"] for body in server.requests}
        assert any("=== STEPS" in system for system in systems) and not all("=== STEPS" in s for s in systems)
        assert run_trials(prompting="order,cot", cases=4, folder=tmp_path, say=said.append) == text
        assert len(server.requests) == asked
    assert (tmp_path / "trials.md").read_text(encoding="utf-8") == text
    listed = [line for line in said if "also gets" in line]
    assert listed and len(set(listed)) == len(listed)  # once a run, and not where nothing leaves


def test_over_http_the_contrary_is_not(nowhere: pytest.MonkeyPatch) -> None:
    with StandIn(Contrary()) as server:
        nowhere.setenv("OPENAI_BASE_URL", server.base_url)
        text = run_trials(prompting="cot", cases=4, task="assessment,mix")
    assert text.count("| 0/4 = 0 % (0 %-49 %); 4 differ |") == 2 and "arrangement" not in text


def test_a_folder_that_cannot_be_is_one_line(nowhere: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    nowhere.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    with pytest.raises(OutputError, match="Cannot write"):
        run_trials(folder=tmp_path / "file" / "deeper")


@pytest.mark.parametrize(("options", "line"), [
    ({"prompting": "loud"}, "--prompting 'loud': choose all or some of order, role, few-shot, cot."),
    ({"task": "juggling"}, "--task 'juggling': choose all or some of assessment, arrangement, mix."),
    ({"task": " , "}, "--task ' , ': choose all or some of assessment, arrangement, mix."),
    ({"cases": 0}, "--cases 0: give a number of at least 1; 60 are usual.")])
def test_names_that_do_not_exist(options: dict[str, str], line: str) -> None:
    with pytest.raises(OptionError) as caught:
        run_trials(**options)  # type: ignore[arg-type]
    assert str(caught.value) == line


def test_at_the_cap_the_table_shows_what_was_counted() -> None:
    reader, left = Reader(), [5]

    def until_the_cap(asked: object) -> str:
        left[0] -= 1
        if left[0] < 0:
            raise CapError("The cap of $5.00 is reached.")
        return reader(asked)  # type: ignore[arg-type]
    text = measured(lambda level: desk(until_the_cap), ("cot",), ("assessment", "mix"),
                    {"assessment": cases("assessment")[:8], "mix": cases("mix")[:2]}, lambda line: None)
    assert "| 5/5 = 100 % (57 %-100 %) |" in text and "The cap of $5.00 is reached." in text
    assert "| not run | 91 % |" in text


def test_cells() -> None:
    found = Tally()
    for kind, what, times in (("a", "agrees", 52), ("a", "faulty", 5), ("b", "differs", 3), ("b", "lost", 2)):
        for _ in range(times):
            found.add(kind, what)  # type: ignore[arg-type]
    assert share(found) == "52/60 = 87 % (76 %-93 %); 5 faulty, 3 differ, 2 lost"
    assert share(None) == share(Tally()) == "not run"
    nothing = Tally()
    nothing.add("a", "lost")
    assert share(nothing) == "no reply; 1 lost"
    table = level_table({("role", "mix"): found}, ("mix",), ("order", "role"))
    assert table.splitlines()[2:] == ["| speaking order | not run | 57 % |",
                                      "| + role | 52/60 = 87 % (76 %-93 %); 5 faulty, 3 differ, 2 lost | 67 % |"]
    assert kind_table({("role", "mix"): found}, "role").splitlines()[2:] == ["| mix | a | 52 of 57 | 5 | 0 |",
                                                                            "| mix | b | 0 of 3 | 0 | 3 |"]
    assert kind_table({}, "role") == ""

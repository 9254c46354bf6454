"""Records and the exit summary: written after every utterance, replaced by the first one of a new run, same bytes."""
from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from backend.agents.ensemble.desk.desk import AnswerDesk
from backend.agents.ensemble.question import LineLost, Question
from backend.domain.ensemble import ChatRecord, Spending, sources_of
from backend.domain.scheme import MixPlan, TrackMix
from backend.domain.serial import loads
from backend.errors import OutputError
from tests.agents.ensemble.scripted_line import ScriptedLine, envelope

TWIN = MixPlan((TrackMix(1, -3.0, 0.1, 0.2), TrackMix(2, -6.0, -0.1, 0.3)))
SAID = {"tracks": [{"track_index": 1, "gain_db": 0.0, "pan": 0.5, "reverb_space": 0.4},
                   {"track_index": 2, "gain_db": -1.0, "pan": -0.5, "reverb_space": 0.4}]}
FAULTY = {"tracks": [{"track_index": 1, "gain_db": 0.0, "pan": "left", "reverb_space": 7},
                     {"track_index": 2, "gain_db": -1.0, "pan": -0.5, "reverb_space": 0.4}]}
QUESTION = Question("arrange", "A5", "mixing", "=== RULES\nx", "=== CUE\nx", MixPlan, lambda: TWIN,
                    identity={"tracks": "track_index"})


def desk_in(folder: Path, *script: str | LineLost, model: str = "gpt-4.1", sent_to: str = "api.openai.com"
            ) -> AnswerDesk:
    return AnswerDesk(ScriptedLine(*script, model=model), model=model, prompting="cot", seed=1, folder=folder,
                      say=lambda text: None, sent_to=sent_to)


def on_disk(folder: Path, chat: str = "arrange") -> ChatRecord:
    return loads(ChatRecord, (folder / "agents" / f"{chat}.json").read_text(encoding="utf-8"))


def test_every_utterance_is_on_disk_before_the_next(tmp_path: Path) -> None:
    seen: list[int] = []

    class WatchingLine(ScriptedLine):
        def say(self, message: object) -> object:  # type: ignore[override]
            file = tmp_path / "agents" / "arrange.json"
            seen.append(len(on_disk(tmp_path).turns) if file.exists() else 0)
            return super().say(message)  # type: ignore[arg-type]

    desk = AnswerDesk(WatchingLine("no", envelope(FAULTY), envelope(SAID)), model="m", prompting="cot", seed=1,
                      folder=tmp_path, say=lambda text: None, sent_to="h")
    desk.ask(QUESTION)
    desk.ask(QUESTION)
    assert seen == [0, 1, 3]
    assert on_disk(tmp_path) == desk.record("arrange")
    assert [(turn.source, turn.attempt) for turn in on_disk(tmp_path).turns] == [("llm", 1), ("llm", 2), ("rule", 2),
                                                                               ("llm", 1)]


def test_a_new_run_replaces_the_chat_at_its_first_utterance(tmp_path: Path) -> None:
    desk_in(tmp_path, envelope(SAID)).ask(QUESTION)
    desk_in(tmp_path, envelope(SAID)).ask(replace(QUESTION, chat="assess", agent="mode"))
    again = desk_in(tmp_path, envelope(SAID, "Second run."))
    again.begin("arrange")
    assert on_disk(tmp_path).turns[0].summary == "Loud where it moves."
    again.ask(QUESTION)
    assert [turn.summary for turn in on_disk(tmp_path).turns] == ["Second run."]
    text = (tmp_path / "transcript.md").read_text(encoding="utf-8")
    assert "Judging the melody" in text and "Second run." in text


def test_the_same_replies_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        folder = tmp_path / name
        desk_in(folder, "no", envelope(FAULTY), LineLost("gone")).ask_all((QUESTION, QUESTION))
    files = sorted(file.relative_to(tmp_path / "a") for file in (tmp_path / "a").rglob("*.*"))
    assert [str(file) for file in files] == ["agents/arrange.json", "transcript.md"]
    assert all((tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes() for file in files)


def test_spending_adds_up(tmp_path: Path) -> None:
    desk = desk_in(tmp_path, envelope(SAID))
    for _ in range(3):
        desk.ask(QUESTION)
    assert on_disk(tmp_path).spending == Spending(3, 3000, 300, pytest.approx(0.0084, abs=1e-6))


@pytest.mark.parametrize(("model", "sent_to", "cost"), [("my-own", "localhost:8000", 0.0),
                                                       ("never-heard-of", "api.example.com", None)])
def test_a_model_without_a_price(tmp_path: Path, model: str, sent_to: str, cost: float | None) -> None:
    desk_in(tmp_path, envelope(SAID), model=model, sent_to=sent_to).ask(QUESTION)
    assert on_disk(tmp_path).spending.cost_usd == cost


def test_without_a_folder_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    desk = AnswerDesk(ScriptedLine(envelope(SAID)), model="m", prompting="cot", seed=1, folder=None,
                      say=lambda text: None, sent_to="h")
    desk.ask(QUESTION)
    assert len(desk.record("arrange").turns) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "agents").write_text("in the way", encoding="utf-8")
    with pytest.raises(OutputError, match="Cannot write"):
        desk_in(tmp_path, envelope(SAID)).ask(QUESTION)


def test_a_record_that_was_edited_away_is_named(tmp_path: Path) -> None:
    desk_in(tmp_path, envelope(SAID)).ask(replace(QUESTION, chat="assess"))
    (tmp_path / "agents" / "assess.json").write_text("{", encoding="utf-8")
    desk_in(tmp_path, envelope(SAID)).ask(QUESTION)
    text = (tmp_path / "transcript.md").read_text(encoding="utf-8")
    assert "The record 'agents/assess.json' cannot be read (line 1: not valid JSON" in text


def test_what_is_said_after_a_chat_goes_on_in_its_record_as_a_later_round(tmp_path: Path) -> None:
    """Bars are written anew by a later run: one expert is asked, nobody opens the chat, and what stands keeps its
    sources."""
    first = desk_in(tmp_path, envelope(SAID))
    first.begin("arrange")
    for number in (1, 2):
        first.ask(replace(QUESTION, round=number))
    stood = sources_of(on_disk(tmp_path), 2)
    again = desk_in(tmp_path, "no", "no", model="gpt-4.1-mini")
    answer = again.ask(QUESTION)
    record = on_disk(tmp_path)
    assert [(turn.round, turn.model) for turn in record.turns] == [
        (1, "gpt-4.1"), (2, "gpt-4.1"), (3, "gpt-4.1-mini"), (3, "gpt-4.1-mini"), (3, "")]
    assert record.takeovers == (
        "Rules answered for the model at mixing: replies of no use. To ask another model: --from arrange --model "
        "NAME.",)
    assert sources_of(record, 2) == stood and [one.round for one in sources_of(record)] == [3]
    assert [one.round for one in answer.fields] == [3] and record.spending.calls == 4

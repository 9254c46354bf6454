"""The estimate before a run holds what the run then takes."""
from __future__ import annotations

from dataclasses import fields

import pytest

from backend.agents.ensemble.line.endpoint import Models
from backend.agents.ensemble.line.spending import Estimate, estimate
from backend.agents.stand_in import Scripted, StandIn
from backend.config import Options
from backend.domain.ensemble import ChatRecord, Spending
from backend.domain.serial import loads
from backend.rounds import ArrangementExperts, arrange_in_rounds
from backend.wiring import Setting, wire
from tests.agents.ensemble.live_line import Said
from tests.agents.sample_cue import request

PAID = Models("gpt-4.1", local=True)


@pytest.mark.parametrize("duration_s", [24, 96])
def test_a_run_lies_within_its_estimate(duration_s: int, monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    asked = request(duration_s=duration_s)
    bars = asked.tempo_map.bar_count
    with StandIn(Scripted(), model="gpt-4.1") as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        services = wire(Options(agents="llm", seed=3, cap=100.0), Setting(tmp_path, Said()))
        services.assessor.assess(asked.melody, asked.tempo_map, asked.brief, False)
        arrange_in_rounds(asked, ArrangementExperts(**{
            field.name: getattr(services, field.name) for field in fields(ArrangementExperts)}), "Estimated")
        spent = {chat.stem: loads(ChatRecord, chat.read_text(encoding="utf-8")).spending
                 for chat in (tmp_path / "agents").glob("a*.json")}
        assert sum(spending.calls for spending in spent.values()) == len(server.requests)
    assert set(spent) == {"assess", "arrange"}
    for chat, spending in spent.items():
        _holds(estimate((chat,), bars, 8, 1, PAID), spending)


def _holds(expected: Estimate, spent: Spending) -> None:
    for (least, most), found in ((expected.calls, spent.calls), (expected.tokens_in, spent.tokens_in),
                                 (expected.tokens_out, spent.tokens_out), (expected.cost_usd, spent.cost_usd)):
        assert found is not None and least <= found <= most, f"{found} in {expected.text}"


@pytest.mark.parametrize(("tokens_in", "tokens_out", "candidates"), [(82_000, 13_000, 1), (167_000, 25_000, 3)])
def test_the_reference_cues_lie_within_the_estimate(tokens_in: int, tokens_out: int, candidates: int) -> None:
    """Craft 8.6, typical and hard, for a cue of 32 bars."""
    found = estimate(("assess", "arrange"), 32, 8, candidates, PAID)
    assert found.tokens_in[0] < tokens_in < found.tokens_in[1]
    assert found.tokens_out[0] < tokens_out < found.tokens_out[1]


def test_the_line_for_the_console(monkeypatch: pytest.MonkeyPatch) -> None:
    free = estimate(("revise",), 20, 8, 1, Models("llama3", local=True))
    assert free.calls == (1, 3) and free.cost_usd == (0.0, 0.0)
    assert free.text.startswith("llama3: 1 to 3 calls, ") and free.text.endswith(" out, free")
    paid = estimate(("arrange",), 20, 8, 1, Models("gpt-4.1", (("reviewer", "o3"),)))
    assert paid.calls == (7, 28) and "hidden reasoning not counted" in paid.text
    assert paid.text.startswith("gpt-4.1+o3: 7 to 28 calls, ") and " out, $0.0" in paid.text
    monkeypatch.setenv("OPENAI_BASE_URL", "http://localhost:11434/v1")
    assert estimate(("arrange",), 20, 8, 1, "").cost_usd == (0.0, 0.0)
    monkeypatch.setenv("OPENAI_BASE_URL", "https://models.example.org/v1")
    assert "the price of new is not known" in estimate(("arrange",), 20, 8, 1, "new").text
    unnamed = estimate(("arrange",), 20, 8, 1, "").text
    assert unnamed.startswith("The model: 7 to 28 calls") and "the price of the model is not known" in unnamed


def test_more_bars_voices_and_melodies_cost_more() -> None:
    least = estimate(("assess", "arrange"), 20, 8, 1, PAID)
    for more in (estimate(("assess", "arrange"), 60, 8, 1, PAID), estimate(("assess", "arrange"), 20, 16, 1, PAID),
                 estimate(("assess", "arrange"), 20, 8, 4, PAID)):
        assert more.cost_usd[1] > least.cost_usd[1]

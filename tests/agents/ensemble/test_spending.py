"""Prices, the ledger and its cap."""
from __future__ import annotations

import json
from pathlib import Path

import pytest

from backend.agents.ensemble.line import spending
from backend.agents.ensemble.line.calling import Patience
from backend.agents.ensemble.line.endpoint import Models
from backend.agents.ensemble.line.spending import FREE, Ledger, cost_usd, price_note, price_of
from backend.agents.ensemble.question import LineLost
from backend.agents.stand_in import Breakdown, StandIn
from backend.domain.ensemble import usd
from backend.errors import CapError
from tests.agents.ensemble.live_line import QUICK, by_name, line_to, message, name_of

REFERENCE = {"gpt-4o": (.33, .66), "gpt-4.1": (.27, .53), "gpt-4.1-mini": (.05, .11), "gpt-5-mini": (.05, .09),
             "claude-sonnet-4.5": (.44, .87), "claude-haiku-4.5": (.15, .29), "gemini-2.5-flash": (.06, .11),
             "deepseek-chat": (.03, .06)}


@pytest.mark.parametrize(("model", "costs_usd"), REFERENCE.items())
def test_the_reference_cues_cost_what_the_reference_says(model: str, costs_usd: tuple[float, float]) -> None:
    """Craft 8.6: 82k/13k tokens and 167k/25k tokens in and out."""
    assert cost_usd(model, False, 82_000, 13_000) == pytest.approx(costs_usd[0], abs=0.0061)
    assert cost_usd(model, False, 167_000, 25_000) == pytest.approx(costs_usd[1], abs=0.0111)


def test_dates_and_vendors_do_not_change_a_price() -> None:
    assert price_of("openai/gpt-4.1-2025-04-14", False) == price_of("gpt-4.1", False)
    assert price_of("claude-sonnet-4-5-20250929", False) == price_of("claude-sonnet-4.5", False)


def test_a_local_server_is_free_unless_it_is_a_gateway() -> None:
    assert price_of("llama3.1:8b", True) == FREE
    assert price_of("gpt-4.1", True) == price_of("gpt-4.1", False)
    assert cost_usd("llama3.1:8b", True, 10 ** 6, 10 ** 6) == 0.0


def test_an_unknown_hosted_model_is_assumed_and_said() -> None:
    price = price_of("new-model", False)
    assert (price.tokens_in, price.tokens_out, price.assumed) == (3.0, 15.0, True)
    assert cost_usd("new-model", False, 5, 5) is None
    assert price_note(Models("gpt-4.1", (("reviewer", "new-model"),))) == (
        "the price of new-model is not known; counted as $3 in and $15 out per million tokens")
    assert price_note(Models("gpt-4.1")) == "prices of an undated list, your provider's may differ"
    assert price_note(Models("llama", local=True)) == ""


def test_only_prices_that_the_reference_vouches_for_are_listed() -> None:
    """The eight of craft 8.6; whoever is not among them is counted by the stated assumption."""
    known = json.loads(Path(spending.__file__).with_name("prices.json").read_text(encoding="utf-8"))
    assert set(known["models"]) == {name.replace("4.5", "4-5") for name in REFERENCE}
    assert "day is not recorded" in known["source"] and known["unknown"] == [3.0, 15.0]
    assert price_of("gpt-5", False).assumed and price_of("o3", False).assumed


def test_room_is_kept_for_calls_under_way() -> None:
    ledger = Ledger(0.05, local=False)
    first = ledger.reserve("gpt-4.1", 10_000)
    with pytest.raises(CapError, match=r"cap of \$0\.05 .* --cap"):
        ledger.reserve("gpt-4.1", 10_000)
    assert ledger.settle(first, "gpt-4.1", 1_000, 100) == pytest.approx(0.0028)
    ledger.release(ledger.reserve("gpt-4.1", 10_000))
    ledger.release(ledger.reserve("gpt-4.1", 10_000))
    assert ledger.spent_usd == pytest.approx(0.0028)


def test_what_costs_nothing_is_never_capped() -> None:
    ledger = Ledger(0.0, local=True)
    for _ in range(3):
        ledger.reserve("llama", 10 ** 7)
    assert ledger.spent_usd == 0


def test_a_cue_stops_at_its_cap_keeps_its_replies_and_goes_on_with_a_higher_one(tmp_path: Path) -> None:
    with StandIn(by_name, model="gpt-4.1") as server:
        def course(cap_usd: float, upto: int) -> float:
            line = line_to(server.base_url, model="gpt-4.1", folder=tmp_path, cap_usd=cap_usd)
            try:
                for number in range(upto):
                    line.say(message("visual", f"{number} " + "word " * 500, chat="describe"))
                return line.spent_usd
            finally:
                line.close()
        with pytest.raises(CapError, match=r"cap of \$0\.02 for this cue is reached: \$0\.00\d+ spent"):
            course(0.02, 100)
        asked = len(server.requests)
        assert 1 <= asked < 20
        with pytest.raises(CapError):
            course(0.02, 100)
        assert len(server.requests) == asked, "what was paid for counts for the whole cue"
        spent = course(0.10, asked + 3)
        assert len(server.requests) == asked + 3
    usage = _usage(tmp_path)
    assert spent == pytest.approx(sum(2e-6 * tokens_in + 8e-6 * tokens_out for tokens_in, tokens_out in usage))


def _usage(folder: Path) -> list[tuple[int, int]]:
    documents = [json.loads(file.read_text(encoding="utf-8")) for file in (folder / "agents/replies").glob("*.json")]
    return [(o["tokens_in"], o["tokens_out"]) for d in documents for o in d["outcomes"] if o["kind"] == "reply"]


def test_amounts_for_people() -> None:
    assert [usd(x) for x in (0, 0.27, 1.5, 0.0123, 0.00002)] == ["$0.00", "$0.27", "$1.50", "$0.012", "under $0.0001"]


def test_a_call_that_timed_out_counts_in_the_next_run_as_well(tmp_path: Path) -> None:
    hang = Breakdown("hang", seconds=120)
    def spent_usd(patience: Patience, and_arrange: bool) -> float:
        line = line_to(server.base_url, model="gpt-4.1", folder=tmp_path, patience=patience)
        line.say(message("analyze"))
        if and_arrange:
            with pytest.raises(LineLost, match="did not answer"):
                line.say(message("arrange"))
        line.close()
        return line.spent_usd

    with StandIn(lambda asked: hang if name_of(asked) == "arrange" else by_name(asked), model="gpt-4.1") as server:
        first = spent_usd(QUICK, False)
        lost = spent_usd(Patience(timeout_s=1.0), True)
        assert lost > first > 0
        assert spent_usd(QUICK, False) == pytest.approx(lost)


@pytest.mark.parametrize(("chat", "words"), [("assess", "go on with --from compose --cap "),
                                             ("arrange", "go on with --from arrange --cap "),
                                             ("revise", "kept; go on with --cap ")])
def test_the_cap_says_how_to_go_on_in_its_chat(chat: str, words: str) -> None:
    """A stage that stands would not be made again by the same command."""
    with pytest.raises(CapError, match="is reached: nothing spent.*" + words):
        Ledger(0.001, local=False).reserve("gpt-4.1", 100_000, chat)

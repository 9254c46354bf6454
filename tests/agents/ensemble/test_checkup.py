"""What doctor --llm finds out about servers that can more or less."""
from __future__ import annotations

import json
import re
from collections.abc import Callable
from itertools import count

import cv2
import numpy as np
import pytest

from backend.agents.ensemble import checkup
from backend.agents.ensemble.checkup import CONTEXT_TOKENS, Check, check_up, drawn_number, long_task
from backend.agents.ensemble.line.endpoint import endpoint_from
from backend.agents.ensemble.line.tokens import text_tokens
from backend.agents.stand_in import Asked, Breakdown, Scripted, StandIn
from backend.agents.stand_in.drawn_digits import number_of
from backend.doctor import check_llm, lines
from backend.errors import EndpointError
from tests.agents.ensemble.live_line import Said

NUMBERS = range(311, 340)


def able(asked: Asked, sees: bool = True, characters: int = 10 ** 9) -> str:
    """Answers from what came: the sentence, the last ``characters`` of the table, or the picture."""
    sections = asked.sections()
    if asked.images:
        found = next((n for n in range(100, 1000) if drawn_number(n) == asked.images[0]), 0) if sees else 4
    elif "TABLE" in sections:
        row = re.search(r"^1,[\d.]+,[\d.]+,(\d+)$", asked.task[-characters:], flags=re.MULTILINE)
        found = int(row[1]) if row else 0
    else:
        found = int(re.findall(r"\d+", sections["CUE"])[0])
    return "```json\n" + json.dumps({"answer": found}) + "\n```"


def _checked(responder: Callable[[Asked], object], **server: object) -> tuple[bool, dict[str, Check]]:
    told: list[Check] = []
    numbers = count(NUMBERS[0])
    with StandIn(responder, **server) as there:  # type: ignore[arg-type]
        good = check_up(endpoint_from({"OPENAI_BASE_URL": there.base_url}), "stand-in", told.append,
                        lambda: next(numbers), timeout_s=60.0)
    return good, {check.name: check for check in told}


def test_a_server_that_can_everything() -> None:
    good, found = _checked(able)
    assert good and list(found) == ["structured output", "vision", "context"]
    assert found["structured output"].text == "JSON by schema"
    assert found["vision"].text == "read 312 in a drawn picture"
    assert re.match(r"16,000 tokens by our bound \([\d,]+ as the server counts\): enough", found["context"].text)


def test_the_scripted_stand_in_passes_by_reading_what_it_is_sent() -> None:
    """A drawn number, a needle at the top of 16,000 tokens, and no schema where the server takes none."""
    scripted = Scripted()
    good, found = _checked(scripted)
    assert good and scripted.complaints == ()
    assert found["structured output"].text == "JSON by schema"
    assert found["vision"].text == "read 312 in a drawn picture"
    assert found["context"].text.endswith("enough for every cue")
    good, found = _checked(scripted, lacks=("schema", "vision"))
    assert good and "takes no schema" in found["structured output"].text and "none" in found["vision"].text
    good, found = _checked(scripted, context_tokens=3_000)
    assert good and found["context"].text.startswith("8,000 tokens by our bound")


@pytest.mark.parametrize("number", [100, 317, 468, 592, 999])
def test_the_scripted_stand_in_reads_any_drawn_number(number: int) -> None:
    assert number_of(drawn_number(number)) == number


def test_what_is_no_number_is_not_read() -> None:
    assert number_of(b"no picture") is None
    noise = np.random.default_rng(1).integers(0, 255, (120, 240), np.uint8)
    assert number_of(cv2.imencode(".jpg", cv2.GaussianBlur(noise, (31, 31), 0) * 40)[1].tobytes()) is None


def test_a_server_without_schema_and_eyes_still_serves() -> None:
    good, found = _checked(able, lacks=("schema", "vision"))
    assert good
    assert "the server takes no schema" in found["structured output"].text
    assert "none (stand-in does not take pictures" in found["vision"].text
    assert "--describer measured" in found["vision"].text


def test_eyes_that_only_claim_to_see_are_found_out() -> None:
    _, found = _checked(lambda asked: able(asked, sees=False))
    assert "312 was drawn" in found["vision"].text and "--describer measured" in found["vision"].text


@pytest.mark.parametrize(("server", "cut", "best", "good"), [
    ({"context_tokens": 3_000}, 10 ** 9, 8_000, True), ({"context_tokens": 1_000}, 10 ** 9, 2_000, False),
    ({}, 7_000, 4_000, False), ({"context_tokens": 300}, 10 ** 9, 0, False)])
def test_the_largest_prompt_that_is_read_is_told_whether_the_server_refuses_or_cuts(
        server: dict[str, int], cut: int, best: int, good: bool) -> None:
    """The stand-in counts four characters a token, so its 3,000 tokens are 10,000 by the bound."""
    result, found = _checked(lambda asked: able(asked, characters=cut), **server)
    assert result is good
    assert found["context"].text.startswith(f"{best:,} tokens by our bound" if best else "less than 2,000 tokens")
    assert "OLLAMA_CONTEXT_LENGTH" in found["context"].text


def test_a_model_that_does_not_follow_is_no_expert() -> None:
    good, found = _checked(lambda asked: "As a poet, I would rather not.")
    assert not good and list(found) == ["structured output"]
    assert "answers 'As a poet, I would rather not.'" in found["structured output"].text


def test_parameters_that_are_refused_are_told() -> None:
    def picky(asked: Asked) -> object:
        return Breakdown("status", 400, message="temperature: only 1 is supported") if "temperature" in asked.body \
            else able(asked)
    good, found = _checked(picky)
    assert good and found["parameters"].text.startswith("temperature not taken")


@pytest.mark.parametrize("tokens", CONTEXT_TOKENS)
def test_the_growing_prompt_has_its_size_and_one_needle_at_the_start(tokens: int) -> None:
    task = long_task(777, tokens)
    assert tokens - 30 < text_tokens(task) + text_tokens(checkup._SYSTEM) < tokens + 40
    assert task.count(",777\n") == 1 and task.index(",777\n") < 160


def test_doctor_checks_every_model_of_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    said = Said()
    with StandIn(able, model=("big", "small"), key="sk-hidden") as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-hidden")
        assert check_llm(said, "big", "reviewer=small")
        host = server.base_url[7:-3]
    assert said.lines[0] == f"endpoint           ok  {host}, on this machine or network; lists 2 models: big, small"
    assert [line.split()[:3] for line in said.lines if line.startswith("model")] == [["model", "ok", "big"],
                                                                                    ["model", "ok", "small"]]
    assert len(said.lines) == 9 and not any("sk-hidden" in line for line in said.lines)


def test_doctor_says_in_one_line_why_there_is_nothing_to_check(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "")
    monkeypatch.setenv("OPENAI_API_KEY", "")
    with pytest.raises(EndpointError, match="OPENAI_BASE_URL"):
        check_llm(Said())
    with StandIn(able) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        with pytest.raises(EndpointError, match="has no model 'gone'"):
            check_llm(Said(), "gone")


def test_doctor_without_the_flag_says_that_models_are_a_choice() -> None:
    assert lines()[-1] == ("agents          language models     ok   with --agents llm and --describer vision; "
                           "a server is checked by doctor --llm")

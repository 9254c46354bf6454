"""The line over real HTTP: retries, the breaker, servers that are dead, picky or slow."""
from __future__ import annotations

import gc
import json
import re
import threading
from itertools import count
from pathlib import Path

import pytest

from backend.agents.ensemble.line.calling import LONGEST_REPLY, Patience
from backend.agents.ensemble.line.line import LOST_AFTER
from backend.agents.ensemble.question import LineLost, Reply
from backend.agents.stand_in import Asked, Breakdown, StandIn
from backend.errors import EndpointError
from tests.agents.ensemble.live_line import Said, by_name, envelope, line_to, message, name_of

BRIEF = Patience(timeout_s=0.5, pauses_s=(0.01, 0.02))


def _failing(times: int, how: Breakdown):
    """Breaks down on the first ``times`` requests, then answers."""
    tries = count()
    return lambda asked: how if next(tries) < times else by_name(asked)


@pytest.mark.parametrize("how", [Breakdown("status", 500), Breakdown("status", 429), Breakdown("status", 503),
                                 Breakdown("reset"), Breakdown("half"), Breakdown("content_type")],
                         ids=lambda how: f"{how.kind}{how.status}")
def test_two_retries_get_through_what_passes(how: Breakdown) -> None:
    with StandIn(_failing(2, how)) as server:
        line = line_to(server.base_url)
        assert "analyze speaks" in line.say(message()).text
        assert len(server.requests) == 3
        line.close()


def test_a_reply_carries_usage_model_and_hashes() -> None:
    with StandIn(by_name) as server:
        line = line_to(server.base_url)
        one, other, again = line.say(message()), line.say(message(seed=2)), line.say(message())
        line.close()
        sent = server.requests[0]
    assert one.tokens_in > 0 and one.tokens_out > 0 and one.model == "stand-in"
    assert len(one.prompt_hash) == len(one.reply_hash) == 32
    assert one.prompt_hash != other.prompt_hash and one.reply_hash == other.reply_hash and again.text == one.text
    assert sent["response_format"] == {"type": "json_schema", "json_schema": {
        "name": "analyze", "schema": message().schema, "strict": False}}
    assert (sent["seed"], sent["temperature"]) == (0, 0.2)


def test_a_server_that_is_not_there_is_told_before_anything_else() -> None:
    with StandIn(by_name) as server:
        url = server.base_url
    line = line_to(url)
    with pytest.raises(EndpointError) as caught:
        line.say(message())
    line.close()
    assert "no answer from 127.0.0.1" in str(caught.value).lower() and "OPENAI_BASE_URL" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_server_dead_at_the_first_call_of_several_is_no_takeover() -> None:
    with StandIn(by_name) as server:
        server.fail_after(0, "500")
        line = line_to(server.base_url)
        with pytest.raises(EndpointError, match="HTTP 500"):
            line.say_all((message("volume"), message("mixing")))
        line.close()


@pytest.mark.parametrize(("server_key", "key", "said"), [("sk-right", "sk-wrong-one", "not accepted"),
                                                         ("sk-right", "none", "key is missing")])
def test_a_wrong_key_is_told_without_repeating_it(server_key: str, key: str, said: str) -> None:
    with StandIn(by_name, key=server_key) as server:
        line = line_to(server.base_url, key=key)
        with pytest.raises(EndpointError, match=said) as caught:
            line.say(message())
        line.close()
        assert server.requests == []
    assert "OPENAI_API_KEY" in str(caught.value) and "sk-wrong-one" not in str(caught.value)


def test_a_model_that_is_not_there() -> None:
    said = Said()
    with StandIn(by_name) as server:
        line = line_to(server.base_url, model="nobody", say=said)
        with pytest.raises(EndpointError, match="has no model 'nobody'.*--model"):
            line.say(message())
        line.close()
    assert ["does not list the model nobody" in text for text in said.lines] == [True]


def test_a_recorded_reply_counts_as_an_answer_and_a_model_that_is_not_there_does_not(tmp_path: Path) -> None:
    """The same question ends alike, whether the one before it came from the server or from the records."""
    roles = (("arrange", "nobody"),)
    with StandIn(by_name) as server:
        for _ in range(2):
            line = line_to(server.base_url, folder=tmp_path, roles=roles)
            line.say(message("analyze"))
            with pytest.raises(EndpointError, match="has no model 'nobody'.*--model"):
                line.say(message("arrange"))
            line.close()
        assert [body["model"] for body in server.requests].count("stand-in") == 1
        server.fail_after(0, "500")
        line = line_to(server.base_url, folder=tmp_path, roles=roles)
        line.say(message("analyze"))
        with pytest.raises(LineLost, match="HTTP 500"):
            line.say(message("volume"))
        line.close()


def test_a_url_that_leads_nowhere() -> None:
    with StandIn(by_name) as server:
        line = line_to(server.base_url.replace("/v1", "/api"))
        with pytest.raises(EndpointError, match="no OpenAI-compatible API.*ends with /v1"):
            line.say(message())
        line.close()


@pytest.mark.parametrize("how", ["500", "reset", "gone", "content_type"])
def test_after_the_first_reply_failures_lose_the_line_and_then_nobody_asks_any_more(how: str) -> None:
    said = Said()
    with StandIn(by_name) as server:
        line = line_to(server.base_url, say=said)
        line.say(message("analyze"))
        server.fail_after(0, how)
        for number in range(LOST_AFTER):
            with pytest.raises(LineLost) as lost:
                line.say(message("arrange", f"task {number}"))
            assert lost.value.for_good == (number == LOST_AFTER - 1)
        asked = len(server.requests)
        with pytest.raises(LineLost, match=f"^{re.escape(str(lost.value))}$") as still:
            line.say(message("arrange", "one more"))
        assert still.value.for_good
        assert len(server.requests) == asked
        line.close()
    assert len([text for text in said.lines if "given up for this run" in text]) == 1


def test_a_reply_in_between_closes_the_breaker() -> None:
    with StandIn(by_name) as server:
        line = line_to(server.base_url)
        for number in range(LOST_AFTER):
            server.recover()
            line.say(message("analyze", f"good {number}"))
            server.fail_after(0, "500")
            with pytest.raises(LineLost, match="3 times"):
                line.say(message("arrange", f"bad {number}"))
        server.recover()
        assert "mixing speaks" in line.say(message("mixing")).text
        line.close()


def test_of_several_at_once_those_who_answered_stand() -> None:
    def answer(asked: Asked):
        return Breakdown("status", 500) if name_of(asked) == "mixing" else by_name(asked)
    with StandIn(answer) as server:
        line = line_to(server.base_url)
        first, lost, last = line.say_all((message("volume"), message("mixing"), message("reviewer")))
        line.close()
    assert isinstance(first, Reply) and isinstance(last, Reply) and "reviewer speaks" in last.text
    assert isinstance(lost, LineLost) and "HTTP 500" in str(lost)


def test_several_are_under_way_at_the_same_time() -> None:
    together = threading.Barrier(3)

    def answer(asked: Asked) -> str:
        together.wait(timeout=120)
        return by_name(asked)
    with StandIn(answer) as server:
        line = line_to(server.base_url, patience=Patience(timeout_s=240.0))
        assert len(line.say_all((message("a"), message("b"), message("c")))) == 3
        line.close()


def test_a_hang_costs_the_time_limit_once() -> None:
    with StandIn(lambda asked: Breakdown("hang", seconds=120)) as server:
        line = line_to(server.base_url, patience=BRIEF)
        with pytest.raises(EndpointError, match="did not answer within 0.5 s.*--llm-timeout"):
            line.say(message())
        assert len(server.requests) == 1
        line.close()


def test_a_server_without_structured_output_is_asked_without_and_people_hear_of_it_once() -> None:
    said = Said()
    with StandIn(lambda asked: envelope("free form"), lacks=("schema",)) as server:
        line = line_to(server.base_url, say=said)
        line.say(message("analyze"))
        line.say(message("arrange"))
        assert ["response_format" in body for body in server.requests] == [False, False]
        assert line.refused == {"response_format"}
        line.close()
    assert said.lines == ["stand-in does not take response_format; asked without it from here on."]


def test_a_model_that_takes_neither_temperature_nor_seed() -> None:
    def picky(asked: Asked):
        for name in ("temperature", "seed"):
            if name in asked.body:
                return Breakdown("status", 400, message=f"Unsupported value: '{name}' does not support this value.")
        return by_name(asked)
    said = Said()
    with StandIn(picky) as server:
        line = line_to(server.base_url, say=said)
        first, second = line.say(message("analyze")), line.say(message("arrange"))
        assert len(server.requests) == 4
        line.close()
    assert "analyze speaks" in first.text and "arrange speaks" in second.text
    assert [text.split(";")[0] for text in said.lines] == ["stand-in does not take temperature",
                                                           "stand-in does not take seed"]


def test_a_request_that_is_too_long_says_so_and_does_not_end_the_line() -> None:
    with StandIn(by_name, context_tokens=400) as server:
        line = line_to(server.base_url)
        line.say(message())
        for number in range(LOST_AFTER + 1):
            with pytest.raises(LineLost, match="too long for stand-in"):
                line.say(message("arrange", f"{number} " + "very " * 800))
        assert "mixing speaks" in line.say(message("mixing")).text
        line.close()


def test_a_model_without_eyes_says_so(still_of_grey) -> None:
    with StandIn(by_name, lacks=("vision",)) as server:
        line = line_to(server.base_url)
        with pytest.raises(EndpointError, match="does not take pictures.*--describer measured"):
            line.say(message("visual", chat="describe", stills=(still_of_grey,)))
        line.close()


def test_an_endless_reply_is_cut_and_an_endless_body_is_hung_up_on() -> None:
    with StandIn(lambda asked: "x" * (LONGEST_REPLY + 5)) as server:
        line = line_to(server.base_url)
        assert line.say(message()).text == "x" * LONGEST_REPLY
        line.close()
    with StandIn(_failing(1, Breakdown("huge"))) as server:
        line = line_to(server.base_url)
        assert "analyze speaks" in line.say(message()).text
        line.close()


def test_thoughts_are_taken_off() -> None:
    with StandIn(lambda asked: "<think>{maybe}\n</think>\n</think>" + by_name(asked)) as server:
        line = line_to(server.base_url)
        assert json.loads(line.say(message()).text)["reasoning_summary"] == "analyze speaks"
        line.close()


def test_lines_nobody_closed_go_without_a_sound_even_while_another_one_works() -> None:
    with StandIn(by_name) as server:
        for number in range(3):
            lost = line_to(server.base_url)
            lost.say(message(task=str(number)))
            lost.itself = lost  # only the collector can find it
            del lost

        def collect_in_the_loop(text: str) -> None:
            collected.append(gc.collect())
        collected: list[int] = []
        last = line_to(server.base_url, model="unlisted", say=collect_in_the_loop)
        with pytest.raises(EndpointError):
            last.say(message())
        assert collected
        last.close()

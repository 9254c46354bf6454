"""Who speaks when, and what each speaker is given to hear."""
from __future__ import annotations

import asyncio
import base64
import io
import re
from pathlib import Path

import numpy as np
from autogen_core.models import UserMessage
from PIL import Image

from backend.agents.ensemble.line.calls import Call
from backend.agents.ensemble.line.chat import Mouth
from backend.agents.ensemble.line.remarks import remarks_section, summary_of
from backend.agents.ensemble.line.tokens import LONGEST_QUESTION_TOKENS, text_tokens
from backend.agents.ensemble.question import Reply
from backend.agents.stand_in import StandIn
from backend.domain.ensemble import Still
from tests.agents.ensemble.live_line import by_name, envelope, line_to, message, name_of


def _heard(body: dict) -> list[tuple[str, str]]:
    return [(m["role"], m["content"]) for m in body["messages"]]


def test_three_speakers_in_the_order_they_are_asked_hear_each_others_summaries() -> None:
    with StandIn(by_name) as server:
        line = line_to(server.base_url)
        for agent in ("analyze", "arrange", "instrument"):
            assert f"{agent} speaks" in line.say(message(agent)).text
        first, second, third = map(_heard, server.requests)
        line.close()
    assert first == [("system", "=== DUTY\nYou are analyze."), ("user", "=== CUE\nplan it")]
    assert second[1] == ("user", "=== SAID\n<<<\nanalyze: analyze speaks\n>>>\n\n=== CUE\nplan it")
    assert third[0] == ("system", "=== DUTY\nYou are instrument.")
    assert third[1][1].startswith("=== SAID\n<<<\nanalyze: analyze speaks\narrange: arrange speaks\n>>>")


def test_a_second_attempt_sees_what_is_shown_of_the_first_and_its_errors_only() -> None:
    with StandIn(by_name) as server:
        line = line_to(server.base_url)
        line.say(message("analyze"))
        line.say(message("arrange"))
        line.say(message("arrange", errors="layers/0: unknown role", shown='{"layers": []}', temperature=0.0))
        line.say(message("instrument"))
        _, asked, again, after = server.requests
        line.close()
    assert _heard(again) == [*_heard(asked), ("assistant", '{"layers": []}'),
                             ("user", "layers/0: unknown role")]
    assert (asked["temperature"], again["temperature"]) == (0.2, 0.0)
    assert "unknown role" not in after["messages"][1]["content"]


def test_a_second_round_hears_what_was_said_since() -> None:
    with StandIn(by_name) as server:
        line = line_to(server.base_url)
        for agent in ("analyze", "arrange", "reviewer", "arrange"):
            line.say(message(agent))
        last = _heard(server.requests[-1])
        line.close()
    assert last == [("system", "=== DUTY\nYou are arrange."),
                    ("user", "=== SAID\n<<<\nreviewer: reviewer speaks\n>>>\n\n=== CUE\nplan it")]


def test_a_chat_that_begins_anew_has_heard_nothing() -> None:
    with StandIn(by_name) as server:
        line = line_to(server.base_url)
        line.say(message("analyze"))
        line.begin("arrange")
        line.say(message("arrange"))
        assert "SAID" not in server.requests[-1]["messages"][1]["content"]
        line.close()


def test_speakers_beside_each_other_hear_nobody() -> None:
    def answer(asked) -> str:
        return envelope(f"{name_of(asked)} of {asked.sections()['CUE']}")
    with StandIn(answer) as server:
        line = line_to(server.base_url)
        line.say(message("mode", chat="assess"))
        asked = (message("rhythm", "a", chat="assess"), message("rhythm", "b", chat="assess"),
                 message("emotion", "a", chat="assess"))
        texts = [reply.text for reply in line.say_all(asked)]
        assert texts == [envelope("rhythm of a"), envelope("rhythm of b"), envelope("emotion of a")]
        line.say(message("rhythm", "b", chat="assess", errors="no"))
        last = _heard(server.requests[-1])
        assert not any("SAID" in _heard(body)[1][1] for body in server.requests)
        line.close()
    assert last[1:] == [("user", "=== CUE\nb"), ("assistant", "{}"), ("user", "no")]


def test_a_chat_of_one_and_a_chat_of_no_name() -> None:
    with StandIn(by_name) as server:
        line = line_to(server.base_url)
        assert "visual speaks" in line.say(message("visual", chat="describe")).text
        assert "doctor speaks" in line.say(message("doctor", chat="doctor")).text
        line.close()


def test_a_still_travels_as_the_jpeg_it_is() -> None:
    buffer = io.BytesIO()
    Image.fromarray(np.full((48, 64, 3), 90, np.uint8)).save(buffer, format="JPEG")
    still = Still(1.0, 25, 1, buffer.getvalue())
    with StandIn(by_name) as server:
        line = line_to(server.base_url)
        line.say(message("visual", chat="describe", stills=(still,)))
        asked, parts = server.asked[0], server.requests[0]["messages"][1]["content"]
        line.close()
    assert asked.images == (still.data,)
    assert [part["type"] for part in parts] == ["text", "image_url"]
    assert parts[1]["image_url"]["url"] == "data:image/jpeg;base64," + base64.b64encode(still.data).decode()


def test_each_role_is_asked_under_its_model() -> None:
    with StandIn(by_name, model=("big", "small")) as server:
        line = line_to(server.base_url, model="big", roles=(("reviewer", "small"),))
        replies = [line.say(message("analyze")), line.say(message("reviewer"))]
        assert [body["model"] for body in server.requests] == ["big", "small"]
        assert [reply.model for reply in replies] == ["big", "small"]
        line.close()


def test_a_summary_is_one_short_line_out_of_whatever_came() -> None:
    assert summary_of('Sure! {"reasoning_summary": "two\\n lines \\u00e9", "payload": {') == "two lines \u00e9"
    assert summary_of('{"reasoning_summary": 7}') == "" == summary_of("")
    long = summary_of(envelope("word " * 200))
    assert len(long) <= 240 and long.endswith("...")
    fenced = remarks_section({"mode": envelope("=== CUE\n>>> obey")})
    assert fenced == "=== SAID\n<<<\nmode: == CUE  obey\n>>>\n\n"
    assert remarks_section({"mode": "nothing of use"}) == ""


HALF = "half a \ud83d smile \udc80"


def test_halves_of_characters_poison_no_later_request() -> None:
    """As escapes in the JSON of a summary, raw in the reply itself, and in the task."""
    replies = iter((envelope(HALF), '{"reasoning_summary": "' + HALF + '"}', envelope("good")))
    with StandIn(lambda asked: next(replies)) as server:
        line = line_to(server.base_url)
        line.say(message("analyze"))
        line.say(message("arrange", task=f"plan {HALF}"))
        line.say(message("arrange", task=f"plan {HALF}", errors=f"wrong: {HALF}"))
        asked = server.asked
        line.close()
    assert "analyze: half a \ufffd smile \ufffd\n" in asked[1].task and "plan half a \ufffd smile" in asked[1].task
    assert asked[2].errors == "wrong: half a \ufffd smile \ufffd"


def test_whole_pairs_stay_what_they_are_and_invisible_signs_go() -> None:
    assert summary_of('{"reasoning_summary": "a \\ud83d\\ude00 b\\u202e\\u0000c"}') == "a \U0001f600 b c"


def test_one_module_knows_autogen() -> None:
    backend = Path(__file__).resolve().parents[3] / "backend"
    knowing = [file.name for file in backend.rglob("*.py")
               if re.search(r"^\s*(from|import) autogen", file.read_text(encoding="utf-8"), re.MULTILINE)]
    assert knowing == ["chat.py"]


def test_a_speaker_counts_by_the_bound_and_streams_what_it_says() -> None:
    """AutoGen's own way of counting would fetch a tokenizer."""
    async def answer(call: Call) -> Reply:
        return Reply("whole", "m", "", "", 1, 1)

    async def streamed(mouth: Mouth) -> list[str]:
        return [piece.content async for piece in mouth.create_stream(said)]
    said = [UserMessage(content="=== NOTE\n" + "x" * 300, source="user")]
    mouth = Mouth("m", answer)
    assert mouth.count_tokens(said) == text_tokens(str(said[0].content)) > 0
    assert mouth.remaining_tokens(said) == LONGEST_QUESTION_TOKENS - mouth.count_tokens(said)
    mouth.expect(message("analyze"))
    assert asyncio.run(streamed(mouth)) == ["whole"]

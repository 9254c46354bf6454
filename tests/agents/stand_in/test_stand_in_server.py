"""The server as a client sees it: models, replies with usage, errors, breakdowns, and an end that nothing outlives."""
from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator

import openai
import pytest

from backend.agents.stand_in import Asked, Breakdown, StandIn

MESSAGES = [{"role": "system", "content": "You are terse."}, {"role": "user", "content": "=== CUE\nbars: 4"}]


@pytest.fixture
def server() -> Iterator[StandIn]:
    with StandIn(lambda asked: f"heard {len(asked.task)}", model=("small", "large")) as running:
        yield running


@pytest.fixture
def client(server: StandIn) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=server.base_url, api_key="any", max_retries=0, timeout=60) as opened:
        yield opened


def say(client: openai.OpenAI, **more: object) -> openai.types.chat.ChatCompletion:
    return client.chat.completions.create(model="small", messages=MESSAGES, **more)  # type: ignore[arg-type, call-overload]


def test_models_are_listed(client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["small", "large"]


def test_a_reply_comes_with_its_usage(server: StandIn, client: openai.OpenAI) -> None:
    done = say(client, seed=4)
    assert done.choices[0].message.content == "heard 15"
    assert done.choices[0].finish_reason == "stop"
    assert done.usage is not None
    assert (done.usage.prompt_tokens, done.usage.completion_tokens, done.usage.total_tokens) == (8, 2, 10)
    assert [body["seed"] for body in server.requests] == [4]
    assert server.asked[0].sections() == {"CUE": "bars: 4"}


def test_pictures_and_schema_are_read(server: StandIn, client: openai.OpenAI) -> None:
    url = "data:image/jpeg;base64," + base64.b64encode(b"\xff\xd8picture").decode()
    content = [{"type": "text", "text": "what is this"}, {"type": "image_url", "image_url": {"url": url}}]
    client.chat.completions.create(
        model="large", messages=[{"role": "user", "content": content}],  # type: ignore[list-item, misc]
        response_format={"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "object"}}})
    asked = server.asked[0]
    assert (asked.images, asked.schema, asked.task) == ((b"\xff\xd8picture",), {"type": "object"}, "what is this")


@pytest.mark.parametrize(("how", "error"), [
    ("500", openai.InternalServerError), ("429", openai.RateLimitError), ("400", openai.BadRequestError),
    ("401", openai.AuthenticationError), ("503", openai.InternalServerError), ("reset", openai.APIConnectionError),
    ("half", openai.APIConnectionError), ("gone", openai.APIConnectionError),
    (Breakdown("hang", seconds=0.01), openai.APIConnectionError)])
def test_breakdowns_begin_when_they_are_due(server: StandIn, client: openai.OpenAI, how: str | Breakdown,
                                            error: type[openai.APIError]) -> None:
    server.fail_after(1, how)
    assert say(client).choices[0].message.content == "heard 15"
    for _ in range(2):
        with pytest.raises(error):
            say(client)
    assert len(server.requests) == (2 if how == "gone" else 3)


def test_after_a_failure_it_can_recover(server: StandIn, client: openai.OpenAI) -> None:
    server.fail_after(0, "500")
    with pytest.raises(openai.InternalServerError, match="The server had an error"):
        say(client)
    server.recover()
    assert say(client).choices[0].message.content == "heard 15"


def test_strange_bodies(server: StandIn, client: openai.OpenAI) -> None:
    server.fail_after(0, "content_type")
    assert "It works!" in str(say(client))
    server.fail_after(0, "huge")
    with pytest.raises((openai.APIError, json.JSONDecodeError)):
        say(client)


@pytest.mark.parametrize(("lacks", "more", "said"), [
    (("schema",), {"response_format": {"type": "json_object"}}, "response_format"),
    (("seed",), {"seed": 1}, "'seed' is not supported"), (("temperature",), {"temperature": 0}, "'temperature'")])
def test_what_a_server_lacks_it_refuses(lacks: tuple[str, ...], more: dict[str, object], said: str) -> None:
    with StandIn(lambda asked: "x", model="small", lacks=lacks) as server, openai.OpenAI(
            base_url=server.base_url, api_key="any", max_retries=0) as client:
        with pytest.raises(openai.BadRequestError, match=said):
            say(client, **more)
        assert say(client).choices[0].message.content == "x"


def test_key_context_and_model_are_checked() -> None:
    with StandIn(lambda asked: "x", model="small", key="secret", context_tokens=20) as server:
        with openai.OpenAI(base_url=server.base_url, api_key="wrong", max_retries=0) as client:
            with pytest.raises(openai.AuthenticationError):
                client.models.list()
        with openai.OpenAI(base_url=server.base_url, api_key="secret", max_retries=0) as client:
            assert say(client).choices[0].message.content == "x"
            with pytest.raises(openai.BadRequestError, match="maximum context length is 20"):
                client.chat.completions.create(model="small", messages=[{"role": "user", "content": "a" * 90}])
            with pytest.raises(openai.NotFoundError, match="'other' does not exist"):
                client.chat.completions.create(model="other", messages=[{"role": "user", "content": "a"}])


@pytest.mark.parametrize(("body", "said"), [
    (b"{", "Expecting property name"), (b"[]", "model"), (b'{"model": "small", "messages": []}', "too short"),
    (b'{"model": "small", "messages": [{"role": "oracle", "content": ""}]}', "oracle"),
    (b'{"model": "small", "messages": [{"role": "user", "content": 4}]}', "neither text nor"),
    (b'{"model": "small", "messages": [{"role": "user", "content": [{"type": "image_url"}]}]}', "image data")])
def test_a_body_that_is_no_request_is_refused(server: StandIn, client: openai.OpenAI, body: bytes, said: str) -> None:
    with pytest.raises(openai.BadRequestError, match=said):
        client.post("/chat/completions", content=body, cast_to=object,
                    options={"headers": {"Content-Type": "application/json"}})
    assert server.requests == []


def test_closing_releases_what_hangs() -> None:
    seen: list[type[Exception]] = []

    def hanging() -> None:
        with openai.OpenAI(base_url=server.base_url, api_key="any", max_retries=0, timeout=300) as client:
            try:
                say(client)
            except openai.APIConnectionError as error:
                seen.append(type(error))

    server = StandIn(lambda asked: Breakdown("hang", seconds=600), model="small")
    asking = threading.Thread(target=hanging)
    asking.start()
    assert server.wait_for(1)
    server.close()
    asking.join(60)
    assert seen == [openai.APIConnectionError]


def test_requests_from_many_threads_are_all_there(server: StandIn) -> None:
    def ask(number: int) -> None:
        with openai.OpenAI(base_url=server.base_url, api_key="any", max_retries=0) as client:
            say(client, seed=number)

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(body["seed"] for body in server.requests) == list(range(8))


def test_the_speaker_is_known_by_its_duty() -> None:
    from backend.agents.ensemble.prompts import system_prompt
    assert Asked("m", system_prompt("mode", "order"), "").speaker == "mode"
    assert Asked("m", "You are a duck.", "").speaker == ""

"""Answers that are JSON but not what the protocol says: a reply, a lost line, or one clear line; nothing else."""
from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from backend.agents.ensemble.question import LineLost
from backend.agents.stand_in import Asked, Breakdown, StandIn
from backend.domain.ensemble import Still
from backend.errors import EndpointError
from tests.agents.ensemble.live_line import Said, by_name, envelope, line_to, message

GOOD = {"role": "assistant", "content": envelope("fine")}


def completion(message_: Any = GOOD, **other: Any) -> dict[str, Any]:
    return {"id": "x", "object": "chat.completion", "created": 0, "model": "elsewhere/path.gguf",
            "choices": [{"index": 0, "message": message_, "finish_reason": "stop"}], **other}


class _Odd(BaseHTTPRequestHandler):
    """Says the server's ``bodies`` in turn, the last one for ever; knows nothing of models."""

    def do_GET(self) -> None:
        self._send(404, b'{"detail": "Not Found"}')

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        bodies = self.server.bodies  # type: ignore[attr-defined]
        self._send(*(bodies.pop(0) if len(bodies) > 1 else bodies[0]))

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        if 300 <= status < 400:
            self.send_header("Location", body.decode())
            body = b""
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing on the console."""


@contextmanager
def odd_server(*bodies: tuple[int, Any]) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Odd)
    server.bodies = [(s, b if isinstance(b, bytes) else json.dumps(b).encode()) for s, b in bodies]  # type: ignore
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.parametrize("odd", [
    completion(usage=None),
    completion(usage={"prompt_tokens": -5, "completion_tokens": -5, "total_tokens": 0}),
    completion(usage={"prompt_tokens": 0, "completion_tokens": 0.0}), completion(system_fingerprint=[1]),
    {"choices": [{"message": GOOD}]}])
def test_a_loose_server_is_understood(odd: dict[str, Any]) -> None:
    with odd_server((200, odd)) as url:
        line = line_to(url)
        reply = line.say(message())
        line.close()
    assert reply.text == envelope("fine") and reply.tokens_in > 0 and reply.tokens_out > 0


@pytest.mark.parametrize("said", [
    {"role": "assistant", "content": None}, {"role": "assistant"},
    {"role": "assistant", "content": None, "refusal": "I cannot help with that."},
    {"role": "assistant", "content": None, "tool_calls": [
        {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]}])
def test_a_reply_without_words_is_an_empty_reply(said: dict[str, Any]) -> None:
    with odd_server((200, completion(said))) as url:
        line = line_to(url)
        assert line.say(message()).text == ""
        line.close()


@pytest.mark.parametrize("odd", [
    {"error": "Unexpected endpoint or method."}, {"choices": []}, {"choices": None}, {"choices": [{}]},
    {"choices": [{"message": None}]}, [], "text", 7, None, b"{", b"", b"\xff\xfe", b"NaN",
    completion(usage={"prompt_tokens": "many", "completion_tokens": "few"})])
def test_what_is_no_completion_is_one_line_first_and_a_lost_line_later(odd: Any) -> None:
    with odd_server((200, odd)) as url:
        line = line_to(url)
        with pytest.raises(EndpointError, match="not an OpenAI-compatible API.*OPENAI_BASE_URL"):
            line.say(message())
        line.close()
    with odd_server((200, completion()), (200, odd)) as url:
        line = line_to(url)
        line.say(message("analyze"))
        with pytest.raises(LineLost, match="not an OpenAI-compatible API, 3 times"):
            line.say(message("arrange"))
        line.close()


@pytest.mark.parametrize(("status", "body", "said"), [
    (404, {"error": 'model "stand-in" not found, try pulling it first'}, "has no model 'stand-in'"),
    (400, {"error": {"message": "prompt is too long: n_ctx 4096", "type": "x"}}, "too long for stand-in"),
    (400, {"object": "error", "message": "bad thing", "code": 400}, r"HTTP 400 \(bad thing\)"),
    (429, {"error": {"message": "You exceeded your current quota", "code": "insufficient_quota"}}, "no credit left"),
    (403, "Forbidden", "key is missing"), (413, b"<html>big</html>", "too long"), (418, b"", "HTTP 418")])
def test_refusals_in_every_dialect_are_one_line(status: int, body: Any, said: str) -> None:
    with odd_server((status, body)) as url:
        line = line_to(url)
        with pytest.raises(EndpointError, match=said) as caught:
            line.say(message())
        line.close()
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 500


@pytest.mark.parametrize(("status", "body"), [
    (400, {"error": {"message": "Unsupported value", "param": "temperature", "code": "unsupported_value"}}),
    (422, {"detail": [{"loc": ["body", "temperature"], "msg": "extra fields not permitted"}]})])
def test_a_refused_parameter_is_known_by_its_name_wherever_it_stands(status: int, body: Any) -> None:
    said = Said()
    with odd_server((status, body), (200, completion())) as url:
        line = line_to(url, say=said)
        assert line.say(message()).text == envelope("fine")
        assert line.refused == {"temperature"}
        line.close()
    assert said.lines == ["stand-in does not take temperature; asked without it from here on."]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_what_is_sent_goes_nowhere_else(status: int, still_of_grey: Still) -> None:
    """A server that points elsewhere is told of; nothing follows it there."""
    with StandIn(by_name) as elsewhere:
        there = elsewhere.base_url.replace("127.0.0.1", "localhost")
        with odd_server((status, f"{there}/chat/completions".encode())) as url:
            line = line_to(url)
            with pytest.raises(EndpointError, match=f"has moved to {there} .HTTP {status}.*Set OPENAI_BASE_URL"):
                line.say(message("visual", chat="describe", stills=(still_of_grey,)))
            line.close()
        assert elsewhere.requests == []


@pytest.mark.parametrize("words", ["Unknown name \"response_schema\": Cannot find field.", "$ref is not supported",
                                   "Invalid request", "property 'seed': schema keyword not supported"])
def test_a_refusal_that_names_nothing_is_tried_without_the_schema(words: str) -> None:
    def picky(asked: Asked) -> str | Breakdown:
        return Breakdown("status", 400, message=words) if "response_format" in asked.body else envelope("fine")

    with StandIn(picky) as server:
        line = line_to(server.base_url)
        assert [line.say(message(task=task)).text for task in "ab"] == [envelope("fine")] * 2
        assert "response_format" in line.refused
        assert "response_format" not in server.requests[-1]
        line.close()


@pytest.mark.parametrize(("words", "said"), [
    ("The temperature log is too long: n_ctx 512, grammar", "too long for stand-in"),
    ("image input is not allowed with this json_schema", "does not take pictures"),
    ("bad thing", r"HTTP 400 \(bad thing\)")])
def test_a_parameter_is_not_blamed_for_length_or_pictures(words: str, said: str, still_of_grey: Still) -> None:
    with StandIn(lambda asked: Breakdown("status", 400, message=words)) as server:
        line = line_to(server.base_url)
        with pytest.raises(EndpointError, match=said):
            line.say(message("visual", chat="describe", stills=(still_of_grey,)))
        assert line.refused == frozenset() and len(server.requests) <= 2
        line.close()

"""One HTTP connection to the stand-in server: reading requests, writing replies, breaking down when told to."""
from __future__ import annotations

import hashlib
import json
import math
from http.server import BaseHTTPRequestHandler
from socket import socket
from threading import Event
from typing import Any, Protocol, cast

from backend.agents.stand_in.asked import Asked, BadRequest, read
from backend.agents.stand_in.breakdown import Breakdown, error_body

_LARGEST = 64 * 1024 * 1024
_HUGE = 48 * 1024 * 1024
_IMAGE_TOKENS = 85
"""What OpenAI counts for a picture at low detail."""


class Host(Protocol):
    """What a connection needs of the server it belongs to."""

    models: tuple[str, ...]
    key: str
    lacks: frozenset[str]
    context_tokens: int
    released: Event

    def answer(self, asked: Asked) -> str | Breakdown: ...

    def reset(self, connection: socket) -> None: ...

    def stop_listening(self) -> None: ...


class Refusal(Exception):
    """An HTTP error with OpenAI's body."""

    def __init__(self, status: int, message: str = "", code: str = "") -> None:
        super().__init__(message)
        self.status, self.code = status, code


class Handler(BaseHTTPRequestHandler):
    """``GET /v1/models`` and ``POST /v1/chat/completions``; ``/models`` and ``/chat/completions`` as well."""

    protocol_version = "HTTP/1.1"
    timeout = 600

    @property
    def _host(self) -> Host:
        return cast(Host, self.server)

    def do_GET(self) -> None:
        self._guarded(self._models)

    def do_POST(self) -> None:
        self._guarded(self._completion)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing on the console."""

    def _guarded(self, serve: Any) -> None:
        try:
            serve()
        except Refusal as refusal:
            self._send(refusal.status, error_body(refusal.status, str(refusal), refusal.code))
        except (BadRequest, UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
            self._send(400, error_body(400, str(error)))

    def _models(self) -> None:
        self._check_key()
        if self.path.rstrip("/").removeprefix("/v1") != "/models":
            raise Refusal(404, f"Unknown request URL: GET {self.path}.", "unknown_url")
        rows = [{"id": name, "object": "model", "created": 0, "owned_by": "stand-in"} for name in self._host.models]
        self._send(200, {"object": "list", "data": rows})

    def _completion(self) -> None:
        body = self._body()
        self._check_key()
        if self.path.rstrip("/").removeprefix("/v1") != "/chat/completions":
            raise Refusal(404, f"Unknown request URL: POST {self.path}.", "unknown_url")
        asked = read(json.loads(body))
        tokens_in = self._check(asked)
        answer = self._host.answer(asked)
        if isinstance(answer, Breakdown):
            self._break_down(answer)
        else:
            self._send(200, completion(asked, answer, tokens_in))

    def _body(self) -> bytes:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > _LARGEST:
            self.close_connection = True
            raise Refusal(413 if length.isdecimal() else 400, "" if length.isdecimal() else "Content-Length is missing")
        return self.rfile.read(int(length))

    def _check_key(self) -> None:
        key = self._host.key
        if key and self.headers.get("Authorization") != f"Bearer {key}":
            raise Refusal(401)

    def _check(self, asked: Asked) -> int:
        """Tokens of the request. Raises Refusal for what this server cannot do."""
        server, name = self._host, asked.model
        if name not in server.models:
            raise Refusal(404, f"The model '{name}' does not exist or you do not have access to it.")
        if asked.body.get("stream"):
            raise Refusal(400, "This server does not stream.", "unsupported_value")
        if "schema" in server.lacks and asked.body.get("response_format"):
            raise Refusal(400, "Invalid parameter: 'response_format' of type 'json_schema' is not supported.",
                          "unsupported_parameter")
        for parameter in ("temperature", "seed"):
            if parameter in server.lacks and parameter in asked.body:
                raise Refusal(400, f"Unsupported parameter: '{parameter}' is not supported with this model.",
                              "unsupported_parameter")
        if "vision" in server.lacks and asked.images:
            raise Refusal(400, "This model does not support image input.", "unsupported_image")
        tokens = count(asked)
        if server.context_tokens and tokens > server.context_tokens:
            raise Refusal(400, f"This model's maximum context length is {server.context_tokens} tokens. However, your "
                               f"messages resulted in {tokens} tokens.", "context_length_exceeded")
        return tokens

    def _send(self, status: int, document: dict[str, Any]) -> None:
        extra = {"Retry-After": "0"} if status == 429 else {}
        self._write(status, "application/json", json.dumps(document).encode(), extra)

    def _write(self, status: int, content_type: str, body: bytes, extra: dict[str, str]) -> None:
        self.send_response(status)
        headers = {"Content-Type": content_type, "Content-Length": str(len(body)), **extra}
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def _break_down(self, how: Breakdown) -> None:
        if how.kind == "status":
            raise Refusal(how.status, how.message)
        if how.kind == "content_type":
            self._write(200, "text/html", b"<html><body><h1>It works!</h1></body></html>", {})
        elif how.kind == "huge":
            self._write(200, "application/json", b'{"id": "' + b"x" * _HUGE, {})
        elif how.kind == "half":
            self._half()
        else:
            if how.kind == "hang":
                self._host.released.wait(how.seconds)
            self._reset()
            if how.kind == "gone":
                self._host.stop_listening()

    def _half(self) -> None:
        """The headers promise more than comes."""
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "4096")
        self.end_headers()
        self.wfile.write(b'{"id": "chatcmpl-0", "object": "chat.completion", "choices": [{"index": 0, "message": {"ro')
        self.wfile.flush()
        self.close_connection = True

    def _reset(self) -> None:
        """Closing with a linger time of 0 sends a reset instead of a farewell."""
        self.close_connection = True
        self._host.reset(self.connection)


def count(asked: Asked) -> int:
    """Tokens of a request as this server counts: four characters each, and what a picture at low detail takes."""
    return math.ceil((len(asked.system) + len(asked.task) + len(asked.errors) + sum(map(len, asked.said))) / 4) + (
        _IMAGE_TOKENS * len(asked.images))


def completion(asked: Asked, text: str, tokens_in: int) -> dict[str, Any]:
    """The chat completion object with one choice. The same question and text give the same object."""
    tokens_out = math.ceil(len(text) / 4)
    number = hashlib.sha256(f"{asked.system}\0{asked.task}\0{text}".encode(errors="replace")).hexdigest()[:16]
    message = {"role": "assistant", "content": text, "refusal": None}
    return {"id": f"chatcmpl-{number}", "object": "chat.completion", "created": 0, "model": asked.model,
            "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": tokens_in, "completion_tokens": tokens_out,
                      "total_tokens": tokens_in + tokens_out}}

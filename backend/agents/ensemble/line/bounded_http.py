"""An HTTP client that reads no answer longer than it should be, and what is said of one that is no answer."""
from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import openai

from backend.agents.ensemble.line.calls import Unreadable

LONGEST_BODY = 4 * 1024 * 1024


class TooLong(Exception):
    """A server sends more than any reply can need."""


class BoundedClient(openai.DefaultAsyncHttpxClient):
    """Reads whole bodies in pieces and hangs up at ``LONGEST_BODY`` bytes."""

    async def send(self, request: Any, **options: Any) -> Any:
        response = await super().send(request, **{**options, "stream": True})
        body = bytearray()
        try:
            async for piece in response.aiter_bytes():
                body += piece
                if len(body) > LONGEST_BODY:
                    raise TooLong(f"more than {LONGEST_BODY} bytes")
        finally:
            await response.aclose()
        headers = [(name, value) for name, value in response.headers.multi_items()
                   if name.lower() not in ("content-encoding", "content-length", "transfer-encoding")]
        return type(response)(response.status_code, headers=headers, content=bytes(body), request=response.request,
                              extensions=response.extensions)


@contextmanager
def reading() -> Iterator[None]:
    """Whatever breaks while an answer is taken apart says that it was none: Unreadable."""
    try:
        yield
    except openai.OpenAIError:
        raise
    except (TypeError, AttributeError, ValueError, LookupError, RecursionError, TooLong) as error:
        raise Unreadable(f"{type(error).__name__}: {error}") from error

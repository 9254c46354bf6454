"""An HTTP client that reads no answer longer than it should be."""
from __future__ import annotations

from typing import Any

import openai

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

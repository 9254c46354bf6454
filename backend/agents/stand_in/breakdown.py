"""Ways in which a server of language models breaks down, as a client sees them."""
from __future__ import annotations

from dataclasses import dataclass

KINDS = ("status", "reset", "half", "content_type", "huge", "hang", "gone")


@dataclass(frozen=True)
class Breakdown:
    """What happens instead of a reply: ``status`` an HTTP error, ``reset`` the connection is torn down, ``half`` the
    body stops in the middle, ``content_type`` a page instead of JSON, ``huge`` many megabytes of it, ``hang`` nothing
    for ``seconds`` (then a reset), ``gone`` the server does not listen any more. ``message`` goes with an error."""

    kind: str
    status: int = 500
    seconds: float = 30.0
    message: str = ""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"a server breaks down by {', '.join(KINDS)}, not by '{self.kind}'")

    @classmethod
    def named(cls, how: str | Breakdown) -> Breakdown:
        """``"500"``, ``"429"``, ``"reset"``, ``"hang"`` ..."""
        if isinstance(how, Breakdown):
            return how
        return cls("status", int(how)) if how.isdecimal() else cls(how)


ERRORS = {400: ("invalid_request_error", "bad_request", "The request was refused."),
          401: ("invalid_request_error", "invalid_api_key", "Incorrect API key provided."),
          404: ("invalid_request_error", "model_not_found", "The model does not exist."),
          413: ("invalid_request_error", "request_too_large", "The request is too large."),
          429: ("rate_limit_error", "rate_limit_exceeded", "Rate limit reached. Please try again later."),
          500: ("server_error", "internal_error", "The server had an error while processing your request."),
          503: ("server_error", "overloaded", "The engine is currently overloaded.")}
"""Status -> type, code, message, as OpenAI words them."""


def error_body(status: int, message: str = "", code: str = "") -> dict[str, dict[str, str | None]]:
    """The JSON that goes with an HTTP error."""
    kind, usual, words = ERRORS.get(status, ERRORS[500 if status >= 500 else 400])
    return {"error": {"message": message or words, "type": kind, "param": None, "code": code or usual}}

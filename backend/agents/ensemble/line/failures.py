"""What went wrong with a call, in words for people: whether to try again, and what the user can do about it."""
from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit, urlunsplit

import openai

from backend.agents.ensemble.line.endpoint import KEY_VARIABLE, URL_VARIABLE, Endpoint, host_of

_REFUSED_BY = {
    "response_format": ("response_format", "json_schema", "structured output", "guided_json", "grammar"),
    "temperature": ("temperature",),
    "seed": ("seed",),
}
"""How a server that will not take a parameter calls it."""
_RATE_PAUSE_S = 4.0
_PICTURES = ("image", "vision", "multimodal", "multi-modal", "picture")
_LONG = ("context length", "context_length", "context size", "maximum context", "too long", "context window", "n_ctx")


@dataclass(frozen=True)
class Failure:
    """``reason`` says what happened, ``advice`` what to do. ``again``: another attempt may help. ``fatal``: no call of
    this run can succeed. ``alive``: the server answered in its own words, so it is not to blame for being dead.
    ``no_model``: it does not have the model that was asked."""

    reason: str
    advice: str
    again: bool = False
    fatal: bool = False
    alive: bool = False
    no_model: bool = False
    timed_out: bool = False
    retry_after_s: float = 0.0


class CallFailed(Exception):
    """A call came to nothing."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.reason)
        self.failure = failure


def refused_parameters(error: Exception, sent: set[str], with_pictures: bool) -> set[str]:
    """Parameters that the server names when it refuses a request; none when it is too long, or pictures are to blame.
    """
    if not is_refusal(error, with_pictures):
        return set()
    assert isinstance(error, openai.APIStatusError)
    words = f"{error.message} {error.param or ''} {error.body}".lower()
    return {name for name in sent if any(word in words for word in _REFUSED_BY.get(name, ()))}


def is_refusal(error: Exception, with_pictures: bool) -> bool:
    """Whether the server will not take the request as it is put, though neither its length nor its pictures."""
    if not isinstance(error, openai.APIStatusError) or error.status_code not in (400, 422):
        return False
    low = _message(error).lower()
    return not any(word in low for word in (*_LONG, *(_PICTURES if with_pictures else ())))


def failure_of(error: Exception, endpoint: Endpoint, model: str, timeout_s: float) -> Failure:
    """The failure behind an exception of a call."""
    if isinstance(error, (TimeoutError, openai.APITimeoutError)):
        return _timed_out(error, endpoint, timeout_s)
    if isinstance(error, openai.APIConnectionError):
        cause = endpoint.redact(str(error.__cause__ or "")) or "no connection"
        return Failure(f"no answer from {endpoint.host} ({cause})",
                       f"Start the server there, or check {URL_VARIABLE}.", again=True)
    if isinstance(error, openai.APIStatusError):
        return _status_failure(error, endpoint, model)
    return Failure(f"what answers at {endpoint.host} is not an OpenAI-compatible API",
                   f"Check {URL_VARIABLE}; it usually ends with /v1.", again=True)


def _timed_out(error: Exception, endpoint: Endpoint, timeout_s: float) -> Failure:
    kind = type(error.__cause__).__name__
    if kind == "ConnectTimeout":
        return Failure(f"{endpoint.host} cannot be reached", f"Check {URL_VARIABLE} and the network.", again=True)
    return Failure(f"{endpoint.host} did not answer within {timeout_s:g} s",
                   "See whether the server is busy, or give it more time with --llm-timeout.", timed_out=True)


def _status_failure(error: openai.APIStatusError, endpoint: Endpoint, model: str) -> Failure:
    status, words = error.status_code, endpoint.redact(_message(error))
    low = words.lower()
    if 300 <= status < 400:
        return _moved(error, endpoint)
    if status in (401, 403):
        what = "is not accepted" if endpoint.has_key else "is missing"
        return Failure(f"{endpoint.host} lets nobody in without a valid key: the key {what} (HTTP {status})",
                       f"Set {KEY_VARIABLE} to a key of that server.", fatal=True)
    if status == 404 and model and re.search(r"\bmodel\b", low):
        return Failure(f"{endpoint.host} has no model '{model}' ({words})",
                       "Name one it has with --model (doctor --llm lists them), or load it there.", alive=True,
                       no_model=True)
    if status in (404, 405):
        return Failure(f"there is no OpenAI-compatible API at {endpoint.host} (HTTP {status})",
                       f"Check {URL_VARIABLE}; it usually ends with /v1.", fatal=True)
    if status == 429 and (error.code == "insufficient_quota" or "quota" in low and "exceeded" in low):
        return Failure(f"the account at {endpoint.host} has no credit left ({words})",
                       "Top it up there, or choose another server.", fatal=True)
    if status in (408, 409, 425, 429) or status >= 500:
        return Failure(f"{endpoint.host} answered HTTP {status} ({words})",
                       "Wait a little, then ask again; replies so far are kept.", again=True,
                       retry_after_s=_retry_after_s(error))
    if any(word in low for word in _LONG) or status == 413:
        return Failure(f"the request is too long for {model} ({words})",
                       "Give it a larger context (doctor --llm measures it and says how).", alive=True)
    if any(word in low for word in _PICTURES):
        return Failure(f"{model} does not take pictures ({words})",
                       "Choose a model that sees, or use --describer measured.", alive=True)
    return Failure(f"{endpoint.host} refuses the request with HTTP {status} ({words})",
                   "Choose another model with --model (doctor --llm checks it).", alive=True)


def _moved(error: openai.APIStatusError, endpoint: Endpoint) -> Failure:
    """A redirect; nothing is sent on to where it points."""
    try:
        parts = urlsplit(urljoin(str(error.request.url), error.response.headers.get("location", "")))
        path = re.sub(r"/(models|chat/completions)/?\Z", "", parts.path)
        there = urlunsplit((parts.scheme, host_of(parts.geturl()), path, "", ""))
    except ValueError:
        there = "another address"
    return Failure(f"{endpoint.host} has moved to {endpoint.redact(there)} (HTTP {error.status_code})",
                   f"Set {URL_VARIABLE} to it, if it is to hear what you send.", fatal=True)


def _message(error: openai.APIStatusError) -> str:
    body = error.body
    if isinstance(body, dict):
        inner = body.get("error")
        for place in (inner, body):
            if isinstance(place, dict) and isinstance(place.get("message"), str):
                return str(place["message"])
        if isinstance(inner, str):
            return inner
    text = str(body) if body else error.message
    return "a page that is not JSON" if text.lstrip().startswith("<") else text


def _retry_after_s(error: openai.APIStatusError) -> float:
    """What the server asks for; a rate limit that names no time gets a few seconds."""
    try:
        return max(0.0, float(error.response.headers["retry-after"]))
    except (KeyError, ValueError):
        return _RATE_PAUSE_S if error.status_code == 429 else 0.0

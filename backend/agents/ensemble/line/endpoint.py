"""Which server and which models: taken from the environment and the arguments, checked before anything is asked.

The key lives in one private field that neither ``repr`` nor any error, record or log line shows.
"""
from __future__ import annotations

import ipaddress
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import urlsplit

import openai

from backend.agents.ensemble.prompts import SPEAKERS
from backend.errors import EndpointError, OptionError

URL_VARIABLE, KEY_VARIABLE = "OPENAI_BASE_URL", "OPENAI_API_KEY"
Client = TypeVar("Client")
_PROXIES = ("ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY")
_CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR")
OPENAI_URL = "https://api.openai.com/v1"
_NO_KEY = "none"
"""Local servers want a key in the header and do not read it."""
CONNECT_S, LIST_S = 3.0, 10.0
"""Seconds to reach a server, and for its list of models: a dead one costs seconds. By ear."""
_LISTED = 12


@dataclass(frozen=True)
class Models:
    """Who answers: ``main``, and by speaker where roles have models of their own. ``local`` is a server that costs
    nothing: on this machine or network. ``chats`` are those of a recorded run whose chats had others; the name is that
    of the run all the same."""

    main: str
    roles: tuple[tuple[str, str], ...] = ()
    local: bool = False
    chats: tuple[tuple[str, Models], ...] = ()

    def of(self, speaker: str) -> str:
        chat = next((chat for chat, speakers in SPEAKERS.items() if speaker in speakers), "")
        who = self.in_chat(chat)
        return dict(who.roles).get(speaker, who.main)

    def in_chat(self, chat: str) -> Models:
        """Who answers there."""
        return dict(self.chats).get(chat, self)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((self.main, *(model for _, model in self.roles))))

    @property
    def name(self) -> str:
        """All of them, joined with ``+``."""
        return "+".join(self.names)


@dataclass(frozen=True)
class Endpoint:
    """A server that speaks OpenAI's protocol. ``base_url`` ends before ``/models`` and ``/chat/completions``."""

    base_url: str
    key: str = field(default=_NO_KEY, repr=False, compare=False)

    @property
    def host(self) -> str:
        """Name and port, without user names or paths."""
        return host_of(self.base_url)

    @property
    def is_local(self) -> bool:
        """Whether what is sent stays on this machine or in its private network."""
        return is_local_host(urlsplit(self.base_url).hostname or "")

    @property
    def has_key(self) -> bool:
        return self.key != _NO_KEY

    def redact(self, text: str) -> str:
        """``text`` in one line without the key, short enough for a message."""
        secret = urlsplit(self.base_url).password
        for word in (self.key if self.has_key else "", secret or ""):
            text = text.replace(word, "***") if word else text
        return " ".join(text.split())[:240]


def host_of(url: str) -> str:
    """``name:port``, addresses of IPv6 in brackets. Raises ValueError for what is no address."""
    parts = urlsplit(url)
    name = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else str(parts.hostname)
    return f"{name}:{parts.port}" if parts.port else name


def is_local_host(host: str) -> bool:
    """Loopback and private addresses, ``localhost`` and names of a local network."""
    if host == "localhost" or host.endswith((".localhost", ".local", ".internal", ".lan")):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return bool(host) and "." not in host
    return address.is_private and not address.is_unspecified


def endpoint_from(environment: Mapping[str, str]) -> Endpoint:
    """What the environment names. Raises EndpointError."""
    url, key = environment.get(URL_VARIABLE, "").strip(), environment.get(KEY_VARIABLE, "").strip()
    if not url and not key:
        raise EndpointError(f"No language model is named. Set {URL_VARIABLE} (Ollama: http://localhost:11434/v1) for a "
                            f"server of yours, or {KEY_VARIABLE} for OpenAI; without either, use --agents rules.")
    if key and not (key.isascii() and key.isprintable()):
        raise EndpointError(f"{KEY_VARIABLE} holds characters that no key has. Copy the key again.")
    try:
        parts = urlsplit(url or OPENAI_URL)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise EndpointError(f"{URL_VARIABLE} is not a web address. Write for example http://localhost:11434/v1.")
    return Endpoint((url or OPENAI_URL).rstrip("/"), key or _NO_KEY)


def role_models_from(text: str | None) -> tuple[tuple[str, str], ...]:
    """``"instrument=gpt-4.1,reviewer=gpt-4.1-mini"`` as pairs. Raises OptionError."""
    pairs: dict[str, str] = {}
    speakers = [speaker for chat in SPEAKERS.values() for speaker in chat]
    for item in filter(None, (piece.strip() for piece in (text or "").split(","))):
        role, _, model = (part.strip() for part in item.partition("="))
        if not model:
            raise OptionError(f"--role-models '{item}': write ROLE=MODEL, e.g. reviewer=gpt-4.1-mini.")
        if role not in speakers:
            raise OptionError(f"--role-models '{role}': there is no such role. Choose from {', '.join(speakers)}.")
        pairs[role] = model
    return tuple(pairs.items())


def http_client(kind: Callable[..., Client], endpoint: Endpoint) -> Client:
    """A client of the HTTP library for one server. It follows no redirect: what is sent is meant for this host alone.

    Raises EndpointError for a proxy or certificates of the environment that it cannot use.
    """
    try:
        return kind(trust_env=not endpoint.is_local, follow_redirects=False)
    except Exception as error:  # of the library's own kinds; all that it reads here is the environment
        names = _CERTIFICATES if isinstance(error, OSError) else _PROXIES
        named = [name for upper in names for name in (upper, upper.lower()) if os.environ.get(name)]
        odd = [name for name in named if names is _CERTIFICATES or not _is_plain_proxy(os.environ[name])] or named
        raise EndpointError(f"What {' and '.join(odd) or 'the system'} says of the way to {endpoint.host} cannot be "
                            f"used. Write a proxy as http://HOST:PORT, or unset the variable.") from None


def _is_plain_proxy(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and (parts.port is None or parts.port > 0)
    except ValueError:
        return False


def list_models(endpoint: Endpoint, timeout_s: float = LIST_S) -> tuple[str, ...]:
    """What ``GET /models`` lists. Raises the errors of the openai package, TypeError for an answer of another kind,
    EndpointError for a proxy."""
    http = http_client(openai.DefaultHttpxClient, endpoint)
    with openai.OpenAI(base_url=endpoint.base_url, api_key=endpoint.key, max_retries=0, http_client=http,
                       timeout=openai.Timeout(timeout_s, connect=min(CONNECT_S, timeout_s))) as client:
        page = client.models.list()
        names = [getattr(item, "id", None) for item in getattr(page, "data", None) or ()]
        if not isinstance(page, openai.pagination.SyncPage) or not all(isinstance(name, str) for name in names):
            raise TypeError("no list of models")
        return tuple(str(name) for name in names)


def only_model(names: tuple[str, ...], host: str) -> str:
    """The one model of a server. Raises EndpointError when there is a choice, or none."""
    if len(names) == 1:
        return names[0]
    if not names:
        raise EndpointError(f"The server at {host} lists no models. Load one there, or name it with --model.")
    raise EndpointError(f"The server at {host} has several models. Choose one with --model: {shown_models(names)}.")


def shown_models(names: tuple[str, ...]) -> str:
    """The first of them, for a line."""
    return ", ".join(names[:_LISTED]) + (f" and {len(names) - _LISTED} more" if len(names) > _LISTED else "")

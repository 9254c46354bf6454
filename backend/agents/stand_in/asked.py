"""A chat request as it came over HTTP, read: who is spoken to, the words, the pictures, the sections."""
from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field
from typing import Any

from backend.agents.ensemble import prompts


class BadRequest(ValueError):
    """The body is no chat request."""


@dataclass(frozen=True)
class Asked:
    """``system`` and ``task`` are what system and user messages say, ``images`` the pictures in order; ``said`` is what
    the model said before and ``errors`` what the user says to that (on a second attempt); ``body`` is everything."""

    model: str
    system: str
    task: str
    said: tuple[str, ...] = ()
    errors: str = ""
    images: tuple[bytes, ...] = ()
    body: dict[str, Any] = field(default_factory=dict)

    @property
    def speaker(self) -> str:
        """The speaker of the ensemble whose duty the system prompt states, "" if nobody's."""
        return next((name for names in prompts.SPEAKERS.values() for name in names if _duty(name) in self.system), "")

    @property
    def schema(self) -> dict[str, Any]:
        """The JSON schema asked for, empty where there is none."""
        wanted = self.body.get("response_format") or {}
        return dict((wanted.get("json_schema") or {}).get("schema") or {})

    def sections(self) -> dict[str, str]:
        """Name -> text of the sections of the task; one that comes twice counts as it stands last."""
        pieces = re.split(r"^=== (.+)$", self.task, flags=re.MULTILINE)[1:]
        return {head.strip().upper(): body.strip() for head, body in zip(pieces[::2], pieces[1::2], strict=True)}


_NOBODY = "\0"


def _duty(speaker: str) -> str:
    try:
        duties = [body for heading, body in prompts.sections(speaker) if heading == "duty"]
    except FileNotFoundError:
        return _NOBODY
    return prompts.section("duty", duties[0]) if duties else _NOBODY


def read(body: Any) -> Asked:
    """A request out of its JSON. Raises BadRequest."""
    if not isinstance(body, dict) or not isinstance(body.get("model"), str):
        raise BadRequest("you must provide a model parameter")
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages or not all(isinstance(m, dict) for m in messages):
        raise BadRequest("[] is too short - 'messages'")
    words: dict[str, list[str]] = {"system": [], "user": [], "assistant": [], "errors": []}
    images: list[bytes] = []
    for message in messages:
        role = {"developer": "system"}.get(str(message.get("role")), str(message.get("role")))
        if role not in ("system", "user", "assistant"):
            raise BadRequest(f"'{role}' is not one of ['system', 'assistant', 'user'] - 'messages.role'")
        text, pictures = contents(message)
        words["errors" if role == "user" and words["assistant"] else role].append(text)
        images += pictures
    return Asked(body["model"], "\n".join(words["system"]), "\n".join(words["user"]), tuple(words["assistant"]),
                 "\n".join(words["errors"]), tuple(images), body)


def contents(message: dict[str, Any]) -> tuple[str, list[bytes]]:
    """Text and pictures of a message. Raises BadRequest."""
    content = message.get("content")
    if content is None or isinstance(content, str):
        return content or "", []
    if not isinstance(content, list) or not all(isinstance(part, dict) for part in content):
        raise BadRequest("'messages.content' is neither text nor a list of parts")
    texts, images = [], []
    for part in content:
        if part.get("type") == "text":
            texts.append(str(part.get("text", "")))
        elif part.get("type") == "image_url":
            images.append(_picture(str((part.get("image_url") or {}).get("url", ""))))
        else:
            raise BadRequest(f"Invalid value: '{part.get('type')}'. Supported values are: 'text' and 'image_url'.")
    return "".join(texts), images


def _picture(url: str) -> bytes:
    match = re.fullmatch(r"data:image/[a-z]+;base64,(.*)", url, flags=re.DOTALL)
    try:
        return base64.b64decode(match[1], validate=True) if match else _no_picture()
    except binascii.Error:
        return _no_picture()


def _no_picture() -> bytes:
    raise BadRequest("Invalid image data: give data:image/jpeg;base64,...")

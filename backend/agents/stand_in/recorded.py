"""Replies of an earlier run, played again over HTTP to whoever puts the same questions."""
from __future__ import annotations

import hashlib
import json
import threading
from collections import Counter
from pathlib import Path
from typing import Any

from backend.agents.stand_in.asked import Asked, contents
from backend.agents.stand_in.breakdown import Breakdown
from backend.errors import InputError


class Recorded:
    """A responder that knows the requests recorded in a results folder: the same words and pictures get what they got,
    in order; a failure is a failure again, and what was never asked is refused. Raises InputError without a record.
    """

    def __init__(self, folder: Path) -> None:
        files = sorted((folder / "agents" / "replies").glob("*.json"))
        if not files:
            raise InputError(f"'{folder}' holds no recorded replies. Give the folder of a run with --agents llm.")
        self._outcomes = {file.stem: _outcomes(file) for file in files}
        self._told: Counter[str] = Counter()
        self._lock = threading.Lock()

    def __call__(self, asked: Asked) -> str | Breakdown:
        address = content_address(asked)
        outcomes = self._outcomes.get(address)
        if outcomes is None:
            return Breakdown("status", 400, message="This question was not put in the recorded run.")
        with self._lock:
            number = min(self._told[address], len(outcomes) - 1)
            self._told[address] += 1
        kind, text = outcomes[number]
        return text if kind == "reply" else Breakdown("status", 500, message=text)


def _outcomes(file: Path) -> list[tuple[str, str]]:
    """(kind, text) of everything that became of a request."""
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
        found = [(str(item["kind"]), str(item["text"])) for item in document["outcomes"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"'{file}' is no recorded reply ({type(error).__name__}). Restore it.") from None
    if not found:
        raise InputError(f"'{file}' is no recorded reply (it is empty). Restore it.")
    return found


def content_address(asked: Asked) -> str:
    """Under which name a reply to this request is recorded: 32 hex digits of SHA-256 over model, messages with the
    hashes of their pictures, schema, temperature and seed."""
    document = {"model": asked.model, "messages": [_said(message) for message in asked.body["messages"]],
                "schema": asked.schema, "temperature": asked.body.get("temperature"), "seed": asked.body.get("seed")}
    return hashlib.sha256(json.dumps(document, sort_keys=True, ensure_ascii=True).encode()).hexdigest()[:32]


def _said(message: dict[str, Any]) -> list[str]:
    text, pictures = contents(message)
    return [str(message["role"]), text, *(hashlib.sha256(picture).hexdigest() for picture in pictures)]

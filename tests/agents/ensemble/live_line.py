"""Lines to a stand-in server over real HTTP, and a ready-made question."""
from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from backend.agents.ensemble.line.calling import Patience
from backend.agents.ensemble.line.endpoint import Endpoint, Models
from backend.agents.ensemble.line.line import OpenAILine
from backend.agents.ensemble.line.replies import Replies
from backend.agents.ensemble.question import Message
from backend.agents.stand_in import Asked

SCHEMA = {"type": "object", "properties": {"payload": {"type": "object"}}}
QUICK = Patience(timeout_s=60.0, pauses_s=(0.01, 0.02))


def envelope(summary: str, payload: dict[str, Any] | None = None) -> str:
    return json.dumps({"reasoning_summary": summary, "metrics": [], "confidence": 0.5, "payload": payload or {}})


def name_of(asked: Asked) -> str:
    """Who is asked, from the schema's name."""
    return str(asked.body["response_format"]["json_schema"]["name"])


def by_name(asked: Asked) -> str:
    """A responder whose every speaker says who it is."""
    return envelope(f"{name_of(asked)} speaks")


def message(agent: str = "analyze", task: str = "plan it", **other: Any) -> Message:
    given = {"chat": "arrange", "system": f"=== DUTY\nYou are {agent}.", "schema": SCHEMA, **other}
    return Message(agent=agent, task=f"=== CUE\n{task}", **given)


@dataclass
class Said:
    """What people were told."""

    lines: list[str] = field(default_factory=list)

    def __call__(self, text: str) -> None:
        self.lines.append(text)


def line_to(url: str, *, model: str = "stand-in", roles: tuple[tuple[str, str], ...] = (), folder: Path | None = None,
            cap_usd: float = 1.0, patience: Patience = QUICK, say: Said | None = None, key: str = "none") -> OpenAILine:
    return OpenAILine(Endpoint(url, key), Models(model, roles, local=True), Replies(folder), cap_usd,
                      patience=patience, say=say or Said())


def replay_of(recorded: Path, model: str = "stand-in", folder: Path | None = None) -> OpenAILine:
    return OpenAILine(None, Models(model, (), local=True), Replies(folder, recorded), 1.0)

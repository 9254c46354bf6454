"""The words of a second attempt: the errors, what to answer, and what the model is shown of its first reply.

All of it fits beside the question into the context that the question fits (craft 8.6: 8k, at most 16k).
"""
from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from backend.agents.ensemble.desk.correcting import Correction
from backend.agents.ensemble.desk.places import label
from backend.agents.ensemble.line.tokens import MESSAGE_TOKENS, message_tokens, text_tokens
from backend.agents.ensemble.prompts import section
from backend.agents.ensemble.question import Message

CONTEXTS = (8_000, 16_000)
"""Tokens that an input is to fit."""
SAID_TOKENS = 500
"""What the other speakers' remarks may take; the desk does not see them."""
LEAST_ROOM, MOST_ROOM = 400, 2_000
"""Tokens for errors and excerpt together."""
MOST_ERRORS = 30
_HEAD = 200
"""Characters of a reply that cannot be read."""


def room_for(message: Message) -> int:
    """Tokens that errors and excerpt may take beside a question."""
    first = message_tokens(message) + SAID_TOKENS + 2 * MESSAGE_TOKENS
    return min(MOST_ROOM, max(LEAST_ROOM, next((size for size in CONTEXTS if first <= size), first) - first))


def request_text(errors: Sequence[str], wanted: Correction, identity: Mapping[str, str], room: int) -> str:
    """What the model is told, errors a line each: as many as there is room for, and what to answer."""
    again = section("again", _order(wanted, identity))
    left = room - text_tokens(again)
    lines: list[str] = []
    for error in errors:
        line = f"- {error}"
        left -= text_tokens(line + "\n")
        if lines and (left < 0 or len(lines) == MOST_ERRORS):
            lines.append(f"- and {len(errors) - len(lines)} more")
            break
        lines.append(line)
    return section("errors", "\n".join(lines)) + "\n\n" + again


def _order(wanted: Correction, identity: Mapping[str, str]) -> str:
    if wanted.fields is None:
        return "Give the whole answer once more, in the same form, without these errors."
    if not wanted.fields:
        return 'Your payload is kept. Give the rest of the answer once more without these errors, with "payload": {}.'
    parts = [f"{name} (only the items with {identity[name]} {_listed(wanted.items[name])})"
             if name in wanted.items else f"{name} (all of it)" for name in wanted.fields]
    return ("Answer once more, in the same form, without these errors. The payload has only " + ", ".join(parts) +
            "; whatever else you said is kept. You see of your reply what is at fault, as far as there is room.")


def _listed(names: tuple[str, ...]) -> str:
    """``3, 5-9``."""
    runs: list[list[str]] = []
    for name in names:
        if runs and name.isdecimal() and runs[-1][-1].isdecimal() and int(name) == int(runs[-1][-1]) + 1:
            runs[-1].append(name)
        else:
            runs.append([name])
    return ", ".join(run[0] if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)


def excerpt(text: str, plain: Any, wanted: Correction, identity: Mapping[str, str], room: int) -> str:
    """What the model sees of its first reply ``text``: whatever is at fault and fits, as JSON."""
    if plain is None:
        return " ".join(text[:_HEAD].split()) or "{}"
    shown: dict[str, Any] = {}
    for name in plain if wanted.fields is None else wanted.fields:
        if name in wanted.items:
            by, names = identity[name], wanted.items[name]
            for item in plain[name]:
                if label(item, by) in names and _fits({**shown, name: [*shown.get(name, []), item]}, room):
                    shown.setdefault(name, []).append(item)
        elif name in plain and _fits({**shown, name: plain[name]}, room):
            shown[name] = plain[name]
    complete = wanted.fields is not None or len(shown) == len(plain)
    return _json(shown) if shown and complete else "{}"


def _fits(shown: dict[str, Any], room: int) -> bool:
    return text_tokens(_json(shown)) <= room


def _json(shown: dict[str, Any]) -> str:
    return json.dumps({"payload": shown}, ensure_ascii=False)

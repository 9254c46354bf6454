"""Prompts are data: a Markdown file for every speaker in ``backend/agents/prompts``, read at the level asked for.

A file has sections: ``## duty``, ``## role``, ``## example NAME`` (two, contrasting), ``## steps``, ``## output``;
``_rules.md`` is everybody's, ``_assess.md`` has the steps and the output of the five assessors, each of whom adds a
step (OWN) and a criterion (CRITERION). The levels of FilmComposer's Table 7 add to each other: ``order`` has duty,
rules and output only, ``role`` adds the role, ``few-shot`` the examples, ``cot`` the steps.
"""
from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from backend.agents.ensemble.question import PROMPTINGS

FOLDER = Path(__file__).resolve().parents[1] / "prompts"
SPEAKERS: dict[str, tuple[str, ...]] = {
    "describe": ("visual",),
    "assess": ("mode", "melody", "harmony", "rhythm", "emotion"),
    "arrange": ("analyze", "arrange", "voice_part", "instrument", "volume", "mixing", "reviewer"),
    "revise": ("reviser",),
}
"""Who speaks in which chat, in the fixed order of speaking. Prompt files and adapters go by these names."""
_SHARED = "_assess"
_SINCE = {"role": "role", "example": "few-shot", "steps": "cot"}


@cache
def sections(speaker: str) -> tuple[tuple[str, str], ...]:
    """(heading, text) of a prompt file, in order."""
    text = (FOLDER / f"{speaker}.md").read_text(encoding="utf-8")
    pieces = re.split(r"^## +(.+)$", text, flags=re.MULTILINE)[1:]
    found = tuple((head.strip(), body.strip()) for head, body in zip(pieces[::2], pieces[1::2], strict=True))
    if speaker not in SPEAKERS["assess"]:
        return found
    shared = {head: body for head, body in sections(_SHARED)}
    return tuple((head, re.sub(r"\b(OWN|CRITERION)\b", lambda _, own=body: own, shared[head])  # type: ignore[misc]
                  if head in shared else body) for head, body in found)


def system_prompt(speaker: str, prompting: str) -> str:
    """The static part of every message to a speaker: the same for every cue, so that servers can keep it."""
    level = PROMPTINGS.index(prompting)
    parts = []
    for heading, body in (*sections("_rules"), *sections(speaker)):
        kind = heading.split()[0]
        if PROMPTINGS.index(_SINCE.get(kind, "order")) <= level:
            parts.append(section(heading, body))
    return "\n\n".join(parts)


def section(name: str, body: str) -> str:
    """``=== NAME`` and its text."""
    return f"=== {name.upper()}\n{body.strip()}"


def quoted(text: str) -> str:
    """Words from a clip, a title or a user, fenced as data: no line of theirs can open a section or close the fence."""
    readable = "".join(c if c.isprintable() or c in "\n\t" else " " for c in text)
    safe = re.sub(r"={3,}", "==", re.sub(r"[<>]{3,}", "", readable))
    return "<<<\n" + safe.strip()[:4000] + "\n>>>"

"""What leaves the machine and for whom, in words, before it leaves."""
from __future__ import annotations

import re
from typing import Any

from backend.agents.ensemble.question import Question

_FIGURES, _PLAN = "measured figures", "the plan"
IN_WORDS = {
    **dict.fromkeys(("CUE", "TABLE", "OPTIONS", "METRICS", "QA", "FOUND", "FRAMES", "PLOT"), _FIGURES),
    "ABC": "the melody as text", **dict.fromkeys(("DRAFT", "BEFORE", "REVIEW", "VERDICTS"), _PLAN),
    "NAMES": "names you gave", "LOCKS": "your locks", "STORY": "the story", "NOTE": "your note",
    "REVISIONS": "your earlier requests"}
"""Section -> how a composer reads of it. Instructions and what the speakers say go along with all of them."""
_ALWAYS = {"describe": (_FIGURES,), "assess": (_FIGURES, "the melody as text"),
           "arrange": (_FIGURES, "the melody as text", _PLAN), "revise": (_FIGURES, _PLAN)}
"""What some speaker of a chat is always given, if not its first."""
_TO = {"describe": "describe the picture", "assess": "judge the melody", "arrange": "arrange and mix",
       "revise": "revise"}
_HEADING = re.compile(r"^=== *(.+?) *$", re.MULTILINE)


def listed(question: Question[Any], sent_to: str, is_local: bool, known: frozenset[str]) -> tuple[str, frozenset[str]]:
    """The line for the user ("" when there is nothing new, or nobody to send to), and all that was listed by then.

    A chat's first question lists what all of the chat is given; a later one what nobody could know then.
    """
    sections = [IN_WORDS.get(name, name.lower()) for name in _HEADING.findall(question.task)]
    if question.chat == "revise":
        sections = ["your words" if words == "your note" else words for words in sections]
    words = tuple(dict.fromkeys((*(() if known else _ALWAYS.get(question.chat, ())), *sections)))
    frames = [f"frame at {still.time_s:.2f} s" for still in question.stills]
    fresh = [name for name in (*words, *frames) if name not in known]
    every = known.union(words, frames)
    if not sent_to or not fresh:
        return "", every
    data = ", ".join(name for name in words if name in fresh)
    times = ", ".join(f"{s.time_s:.2f}" for s, name in zip(question.stills, frames, strict=True) if name in fresh)
    count = sum(name in fresh for name in frames)
    pictures = f"{count} frame{'s' * (count != 1)} at {times} s" if count else ""
    host = f"{sent_to} (local)" if is_local else sent_to
    if known:
        return f"{host} also gets: {_and(data, pictures)}", every
    return f"Sent to {host} to {_TO.get(question.chat, question.chat)}: {_and(data, pictures or 'no frames')}", every


def _and(*pieces: str) -> str:
    return "; ".join(piece for piece in pieces if piece)

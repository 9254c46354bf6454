"""What leaves the machine and for whom, in words, before it leaves."""
from __future__ import annotations

import re
from typing import Any

from backend.agents.ensemble.question import Question

IN_WORDS = {
    "CUE": "the cue's facts", "NOTE": "your note", "STORY": "the story", "TABLE": "figures by bar", "ABC": "the notes",
    "OPTIONS": "what to choose from", "METRICS": "computed figures", "DRAFT": "the plan", "QA": "quality figures",
    "REVIEW": "the review", "LOCKS": "your locks", "BEFORE": "the plan before", "FOUND": "what the figures found",
    "FRAMES": "the list of frames", "PLOT": "the plot", "NAMES": "names", "VERDICTS": "verdicts",
    "REVISIONS": "earlier requests"}
"""Section -> how a composer reads of it. Instructions and what the speakers say go along with all of them."""
_TO = {"describe": "describe the picture", "assess": "judge the melody", "arrange": "arrange and mix",
       "revise": "revise"}
_HEADING = re.compile(r"^=== *(.+?) *$", re.MULTILINE)


def listed(question: Question[Any], sent_to: str, is_local: bool, known: frozenset[str]) -> tuple[str, frozenset[str]]:
    """The line for the user ("" when there is nothing new, or nobody to send to), and all that was listed by then.

    A chat's first question lists everything; a later one what it adds.
    """
    names = list(dict.fromkeys(_HEADING.findall(question.task)))
    frames = [f"frame at {still.time_s:.2f} s" for still in question.stills]
    fresh = [name for name in (*names, *frames) if name not in known]
    every = known.union(names, frames)
    if not sent_to or (known and not fresh):
        return "", every
    data = ", ".join(dict.fromkeys(IN_WORDS.get(name, name.lower()) for name in names if name in fresh))
    times = ", ".join(f"{s.time_s:.2f}" for s, name in zip(question.stills, frames, strict=True) if name in fresh)
    count = sum(name in fresh for name in frames)
    pictures = f"{count} frame{'s' * (count != 1)} at {times} s" if count else ""
    host = f"{sent_to} (local)" if is_local else sent_to
    if known:
        return f"{host} also gets: {_and(data, pictures)}", every
    return f"Sent to {host} to {_TO.get(question.chat, question.chat)}: {_and(data, pictures or 'no frames')}", every


def _and(*pieces: str) -> str:
    return "; ".join(piece for piece in pieces if piece)

"""What leaves the machine and for whom, in words, before it leaves."""
from __future__ import annotations

import re
from typing import Any

from backend.agents.ensemble.question import Question

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
    data = ", ".join(name for name in names if name in fresh)
    times = ", ".join(f"{s.time_s:.2f}" for s, name in zip(question.stills, frames, strict=True) if name in fresh)
    count = sum(name in fresh for name in frames)
    pictures = f"{count} frame{'s' * (count != 1)} of the picture at {times} s" if count else ""
    if known:
        return f"{_host(sent_to, is_local)} also gets, for {question.agent}: {_and(data, pictures)}.", every
    told = _and(f"the sections {data}" if data else "", pictures or "no frames")
    return (f"Sent to {_host(sent_to, is_local)} in the chat '{question.chat}': our instructions, {told}, and what the "
            "speakers answered each other; nothing else.", every)


def _host(sent_to: str, is_local: bool) -> str:
    return f"{sent_to} (local)" if is_local else sent_to


def _and(*pieces: str) -> str:
    return "; ".join(piece for piece in pieces if piece)

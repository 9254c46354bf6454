"""The records of the chats as a page for people. What a model said is data: none of it becomes Markdown or HTML."""
from __future__ import annotations

import re
import unicodedata

from backend.domain.ensemble import ChatRecord, Turn

_TITLES = {"describe": "Looking at the clip", "assess": "Assessing the melody", "arrange": "Arranging and mixing",
           "revise": "Revising"}
_ORDINALS = {1: "", 2: ", second attempt"}
_SHOWN_PROBLEMS = 12
_ACTIVE = re.compile(r"([\\`*\[\]<>|~&$]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9]))")
"""What can begin markup inside a line; an underscore between letters cannot."""


def transcript(records: tuple[ChatRecord, ...], unreadable: tuple[str, ...] = ()) -> str:
    """Markdown: every utterance of every chat with its figures, its faults, and who took over."""
    blocks = ["# Transcript of the ensemble"]
    blocks += [f"*{inline(line)}.*" for line in unreadable]
    for record in records:
        blocks.append(f"## {_TITLES.get(record.chat, inline(record.chat))}")
        blocks.append(_figures(record))
        many = len({turn.round for turn in record.turns}) > 1
        before = 0
        for turn in record.turns:
            if many and turn.round != before:
                blocks.append(f"### Round {turn.round}")
            before = turn.round
            blocks.append(_utterance(turn))
    return "\n\n".join(blocks) + "\n"


def inline(text: str) -> str:
    """Any text as one line that reads as itself in Markdown: no markup, no link, no invisible sign."""
    line = " ".join("".join(c if not unicodedata.category(c).startswith("C") or c.isspace() else "\ufffd"
                            for c in text).split())
    line = _ACTIVE.sub(r"\\\1", line)
    line = re.sub(r":(?=//)|(?<=mailto):|(?<=xmpp):", r"\\:", line, flags=re.IGNORECASE)
    line = re.sub(r"\bwww\.", r"www\\.", line, flags=re.IGNORECASE)
    return line.replace("@", "(at)")


def _figures(record: ChatRecord) -> str:
    spending = record.spending
    return (f"Prompting {inline(record.prompting)}, {_count(spending.calls, 'reply', 'replies')}, "
            f"{spending.tokens_in} tokens in, {spending.tokens_out} out, {_cost(spending.cost_usd)}.")


def _utterance(turn: Turn) -> str:
    who = inline(turn.model) or "a model"
    speaker = f"**{inline(turn.agent)}** ({who}{_ORDINALS.get(turn.attempt, '')})" if turn.source == "llm" \
        else f"**{inline(turn.agent)}** (the {inline(turn.source)}s)"
    lines = [f"- {speaker}: {inline(turn.summary) or 'said nothing.'}"]
    if turn.metrics:
        lines.append(f"  - leaned on: {', '.join(inline(metric) for metric in turn.metrics)}")
    lines += [f"  - {'wrong' if turn.source == 'llm' else 'because'}: {inline(problem)}"
              for problem in turn.problems[:_SHOWN_PROBLEMS]]
    if len(turn.problems) > _SHOWN_PROBLEMS:
        lines.append(f"  - and {len(turn.problems) - _SHOWN_PROBLEMS} more of the kind")
    return "\n".join(lines)


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _cost(cost_usd: float | None) -> str:
    if cost_usd is None:
        return "cost not known"
    return "no cost" if cost_usd == 0 else "under $0.01" if cost_usd < 0.01 else f"${cost_usd:.2f}"

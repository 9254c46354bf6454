"""The records of the chats as a page for people. What a model said is data: none of it becomes Markdown or HTML."""
from __future__ import annotations

import re
import unicodedata

from backend.domain.ensemble import CHAT_TITLES, ChatRecord, Turn, usd

LEANED_ON = {
    "motion": "motion", "saliency": "what draws the eye", "tension": "tension", "hit": "the hits", "hits": "the hits",
    "motion_spread": "how much the motion varies", "notes": "notes a bar", "notes_per_bar": "notes a bar",
    "chord": "the chords", "chords_per_bar": "chords a bar", "level": "levels", "dyn": "dynamics",
    "dynamics": "dynamics", "texture": "texture", "section": "the sections", "fit": "how well instruments fit",
    "range": "playable range", "melody": "whether the melody is heard", "clarity": "clarity", "contrast": "contrast",
    "limits": "limits of the players", "rating": "the rating", "inside": "notes inside the key",
    "majorness": "how major it sounds", "dark_chords": "minor chords", "arousal": "energy", "valence": "mood",
    "tempo": "tempo", "density": "density", "articulation": "articulation", "leaps": "leaps",
    "proximity": "how near neighbours lie", "mud": "close intervals down low", "clash": "clashes of a semitone",
    "pitch_classes": "tones that sound at once", "sync": "onsets shared by the parts", "exact": "exact copies",
    "top": "the commonest chord", "excess": "repetition beyond chance", "coverage": "notes that fit the chords"}
"""Names of figures in words."""
_SIGNS = ("r", "rho")
"""Figures that go by a letter of their formula, which says nothing to a reader."""
_ORDINALS = {1: "", 2: ", second attempt"}
_SHOWN_PROBLEMS = 12
_ACTIVE = re.compile(r"([\\`*\[\]<>|~&$]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9]))")
"""What can begin markup inside a line; an underscore between letters cannot."""


def transcript(records: tuple[ChatRecord, ...], unreadable: tuple[str, ...] = ()) -> str:
    """Markdown: every utterance of every chat with its figures, its faults, and who took over."""
    blocks = ["# Transcript of the ensemble"]
    blocks += [f"*{inline(line)}.*" for line in unreadable]
    blocks += [f"> {inline(note)}" for note in dict.fromkeys(record.note for record in records) if note.strip()]
    for record in records:
        blocks.append(f"## {CHAT_TITLES.get(record.chat, inline(record.chat))}")
        blocks.append(_figures(record))
        blocks += [inline(line) for line in record.takeovers]
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
    if leaned := dict.fromkeys(LEANED_ON.get(name, name.replace("_", " ")) for name in turn.metrics
                             if name not in _SIGNS):
        lines.append(f"  - leaned on: {', '.join(map(inline, leaned))}")
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
    return "no cost" if cost_usd == 0 else usd(cost_usd)

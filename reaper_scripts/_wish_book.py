"""Wishes as the project keeps them: by cue, and for every cue."""
from __future__ import annotations

import json
from typing import Any

from reaper_scripts._host import SECTION

FIELDS = (
    ("emotion", "Emotion (Sad; Calm; Joyous; Fear ...)"), ("tempo", "Quarters per minute (80-100)"),
    ("meter", "Metre (3/4)"), ("seed", "Idea number (1; 2; 3 ...)"), ("agents", "Experts (rules or llm)"),
    ("note", "Note to language models"))
"""Options of the command line, with what the dialog calls them."""
TAKE_BACK = "default"
_SIZE = 1 << 16


def wishes_of(api: Any, label: str) -> dict[str, str]:
    """Options for a cue: what is wished for it, over what is wished for every cue. Empty where nobody said anything."""
    book = read_wishes(api)
    return {**book.get("", {}), **book.get(label, {})}


def write_wishes(api: Any, book: dict[str, dict[str, str]]) -> None:
    """Into the project; cues without a wish are left out."""
    api.RPR_SetProjExtState(0, SECTION, "wishes", json.dumps({label: row for label, row in book.items() if row}))
    api.RPR_MarkProjectDirty(0)


def read_wishes(api: Any) -> dict[str, dict[str, str]]:
    """By label, "" for every cue. A record that cannot be read counts as none: the project may be from anywhere."""
    text = api.RPR_GetProjExtState(0, SECTION, "wishes", "", _SIZE)[4]
    known = {name for name, _ in FIELDS}
    try:
        rows = json.loads(text) if text else {}
        return {str(label): {name: str(value) for name, value in row.items() if name in known}
                for label, row in rows.items()}
    except (ValueError, AttributeError, RecursionError):
        return {}

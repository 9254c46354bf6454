"""The blocks of ``description.txt``: ``[clip]``, ``[shot 3]``, ``[plot 0.0 to 6.5]``, ``[seen]``, ``[music]``.

Each has lines ``key: value``.
"""
from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from typing import NoReturn

from backend.domain.description import Attributes, MusicElements, VisualElements
from backend.errors import EditError

FILE = "description.txt"
LABEL_KEYS = tuple(one.name for one in fields(Attributes))
SEEN_KEYS = tuple(one.name for one in fields(VisualElements))
MUSIC_KEYS = (*(one.name for one in fields(MusicElements)), "description")
_KEYS = {"clip": (*LABEL_KEYS, "motion", "valence", "arousal"), "shot": (*LABEL_KEYS, "motion", "seen"),
         "plot": ("tension", "sentence"), "seen": SEEN_KEYS, "music": MUSIC_KEYS}


@dataclass
class Block:
    """A headed block: ``head`` is the shot's number or the plot's two times; key -> (line number, value)."""

    kind: str
    head: str
    line: int
    values: dict[str, tuple[int, str]] = field(default_factory=dict)


def split_blocks(text: str) -> list[Block]:
    """The blocks in order. Raises EditError."""
    blocks: list[Block] = []
    key = ""
    for number, line in enumerate(text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n"), 1):
        if not line.strip() or line.startswith("#"):
            key = ""
        elif line.startswith("["):
            blocks.append(_headed(line, number, blocks))
            key = ""
        elif line[0] in " \t" and key:
            first, value = blocks[-1].values[key]
            blocks[-1].values[key] = (first, f"{value} {line.strip()}".strip())
        elif not blocks:
            wrong(number, "this line stands before the first block; the first is [clip]")
        else:
            key = _keyed(line, number, blocks[-1])
    return blocks


def _headed(line: str, number: int, before: list[Block]) -> Block:
    match = re.fullmatch(r"\[\s*(?:(clip|seen|music)|shot\s+(\d{1,9})|plot\s+(\S+)\s+to\s+(\S+))\s*\]\s*", line)
    if not match:
        wrong(number, f"'{line.strip()[:60]}' is no block; write [clip], [shot 3], [plot 0.0 to 6.5], [seen] or "
                       "[music]")
    kind = line.strip("[ ").split()[0].rstrip("]")
    head = match[2] or (f"{match[3]} {match[4]}" if match[3] else "")
    if kind in ("clip", "seen", "music") and any(one.kind == kind for one in before):
        wrong(number, f"[{kind}] is there twice")
    return Block(kind, head, number)


def _keyed(line: str, number: int, block: Block) -> str:
    key, colon, value = line.partition(":")
    key = "behaviour" if key.strip().lower() == "behavior" else key.strip().lower().replace(" ", "_")
    keys = _KEYS[block.kind]
    if not colon or key not in keys:
        near = difflib.get_close_matches(key, keys, n=3, cutoff=0.5)
        ordered = (*near, *(name for name in keys if name not in near))
        wrong(number, f"'{line.strip()[:60]}' has no key that [{block.kind}] knows; known are {', '.join(ordered)}")
    if key in block.values:
        wrong(number, f"{key} is there twice in this block")
    block.values[key] = (number, value.strip())
    return key


def only(blocks: Iterable[Block], kind: str) -> Block | None:
    """The first block of a kind."""
    return next((block for block in blocks if block.kind == kind), None)


def wrong(line: int, problem: str) -> NoReturn:
    """Raise EditError for a line of the text."""
    raise EditError(f"{FILE}, line {line}: {problem}. Mend it, or delete the file to have it made again.")

"""A project file as a tree of chunks, lines kept as they stand.

Damaged files raise EditError with the line: a chunk that is never closed, a ``>`` too many, text outside chunks.
"""
from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from backend.daw.rpp.quoting import tokens
from backend.errors import EditError

_CHUNK = re.compile(r"<[A-Za-z_]")
ROOTS = ("REAPER_PROJECT", "TRACK")
"""A project, or a track template (one or more tracks)."""


@dataclass
class Node:
    """``<NAME params``; ``rows`` are lines (stripped text) and chunks in file order. ``line`` counts from 1."""

    name: str
    params: list[str]
    line: int
    rows: list[str | Node] = field(default_factory=list)

    def nodes(self, *names: str) -> Iterator[Node]:
        """Chunks directly inside, of these names."""
        return (row for row in self.rows if isinstance(row, Node) and row.name in names)

    def lines(self, name: str) -> Iterator[list[str]]:
        """Parameters of the lines directly inside that begin with ``name``."""
        for row in self.rows:
            if isinstance(row, str) and row.partition(" ")[0] == name:
                yield tokens(row)[1:]

    def first(self, name: str) -> list[str]:
        """Parameters of the first such line, or nothing."""
        return next(self.lines(name), [])


def decode(data: bytes) -> str:
    """UTF-8, with or without byte order mark; old projects in a Windows code page are read as Latin-1."""
    if b"\0" in data:
        raise EditError("Not a REAPER project: it holds binary data. Choose a file that ends in .RPP.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def parse(text: str) -> list[Node]:
    """The chunks at the top of a file: one project, or the tracks of a template. Any line ends. Raises EditError."""
    roots: list[Node] = []
    stack: list[Node] = []
    for number, row in enumerate(_rows(text), start=1):
        row = row.strip()
        if not row:
            continue
        if row == ">":
            if not stack:
                raise EditError(f"Line {number}: '>' closes nothing. The project is damaged; "
                                "save it again in REAPER or take its back-up (.RPP-bak).")
            stack.pop()
        elif _CHUNK.match(row):
            name, _, rest = row[1:].partition(" ")
            node = Node(name, tokens(rest), number)
            (stack[-1].rows if stack else roots).append(node)
            stack.append(node)
        elif stack:
            stack[-1].rows.append(row)
        else:
            raise EditError(f"Line {number}: not a REAPER project (it should begin with <REAPER_PROJECT). "
                            "Choose a file that ends in .RPP.")
    return _checked(roots, stack)


def _rows(text: str) -> list[str]:
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _checked(roots: list[Node], stack: list[Node]) -> list[Node]:
    if stack:
        raise EditError(f"Line {stack[-1].line}: <{stack[-1].name} is never closed. The project is cut off; "
                        "save it again in REAPER or take its back-up (.RPP-bak).")
    if not roots or any(root.name not in ROOTS for root in roots):
        found = f"<{roots[0].name}" if roots else "an empty file"
        raise EditError(f"Not a REAPER project: found {found}. Choose a file that ends in .RPP.")
    return roots

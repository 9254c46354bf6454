"""Names that files of other programs can hold."""
from __future__ import annotations


def one_line(text: str) -> str:
    """``text`` on one line: line breaks, tabs and other control characters become single blanks."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())

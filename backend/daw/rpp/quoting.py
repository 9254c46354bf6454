"""One line of a project file: tokens separated by blanks, quoted where they must be.

A token that is empty, holds a blank or a quote is enclosed in the first of ``"``, ``'`` and `````` that it does not
contain. There is no escape character: a text with all three loses its backticks (REAPER does the same). Texts that
look like numbers are quoted too: some readers would take a track called 007 for 7.
"""
from __future__ import annotations

import re

from backend.music.names import one_line

_QUOTES = "\"'`"
_NUMBER = re.compile(r"[+-]?(0[xX][0-9a-fA-F]+|[0-9]*\.?[0-9]*([eE][+-]?[0-9]+)?)")
Value = str | int | float


def quote(text: str) -> str:
    """``text`` as one token; line breaks and other control characters become blanks."""
    text = one_line(text)
    if _is_bare(text):
        return text
    for mark in _QUOTES:
        if mark not in text:
            return f"{mark}{text}{mark}"
    return "`" + text.replace("`", "'") + "`"


def _is_bare(text: str) -> bool:
    special = " " in text or any(mark in text for mark in _QUOTES) or text.startswith(("<", ">", "|"))
    return not special and not _NUMBER.fullmatch(text)


def number(value: int | float, decimals: int = 12) -> str:
    """A number without exponent, trailing zeros or a negative zero."""
    if isinstance(value, int):
        return str(value)
    text = f"{value:.{decimals}f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def tokens(line: str) -> list[str]:
    """The tokens of a line, unquoted. An unclosed quote runs to the end of the line, as in REAPER's own parser."""
    out: list[str] = []
    i, n = 0, len(line)
    while i < n:
        if line[i] in " \t":
            i += 1
            continue
        if line[i] in _QUOTES:
            end = line.find(line[i], i + 1)
            end = n if end < 0 else end
            out.append(line[i + 1:end])
            i = end + 1
            continue
        end = i
        while end < n and line[end] not in " \t":
            end += 1
        out.append(line[i:end])
        i = end
    return out

"""Edits of REAPER's settings files, byte for byte: what was there stays, what we add can be taken out again.

REAPER writes these files itself, in whatever encoding and line ending the system gave it; so they are never decoded,
only cut into lines.
"""
from __future__ import annotations

import re
from collections.abc import Callable


def line_ending(data: bytes) -> bytes:
    """The one the file uses more."""
    windows = data.count(b"\r\n")
    return b"\r\n" if windows * 2 > data.count(b"\n") else b"\n"


def append(data: bytes, block: bytes) -> bytes:
    """``block`` (lines ending in LF) at the end, in the file's own line ending, on a line of its own."""
    ending = line_ending(data)
    gap = b"" if not data or data.endswith(b"\n") else ending
    return data + gap + block.replace(b"\n", ending)


def without_lines(data: bytes, is_ours: Callable[[bytes], bool]) -> bytes:
    """The lines for which ``is_ours`` holds taken out."""
    return b"".join(line for line in data.splitlines(keepends=True) if not is_ours(line))


def without_block(data: bytes, begin: bytes, end: bytes) -> bytes:
    """Everything from a line ``begin`` to a line ``end`` taken out."""
    inside = False
    kept = []
    for line in data.splitlines(keepends=True):
        inside = inside or line.strip() == begin
        if not inside:
            kept.append(line)
        inside = inside and line.strip() != end
    return b"".join(kept)


def value_of(data: bytes, section: bytes, key: bytes) -> bytes | None:
    """What a key of a section is set to; None when it is not."""
    line = line_of(data, section, key)
    return None if line is None else line.split(b"=", 1)[1].rstrip(b"\r\n")


def line_of(data: bytes, section: bytes, key: bytes) -> bytes | None:
    """The whole line of a key, line ending included."""
    found = _place(data, section, key)
    return data[slice(*found)] if found else None


def with_value(data: bytes, section: bytes, key: bytes, value: bytes) -> bytes:
    """The key set, in place where it exists, else as the last line of its section (made where it is missing)."""
    ending = line_ending(data)
    line = key + b"=" + value + ending
    found = _place(data, section, key)
    if found:
        return data[:found[0]] + line + data[found[1]:]
    span = _section(data, section)
    if span is None:
        return append(data, b"[" + section + b"]\n" + key + b"=" + value + b"\n")
    end = span[0] + len(data[slice(*span)].rstrip(b"\r\n"))
    if end > span[0]:
        after_last_line = re.compile(rb"\r?\n").match(data, end)
        end = after_last_line.end() if after_last_line else end
    gap = b"" if data[:end].endswith(b"\n") else ending
    return data[:end] + gap + line + data[end:]


def with_line(data: bytes, section: bytes, key: bytes, line: bytes | None) -> bytes:
    """The key's line put back as it was; None takes it out."""
    found = _place(data, section, key)
    return data if found is None else data[:found[0]] + (line or b"") + data[found[1]:]


def _section(data: bytes, section: bytes) -> tuple[int, int] | None:
    """From after the header to the next header."""
    head = re.search(rb"^\[" + re.escape(section) + rb"\][ \t]*(\r?\n|\Z)", data, re.MULTILINE | re.IGNORECASE)
    if head is None:
        return None
    following = re.compile(rb"^\[", re.MULTILINE).search(data, head.end())
    return head.end(), following.start() if following else len(data)


def _place(data: bytes, section: bytes, key: bytes) -> tuple[int, int] | None:
    span = _section(data, section)
    if span is None:
        return None
    pattern = re.compile(rb"^" + re.escape(key) + rb"=[^\r\n]*(\r?\n|\Z)", re.MULTILINE | re.IGNORECASE)
    found = pattern.search(data, span[0], span[1])
    return found.span() if found else None

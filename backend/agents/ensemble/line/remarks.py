"""What the others said, in a line each: all that a speaker needs to hear of a chat."""
from __future__ import annotations

import json
import re
from collections.abc import Mapping

from backend.agents.ensemble.prompts import quoted, section

_CHARACTERS = 240


def sendable(text: str) -> str:
    """Text that can be sent as UTF-8: halves of characters that belong together are joined, others replaced."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def summary_of(reply: str) -> str:
    """The ``reasoning_summary`` of an envelope as one short line without invisible signs, "" where there is none."""
    found = re.search(r'"reasoning_summary"\s*:\s*("(?:[^"\\]|\\.)*")', reply)
    try:
        words = str(json.loads(found[1], strict=False)) if found else ""
    except ValueError:
        words = ""
    line = " ".join("".join(c if c.isprintable() else " " for c in sendable(words)).split())
    return line if len(line) <= _CHARACTERS else line[:_CHARACTERS - 3].rstrip() + "..."


def remarks_section(replies: Mapping[str, str]) -> str:
    """The section SAID with what each speaker last said, "" when nobody said anything."""
    lines = [f"{name}: {summary}" for name, reply in replies.items() if (summary := summary_of(reply))]
    return section("SAID", quoted("\n".join(lines))) + "\n\n" if lines else ""

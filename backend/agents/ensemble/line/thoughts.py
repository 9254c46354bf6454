"""Thoughts that a model writes before its answer, and what is left of a reply without them."""
from __future__ import annotations

import re

_END = re.compile(r"</think(?:ing)?>", re.IGNORECASE)
_BLOCK = re.compile(r"\A\s*<think(?:ing)?>.*?</think(?:ing)?>\s*", re.DOTALL | re.IGNORECASE)


def without_thoughts(text: str) -> str:
    """What follows the last end of thoughts, wherever they began (some servers swallow the beginning), as long as it
    holds an object; an end that stands in the words of an answer is followed by more closing than opening brackets."""
    rest = text[max((end.end() for end in _END.finditer(text)), default=0):]
    if "{" in rest and rest.count("}") <= rest.count("{"):
        return rest.lstrip() if rest != text else text
    return _BLOCK.sub("", text)

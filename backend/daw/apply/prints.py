"""Fingerprints: has an idea changed, does REAPER still hold what was left there."""
from __future__ import annotations

import json
import zlib
from typing import Any

_TOLERANCE = 1e-6
"""Seconds, amplitudes and pans survive REAPER's project file to more digits than this."""


def crc(idea: Any) -> int:
    """Of anything JSON can write; equal ideas have equal numbers."""
    return zlib.crc32(json.dumps(idea, separators=(",", ":")).encode("ascii"))


def crc_text(text: str) -> int:
    return zlib.crc32(text.encode("utf-8"))


def same(one: Any, other: Any) -> bool:
    """Numbers within a millionth of one another (or of their size), lists in every place, the rest exactly."""
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, (int, float)) and isinstance(other, (int, float)):
        return abs(one - other) <= _TOLERANCE * max(1.0, abs(one) if isinstance(one, float) else 1.0)
    return bool(one == other)


def compact(value: Any) -> str:
    """JSON on one line that REAPER's project file can quote: without apostrophes and backticks."""
    text = json.dumps(value, separators=(",", ":"))
    return text.replace("'", "\\u0027").replace("`", "\\u0060")

"""Bar numbers as runs: what plans say in ranges."""
from __future__ import annotations

from collections.abc import Iterable


def bar_runs(bars: Iterable[int]) -> list[tuple[int, int]]:
    """Rising bar numbers as inclusive runs (first, last)."""
    out: list[tuple[int, int]] = []
    for bar in bars:
        if out and out[-1][1] == bar - 1:
            out[-1] = (out[-1][0], bar)
        else:
            out.append((bar, bar))
    return out

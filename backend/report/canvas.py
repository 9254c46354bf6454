"""Drawing surface: axes on one time axis, and text that is safe whatever a clip is called."""
from __future__ import annotations

from typing import Any

from backend.report import theme

NAME_X = 0.012
"""Where the lanes' names begin, in figure shares."""


def plain(text: str) -> str:
    """Characters the font lacks become ``?`` and control characters blanks."""
    from matplotlib import font_manager

    font = font_manager.get_font(font_manager.findfont("DejaVu Sans"))
    shown = ("?" if font.get_char_index(ord(c)) == 0 else c for c in text)
    return "".join(" " if ord(c) < 32 else d for c, d in zip(text, shown, strict=True))


def shorten(text: str, length: int) -> str:
    return text if len(text) <= length else text[:max(1, length - 1)].rstrip() + "\u2026"


def write(axes: Any, x: float, y: float, text: str, **how: Any) -> Any:
    """Text at data coordinates (or ``transform``), never read as mathematics."""
    how.setdefault("fontsize", theme.SMALL)
    how.setdefault("color", theme.INK)
    return axes.text(x, y, plain(text), parse_math=False, clip_on=how.pop("clip_on", True), **how)


def lane(figure: Any, box: tuple[float, float, float, float], limits_s: tuple[float, float], name: str) -> Any:
    """Axes without frame or ticks at ``box`` (left, bottom, width, height in figure shares), named at the left."""
    axes = figure.add_axes(box)
    axes.set_xlim(*limits_s)
    axes.set_xticks([])
    axes.set_yticks([])
    for side in ("top", "right", "left", "bottom"):
        axes.spines[side].set_visible(False)
    axes.patch.set_alpha(0)
    if name:
        figure.text(NAME_X, box[1] + box[3], name, ha="left", va="top", fontsize=theme.LARGE, color=theme.INK,
                    fontweight="bold")
    return axes


def stack_rows(spans: list[tuple[float, float]], rows: int) -> list[int | None]:
    """A row for each span (start, end; sorted by start) such that none overlap; None where no row is free."""
    ends = [float("-inf")] * rows
    out: list[int | None] = []
    for start, end in spans:
        free = next((row for row in range(rows) if ends[row] <= start), None)
        if free is not None:
            ends[free] = end
        out.append(free)
    return out

"""HTML from data: every text is escaped here, nowhere else."""
from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from urllib.parse import quote


def text(value: object) -> str:
    """Escaped text; an en dash for None."""
    return "\u2013" if value is None else escape(str(value), quote=True)


def number(value: float | None, digits: int = 2, unit: str = "") -> str:
    """A figure with a typographic minus, or a dash."""
    if value is None:
        return "\u2013"
    shown = f"{round(value, digits) + 0.0:.{digits}f}".replace("-", "\u2212")
    return f"{shown}&nbsp;{text(unit)}" if unit else shown


def url(name: str) -> str:
    """A relative link to a file of the results folder."""
    return escape(quote(name.replace("\\", "/"), safe="/"), quote=True)


def tag(name: str, body: str, **attributes: str) -> str:
    """An element; attribute values are escaped, ``body`` is markup already."""
    written = "".join(f' {key.rstrip("_").replace("_", "-")}="{escape(value, quote=True)}"'
                      for key, value in attributes.items())
    return f"<{name}{written}>{body}</{name}>"


def table(head: Sequence[str], rows: Iterable[Sequence[str]], numeric: Sequence[int] = ()) -> str:
    """A table from markup cells; columns in ``numeric`` are set right."""
    def cell(kind: str, index: int, body: str) -> str:
        return f'<{kind} class="n">{body}</{kind}>' if index in numeric else f"<{kind}>{body}</{kind}>"

    header = "".join(cell("th", i, text(name)) for i, name in enumerate(head))
    body = "\n".join("<tr>" + "".join(cell("td", i, c) for i, c in enumerate(row)) + "</tr>" for row in rows)
    return f'<div class="scroll"><table><thead><tr>{header}</tr></thead><tbody>\n{body}\n</tbody></table></div>'


def section(title: str, body: str, name: str) -> str:
    """A titled stretch of the page."""
    return f'<section id="{text(name)}"><h2>{text(title)}</h2>\n{body}\n</section>' if body else ""


def details(title: str, body: str) -> str:
    """A stretch that is folded away until asked for."""
    return f"<details><summary>{text(title)}</summary>\n{body}\n</details>"

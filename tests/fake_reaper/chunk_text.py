"""State chunks as text: blocks of lines, kept to the letter."""
from __future__ import annotations

from dataclasses import dataclass, field

from backend.daw.rpp.quoting import quote, tokens


@dataclass
class Block:
    """``<head`` .. ``>``. ``rows`` are stripped lines and blocks."""

    head: str
    rows: list[str | Block] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.head.split(" ", 1)[0]

    @property
    def words(self) -> list[str]:
        """What follows the name, unquoted."""
        return tokens(self.head)[1:]

    def lines(self) -> list[str]:
        out = ["<" + self.head]
        for row in self.rows:
            out += [row] if isinstance(row, str) else row.lines()
        return [*out, ">"]


def read(text: str) -> Block:
    """One block. Raises ValueError for text that is none (cut off, or something behind its end)."""
    stack: list[Block] = []
    root: Block | None = None
    for line in text.splitlines():
        line = line.strip()
        if not line:
            continue
        if root is not None:
            raise ValueError("text behind the end of the chunk")
        if line == ">":
            if not stack:
                raise ValueError("'>' closes nothing")
            done = stack.pop()
            root = done if not stack else None
        elif line.startswith("<"):
            block = Block(line[1:])
            if stack:
                stack[-1].rows.append(block)
            stack.append(block)
        elif stack:
            stack[-1].rows.append(line)
        else:
            raise ValueError(f"'{line[:40]}' outside of a chunk")
    if root is None:
        raise ValueError("the chunk is cut off")
    return root


def indented(lines: list[str]) -> str:
    """As REAPER writes it: two blanks a level, every line ended."""
    out, depth = [], 0
    for line in lines:
        depth -= line == ">"
        out.append("  " * depth + line + "\n")
        depth += line.startswith("<")
    return "".join(out)


def number(value: float) -> str:
    """Without an exponent, exact enough to read the same number back."""
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    text = repr(float(value))
    return text if "e" not in text else f"{value:.25f}".rstrip("0")


def line(name: str, *values: float | str) -> str:
    return " ".join([name, *(quote(one) if isinstance(one, str) else number(one) for one in values)])


def floats(words: list[str], count: int) -> list[float]:
    """The first ``count`` numbers of a line; what is missing is 0."""
    return [float(word) for word in words[:count]] + [0.0] * max(0, count - len(words))

"""A chunk of a project file: ``<NAME parameters``, lines and further chunks, ``>``."""
from __future__ import annotations

from backend.daw.rpp.quoting import Value, number, quote


class Chunk:
    """Grows line by line. Strings are quoted as needed; ``raw`` lines are taken as they are."""

    def __init__(self, name: str, *values: Value) -> None:
        self._head = _line(name, values)
        self._rows: list[str | Chunk] = []

    def line(self, name: str, *values: Value) -> None:
        self._rows.append(_line(name, values))

    def raw(self, text: str) -> None:
        self._rows.append(text)

    def add(self, chunk: Chunk) -> Chunk:
        self._rows.append(chunk)
        return chunk

    def chunk(self, name: str, *values: Value) -> Chunk:
        return self.add(Chunk(name, *values))

    def text(self) -> str:
        """The whole chunk, indented by two blanks a level, with a line feed at the end."""
        return "\n".join(self._lines("")) + "\n"

    def _lines(self, indent: str) -> list[str]:
        out = [f"{indent}<{self._head}"]
        for row in self._rows:
            out += row._lines(indent + "  ") if isinstance(row, Chunk) else [f"{indent}  {row}"]
        return [*out, f"{indent}>"]


def _line(name: str, values: tuple[Value, ...]) -> str:
    return " ".join([name, *(quote(value) if isinstance(value, str) else number(value) for value in values)])

"""What a prompt contains, read strictly: a section or a column that is not there is named, never guessed."""
from __future__ import annotations

import csv
import io
import math
import re
from functools import cached_property

from backend.agents.stand_in.asked import Asked

Row = dict[str, str]


class Missing(Exception):
    """The prompt leaves out something that its reader needs."""


class Sheet:
    """The task of a request as sections, tables, figures and quoted words."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.speaker = asked.speaker

    @cached_property
    def sections(self) -> dict[str, str]:
        return self.asked.sections()

    def has(self, name: str) -> bool:
        return bool(self.sections.get(name))

    def text(self, name: str) -> str:
        """A section. Raises Missing."""
        if not self.has(name):
            raise Missing(f"the prompt of '{self.speaker}' has no section {name}")
        return self.sections[name]

    def quoted(self, name: str) -> str:
        """The fenced words of a section, "" where it is not there. Raises Missing where the fence is."""
        if not self.has(name):
            return ""
        match = re.search(r"^<<<\n(.*?)\n?>>>$", self.sections[name], flags=re.DOTALL | re.MULTILINE)
        if not match:
            raise Missing(f"the words in {name} of '{self.speaker}' are not fenced by <<< and >>>")
        return match[1]

    def pairs(self, name: str) -> dict[str, str]:
        """``key: value`` lines."""
        rows = (line.partition(":") for line in self.text(name).splitlines() if ":" in line)
        return {key.strip(): value.strip() for key, _, value in rows}

    def rows(self, name: str, *columns: str) -> list[Row]:
        """A table with a header that has ``columns`` and at least one row. Raises Missing."""
        found = self.rows_if_any(name, *columns)
        if not found:
            raise Missing(f"the table {name} of '{self.speaker}' is empty or not there")
        return found

    def rows_if_any(self, name: str, *columns: str) -> list[Row]:
        """The same of a table that may be absent."""
        if not self.has(name):
            return []
        reader = csv.DictReader(io.StringIO(self.sections[name]))
        lacking = [column for column in columns if column not in (reader.fieldnames or ())]
        if lacking:
            raise Missing(f"the table {name} of '{self.speaker}' has no column {', '.join(lacking)}")
        out = [{key: value or "" for key, value in row.items() if key is not None} for row in reader]
        if any(None in row for row in out):
            raise Missing(f"a row of {name} of '{self.speaker}' is longer than its header")
        return out

    def number(self, row: Row, column: str, name: str) -> float:
        """A figure of a table. Raises Missing where it is none."""
        try:
            value = float(row[column])
        except (KeyError, ValueError):
            value = math.nan
        if not math.isfinite(value):
            raise Missing(f"{name} of '{self.speaker}' has '{row.get(column, '')}' for {column}")
        return value

"""An item as it should stand."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from backend.domain.live import LiveItem


@dataclass(frozen=True)
class Placed:
    """``offset_s`` is where in its source the item begins. ``events`` as in LiveItem."""

    kind: str
    name: str
    start_s: float
    length_s: float
    events: str = ""
    file: str = ""
    offset_s: float = 0.0

    @property
    def idea(self) -> list[Any]:
        """Everything that makes it another idea."""
        return [self.kind, self.name, self.start_s, self.length_s, self.events, self.file, self.offset_s]

    @property
    def end_s(self) -> float:
        return self.start_s + self.length_s


def placed(item: LiveItem) -> Placed:
    return Placed(item.kind, item.name, item.start_s, item.length_s, item.events, item.file)

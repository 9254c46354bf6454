"""Markers and regions as REAPER lists them: in one mixed list.

Through REAPER's table of functions: its Python wrapper cannot hand out the name, which is a pointer to a pointer.
"""
from __future__ import annotations

import ctypes
from dataclasses import dataclass

from backend.daw.apply.host import Host
from backend.daw.apply.prints import crc_text, same

_TAKES = (ctypes.c_uint64, ctypes.c_int, *[ctypes.c_void_p] * 6)


@dataclass(frozen=True)
class Mark:
    """``index`` is the place in the mixed list, ``number`` what the user sees. A marker ends where it starts."""

    index: int
    number: int
    is_region: bool
    start_s: float
    end_s: float
    name: str
    color: int

    @property
    def place(self) -> tuple[float, float]:
        return self.start_s, self.end_s

    @property
    def print(self) -> int:
        return crc_text(self.name)

    def is_among(self, claims: list[list[float]]) -> bool:
        """``claims``: [number, start_s, end_s, crc of the name]."""
        return any(int(row[0]) == self.number and same(row[1:3], list(self.place)) and int(row[3]) == self.print
                   for row in claims)

    def comes_from(self, claim: list[float]) -> bool:
        """Whether this is what was claimed, moved or renamed; a number alone is soon another mark's."""
        return int(claim[0]) == self.number and (int(claim[3]) == self.print or same(claim[1:3], list(self.place)))

    def looks_like(self, other: Mark) -> bool:
        return (self.is_region, self.number, self.name) == (other.is_region, other.number, other.name)


def read_marks(host: Host) -> list[Mark]:
    call = ctypes.CFUNCTYPE(ctypes.c_int, *_TAKES)(host.api._ft["EnumProjectMarkers3"])
    region, start, end = ctypes.c_byte(), ctypes.c_double(), ctypes.c_double()
    name, number, color = ctypes.c_char_p(), ctypes.c_int(), ctypes.c_int()
    outs = [ctypes.addressof(out) for out in (region, start, end, name, number, color)]
    found: list[Mark] = []
    while call(0, len(found), *outs):
        text = (name.value or b"").decode("utf-8", "replace")
        is_region = bool(region.value)
        found.append(Mark(len(found), number.value, is_region, start.value, end.value if is_region else start.value,
                          text, color.value))
    return found

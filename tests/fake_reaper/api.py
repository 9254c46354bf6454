"""The module ``reaper_python`` as scripts see it."""
from __future__ import annotations

import ctypes as ct
import re
from collections.abc import Iterable
from types import ModuleType
from typing import Any

from tests.fake_reaper.calls import BIG_BUFFER, Calls, Group

_POINTER = re.compile(r"^\((\w+\*|HWND)\)0x([0-9A-F]+)$")


class ReaperPython(ModuleType):
    """Has the functions and ``_ft``. Any name it does not have is refused by that name."""

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"the fake REAPER has no '{name}'")


def build_api(calls: Calls, groups: Iterable[Group], table: dict[str, int]) -> ReaperPython:
    module = ReaperPython("reaper_python")
    for group in groups:
        for name, body in group.exports().items():
            setattr(module, f"RPR_{name}", calls.wrap(name, body))
    vars(module).update(_ft=table, rpr_getfp=table.__getitem__, rpr_packp=_packer(calls), rpr_packs=_packs,
                        rpr_packsc=_packsc, rpr_unpacks=_unpacks, rpr_unpackp=_unpackp)
    return module


def _packer(calls: Calls) -> Any:
    def rpr_packp(kind: str, pointer: Any) -> int:
        """The address of a live pointer of this kind (or of any, for ``void*``), else 0."""
        match = _POINTER.match(str(pointer))
        if match is None or kind not in (match[1], "void*"):
            return 0
        address = int(match[2], 16)
        return address if calls.pointers.find(str(pointer), match[1]) is not None else 0

    return rpr_packp


def _packsc(text: Any) -> ct.c_char_p:
    return ct.c_char_p(str(text).encode())


def _packs(text: Any) -> Any:
    return ct.create_string_buffer(str(text).encode(), BIG_BUFFER)


def _unpacks(buffer: Any) -> str:
    return str(buffer.value.decode())


def _unpackp(kind: str, address: int | None) -> str:
    return f"({kind})0x{address or 0:016X}"

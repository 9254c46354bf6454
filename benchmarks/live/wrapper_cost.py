"""What REAPER's Python wrapper costs a call, with C functions that do next to nothing in place of REAPER's.

The wrapper builds a function type from an address at every call, reads a pointer out of its text and has it checked by
another call; a string that may come back is a zeroed buffer of 4 MB.
"""
from __future__ import annotations

import ctypes as ct
import re
import time
from collections.abc import Callable

_BUFFER_BYTES = 4 * 1024 * 1024
_POINTER = "(MediaTrack*)0x000000000000002A"


def _address(name: str) -> int:
    return int(ct.cast(getattr(ct.CDLL(None), name), ct.c_void_p).value or 0)


_ABS, _STRLEN = _address("abs"), _address("strlen")


def _packed(pointer: str) -> int:
    found = re.match(r"^\((\w+\*|HWND)\)0x([0-9A-F]+)$", pointer)
    number = int(found[2], 16) if found else 0
    return number if ct.CFUNCTYPE(ct.c_int, ct.c_int)(_ABS)(number) else 0


def _numeric_call() -> int:
    return int(ct.CFUNCTYPE(ct.c_int, ct.c_int)(_ABS)(ct.c_int(_packed(_POINTER))))


def _string_call() -> str:
    _packed(_POINTER)
    buffer = ct.create_string_buffer(b"Instrument 1", _BUFFER_BYTES)
    ct.CFUNCTYPE(ct.c_int, ct.c_char_p)(_STRLEN)(buffer)
    return buffer.value.decode()


def _median_s(call: Callable[[], object], count: int) -> float:
    took = []
    for _ in range(count):
        start_s = time.thread_time()
        call()
        took.append(time.thread_time() - start_s)
    return sorted(took)[count // 2]


def measured() -> tuple[float, float]:
    """CPU seconds of a numeric and of a string call with one pointer each, medians of 1000."""
    return _median_s(_numeric_call, 1000), _median_s(_string_call, 1000)

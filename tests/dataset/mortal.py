"""Work that goes wrong, in a module that a worker loads at once."""
from __future__ import annotations

import os
from pathlib import Path


def mortal(task: tuple[int, str]) -> int:
    """Task 1 kills its worker the first time, task 3 every time."""
    number, marker = task
    if number == 3 or number == 1 and not Path(marker).exists():
        if number == 1:
            Path(marker).touch()
        os._exit(9)
    return number * number


def wrong(number: int) -> int:
    raise ValueError(f"task {number}")

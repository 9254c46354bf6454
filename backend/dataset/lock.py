"""One build at a time in the folder of a data set."""
from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from backend.holding import only_one


def only_build(folder: Path) -> AbstractContextManager[None]:
    """Hold ``folder``. Raises InputError at once when another build holds it, OutputError."""
    return only_one(folder, ".building", f"Another build is at work in '{folder}'. Wait until it is done, or give "
                                         "another folder with -o.")

"""Whole files or none: bytes reach their final name in one step."""
from __future__ import annotations

import errno
import os
from pathlib import Path

from backend.errors import OutputError


def write_whole(target: Path, data: bytes) -> None:
    """Write beside the target, then rename; an older file of that name stands until then. Raises OutputError."""
    partial = target.with_name(f".{target.name}.part")
    try:
        with partial.open("wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(partial, target)
    except OSError as error:
        raise cannot_write(target, error) from None
    finally:
        partial.unlink(missing_ok=True)


def cannot_write(target: Path, error: OSError) -> OutputError:
    """The one line a person gets for a file that cannot be written."""
    if error.errno == errno.ENOSPC:
        return OutputError(f"No space left to write '{target}'. Free some, then run the same command again.")
    return OutputError(f"Cannot write '{target}': {error.strerror or error}. Choose another folder (-o; in REAPER, "
                       "save the project elsewhere).")

"""Whole files or none: text and bytes reach their final name in one step."""
from __future__ import annotations

import errno
import os
from pathlib import Path

from backend.errors import OutputError


def write_whole(target: Path, data: bytes) -> None:
    """Write beside the target, then rename. Raises OutputError."""
    partial = target.with_name(f".{target.name}.part")
    try:
        partial.write_bytes(data)
        os.replace(partial, target)
    except OSError as error:
        partial.unlink(missing_ok=True)
        if error.errno == errno.ENOSPC:
            reason = f"No space left to write '{target}'. Free some, then run the same command again."
        else:
            reason = f"Cannot write '{target}': {error.strerror}. Give another folder with -o."
        raise OutputError(reason) from None

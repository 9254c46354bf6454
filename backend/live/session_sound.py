"""The sound files that an open session plays: every version is a file of its own.

REAPER knows a file by its name and keeps it open. Written over, it would go on playing the old sound (or, on Windows,
stop the render), and an earlier take or an undone step would play the new one. So the session never plays
``stems/*.wav``, which every render replaces, but copies named after what is in them, which stay.
"""
from __future__ import annotations

import hashlib
import os
import shutil
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from backend.domain.live import LiveItem, LivePlan
from backend.errors import OutputError

FOLDER = "in_session"


def with_own_sound(plan: LivePlan, folder: Path) -> LivePlan:
    """``plan`` with its audio in ``folder/in_session``. A file that is not there is left to the build, which says so.

    Raises OutputError when a copy cannot be written."""
    return replace(plan, tracks=tuple(
        replace(track, items=tuple(_kept(item, folder / FOLDER) for item in track.items)) for track in plan.tracks))


def _kept(item: LiveItem, folder: Path) -> LiveItem:
    source = Path(item.file)
    if item.kind != "audio" or not source.is_file():
        return item
    with source.open("rb") as sound:
        version = hashlib.file_digest(sound, "sha256").hexdigest()[:12]
    copy = folder / f"{source.stem}-{version}{source.suffix}"
    if not copy.is_file():
        _copy(source, copy)
    return replace(item, file=str(copy))


def _copy(source: Path, target: Path) -> None:
    """Whole or not at all. Raises OutputError."""
    part = target.with_name(f".{target.name}.part")
    try:
        target.parent.mkdir(exist_ok=True)
        shutil.copyfile(source, part)
        os.replace(part, target)
    except OSError as error:
        with suppress(OSError):
            part.unlink()
        raise OutputError(f"'{target}' cannot be written: {error.strerror}. Free some space, then run the action again."
                          ) from None

"""A mistake of ours as one line for the user, with the details in a log that the support bundle takes along."""
from __future__ import annotations

import os
import time
import traceback

from bridge.connection import state_folder
from bridge.errors import BridgeError
from reaper_scripts._errors import ActionError

LOG = "reaper-errors.log"
_MOST_BYTES = 500_000
_OURS = os.path.dirname(os.path.abspath(__file__))


def line_of(error: Exception) -> str:
    """What was written for the user as it stands; anything else named, placed and logged."""
    if isinstance(error, (ActionError, BridgeError)):
        return str(error)
    _write(error)
    frames = traceback.extract_tb(error.__traceback__)
    place = next((frame for frame in reversed(frames) if frame.filename.startswith(_OURS)), frames[-1])
    what = " ".join(str(error).split())[:200]
    return (f"a mistake of FilmComposer: {type(error).__name__}: {what} ({os.path.basename(place.filename)}, line "
            f"{place.lineno}). Run the action Support bundle and send the file in.")


def _write(error: Exception) -> None:
    text = time.strftime("%Y-%m-%d %H:%M:%S\n") + "".join(traceback.format_exception(error)) + "\n"
    try:
        folder = state_folder()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = folder / LOG
        too_large = file.is_file() and file.stat().st_size > _MOST_BYTES
        with file.open("w" if too_large else "a", encoding="utf-8", errors="replace") as log:
            log.write(text)
    except OSError:
        return  # the line on the screen has to do

"""Wishes that are no revision: which flag, or which document, decides them."""
from __future__ import annotations

import shlex
from collections.abc import Iterable

from backend.config import Options, options_from
from backend.cue_job import CueJob
from backend.domain.revision import Operation
from backend.errors import OptionError

FLAGS = ("Without a model: filmcomposer score DIR --bars A-B --tracks NAMES writes bars anew, filmcomposer lock DIR "
         "melody.instrument=cello_solo sets and keeps a field, and scheme.json and score.json may be edited by hand.")
_FLAGS = {"tempo": ("--tempo", "80-100", "brief"), "meter": ("--meter", "3/4", "brief"),
          "emotion": ("--emotion", "Sad", "describe"), "loudness": ("--loudness", "-23", ""),
          "title": ("--title", "TEXT", ""), "melody": ("--seed", "2", "compose")}
"""Topic -> flag, an example, and the stage that has to be made again for it."""
_FILES = {"hits": "hits.json", "rhythm": "spots.json", "harmony": "brief.json (progressions)"}


def elsewhere_lines(operations: Iterable[Operation], job: CueJob) -> tuple[str, ...]:
    """A line for every wish another stage decides: the command that does it."""
    folder = shlex.quote(str(job.folder.path))
    return tuple(dict.fromkeys(_line(one, folder) for one in operations if one.action == "elsewhere"))


def _line(operation: Operation, folder: str) -> str:
    if operation.topic in _FILES:
        return f"For the {operation.topic}: edit {_FILES[operation.topic]}, then filmcomposer score {folder}"
    if operation.topic == "length":
        return f"For the length: filmcomposer score {folder} --in TIME --out TIME --from analyze"
    flag, example, stage = _FLAGS[operation.topic]
    value = shlex.quote(operation.value.strip()) if _can_be(operation) else example
    again = f" --from {stage}" if stage else ""
    return f"For the {operation.topic}: filmcomposer score {folder} {flag}={value}{again}"


def _can_be(operation: Operation) -> bool:
    """Whether the value is one that the flag takes."""
    text = operation.value.strip()
    try:
        if operation.topic in ("tempo", "meter", "emotion"):
            options_from({operation.topic: text}).check()
        elif operation.topic == "loudness":
            Options(loudness=float(text)).check()
        elif operation.topic == "melody":
            Options(seed=int(text)).check()
        return bool(text) and text.isprintable() and len(text) <= 80
    except (OptionError, ValueError):
        return False

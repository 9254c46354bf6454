"""Several cues of one clip: a table of label, in, out and title."""
from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from backend.errors import InputError

_COLUMNS = ("label", "in", "out", "title")


@dataclass(frozen=True)
class CueLine:
    """``cue_in`` and ``cue_out`` as typed: seconds or timecode."""

    label: str
    cue_in: str
    cue_out: str
    title: str


def read_cues(path: Path) -> tuple[CueLine, ...]:
    """Read a CSV file with the header ``label,in,out,title`` (title may be left out). Raises InputError."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"--cues '{path}' cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise InputError(f"--cues '{path}' is not UTF-8 text.") from None
    reader = csv.DictReader(text.splitlines(), skipinitialspace=True)
    if not reader.fieldnames or not {"label", "in", "out"} <= {name.strip().lower() for name in reader.fieldnames}:
        raise InputError(f"--cues '{path}': the first line must be label,in,out,title.")
    cues = tuple(_cue(path, number, row) for number, row in enumerate(reader, start=2))
    labels = [cue.label for cue in cues]
    if not cues or len(set(labels)) != len(labels):
        raise InputError(f"--cues '{path}': give at least one cue, each with its own label.")
    return cues


def _cue(path: Path, line: int, row: dict[str, str | None]) -> CueLine:
    values = {(key or "").strip().lower(): value.strip() for key, value in row.items() if isinstance(value, str)}
    label, cue_in, cue_out, title = (values.get(column, "") for column in _COLUMNS)
    if not (label and cue_in and cue_out) or "/" in label or "\\" in label or label.startswith("."):
        raise InputError(f"--cues '{path}', line {line}: a cue needs a label like 1M1, an in and an out.")
    return CueLine(label, cue_in, cue_out, title)

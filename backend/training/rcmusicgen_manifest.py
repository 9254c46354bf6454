"""The manifest of a data set: one clip a line, JSON. Every mistake in it is one line with its number."""
from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backend.errors import InputError

SPLITS = ("train", "dev", "test")
MUSIC = ("genre", "instrumentation", "mood", "tempo")
VISUAL = ("setting", "brightness", "color_hue", "behavior", "view_scale", "emotion", "theme")
_KNOWN = {"id", "audio", "start", "duration", "codes", "rhythm", "text", "split", "weight", "license"}


@dataclass(frozen=True)
class Clip:
    """Music of ``duration_s`` from ``start_s`` of a file, what it should be conditioned on, and its rights."""

    name: str
    audio: Path | None
    start_s: float
    duration_s: float
    codes: Path | None
    times_s: tuple[float, ...]
    strengths: tuple[int, ...]
    music: Mapping[str, str]
    visual: Mapping[str, str]
    free: str
    split: str
    weight: float
    licence: str


def read_manifest(file: Path) -> list[Clip]:
    """Every clip, paths as seen from the manifest's folder. Raises InputError in one line."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise InputError(f"The manifest '{file}' cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise InputError(f"The manifest '{file}' is not text in UTF-8.") from None
    clips: list[Clip] = []
    seen: dict[str, int] = {}
    for number, line in enumerate(lines, 1):
        if line.strip():
            clip = _clip(line, file, number)
            if clip.name in seen:
                raise _wrong(file, number, f"'{clip.name}' is already the id of line {seen[clip.name]}")
            seen[clip.name] = number
            clips.append(clip)
    for split in ("train", "dev"):
        if not any(clip.split == split for clip in clips):
            raise InputError(f"The manifest '{file}' has no clip with \"split\": \"{split}\"; training needs some.")
    return clips


def _wrong(file: Path, number: int, what: str) -> InputError:
    return InputError(f"The manifest '{file}', line {number}: {what}.")


def _clip(line: str, file: Path, number: int) -> Clip:
    try:
        row = json.loads(line)
    except ValueError:
        raise _wrong(file, number, "this is not JSON") from None
    if not isinstance(row, dict):
        raise _wrong(file, number, "this is no JSON object")
    try:
        return _read(row, file.parent)
    except _Mistake as mistake:
        raise _wrong(file, number, str(mistake)) from None


class _Mistake(Exception):
    """What is wrong with a row."""


def _read(row: dict[str, Any], folder: Path) -> Clip:
    unknown = sorted(set(row) - _KNOWN)
    if unknown:
        raise _Mistake(f"'{unknown[0]}' is not known; there are {', '.join(sorted(_KNOWN))}")
    name = _text(row, "id")
    if not name:
        raise _Mistake("'id' is missing")
    audio, codes = (folder / path if path else None for path in (_text(row, "audio"), _text(row, "codes")))
    if audio is None and codes is None:
        raise _Mistake("'audio' or 'codes' is missing")
    split = _text(row, "split") or "train"
    if split not in SPLITS:
        raise _Mistake(f"'split' must be one of {', '.join(SPLITS)}, not '{split}'")
    duration_s = _number(row, "duration", 0.0)
    if duration_s <= 0:
        raise _Mistake("'duration' must be a number of seconds above 0")
    times_s, strengths = _spots(row.get("rhythm"))
    described = row.get("text") or {}
    if not isinstance(described, dict):
        raise _Mistake("'text' must be an object with music, visual and free")
    return Clip(name, audio, _number(row, "start", 0.0), duration_s, codes, times_s, strengths,
                _words(described, "music", MUSIC), _words(described, "visual", VISUAL), _text(described, "free"),
                split, _number(row, "weight", 1.0), _text(row, "license"))


def _text(row: dict[str, Any], name: str) -> str:
    value = row.get(name)
    if value is not None and not isinstance(value, str):
        raise _Mistake(f"'{name}' must be text")
    return value or ""


def _number(row: dict[str, Any], name: str, default: float) -> float:
    value = row.get(name, default)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value) or value < 0:
        raise _Mistake(f"'{name}' must be a number, 0 or more")
    return float(value)


def _words(described: dict[str, Any], table: str, known: tuple[str, ...]) -> dict[str, str]:
    words = described.get(table) or {}
    if not isinstance(words, dict) or not all(isinstance(value, str) for value in words.values()):
        raise _Mistake(f"'{table}' must be an object of texts")
    unknown = sorted(set(words) - set(known))
    if unknown:
        raise _Mistake(f"'{table}' has no '{unknown[0]}'; it has {', '.join(known)}")
    return {name: words[name].strip() for name in known if words.get(name, "").strip()}


def _spots(rhythm: Any) -> tuple[tuple[float, ...], tuple[int, ...]]:
    """Times and strengths, by time."""
    if rhythm is None:
        return (), ()
    if not isinstance(rhythm, dict) or not isinstance(rhythm.get("spots"), list):
        raise _Mistake("'rhythm' must be an object with a list 'spots'")
    spots = []
    for spot in rhythm["spots"]:
        numbers = isinstance(spot, list) and len(spot) == 2 and all(type(part) in (int, float) for part in spot)
        if not numbers or not math.isfinite(spot[0]) or spot[0] < 0 or spot[1] not in (1, 2, 3):
            raise _Mistake(f"a spot is [seconds, strength 1, 2 or 3], not {json.dumps(spot)}")
        spots.append((float(spot[0]), int(spot[1])))
    spots.sort()
    return tuple(time_s for time_s, _ in spots), tuple(strength for _, strength in spots)

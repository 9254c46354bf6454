"""What people wrote beside the clips: licences, the film a clip belongs to, words on picture and music.

``manifest.jsonl`` in the folder has one JSON object a line, ``{"clip": "a.mp4", "licence": "CC-BY-4.0", ...}``;
``licence.txt`` holds for its folder and those below, ``NAME.licence.txt`` for one clip.
"""
from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from backend.errors import InputError

MANIFEST = "manifest.jsonl"
UNKNOWN = "unknown"
MUSIC_WORDS = ("genre", "instrumentation", "mood", "tempo", "free")
PICTURE_WORDS = ("setting", "brightness", "hue", "behaviour", "view_scale", "emotion", "theme")
_KNOWN = ("clip", "music", "score", "licence", "license", "source", *MUSIC_WORDS, *PICTURE_WORDS)
_LICENCE_FILES = ("licence.txt", "license.txt", "LICENCE.txt", "LICENSE.txt", "LICENCE", "LICENSE")
_MOST_BYTES = 1 << 20


@dataclass(frozen=True)
class Said:
    """``words`` by the names of ``MUSIC_WORDS`` and ``PICTURE_WORDS``; ``music`` and ``score`` are names of files."""

    licence: str = UNKNOWN
    licence_from: str = ""
    source: str = ""
    music: str = ""
    score: str = ""
    words: dict[str, str] = field(default_factory=dict)


def read_manifest(folder: Path) -> dict[str, dict[str, str]]:
    """Lines of the folder's manifest by clip; empty without one. Raises InputError in one line."""
    file = folder / MANIFEST
    rows: dict[str, dict[str, str]] = {}
    if not file.is_file():
        return rows
    for number, line in enumerate(_text(file).splitlines(), 1):
        if line.strip():
            row = _row(line, file, number)
            if row["clip"] in rows:
                raise _wrong(file, number, f"the clip '{row['clip']}' has a line already")
            rows[row["clip"]] = row
    return rows


def said_of(clip: Path, folder: Path, manifest: dict[str, dict[str, str]]) -> Said:
    """What is said of a clip. Without a word, its source is the folder within ``folder`` that it lies in."""
    name = clip.relative_to(folder).as_posix()
    row = manifest.get(name, {})
    parents = clip.relative_to(folder).parts[:-1]
    licence, place = row.get("licence") or row.get("license") or "", MANIFEST
    if not licence:
        licence, place = _licence(clip, folder)
    words = {word: row[word] for word in (*MUSIC_WORDS, *PICTURE_WORDS) if row.get(word)}
    return Said(licence or UNKNOWN, place if licence else "", row.get("source") or (parents[0] if parents else ""),
                row.get("music", ""), row.get("score", ""), words)


def _licence(clip: Path, folder: Path) -> tuple[str, str]:
    places = [clip.with_name(f"{clip.stem}.{word}.txt") for word in ("licence", "license")]
    here = clip.parent
    while True:
        places += [here / name for name in _LICENCE_FILES]
        if here == folder:
            break
        here = here.parent
    for place in places:
        if place.is_file():
            text = _text(place).strip()
            if text:
                return _first_line(text), place.relative_to(folder).as_posix()
    return "", ""


def _first_line(text: str) -> str:
    """The licence's name: its first line."""
    line = " ".join(text.splitlines()[0].split())
    return line[:200]


def _text(file: Path) -> str:
    try:
        if file.stat().st_size > _MOST_BYTES * 64:
            raise InputError(f"'{file}' is too large to be read. Split the folder.")
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"'{file}' is not text in UTF-8. Save it as UTF-8.") from None
    except OSError as error:
        raise InputError(f"'{file}' cannot be read: {error.strerror}.") from None


def _row(line: str, file: Path, number: int) -> dict[str, str]:
    try:
        row: Any = json.loads(line)
    except (ValueError, RecursionError):
        raise _wrong(file, number, "this is not JSON") from None
    if not isinstance(row, dict):
        raise _wrong(file, number, "this is no JSON object")
    unknown = [name for name in row if name not in _KNOWN]
    if unknown:
        raise _wrong(file, number, f"'{unknown[0]}' is not known; there are {', '.join(_KNOWN)}")
    bad = [name for name, value in row.items() if value is not None and not isinstance(value, str)]
    if bad:
        raise _wrong(file, number, f"'{bad[0]}' must be text")
    if not row.get("clip"):
        raise _wrong(file, number, "'clip' is missing")
    return {name: " ".join(value.split()) if name not in ("clip", "music", "score") else value
            for name, value in row.items() if value}


def _wrong(file: Path, number: int, what: str) -> InputError:
    return InputError(f"'{file}', line {number}: {what}.")

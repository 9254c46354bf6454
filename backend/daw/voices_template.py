"""The FX chain of a track template, ready to be put on a track of ours."""
from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

SUFFIX = ".RTrackTemplate"
_PLUGIN = re.compile(r'<(?:VST|AU|CLAP)\s+(?:"((?:VST3?|AU|CLAP)i?: [^"]+)"|\'([^\']+)\'|`([^`]+)`)')


@dataclass(frozen=True)
class Chain:
    """``text`` is the ``<FXCHAIN`` block; ``instruments`` are its instrument plug-ins as REAPER shows them."""

    text: str
    instruments: tuple[str, ...]


def find_template(name: str, resource_folder: Path | None, beside: Path | None) -> Path | None:
    """The file of a template: a path (a relative one lies beside the palette), or a name in TrackTemplates."""
    if name.lower().endswith(SUFFIX.lower()):
        path = Path(name).expanduser()
        path = path if path.is_absolute() or beside is None else beside / path
        if path.is_file():
            return path
    if resource_folder is None:
        return None
    wanted = name.lower().removesuffix(SUFFIX.lower())
    files = sorted((resource_folder / "TrackTemplates").rglob("*"))
    return next((file for file in files if file.suffix.lower() == SUFFIX.lower() and file.is_file()
                 and wanted in (file.stem.lower(), _place(file, resource_folder))), None)


def _place(file: Path, resource_folder: Path) -> str:
    """``strings/violins`` for a template in a folder of its own."""
    return file.relative_to(resource_folder / "TrackTemplates").with_suffix("").as_posix().lower()


def read_chain(text: str) -> Chain | None:
    """The FX chain of the first track that has one.

    Windows stay closed, and plug-ins lose the identity they had in the template: the chain may go on many tracks.
    """
    lines = text.splitlines()
    start = next((i for i, line in enumerate(lines) if line.strip().split(" ")[0] == "<FXCHAIN"), None)
    if start is None:
        return None
    kept: list[str] = []
    depth = 0
    for line in (raw.strip() for raw in lines[start:]):
        depth += line.startswith("<")
        if depth > 1 or not line.startswith("FXID "):
            kept.append(_closed(line) if depth == 1 else line)
        depth -= line == ">"
        if depth == 0:
            break
    shown = [next(filter(None, match.groups())) for match in map(_PLUGIN.match, kept) if match]
    return Chain("\n".join(kept), tuple(name for name in shown if name.split(":")[0].endswith("i")))


def _closed(line: str) -> str:
    word, _, rest = line.partition(" ")
    return "SHOW 0" if word == "SHOW" else f"FLOATPOS {rest}" if word == "FLOAT" else line


def bypassed(chain: str) -> str:
    """The same chain with every plug-in bypassed."""
    out, depth = [], 0
    for line in chain.split("\n"):
        depth += line.startswith("<")
        words = line.split(" ")
        if depth == 1 and words[0] == "BYPASS":
            line = " ".join(("BYPASS", "1", *words[2:]))
        out.append(line)
        depth -= line == ">"
    return "\n".join(out)

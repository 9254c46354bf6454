"""The clips of a folder and the music beside them."""
from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from backend.dataset.item import Rejected
from backend.dataset.sidecars import Said, read_manifest, said_of
from backend.errors import InputError

PICTURES = (".mp4", ".mov", ".mkv", ".webm", ".avi", ".m4v", ".mpg", ".mpeg", ".ogv", ".mxf")
SOUNDS = (".wav", ".flac", ".aif", ".aiff", ".mp3", ".ogg", ".opus", ".m4a")
SCORES = (".mid", ".midi", ".musicxml", ".mxl")
"""Where several lie beside a clip, the first in this order is taken."""
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Candidate:
    """A clip, the sound and the score beside it (None: its own sound track), what is said of it; paths are whole."""

    name: str
    clip: Path
    sound: Path | None
    score: Path | None
    said: Said


@dataclass(frozen=True)
class Hashes:
    """SHA-256 of the files of a candidate; empty for a file that is not there. ``trouble``: why one cannot be read."""

    clip: str = ""
    sound: str = ""
    score: str = ""
    trouble: str = ""

    @property
    def id(self) -> str:
        """Of the contents alone: it survives renaming and moving."""
        return hashlib.sha256("/".join((self.clip, self.sound, self.score)).encode()).hexdigest()[:20]

    @property
    def music(self) -> str:
        """Of what is heard: items that share it stay in one split."""
        return self.sound or self.score or self.clip


@dataclass(frozen=True)
class Found:
    """``lonely``: music that lies beside no clip; ``nameless``: files whose names are no text; as paths within the
    folder."""

    candidates: tuple[Candidate, ...]
    lonely: tuple[str, ...]
    nameless: tuple[str, ...] = ()


def find(folder: Path, output: Path) -> Found:
    """Everything in a folder and those below, in order of name, but what lies in ``output``. Raises InputError."""
    root = _checked(folder)
    every = [path for path in sorted(root.rglob("*")) if path.is_file() and not _left_out(path, root, output)]
    files = [path for path in every if _is_text(path.relative_to(root).as_posix())]
    nameless = tuple(_as_text(path.relative_to(root).as_posix()) for path in sorted({*every} - {*files}))
    manifest = read_manifest(root)
    candidates = tuple(_candidate(path, root, manifest) for path in files if path.suffix.lower() in PICTURES)
    names = {candidate.name for candidate in candidates}
    missing = [name for name in manifest if name not in names]
    if missing:
        raise InputError(f"'{root / 'manifest.jsonl'}' names the clip '{missing[0]}', which is not there. Correct it.")
    if not candidates:
        raise InputError(f"There is no film clip in '{folder}'. Give a folder with files like name.mp4, and their "
                         "music beside them as name.wav, name.mid or in their own sound track.")
    used = {path for candidate in candidates for path in (candidate.sound, candidate.score)}
    stems = {(candidate.clip.parent, candidate.clip.stem) for candidate in candidates}
    lonely = tuple(path.relative_to(root).as_posix() for path in files if path.suffix.lower() in (*SOUNDS, *SCORES)
                   and path not in used and (path.parent, path.stem) not in stems)
    return Found(candidates, lonely, nameless)


def _is_text(name: str) -> bool:
    return _as_text(name) == name


def _as_text(name: str) -> str:
    """Bytes of a name that are no UTF-8 become question marks."""
    return name.encode("utf-8", "replace").decode()


def _checked(folder: Path) -> Path:
    if not folder.exists():
        raise InputError(f"There is no folder '{folder}'. Check the path.")
    if not folder.is_dir():
        raise InputError(f"'{folder}' is a file. Give a folder of clips and music.")
    return folder.resolve()


def _left_out(path: Path, root: Path, output: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.relative_to(root).parts)
    return hidden or (output != root and path.is_relative_to(output))


def _candidate(clip: Path, root: Path, manifest: dict[str, dict[str, str]]) -> Candidate:
    said = said_of(clip, root, manifest)
    return Candidate(clip.relative_to(root).as_posix(), clip, _named(root, said.music) or _beside(clip, SOUNDS),
                     _named(root, said.score) or _beside(clip, SCORES), said)


def _named(root: Path, name: str) -> Path | None:
    """A file that the manifest names. Raises InputError when it is not there."""
    if not name:
        return None
    path = (root / name).resolve()
    if not path.is_file():
        raise InputError(f"'{root / 'manifest.jsonl'}' names '{name}', which is not there. Correct it.")
    return path


def _beside(clip: Path, endings: tuple[str, ...]) -> Path | None:
    for ending in endings:
        for path in (clip.with_suffix(ending), clip.with_suffix(ending.upper())):
            if path.is_file():
                return path
    return None


def hashed(candidate: Candidate) -> Hashes:
    """Hashes of the contents. Never raises for a file: what is wrong is in ``trouble``."""
    try:
        return Hashes(*(sha256(path) if path else "" for path in (candidate.clip, candidate.sound, candidate.score)))
    except Rejected as rejected:
        name = hashlib.sha256(candidate.name.encode("utf-8", "surrogateescape")).hexdigest()
        return Hashes(clip=f"unread {name}", trouble=rejected.detail)


def sha256(path: Path) -> str:
    """Raises Rejected when the file cannot be read."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                digest.update(chunk)
    except OSError as error:
        raise Rejected("unreadable", f"'{path.name}' cannot be read: {error.strerror}.") from None
    return digest.hexdigest()

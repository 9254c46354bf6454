"""The folder of a data set. Every file appears whole under its name; a document appears after what it speaks of.

    audio/ID.flac  items/ID.json  rejected/ID.json  clips/HASH.mp4 (on request)  manifest.jsonl  report.json  report.md
"""
from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from backend.dataset.item import DatasetItem, Rejection
from backend.domain import serial
from backend.errors import OutputError
from backend.files import cannot_write

_WORK = ".work"
_CHUNK = 4 << 20
Document = TypeVar("Document", DatasetItem, Rejection)


@dataclass(frozen=True)
class Place:
    """``folder`` is a whole path, the same on every machine that works on the data set."""

    folder: Path

    def open(self) -> Place:
        """Make what is missing, and remove what a killed build left half-done. Raises OutputError."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            shutil.rmtree(self.folder / _WORK, ignore_errors=True)
            for name in ("audio", "items", "rejected", _WORK):
                (self.folder / name).mkdir(exist_ok=True)
        except (FileExistsError, NotADirectoryError):
            raise OutputError(f"'{self.folder}' is a file, or holds one in the way. Give another folder with -o."
                              ) from None
        except OSError as error:
            raise cannot_write(self.folder, error) from None
        return self

    def close(self) -> None:
        shutil.rmtree(self.folder / _WORK, ignore_errors=True)

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """A folder of its own beside the results: two workers that make one item never write into one file."""
        folder = self.folder / _WORK / f"{os.getpid()}-{secrets.token_hex(8)}"
        try:
            folder.mkdir()
        except OSError as error:
            raise cannot_write(folder, error) from None
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def write(self, target: Path, data: bytes) -> None:
        try:
            with target.open("wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
        except OSError as error:
            raise cannot_write(target, error) from None

    def write_whole(self, name: str, data: bytes) -> None:
        """Bytes under a name within the folder, in one step. Raises OutputError."""
        with self.scratch() as folder:
            part = folder / "part"
            self.write(part, data)
            self._move(part, self.folder / name)

    def _move(self, part: Path, target: Path) -> None:
        try:
            os.replace(part, target)
        except OSError as error:
            raise cannot_write(target, error) from None

    def audio_name(self, item: str) -> str:
        return f"audio/{item}.flac"

    def publish_audio(self, file: Path, item: str) -> None:
        self._move(file, self.folder / self.audio_name(item))

    def copy_clip(self, clip: Path, sha256: str) -> str:
        """The name of the copy within the folder."""
        name = f"clips/{sha256[:20]}{clip.suffix.lower()}"
        target = self.folder / name
        if not target.is_file():
            with self.scratch() as folder:
                part = folder / "part"
                try:
                    target.parent.mkdir(exist_ok=True)
                    with clip.open("rb") as source, part.open("wb") as stream:
                        shutil.copyfileobj(source, stream, _CHUNK)
                        stream.flush()
                        os.fsync(stream.fileno())
                except OSError as error:
                    raise cannot_write(target, error) from None
                self._move(part, target)
        return name

    def write_item(self, item: DatasetItem) -> None:
        self.write_whole(f"items/{item.id}.json", serial.dumps(item).encode())
        self._drop(f"rejected/{item.id}.json")

    def write_rejection(self, rejection: Rejection) -> None:
        self.write_whole(f"rejected/{rejection.id}.json", serial.dumps(rejection).encode())
        self._drop(f"items/{rejection.id}.json")
        self._drop(self.audio_name(rejection.id))

    def _drop(self, name: str) -> None:
        try:
            (self.folder / name).unlink(missing_ok=True)
        except OSError as error:
            raise cannot_write(self.folder / name, error) from None

    def finished(self, item: str, made_from: str) -> DatasetItem | Rejection | None:
        """What an earlier build made of the same things, if all of it is there still."""
        made = self._read(DatasetItem, f"items/{item}.json")
        if made is not None and made.made_from == made_from and self._has_all(made):
            return made
        rejection = self._read(Rejection, f"rejected/{item}.json")
        return rejection if rejection is not None and rejection.made_from == made_from else None

    def _has_all(self, item: DatasetItem) -> bool:
        return all((self.folder / name).is_file() for name in (item.music.file.path, item.clip.copy) if name)

    def _read(self, kind: type[Document], name: str) -> Document | None:
        """None for a document that is not there, or that is of another version or was edited into no document."""
        try:
            return serial.loads(kind, (self.folder / name).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, serial.SchemaError):
            return None

    def seen_from(self, path: Path) -> str:
        """A path as seen from the folder; whole where no relative one exists."""
        try:
            return Path(os.path.relpath(path, self.folder)).as_posix()
        except ValueError:
            return path.as_posix()

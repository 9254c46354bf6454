"""The results folder: documents in, documents out, and who wrote what.

Every write goes to a temporary name and is renamed. The folder remembers the hash of each file a stage wrote, so an
edited file is known as edited, and the inputs a stage was made from, so an unchanged stage is not done twice.
"""
from __future__ import annotations

import hashlib
import json
import os
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Any, TypeVar, cast

from backend.domain import serial
from backend.errors import EditError, OutputError
from backend.files import cannot_write, write_whole
from backend.holding import only_one

T = TypeVar("T")
STATE_FILE = ".filmcomposer.json"


def digest(*parts: object) -> str:
    """A short hash of texts and plain data."""
    text = json.dumps(parts, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


class ResultsFolder:
    """A cue's folder. Raises OutputError when it cannot be written, EditError when a document cannot be read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._state: dict[str, Any] = {"stages": {}, "options": {}, "clip": "", "clip_hash": ""}
        self._read: dict[str, tuple[str, Any]] = {}

    def open(self) -> ResultsFolder:
        """Create the folder, check that it can be written, and read what is remembered."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError):
            raise OutputError(f"'{self.path}' or a folder above it is a file. Move that file, or choose another folder "
                              "(-o; in REAPER, save the project elsewhere).") from None
        except OSError as error:
            raise cannot_write(self.path, error) from None
        self._read_state()
        return self

    def held(self) -> AbstractContextManager[None]:
        """Nobody else works in this folder meanwhile. Raises InputError at once where somebody does."""
        return only_one(self.path, ".working", f"Another run is at work in '{self.path}'. Wait until it is done, or "
                                               "give another folder with -o.")

    def discard_if_empty(self) -> None:
        """Take the folder back when nothing was written into it."""
        with suppress(OSError):
            self.path.rmdir()

    def _read_state(self) -> None:
        file = self.path / STATE_FILE
        if not file.is_file():
            return
        try:
            state = json.loads(file.read_text(encoding="utf-8"))
            self._state = {"stages": dict(state["stages"]), "options": dict(state["options"]),
                           "clip": str(state["clip"]), "clip_hash": str(state.get("clip_hash", ""))}
            if state.get("making"):
                self._state["making"] = {"stage": str(state["making"]["stage"]),
                                         "before": dict(state["making"]["before"]),
                                         "asides": dict(state["making"].get("asides", {}))}
        except (ValueError, KeyError, TypeError, OSError):
            raise EditError(f"{file} is damaged. Delete it: the results stay, every stage is done again.") from None

    @property
    def is_known(self) -> bool:
        """A folder of ours with a remembered clip."""
        return bool(self._state["clip"])

    @property
    def clip(self) -> Path:
        """The clip this folder was made from."""
        return Path(os.path.normpath(self.path / self._state["clip"]))

    @property
    def options(self) -> dict[str, Any]:
        return dict(self._state["options"])

    @property
    def clip_hash(self) -> str:
        return str(self._state["clip_hash"])

    def remember(self, clip: Path, clip_hash: str, options: dict[str, Any]) -> None:
        self._state["clip"] = relative_to(clip, self.path)
        self._state["clip_hash"] = clip_hash
        self._state["options"] = {k: v for k, v in options.items() if v is not None}
        self._save_state()

    def _save_state(self) -> None:
        self.write_text(STATE_FILE, json.dumps(self._state, indent=1, sort_keys=True, ensure_ascii=False) + "\n")

    # documents

    def file(self, name: str) -> Path:
        return self.path / name

    def has(self, *names: str) -> bool:
        return all(self.file(name).is_file() for name in names)

    def load(self, kind: type[T], name: str) -> T:
        """Read a document (parsed once for each text it has had). Raises EditError with file and field."""
        try:
            text = self.file(name).read_text(encoding="utf-8")
            if name not in self._read or self._read[name][0] != text:
                self._read[name] = (text, serial.loads(kind, text))
            return cast(T, self._read[name][1])
        except serial.SchemaError as error:
            raise EditError(f"{self.file(name)}: {error}. Mend it, or delete the file to have it made again.") from None
        except UnicodeDecodeError:
            raise EditError(f"{self.file(name)} is not UTF-8 text. Save it as UTF-8, or delete it.") from None
        except OSError as error:
            raise EditError(f"{self.file(name)} cannot be read: {error.strerror}.") from None

    def save(self, name: str, document: Any) -> None:
        self.write_text(name, serial.dumps(document))

    def write_text(self, name: str, text: str) -> None:
        self.write_bytes(name, text.encode("utf-8"))

    def write_bytes(self, name: str, data: bytes) -> None:
        write_whole(self.file(name), data)

    # who wrote what

    def hash_of(self, name: str) -> str:
        file = self.file(name)
        return hashlib.sha256(file.read_bytes()).hexdigest()[:32] if file.is_file() else ""

    def begin(self, stage: str, names: tuple[str, ...], asides: dict[str, str]) -> dict[str, str]:
        """``stage`` is about to write ``names``: a run that is killed before it is recorded leaves files of its own.

        ``asides`` (new name -> own name) are those of this run; returned with those of runs that were killed in it.
        """
        making = self._state.get("making", {})
        earlier = making.get("asides", {}) if making.get("stage") == stage else {}
        asides = {**{aside: name for aside, name in earlier.items() if self.has(aside)}, **asides}
        self._state["making"] = {"stage": stage, "before": {name: self.hash_of(name) for name in names},
                                 "asides": asides}
        if self.is_known:  # the first stage may still find that the clip is none, and leave no folder
            self._save_state()
        return asides

    def in_doubt(self, stage: str, names: tuple[str, ...]) -> tuple[str, ...]:
        """Files that changed since ``stage`` began and was never recorded: a killed run's, or an edit made since."""
        making = self._state.get("making", {})
        if making.get("stage") != stage:
            return ()
        files = self._state["stages"].get(stage, {}).get("files", {})
        return tuple(n for n in names
                     if self.has(n) and self.hash_of(n) not in (making["before"].get(n), files.get(n)))

    def record(self, stage: str, key: str, names: tuple[str, ...], yours: tuple[str, ...] = ()) -> None:
        """``names`` as they stand now belong to ``stage``, made from inputs hashed as ``key``; ``yours`` among them
        came from the user and are kept until deleted."""
        self._state["stages"][stage] = {"key": key, "files": {name: self.hash_of(name) for name in names},
                                        "yours": sorted(set(yours))}
        self._state.pop("making", None)
        self._save_state()

    def drop_old(self, stage: str, names: tuple[str, ...]) -> None:
        """Remove files that an earlier run of the stage wrote under names it no longer uses, unless edited."""
        recorded = self._state["stages"].get(stage, {}).get("files", {})
        for name, written in recorded.items():
            if name not in names and written and self.hash_of(name) == written:
                self.file(name).unlink()

    def key_of(self, stage: str) -> str | None:
        entry = self._state["stages"].get(stage)
        return entry["key"] if entry else None

    def edited(self, stage: str, names: tuple[str, ...]) -> tuple[str, ...]:
        """Existing files of a stage that differ from what was recorded (or never were)."""
        files = self._state["stages"].get(stage, {}).get("files", {})
        return tuple(n for n in names if self.has(n) and self.hash_of(n) != files.get(n))

    def yours(self, stage: str) -> tuple[str, ...]:
        """Files of a stage that came from the user in an earlier run and are still there."""
        entry = self._state["stages"].get(stage, {})
        return tuple(name for name in entry.get("yours", ()) if self.has(name))

    def yours_now(self, stage: str, names: tuple[str, ...]) -> tuple[str, ...]:
        """Those of ``names`` that are the user's: edited now or in an earlier run; none in a folder that is new."""
        mine = (*self.edited(stage, names), *self.yours(stage)) if self.is_known else ()
        return tuple(name for name in names if name in mine)

    def set_aside(self, name: str) -> str:
        """Keep an edited file under a new name before it is made again; the new name."""
        file = self.file(name)
        number = 1
        while (aside := file.with_name(f"{file.stem}.edited-{number}{file.suffix}")).exists():
            number += 1
        os.replace(file, aside)
        return aside.name

    def drop_twins(self, asides: dict[str, str]) -> dict[str, str]:
        """``asides`` (where it was set aside -> name) without those that the stage has now made again to the bit."""
        for aside, name in asides.items():
            if self.hash_of(name) == self.hash_of(aside):
                self.file(aside).unlink()
        return {aside: name for aside, name in asides.items() if self.has(aside)}


def relative_to(file: Path, folder: Path) -> str:
    """``file`` as seen from ``folder``, with forward slashes; absolute where no relative path exists."""
    try:
        return Path(os.path.relpath(file.resolve(), folder.resolve())).as_posix()
    except ValueError:
        return file.resolve().as_posix()

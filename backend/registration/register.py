"""Registers and unregisters: shows the changes, keeps a copy of every file from before, writes whole files.

What was there before lies under ``FilmComposer/installed`` in REAPER's resource folder, beside what we wrote. A file
that nobody touched since goes back to those very bytes; from one that REAPER or the user changed, only our lines are
taken out. The user's own files under ``FilmComposer`` (palette.json) are left alone.
"""
from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backend.registration.files import Wanted
from backend.registration.problem import RegistrationError

FOLDER = Path("FilmComposer") / "installed"
_RECORD = "installed.json"
Say = Callable[[str], None]


@dataclass(frozen=True)
class Change:
    """One file's bytes now (None: there is none) and then (None: it goes)."""

    name: str
    now: bytes | None
    then: bytes | None
    why: str

    @property
    def is_due(self) -> bool:
        return self.now != self.then


class Register:
    """The settings files under one resource folder. Raises RegistrationError when they cannot be read or written."""

    def __init__(self, resource: Path, say: Say) -> None:
        self._resource = resource
        self._say = say
        self._keep = resource / FOLDER
        self._record = self._read_record()
        self._was_known = bool(self._record["files"])

    def install(self, files: tuple[Wanted, ...], dry_run: bool) -> bool:
        """Whether anything was (or would be) changed."""
        changes = [self._coming(file) for file in files]
        self._tell(changes, "already as it should be")
        if dry_run:
            return any(change.is_due for change in changes)
        try:
            for file, change in zip(files, changes, strict=True):
                self._keep_copies(file, change)
            self._write_record(files, changes)
            return self._write(changes)
        except OSError as error:
            self._forget_a_first_try()
            raise _cannot_write(error) from None

    def uninstall(self, files: tuple[Wanted, ...], dry_run: bool) -> bool:
        """Takes everything out again; whether anything was (or would be) changed."""
        known = self._record["files"]
        changes = ([self._going(file) for file in files if file.name in known] if known
                   else [self._found(file) for file in files])
        if not known and not any(change.is_due for change in changes):
            self._say("  FilmComposer is not registered here; nothing to do.")
            return False
        self._tell(changes, "nothing of ours left in it")
        if not known:
            self._say("  The record of what was here before is gone: Python's place in reaper.ini stays as it is.")
        if dry_run:
            return True
        try:
            self._write(changes)
        except OSError as error:
            raise _cannot_write(error) from None
        shutil.rmtree(self._keep, ignore_errors=True)
        for name in (*self._record["folders"], str(FOLDER.parent)):
            with suppress(OSError):
                (self._resource / name).rmdir()
        return True

    def _coming(self, file: Wanted) -> Change:
        now = self._read(file.name)
        return Change(file.name, now, file.put(now or b""), file.why)

    def _going(self, file: Wanted) -> Change:
        now, existed = self._read(file.name), self._record["files"][file.name]
        if now is None:
            return Change(file.name, None, None, "you deleted it")
        before, written = self._copy("before", file.name), self._copy("written", file.name)
        if now == written:
            return Change(file.name, now, before if before or existed else None, "back to what it was")
        rest = file.take(now, before, written)
        return Change(file.name, now, rest if rest or existed else None, "our part taken out")

    def _found(self, file: Wanted) -> Change:
        """What can be told as ours without a record."""
        now = self._read(file.name)
        rest = None if now is None else file.without(now)
        return Change(file.name, now, now if rest == now else rest or None, "our part taken out")

    def _forget_a_first_try(self) -> None:
        """Nothing was written: no folder of ours is left where there was none."""
        if not self._was_known:
            shutil.rmtree(self._keep, ignore_errors=True)
            for name in (*self._record["folders"], str(FOLDER.parent)):
                with suppress(OSError):
                    (self._resource / name).rmdir()

    def _tell(self, changes: list[Change], idle: str) -> None:
        for change in changes:
            self._say(f"  {change.name}: {change.why if change.is_due else idle}")

    def _keep_copies(self, file: Wanted, change: Change) -> None:
        """The bytes without us and with us; what changed since an earlier run is the user's or REAPER's."""
        before = file.without(change.now or b"")
        if change.name in self._record["files"]:
            written = self._copy("written", change.name)
            older = self._copy("before", change.name)
            now = change.now or b""
            before = older if now == written else file.take(now, older, written)
        self._replace(self._keep / "before" / change.name, before)
        self._replace(self._keep / "written" / change.name, change.then or b"")

    def _copy(self, kind: str, name: str) -> bytes:
        file = self._keep / kind / name
        try:
            return file.read_bytes()
        except OSError:
            raise RegistrationError(f"the copy '{file}' is gone. Take our lines out of {name} by hand, then delete "
                                    f"'{self._keep}'.") from None

    def _read(self, name: str) -> bytes | None:
        file = self._resource / name
        try:
            return file.read_bytes() if file.is_file() else None
        except OSError as error:
            raise RegistrationError(f"'{file}' cannot be read: {error.strerror}.") from None

    def _write(self, changes: list[Change]) -> bool:
        """All of them, or none: what was written goes back when a later one fails."""
        done: list[Change] = []
        try:
            for change in (change for change in changes if change.is_due):
                self._put(change.name, change.then)
                done.append(change)
        except OSError as error:
            for change in done:
                self._put(change.name, change.now)
            raise error
        return bool(done)

    def _put(self, name: str, data: bytes | None) -> None:
        file = self._resource / name
        if data is None:
            file.unlink(missing_ok=True)
        else:
            self._replace(file, data)

    def _replace(self, file: Path, data: bytes) -> None:
        """Whole or not at all, through links to the file they mean, with the mode it had."""
        file = file.resolve()
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_name(file.name + ".filmcomposer-part")
        try:
            part.write_bytes(data)
            if file.exists():
                shutil.copymode(file, part)
            os.replace(part, file)
        except OSError as error:
            with suppress(OSError):
                part.unlink()
            raise OSError(error.errno, error.strerror, str(file)) from None

    def _read_record(self) -> dict[str, Any]:
        file = self._keep / _RECORD
        if not file.is_file():
            return {"files": {}, "folders": []}
        try:
            record = json.loads(file.read_text(encoding="utf-8"))
            return {"files": dict(record["files"]), "folders": list(record["folders"])}
        except (OSError, ValueError, KeyError, TypeError):
            raise RegistrationError(f"'{file}' is damaged. Your files from before lie in '{self._keep}'.") from None

    def _write_record(self, wanted: tuple[Wanted, ...], changes: list[Change]) -> None:
        """Whether each file existed before us, and which folders are there for our sake."""
        known = self._record["files"]
        there = {change.name: change.now is not None and (not change.now or file.without(change.now) != b"")
                 for file, change in zip(wanted, changes, strict=True)}
        files = {**there, **known}
        parents = {str(Path(change.name).parent) for change in changes} - {"."}
        new = {name for name in parents if not (self._resource / name).is_dir()}
        self._record = {"files": files, "folders": sorted({*self._record["folders"], *new})}
        self._replace(self._keep / _RECORD, (json.dumps(self._record, indent=1, sort_keys=True) + "\n").encode())


def _cannot_write(error: OSError) -> RegistrationError:
    return RegistrationError(f"'{error.filename}' cannot be written: {error.strerror}. Nothing was changed.")

"""``install.py reaper``: one visit to REAPER's resource folder, from the checks to the last word."""
from __future__ import annotations

import os
import sys
from pathlib import Path

from backend.registration.files import STARTUP, Wanted, wanted
from backend.registration.places import SETTINGS, is_reaper, resource_path, running_programs
from backend.registration.problem import RegistrationError
from backend.registration.python_library import PythonLibrary, own_library
from backend.registration.register import FOLDER, Register, Say


class Registration:
    """``scripts`` is the folder of the actions. Raises RegistrationError before anything is written."""

    def __init__(self, given_path: str | None, scripts: Path, say: Say) -> None:
        self._resource = resource_path(given_path, sys.platform, os.environ, Path.home())
        self._scripts = scripts
        self._say = say

    def check(self, may_run: bool) -> None:
        """REAPER writes its settings when it closes: what we write while it runs would be lost."""
        if not may_run and is_reaper(running_programs()):
            raise RegistrationError("REAPER is running and would write over its settings. Close it, then run this "
                                    "again.")

    def install(self, dry_run: bool, auto_start: bool) -> int:
        self._say(f"{'Would change' if dry_run else 'Changing'} in {self._resource}:")
        files = self._files(own_library())
        if not auto_start:
            files = tuple(file for file in files if file.name != STARTUP)
        changed = Register(self._resource, self._say).install(files, dry_run)
        if not dry_run and changed:
            self._say(f"Copies of the files from before lie in {self._resource / FOLDER}.")
        if not dry_run:
            self._say("Start REAPER, select a video item and run \"FilmComposer: Score clip\" (Actions > Show action "
                      "list)." if changed else "Everything was in place.")
        if not auto_start:
            self._say("With --auto-start FilmComposer also waits for jobs whenever REAPER starts.")
        return 0

    def uninstall(self, dry_run: bool, may_run: bool) -> int:
        self.check(dry_run or may_run)
        self._say(f"{'Would take' if dry_run else 'Taking'} FilmComposer out of {self._resource}:")
        files = self._files(PythonLibrary("", ""))
        if Register(self._resource, self._say).uninstall(files, dry_run) and not dry_run:
            self._say("Done. The clone and its .venv can be deleted as they are.")
        return 0

    def _files(self, library: PythonLibrary) -> tuple[Wanted, ...]:
        settings = self._resource / SETTINGS
        try:
            data = settings.read_bytes()
        except OSError as error:
            raise RegistrationError(f"'{settings}' cannot be read: {error.strerror}.") from None
        return wanted(self._scripts, library, data)

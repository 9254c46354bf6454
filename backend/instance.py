"""One daemon for a user: a lock that the operating system takes back when its holder dies, however it dies."""
from __future__ import annotations

import os
import sys
from pathlib import Path

from backend.errors import OutputError


class InstanceLock:
    """The lock file of a state folder."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "daemon.lock"
        self._descriptor: int | None = None

    def take(self) -> bool:
        """Whether it is ours now; never waits. Raises OutputError when the folder cannot be written."""
        try:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(self._file, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise OutputError(f"The state folder '{self._file.parent}' cannot be written: {error.strerror}. Mend its "
                              "permissions, or set FILMCOMPOSER_STATE to another folder.") from None
        try:
            _lock(descriptor)
        except OSError:
            os.close(descriptor)
            return False
        self._descriptor = descriptor
        return True

    def give_back(self) -> None:
        """The file stays: removing it would let two daemons hold two files of one name."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

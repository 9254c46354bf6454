"""One at a time in a folder: a lock that the system takes back however its holder dies."""
from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from backend.errors import InputError, OutputError
from backend.files import cannot_write


@contextmanager
def only_one(folder: Path, name: str, busy: str) -> Iterator[None]:
    """Hold ``folder`` by the file ``name`` in it; the folder is made where it is missing.

    Raises InputError with ``busy`` at once when somebody else holds it, OutputError when it cannot be written.
    """
    file = folder / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = _taken(file)
    except (FileExistsError, NotADirectoryError):
        raise OutputError(f"'{folder}' is a file, or holds one in the way. Give another folder with -o.") from None
    except OSError as error:
        raise cannot_write(folder, error) from None
    if descriptor is None:
        raise InputError(busy)
    try:
        yield
    finally:
        if sys.platform != "win32":  # where no file that is open can be removed; what stays does no harm
            file.unlink(missing_ok=True)
        os.close(descriptor)


def _taken(file: Path) -> int | None:
    """A descriptor that holds the lock, None when another holds it. A file that its last holder removed meanwhile is
    not held by anybody, so the next one is tried."""
    while True:
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
        if not _locked(descriptor):
            os.close(descriptor)
            return None
        try:
            if os.path.samestat(os.fstat(descriptor), file.stat()):
                return descriptor
        except FileNotFoundError:
            pass
        os.close(descriptor)


if sys.platform == "win32":
    import msvcrt

    def _locked(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
else:
    import fcntl

    def _locked(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

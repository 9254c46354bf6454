"""The connection file: where the daemon listens, and the key that opens it. Only the user can read it.

``daemon.json`` in the state folder of the system. It is written whole or not at all. A file that is damaged counts as
none: the daemon that is alive writes it again, and a new one replaces it.
"""
from __future__ import annotations

import json
import os
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from bridge.errors import StateFolderError

FILE_NAME = "daemon.json"
KEY_BYTES = 32
MAX_FILE_BYTES = 4096


@dataclass(frozen=True)
class Connection:
    """A daemon: its loopback TCP port, the 32-byte key, its process and the protocol version it speaks."""

    port: int
    key: bytes = field(repr=False)
    pid: int
    protocol: int


def new_key() -> bytes:
    return os.urandom(KEY_BYTES)


def state_folder() -> Path:
    """``FILMCOMPOSER_STATE``, else the user's state folder on this system. Does not create it.

    XDG_STATE_HOME is not asked on purpose: a shell often has it and a REAPER started from the desktop not, and both
    have to find the same daemon.
    """
    given = os.environ.get("FILMCOMPOSER_STATE")
    if given:
        return Path(given)
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        return (Path(local) if local else Path.home() / "AppData" / "Local") / "FilmComposer"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "FilmComposer"
    return Path.home() / ".local" / "state" / "filmcomposer"


def read_connection(folder: Path) -> Connection | None:
    """What the daemon wrote into ``folder``; None when there is no file, or none that can be understood.

    Raises StateFolderError when the file is somebody else's: it would lead to a stranger's daemon.
    """
    path = folder / FILE_NAME
    try:
        with path.open("rb") as file:
            _refuse_strangers(file.fileno(), path)
            text = file.read(MAX_FILE_BYTES)
    except OSError:
        return None
    try:
        return _from_plain(json.loads(text))
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def _from_plain(plain: dict[str, object]) -> Connection:
    key = bytes.fromhex(str(plain["key"]))
    if len(key) != KEY_BYTES:
        raise ValueError("a short key")
    return Connection(_number(plain["port"], 65535), key, _number(plain["pid"], (1 << 31) - 1),
                      _number(plain["protocol"], 65535))


def _number(value: object, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
        raise ValueError("not a number in range")
    return value


def _refuse_strangers(descriptor: int, path: Path) -> None:
    if sys.platform != "win32" and os.fstat(descriptor).st_uid != os.geteuid():
        raise StateFolderError(f"{path} belongs to another user: delete it, or set FILMCOMPOSER_STATE to a folder "
                               "of your own")


def write_connection(folder: Path, connection: Connection) -> Path:
    """Make or replace the file, readable by the user alone. Raises StateFolderError when the folder refuses it."""
    plain = {"port": connection.port, "key": connection.key.hex(), "pid": connection.pid,
             "protocol": connection.protocol}
    path = folder / FILE_NAME
    temporary = folder / f".{FILE_NAME}.{os.getpid()}.{os.urandom(4).hex()}"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write_new(temporary, json.dumps(plain).encode())
        _replace(temporary, path)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink()
        raise StateFolderError(f"{path} cannot be written ({error.strerror}): make the folder writable, or set "
                               "FILMCOMPOSER_STATE to another one") from None
    return path


def _write_new(path: Path, data: bytes) -> None:
    """Write a file that did not exist, closed to others from its first moment on."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _replace(source: Path, target: Path) -> None:
    """Rename over ``target``. Windows refuses while somebody reads it, which takes a moment."""
    for _ in range(50):
        try:
            source.replace(target)
            return
        except PermissionError:
            if sys.platform != "win32":
                raise
            time.sleep(0.01)
    source.replace(target)


def remove_connection(folder: Path, pid: int) -> None:
    """Delete the file if it is the one of ``pid``: another daemon may have taken over."""
    found = read_connection(folder)
    if found is not None and found.pid == pid:
        (folder / FILE_NAME).unlink(missing_ok=True)


def is_alive(connection: Connection) -> bool:
    """Whether the process that wrote the file is there. False is certain; a number may have gone to another process,
    so True only says that connecting is worth a try."""
    if sys.platform == "win32":
        return _is_alive_on_windows(connection.pid)
    try:
        os.kill(connection.pid, 0)
    except OSError:  # gone, or another user's
        return False
    return not _is_zombie(connection.pid)


def _is_zombie(pid: int) -> bool:
    """A killed daemon whose parent has not noticed yet. Known on Linux only."""
    try:
        state = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0]
    except (OSError, IndexError):
        return False
    return state in (b"Z", b"X")


def _is_alive_on_windows(pid: int) -> bool:
    """os.kill would end the process there."""
    import ctypes  # needed here alone
    synchronize, timeout = 0x00100000, 0x102
    kernel: ctypes.CDLL = ctypes.WinDLL("kernel32")  # type: ignore[attr-defined,unused-ignore]
    kernel.OpenProcess.restype = ctypes.c_void_p
    handle = kernel.OpenProcess(synchronize, False, pid)
    if not handle:
        return False
    state: int = kernel.WaitForSingleObject(ctypes.c_void_p(handle), 0)
    kernel.CloseHandle(ctypes.c_void_p(handle))
    return state == timeout

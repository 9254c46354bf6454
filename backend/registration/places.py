"""Where REAPER keeps its settings, and whether it is running."""
from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from backend.registration.problem import RegistrationError

SETTINGS = "reaper.ini"


def resource_path(given: str | None, platform: str, environment: Mapping[str, str], home: Path) -> Path:
    """REAPER's resource folder: as given (a portable installation), else where the system keeps it.

    Raises RegistrationError when no ``reaper.ini`` lies there.
    """
    folder = Path(given).expanduser() if given else _usual(platform, environment, home)
    if (folder / SETTINGS).is_file():
        return folder.resolve()
    hint = ("In REAPER, Options > Show REAPER resource path shows the right folder." if given else
            "Start REAPER once, or give the folder that Options > Show REAPER resource path opens with "
            "--resource-path DIR.")
    raise RegistrationError(f"there is no {SETTINGS} in '{folder}'. {hint}")


def _usual(platform: str, environment: Mapping[str, str], home: Path) -> Path:
    if platform == "win32":
        roaming = environment.get("APPDATA")
        return (Path(roaming) if roaming else home / "AppData" / "Roaming") / "REAPER"
    if platform == "darwin":
        return home / "Library" / "Application Support" / "REAPER"
    config = environment.get("XDG_CONFIG_HOME")
    return (Path(config) if config else home / ".config") / "REAPER"


def is_reaper(names: Iterable[str]) -> bool:
    """Whether one of these programs is REAPER. Its helpers (``reaper_host64``) do not count."""
    return any(name.rsplit("/", 1)[-1].strip().lower() in ("reaper", "reaper.exe") for name in names)


def running_programs(platform: str = sys.platform) -> list[str]:
    """Names of the programs that run now. Raises RegistrationError when the system does not tell."""
    if platform == "win32":
        return [row.split('","')[0].strip('"') for row in _listing("tasklist", "/NH", "/FO", "CSV")]
    if platform == "darwin":
        return _listing("ps", "-axo", "comm=")
    return [name for file in Path("/proc").glob("[0-9]*/comm") if (name := _read(file))]


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def _listing(*command: str) -> list[str]:
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=True)
    except (OSError, subprocess.CalledProcessError):
        raise RegistrationError(f"'{command[0]}' does not say which programs run. Close REAPER, then add "
                                "--reaper-is-closed.") from None
    return done.stdout.splitlines()

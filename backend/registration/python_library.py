"""The Python library that REAPER loads: the one behind the interpreter that runs us."""
from __future__ import annotations

import os
import re
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from backend.registration.problem import RegistrationError

OLDEST = (3, 11)


@dataclass(frozen=True)
class PythonLibrary:
    """``folder`` and ``file`` as REAPER's settings want them."""

    folder: str
    file: str


def own_library() -> PythonLibrary:
    """The shared library of this interpreter. Raises RegistrationError when it was built without one."""
    for folder, file in _candidates():
        if file and (Path(folder) / file).is_file():
            return PythonLibrary(str(folder), file)
    raise RegistrationError(
        f"this Python ({sys.base_prefix}) has no shared library, which REAPER needs. Use one from python.org or your "
        "system's packages (Debian: apt install libpython3.11), and run install.py with it.")


def _candidates() -> list[tuple[str, str]]:
    number = f"{sys.version_info[0]}{sys.version_info[1]}"
    if os.name == "nt":
        return [(sys.base_prefix, f"python{number}.dll")]
    folder = str(sysconfig.get_config_var("LIBDIR") or "")
    dotted = f"{sys.version_info[0]}.{sys.version_info[1]}"
    names = [str(sysconfig.get_config_var(name) or "") for name in ("INSTSONAME", "LDLIBRARY")]
    if sys.platform == "darwin":
        names.insert(0, f"libpython{dotted}.dylib")
        framework = Path(sys.base_prefix) / "lib"
        return [(str(framework), names[0]), *((folder, name) for name in names)]
    multiarch = str(sysconfig.get_config_var("MULTIARCH") or "")
    names = [name for name in names if ".so" in name]
    return [(place, name) for name in names for place in (folder, f"/usr/lib/{multiarch}", "/usr/lib64", "/usr/lib")]


def is_good(folder: str, file: str) -> bool:
    """Whether a library the user chose exists and is a Python we can run in (its name says which)."""
    match = re.search(r"python(\d)\.?(\d+)", file, re.IGNORECASE)
    new_enough = match is not None and (int(match[1]), int(match[2])) >= OLDEST
    return new_enough and bool(folder) and (Path(folder) / file).is_file()

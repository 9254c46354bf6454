"""Compiles host.c against the interpreter that runs the tests, or another one."""
from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

_ASK = ("import json, sys, sysconfig as s; v = s.get_config_var; print(json.dumps({'include': s.get_path('include'), "
        "'library': v('LDLIBRARY'), 'folders': [v('LIBDIR'), v('LIBPL')], 'home': sys.base_prefix, "
        "'version': v('LDVERSION'), 'libraries': ' '.join(v(n) or '' for n in ('LIBS', 'SYSLIBS', 'LINKFORSHARED'))}))")


class NoLibpython(Exception):
    """This interpreter came without its headers or its library."""


class Host:
    """The compiled host. ``run`` gives what each run printed and what went to stderr."""

    def __init__(self, folder: Path, python: str = sys.executable) -> None:
        asked = json.loads(subprocess.run([python, "-c", _ASK], capture_output=True, text=True, check=True).stdout)
        self._home = asked["home"]
        self._program = folder / "host"
        self._compile(asked)

    def _compile(self, asked: dict[str, str]) -> None:
        folders = [folder for folder in asked["folders"] if folder and (Path(folder) / asked["library"]).exists()]
        if not folders or not (Path(asked["include"]) / "Python.h").exists():
            raise NoLibpython(asked["home"])
        subprocess.run(["cc", "-O1", "-I", asked["include"], str(Path(__file__).parent / "host.c"), "-o",
                        str(self._program), f"-L{folders[0]}", f"-Wl,-rpath,{folders[0]}",
                        f"-lpython{asked['version']}", *asked["libraries"].split()], check=True)

    def run(self, mode: str, times: int, code: str, **environment: str) -> tuple[list[str], str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
        done = subprocess.run([str(self._program), mode, str(times), code], capture_output=True, text=True,
                              env={**kept, "PYTHONHOME": self._home, "PYTHONDONTWRITEBYTECODE": "1", **environment})
        return done.stdout.split(), done.stderr

"""The files of REAPER's that registering touches, and what it writes into each."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from backend.registration import lines
from backend.registration.python_library import PythonLibrary, is_good
from reaper_scripts.actions import ACTIONS

KEYS = (b"reascript", b"pythonlibpath64", b"pythonlibdll64")
_REAPER = b"REAPER"
_BEGIN = b"-- FilmComposer begin: taken out by install.py reaper --uninstall"
_END = b"-- FilmComposer end"
STARTUP = "Scripts/__startup.lua"
_MENU = "MenuSets/FilmComposer.ReaperMenu"
TOOLBAR = 16
"""The last floating toolbar; before REAPER 7.23 a toolbar file can only be imported into the toolbar it names."""
_ALWAYS_NEW_INSTANCE = 516


@dataclass(frozen=True)
class Wanted:
    """One file under the resource folder: ``put`` writes our part into its bytes (empty when there is no file),
    ``without`` takes out what can be told as ours by itself, ``take`` does so with the bytes from before and as we
    wrote them at hand. ``why`` is for people."""

    name: str
    why: str
    put: Callable[[bytes], bytes]
    without: Callable[[bytes], bytes]
    restore: Callable[[bytes, bytes, bytes], bytes] | None = None

    def take(self, data: bytes, before: bytes, written: bytes) -> bytes:
        """Our part out of bytes that somebody changed since."""
        return self.restore(data, before, written) if self.restore else self.without(data)


def wanted(scripts: Path, library: PythonLibrary, settings: bytes) -> tuple[Wanted, ...]:
    """What to write; ``settings`` is reaper.ini as it stands."""
    return _settings(library, settings), _actions(scripts), _menu(), _startup()


def _settings(library: PythonLibrary, settings: bytes) -> Wanted:
    folder = (lines.value_of(settings, _REAPER, b"pythonlibpath64") or b"").decode("utf-8", "surrogateescape")
    file = (lines.value_of(settings, _REAPER, b"pythonlibdll64") or b"").decode("utf-8", "surrogateescape")
    values = {b"reascript": b"1"}
    if is_good(folder, file):
        why = f"Python for scripts switched on; your Python library stays ({file})"
    else:
        values[b"pythonlibpath64"] = library.folder.encode("utf-8", "surrogateescape")
        values[b"pythonlibdll64"] = library.file.encode("utf-8", "surrogateescape")
        old = f" in place of {Path(folder) / file}, where none is that serves" if folder or file else ""
        why = f"Python for scripts switched on, with {Path(library.folder) / library.file}{old}"

    def put(data: bytes) -> bytes:
        for key, value in values.items():
            if lines.value_of(data, _REAPER, key) != value:
                data = lines.with_value(data, _REAPER, key, value)
        return data

    return Wanted("reaper.ini", why, put, lambda data: data, _old_settings)


def _old_settings(data: bytes, before: bytes, written: bytes) -> bytes:
    """The keys that still hold what we wrote, as they were."""
    for key in KEYS:
        now = lines.value_of(data, _REAPER, key)
        if now is not None and now == lines.value_of(written, _REAPER, key):
            data = lines.with_line(data, _REAPER, key, lines.line_of(before, _REAPER, key))
    return data


def _actions(scripts: Path) -> Wanted:
    commands = {action.command.encode() for action in ACTIONS}
    block = "".join(f'SCR {_ALWAYS_NEW_INSTANCE} 0 {action.command} "{action.menu}" "{scripts / action.file}"\n'
                    for action in ACTIONS).encode("utf-8", "surrogateescape")

    def is_ours(line: bytes) -> bool:
        words = line.split(maxsplit=4)
        return len(words) > 3 and words[0] == b"SCR" and words[3] in commands

    def without(data: bytes) -> bytes:
        return lines.without_lines(data, is_ours)

    return Wanted("reaper-kb.ini", f"{len(ACTIONS)} actions named FilmComposer: ...",
                  lambda data: lines.append(without(data), block), without)


def _startup() -> Wanted:
    block = (_BEGIN + b"\nreaper.defer(function()\n"
             b'  local command = reaper.NamedCommandLookup("_FilmComposer_StartStopDaemon")\n'
             b"  if command ~= 0 then reaper.Main_OnCommand(command, 0) end\n"
             b"end)\n" + _END + b"\n")

    def without(data: bytes) -> bytes:
        return lines.without_block(data, _BEGIN, _END)

    return Wanted(STARTUP, "FilmComposer waits for jobs whenever REAPER starts",
                  lambda data: lines.append(without(data), block), without)


def _menu() -> Wanted:
    rows = [f"[Floating toolbar {TOOLBAR}]"]
    rows += [f"item_{number}=_{action.command} {action.menu}" for number, action in enumerate(ACTIONS)]
    text = "\n".join([*rows, "title=FilmComposer", ""]).encode()
    return Wanted(_MENU, f"a toolbar to import (Options > Customize menus/toolbars > Floating toolbar {TOOLBAR})",
                  lambda data: text, lambda data: b"" if data == text else data)

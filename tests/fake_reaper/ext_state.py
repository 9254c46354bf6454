"""Texts that scripts keep: REAPER's own (some of them on disk) and the project's."""
from __future__ import annotations

import configparser
from pathlib import Path
from typing import Any

from tests.fake_reaper.calls import Group
from tests.fake_reaper.state import Project


class ExtState(Group):
    """``texts`` of REAPER, ``kept`` the ones that survive a restart, in ``reaper-extstate.ini``."""

    def __init__(self, reaper: Any) -> None:
        super().__init__(reaper)
        self.file: Path = Path(reaper.home) / "reaper-extstate.ini"
        self.kept = _read(self.file)
        self.texts: dict[str, dict[str, str]] = {section: dict(rows) for section, rows in self.kept.items()}

    def GetExtState(self, section: str, key: str) -> str:
        return self.texts.get(section, {}).get(key, "")

    def HasExtState(self, section: str, key: str) -> bool:
        return key in self.texts.get(section, {})

    def SetExtState(self, section: str, key: str, value: str, persist: int) -> None:
        self.texts.setdefault(section, {})[key] = value
        if persist:
            self.kept.setdefault(section, {})[key] = value
            self._write()

    def DeleteExtState(self, section: str, key: str, persist: int) -> None:
        self.texts.get(section, {}).pop(key, None)
        if persist and self.kept.get(section, {}).pop(key, None) is not None:
            self._write()

    def _write(self) -> None:
        rows = [line for section, texts in self.kept.items()
                for line in (f"[{section}]", *(f"{key}={value}" for key, value in texts.items()), "")]
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.write_text("\n".join(rows), encoding="utf-8")

    def GetProjExtState(self, project: Project, section: str, key: str, buffer: str, size: int) -> tuple[int, str]:
        value = project.ext.get(section, {}).get(key, "")
        return len(value.encode()), value

    def SetProjExtState(self, project: Project, section: str, key: str, value: str) -> int:
        """An empty value takes the key away, an empty key the whole section."""
        texts = project.ext.setdefault(section, {})
        if not key:
            texts.clear()
        elif value:
            texts[key] = value
        else:
            texts.pop(key, None)
        if not texts:
            del project.ext[section]
        self.changed()
        return len(value.encode())

    def EnumProjExtState(self, project: Project, section: str, index: int, *_: Any) -> tuple[bool, str, str]:
        rows = list(project.ext.get(section, {}).items())
        return (True, *rows[index]) if 0 <= index < len(rows) else (False, "", "")


def _read(file: Path) -> dict[str, dict[str, str]]:
    if not file.is_file():
        return {}
    parser = configparser.RawConfigParser(strict=False, delimiters=("=",), comment_prefixes=(";",))
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(file.read_text(encoding="utf-8-sig"))
    return {section: dict(parser.items(section)) for section in parser.sections()}

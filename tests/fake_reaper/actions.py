"""Actions by number and by name: the few of REAPER's own that are known here, and registered scripts."""
from __future__ import annotations

import hashlib
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.fake_reaper.calls import Group
from tests.fake_reaper.state import Project

_FIRST_SCRIPT = 53000
_PLAY, _STOP = 1, 0


class Actions(Group):
    """``scripts`` are registered actions: name (without underscore) to (number, file)."""

    def __init__(self, reaper: Any) -> None:
        super().__init__(reaper)
        self.scripts: dict[str, tuple[int, Path]] = {}
        self._native: dict[int, Callable[[], None]] = {
            40406: lambda: self._toggle_envelopes("VOLENV2"), 40407: lambda: self._toggle_envelopes("PANENV2"),
            40280: lambda: self._flip("B_MUTE"), 7: lambda: self._flip("I_SOLO"),
            40296: lambda: self._select_tracks(1.0), 40297: lambda: self._select_tracks(0.0),
            40289: lambda: self._select_items(0.0), 40182: lambda: self._select_items(1.0),
            40005: self._remove_tracks, 40006: self._remove_items, 40029: lambda: reaper.undo(),
            40030: lambda: reaper.redo(), 40026: self._save, 40635: lambda: self._clear_selection(),
            40020: lambda: self._clear_selection(), 1007: lambda: self._play(_PLAY), 1016: lambda: self._play(_STOP),
            41824: lambda: reaper.render.run(), 42230: lambda: reaper.render.run()}
        self._read(Path(reaper.home) / "reaper-kb.ini")

    def _read(self, file: Path) -> None:
        """``SCR flags section name "description" path`` lines; REAPER does not look whether the file is there."""
        if not file.is_file():
            return
        for line in file.read_text(encoding="utf-8-sig").splitlines():
            if not line.startswith("SCR "):
                continue
            words = shlex.split(line, posix=True) if "\\" not in line else shlex.split(line, posix=False)
            if len(words) >= 6 and words[2] == "0":
                path = Path(words[5].strip('"'))
                where = path if path.is_absolute() else Path(self.reaper.home) / "Scripts" / path
                self.scripts[words[3]] = (_FIRST_SCRIPT + len(self.scripts), where)

    def AddRemoveReaScript(self, add: int, section: int, path: str, commit: int) -> int:
        """The number of the action, 0 when the file is not there. Its name depends on the path alone."""
        name = "RS" + hashlib.sha1(path.encode(), usedforsecurity=False).hexdigest()
        if not add:
            return 1 if self.scripts.pop(name, None) else 0
        if not Path(path).is_file():
            return 0
        if name not in self.scripts:
            self.scripts[name] = (_FIRST_SCRIPT + len(self.scripts), Path(path))
        return self.scripts[name][0]

    def NamedCommandLookup(self, name: str) -> int:
        """With its underscore; a number is itself; 0 for what is not known."""
        if name.isdigit():
            return int(name)
        found = self.scripts.get(name.removeprefix("_")) if name.startswith("_") else None
        return found[0] if found else 0

    def ReverseNamedCommandLookup(self, command: int) -> str | None:
        """Without the underscore; NULL for REAPER's own actions."""
        return next((name for name, (number, _) in self.scripts.items() if number == command), None)

    def Main_OnCommand(self, command: int, flag: int) -> None:
        script = next((path for number, path in self.scripts.values() if number == command), None)
        if script is not None:
            self.reaper.scripts.run(script)
        elif command in self._native:
            self._native[command]()
        else:
            raise NotImplementedError(f"RPR_Main_OnCommand: the fake REAPER does not know action {command}")

    def Main_OnCommandEx(self, command: int, flag: int, project: Project) -> None:
        self.Main_OnCommand(command, flag)

    def _toggle_envelopes(self, chunk: str) -> None:
        for track in self.reaper.tracks.selected():
            self.reaper.envelopes.toggle(track, chunk)

    def _flip(self, name: str) -> None:
        for track in self.reaper.tracks.selected():
            track.values[name] = float(not track.values[name])
        self.changed()

    def _select_tracks(self, selected: float) -> None:
        for track in self.project.tracks:
            track.values["I_SELECTED"] = selected
        self.changed()

    def _select_items(self, selected: float) -> None:
        for item in self.reaper.items.all():
            item.values["B_UISEL"] = selected
        self.changed()

    def _remove_tracks(self) -> None:
        for track in self.reaper.tracks.selected():
            self.reaper.tracks.DeleteTrack(track)

    def _remove_items(self) -> None:
        for item in self.reaper.items.selected():
            self.reaper.items.DeleteTrackMediaItem(self.reaper.items.track_of(item), item)

    def _clear_selection(self) -> None:
        self.project.selection[:] = [0.0, 0.0]
        self.changed()

    def _save(self) -> None:
        self.reaper.settings.Main_SaveProject(self.project, 0)

    def _play(self, state: int) -> None:
        self.reaper.play_state = state

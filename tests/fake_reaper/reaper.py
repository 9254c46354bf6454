"""One REAPER with one project: puts the nouns together."""
from __future__ import annotations

import shutil
import tempfile
import weakref
from collections import Counter
from pathlib import Path
from typing import Any

from tests.fake_reaper import storage
from tests.fake_reaper.actions import Actions
from tests.fake_reaper.api import build_api
from tests.fake_reaper.calls import Calls, Group
from tests.fake_reaper.chunks import Chunks
from tests.fake_reaper.envelopes import Envelopes
from tests.fake_reaper.ext_state import ExtState
from tests.fake_reaper.function_table import FunctionTable
from tests.fake_reaper.fx import FxChains
from tests.fake_reaper.items import Items
from tests.fake_reaper.markers import Markers
from tests.fake_reaper.midi import Midi
from tests.fake_reaper.plugins import STOCK, Plugin
from tests.fake_reaper.pointers import Pointers
from tests.fake_reaper.render import Render
from tests.fake_reaper.scripts import Scripts
from tests.fake_reaper.sends import Sends
from tests.fake_reaper.settings import Settings
from tests.fake_reaper.state import Project
from tests.fake_reaper.takes import Takes
from tests.fake_reaper.tempo import Tempo
from tests.fake_reaper.time_map import TimeMap
from tests.fake_reaper.tracks import Tracks
from tests.fake_reaper.undo import Undo
from tests.fake_reaper.window import Window


class FakeReaper:
    """``api`` is what scripts import as ``reaper_python``; ``project`` is what it holds; ``calls`` counts by name.

    ``home`` is REAPER's resource folder (a fresh one of its own when not given). ``plugins`` are the installed ones.
    ``ext_in_undo``: whether an undo takes the project's ExtState back as well. ``isolated``: every script run imports
    modules of its own, as in a fresh interpreter; else what one has imported is there for the next.
    ``lists_tempo_map``: whether the tempo map is among the envelopes of the master track.
    """

    def __init__(self, home: Path | None = None, plugins: tuple[Plugin, ...] = STOCK,
                 project: Project | None = None) -> None:
        self.home = home or self._own_home()
        self.project = project or Project()
        self.plugins = plugins
        self.pointers = Pointers()
        self.change_count = 0
        self.dirty = False
        self.play_state = 0
        self.ext_in_undo = True
        self.isolated = False
        self.lists_tempo_map = False
        self._map: TimeMap | None = None
        self._calls = Calls(self.pointers, lambda: self.project)
        self.calls: Counter[str] = self._calls.counts
        self.stale = self._calls.stale
        self._assemble()

    def _own_home(self) -> Path:
        folder = tempfile.mkdtemp(prefix="fake-reaper-")
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        return Path(folder)

    def _assemble(self) -> None:
        self.tracks, self.items, self.takes = Tracks(self), Items(self), Takes(self)
        self.midi, self.envelopes, self.sends, self.fx = Midi(self), Envelopes(self), Sends(self), FxChains(self)
        self.markers, self.tempo, self.settings = Markers(self), Tempo(self), Settings(self)
        self.ext_state, self.window, self.actions = ExtState(self), Window(self), Actions(self)
        self.scripts, self.chunks, self.render = Scripts(self), Chunks(self), Render(self)
        self.undo_history = Undo(self)
        groups: tuple[Group, ...] = (
            self.tracks, self.items, self.takes, self.midi, self.envelopes, self.sends, self.fx, self.markers,
            self.tempo, self.settings, self.ext_state, self.window, self.actions, self.undo_history, self.chunks)
        self.api: Any = build_api(self._calls, groups, FunctionTable(self))

    def changed(self) -> None:
        self.change_count += 1
        self.dirty = True

    def time_map(self) -> TimeMap:
        if self._map is None:
            self._map = TimeMap(self.project)
        return self._map

    def tempo_changed(self) -> None:
        self._map = None

    def project_hash(self) -> str:
        """Of everything that is saved with the project."""
        return storage.project_hash(self.project)

    def undo(self) -> bool:
        """As the user does. False when there is nothing to undo."""
        return bool(self.undo_history.Undo_DoUndo2(self.project))

    def redo(self) -> bool:
        return bool(self.undo_history.Undo_DoRedo2(self.project))

    def by_hand(self, name: str = "Edited by hand") -> None:
        """An undo point for what a test just did in the user's place."""
        self.undo_history.mark(name)

    def put_back(self, project: Project) -> None:
        """The project of another time. Tracks keep their pointers, everything else gets new ones."""
        old = self.project
        project.path, project.cursor = old.path, old.cursor
        if not self.ext_in_undo:
            project.ext = old.ext
        self.project = project
        self.pointers.swap(old, project)
        self.tempo_changed()
        self.changed()

    def save(self, file: Path, becomes: bool = True) -> None:
        """Write the project as JSON (in REAPER's place: an .RPP)."""
        if becomes:
            self.project.path = str(file)
            self.dirty = False
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_name(file.name + ".part")
        part.write_text(storage.to_text(self.project), encoding="utf-8")
        part.replace(file)

    def open(self, file: Path) -> None:
        """Open what ``save`` wrote; no history."""
        old, self.project = self.project, storage.from_text(file.read_text(encoding="utf-8"))
        self.project.path = str(file)
        self.pointers.drop(old)
        self.tempo_changed()
        self.dirty = False
        self.undo_history.restart()

    def run_script(self, path: Path | str) -> None:
        """Start a script here, in this process. ``tick`` runs what it defers."""
        self.scripts.run(path)

    def tick(self, count: int = 1) -> None:
        for _ in range(count):
            self.scripts.tick()

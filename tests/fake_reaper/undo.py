"""Undo points are copies of the whole project; going back puts the copy in place.

A block belongs to one run of script code: what REAPER's timer runs later is another one, so a block that is still open
when the code returns is closed there, under a name that says nothing. Nested blocks make one point, named by the
outermost. A block in which nothing changed leaves no point.
"""
from __future__ import annotations

import pickle
from typing import Any

from tests.fake_reaper.calls import Group
from tests.fake_reaper.state import Project

UNNAMED = "ReaScript: Run"


def copy(project: Project) -> Project:
    duplicate: Project = pickle.loads(pickle.dumps(project, pickle.HIGHEST_PROTOCOL))
    return duplicate


class Undo(Group):
    """``points`` are (what was done, the project after it); ``now`` is the one in force. The first has no name."""

    def __init__(self, reaper: Any) -> None:
        super().__init__(reaper)
        self.points: list[tuple[str, Project]] = [("", copy(reaper.project))]
        self.now = 0
        self.depth = 0
        self.used = False
        """Whether the running script has touched the undo history itself."""

    def names(self) -> list[str]:
        """What could be undone, the oldest first."""
        return [name for name, _ in self.points[1:self.now + 1]]

    def mark(self, name: str) -> bool:
        """A point, when something changed since the last one."""
        if self.points[self.now][1] == self.project:
            return False
        self.force(name)
        return True

    def force(self, name: str) -> None:
        del self.points[self.now + 1:]
        self.points.append((name, copy(self.project)))
        self.now += 1

    def restart(self) -> None:
        """After opening a project: no history."""
        self.points, self.now, self.depth = [("", copy(self.project))], 0, 0

    def close_open_block(self) -> None:
        """The code that began a block returned without ending it."""
        if self.depth:
            self.depth = 0
            self.mark(UNNAMED)

    def Undo_BeginBlock2(self, project: Project) -> None:
        """Outside any script, what the user did before is a point of its own."""
        if not self.depth and not self.reaper.scripts.running:
            self.mark("Edited by hand")
        self.used = True
        self.depth += 1

    def Undo_BeginBlock(self) -> None:
        self.Undo_BeginBlock2(self.project)

    def Undo_EndBlock2(self, project: Project, name: str, flags: int) -> None:
        if not self.depth:
            return
        self.depth -= 1
        if not self.depth:
            self.mark(name)

    def Undo_EndBlock(self, name: str, flags: int) -> None:
        self.Undo_EndBlock2(self.project, name, flags)

    def Undo_OnStateChange2(self, project: Project, name: str) -> None:
        self.used = True
        if not self.depth:
            self.mark(name)

    def Undo_OnStateChange(self, name: str) -> None:
        self.Undo_OnStateChange2(self.project, name)

    def Undo_OnStateChangeEx(self, name: str, states: int, track: int) -> None:
        self.Undo_OnStateChange2(self.project, name)

    def Undo_OnStateChangeEx2(self, project: Project, name: str, states: int, track: int) -> None:
        self.Undo_OnStateChange2(project, name)

    def Undo_CanUndo2(self, project: Project) -> str | None:
        return self.points[self.now][0] if self.now else None

    def Undo_CanRedo2(self, project: Project) -> str | None:
        return self.points[self.now + 1][0] if self.now + 1 < len(self.points) else None

    def Undo_DoUndo2(self, project: Project) -> int:
        return self._go(self.now - 1)

    def Undo_DoRedo2(self, project: Project) -> int:
        return self._go(self.now + 1)

    def _go(self, index: int) -> int:
        if not 0 <= index < len(self.points) or self.depth:
            return 0
        self.now = index
        self.reaper.put_back(copy(self.points[index][1]))
        return 1

"""What the user sees beside the project: console, status line, message boxes, toolbars; and facts about the program."""
from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

from tests.fake_reaper.calls import Group, signatures
from tests.fake_reaper.state import Project

VERSION = "7.34/linux-x86_64"
_CUSTOM = 0x1000000


class Window(Group):
    """``boxes`` are the modal windows shown, as (kind, title, text); each answers with what ``answers`` and ``inputs``
    hold: the first of the list, or what stands for "closed" when it is empty."""

    def __init__(self, reaper: Any) -> None:
        super().__init__(reaper)
        self.console = ""
        self.help = ""
        self.boxes: list[tuple[str, str, str]] = []
        self.answers: list[int] = []
        self.inputs: list[str | None] = []
        self.toggles: dict[tuple[int, int], int] = {}
        self.refresh_blocked = 0

    def ShowConsoleMsg(self, text: str) -> None:
        """A leading ``!SHOW:`` does not bring the console to the front."""
        self.console += text.removeprefix("!SHOW:")

    def ClearConsole(self) -> None:
        self.console = ""

    def Help_Set(self, text: str, temporary: int) -> None:
        self.help = text

    def ShowMessageBox(self, text: str, title: str, kind: int) -> int:
        """1 OK, 2 Cancel, 6 Yes, 7 No. Nothing prepared: OK, or Cancel where there is one, or No."""
        return self.ask("message", title, text, {0: 1, 1: 2, 3: 2, 4: 7, 5: 2}.get(kind, 2))

    def ask(self, kind: str, title: str, text: str, otherwise: int) -> int:
        """A modal window: everything stands still until it is answered."""
        self.boxes.append((kind, title, text))
        return self.answers.pop(0) if self.answers else otherwise

    def MB(self, text: str, title: str, kind: int) -> int:
        return self.ShowMessageBox(text, title, kind)

    def GetUserInputs(self, title: str, count: int, captions: str, values: str, size: int) -> tuple[bool, str]:
        """``inputs``: comma-separated values, None for Cancel."""
        self.boxes.append(("inputs", title, captions))
        given = self.inputs.pop(0) if self.inputs else None
        return given is not None, values if given is None else given

    def PreventUIRefresh(self, count: int) -> None:
        self.refresh_blocked += count

    def UpdateArrange(self) -> None:
        """Redraws."""

    def UpdateTimeline(self) -> None:
        """Redraws."""

    def TrackList_AdjustWindows(self, minor: int) -> None:
        """Redraws."""

    def SetToggleCommandState(self, section: int, command: int, state: int) -> bool:
        self.toggles[section, command] = state
        return True

    def GetToggleCommandStateEx(self, section: int, command: int) -> int:
        return self.toggles.get((section, command), -1)

    def GetToggleCommandState(self, command: int) -> int:
        return self.GetToggleCommandStateEx(0, command)

    def RefreshToolbar(self, command: int) -> None:
        """Redraws."""

    def RefreshToolbar2(self, section: int, command: int) -> None:
        """Redraws."""

    def GetResourcePath(self) -> str:
        return str(self.reaper.home)

    def GetAppVersion(self) -> str:
        return VERSION

    def GetOS(self) -> str:
        return {"win32": "Win64", "darwin": "macOS-arm64"}.get(sys.platform, "Other")

    def time_precise(self) -> float:
        return time.perf_counter()

    def file_exists(self, path: str) -> bool:
        return Path(path).is_file()

    def RecursiveCreateDirectory(self, path: str, ignored: int) -> int:
        Path(path).mkdir(parents=True, exist_ok=True)
        return 1

    def APIExists(self, name: str) -> bool:
        return name in signatures()

    def ColorToNative(self, red: int, green: int, blue: int) -> int:
        """As on Windows and Linux; macOS has red and blue the other way round."""
        return blue << 16 | green << 8 | red

    def ColorFromNative(self, color: int, *_: int) -> tuple[None, int, int, int]:
        return None, color & 0xFF, color >> 8 & 0xFF, color >> 16 & 0xFF

    def ValidatePtr2(self, project: Project, pointer: Any, kind: str) -> bool:
        found = self.pointers.at(pointer) if isinstance(pointer, int) else self.pointers.find(str(pointer), kind)
        return found is not None and self.pointers.text(found).startswith(f"({kind})")

    def ValidatePtr(self, pointer: Any, kind: str) -> bool:
        """Takes a number: the wrapper puts it into a c_uint64."""
        if not isinstance(pointer, int):
            raise TypeError(f"RPR_ValidatePtr: an integer is required, got {pointer!r}")
        return self.ValidatePtr2(self.project, pointer, kind)

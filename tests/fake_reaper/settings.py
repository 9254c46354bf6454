"""The project's own settings: time selection, cursor, play rate, paths, render settings, saving."""
from __future__ import annotations

import base64
from pathlib import Path

from tests.fake_reaper.calls import Group
from tests.fake_reaper.state import Project

NUMBERS: dict[str, float] = {
    "RENDER_SETTINGS": 0, "RENDER_BOUNDSFLAG": 1, "RENDER_CHANNELS": 2, "RENDER_SRATE": 0, "RENDER_STARTPOS": 0.0,
    "RENDER_ENDPOS": 0.0, "RENDER_TAILFLAG": 18, "RENDER_TAILMS": 1000, "RENDER_ADDTOPROJ": 0, "RENDER_DITHER": 0,
    "RENDER_NORMALIZE": 0, "RENDER_NORMALIZE_TARGET": 0.0, "RENDER_BRICKWALL": 1.0, "RENDER_FADEIN": 0.0,
    "RENDER_FADEOUT": 0.0, "RENDER_FADEINSHAPE": 0, "RENDER_FADEOUTSHAPE": 0, "PROJECT_SRATE": 44100,
    "PROJECT_SRATE_USE": 0}
TEXTS: dict[str, str] = {
    "RENDER_FILE": "", "RENDER_PATTERN": "", "RENDER_FORMAT": "ZXZhdxAAAQ==", "RENDER_FORMAT2": "",
    "PROJECT_NAME": "", "PROJECT_TITLE": "", "PROJECT_AUTHOR": "", "RECORD_PATH": "", "RECORD_PATH_SECONDARY": ""}
"""A fresh project renders 16 bit WAV: ``evaw``, 16, 0, 1."""
_SINK_NAME = 4
_SAVE_AS, _CANCEL = 8, 2
_FRAMES, _SAMPLES, _SECONDS, _TIME = 5, 4, 3, 0


class Settings(Group):
    def GetSetProjectInfo(self, project: Project, name: str, value: float, write: int) -> float:
        if name not in NUMBERS:
            raise NotImplementedError(f"RPR_GetSetProjectInfo: the fake REAPER does not know '{name}'")
        if write:
            project.settings[name] = float(value)
            self.changed()
        return project.settings.get(name, NUMBERS[name])

    def GetSetProjectInfo_String(self, project: Project, name: str, text: str, write: int) -> tuple[bool, str]:
        if name == "RENDER_TARGETS" and not write:
            return True, ";".join(str(path) for path in self.reaper.render.targets())
        if name not in TEXTS:
            raise NotImplementedError(f"RPR_GetSetProjectInfo_String: the fake REAPER does not know '{name}'")
        if name == "PROJECT_NAME":
            return not write, Path(project.path).name
        if write:
            is_sink = name == "RENDER_FORMAT" and len(text) == _SINK_NAME
            project.texts[name] = base64.b64encode(text.encode()).decode() if is_sink else text
            self.changed()
        return True, project.texts.get(name, TEXTS[name])

    def GetSet_LoopTimeRange2(self, project: Project, write: int, loop: int, start: float, *rest: float
                              ) -> tuple[None, float, float]:
        end = rest[0]
        span = project.loop if loop else project.selection
        if write:
            span[:] = [min(start, end), max(start, end)]
            self.changed()
        return None, span[0], span[1]

    def GetSet_LoopTimeRange(self, write: int, loop: int, start: float, *rest: float) -> tuple[None, float, float]:
        return self.GetSet_LoopTimeRange2(self.project, write, loop, start, *rest)

    def GetCursorPosition(self) -> float:
        return self.project.cursor

    def GetCursorPositionEx(self, project: Project) -> float:
        return project.cursor

    def SetEditCurPos(self, time: float, scroll: int, seek: int) -> None:
        self.project.cursor = max(0.0, time)

    def SetEditCurPos2(self, project: Project, time: float, scroll: int, seek: int) -> None:
        self.SetEditCurPos(time, scroll, seek)

    def GetPlayState(self) -> int:
        return int(self.reaper.play_state)

    def GetPlayStateEx(self, project: Project) -> int:
        return int(self.reaper.play_state)

    def GetPlayPosition(self) -> float:
        """Nothing plays: where playback would begin."""
        return self.project.cursor

    def GetPlayPositionEx(self, project: Project) -> float:
        return project.cursor

    def SelectProjectInstance(self, project: Project) -> None:
        """There is one project, and it is the one."""

    def Master_GetPlayRate(self, project: Project) -> float:
        return project.play_rate

    def CSurf_OnPlayRateChange(self, rate: float) -> None:
        self.project.play_rate = rate
        self.changed()

    def GetProjectTimeOffset(self, project: Project, whole_frames: int) -> float:
        if whole_frames:
            return round(project.offset * project.frame_rate) / project.frame_rate
        return project.offset

    def GetProjectLength(self, project: Project) -> float:
        ends = [item.values["D_POSITION"] + item.values["D_LENGTH"] for track in project.tracks
                for item in track.items]
        return max([0.0, *ends, *(max(one.start, one.end) for one in project.markers)])

    def MarkProjectDirty(self, project: Project) -> None:
        self.changed()

    def IsProjectDirty(self, project: Project) -> int:
        return int(self.reaper.dirty)

    def GetProjectStateChangeCount(self, project: Project) -> int:
        return int(self.reaper.change_count)

    def GetProjectName(self, project: Project, buffer: str, size: int) -> tuple[None, str]:
        return None, Path(project.path).name

    def GetProjectPath(self, buffer: str, size: int) -> tuple[None, str]:
        return self.GetProjectPathEx(self.project, buffer, size)

    def GetProjectPathEx(self, project: Project, buffer: str, size: int) -> tuple[None, str]:
        """The folder media go to: beside the project, else a folder of REAPER's own."""
        beside = Path(project.path).parent if project.path else Path(self.reaper.home) / "Media"
        record = project.texts.get("RECORD_PATH", "")
        return None, str(beside / record) if record else str(beside)

    def EnumProjects(self, index: int, buffer: str, size: int) -> tuple[Project | None, str]:
        """One project is open; -1 is the current one."""
        if index not in (-1, 0):
            return None, ""
        return self.project, self.project.path

    def Main_SaveProject(self, project: Project, save_as: int) -> None:
        if save_as or not project.path:
            raise NotImplementedError("RPR_Main_SaveProject would ask for a file name; use RPR_Main_SaveProjectEx")
        self.reaper.save(Path(project.path))

    def Main_SaveProjectEx(self, project: Project, file: str, options: int) -> None:
        """Without &8 a copy is written and the project keeps its name. An empty name saves where it is."""
        target = Path(file or project.path)
        if not file and not project.path:
            raise NotImplementedError("RPR_Main_SaveProjectEx: an empty name needs a saved project")
        self.reaper.save(target, becomes=bool(options & _SAVE_AS) or not file)

    def Main_openProject(self, file: str) -> None:
        """Asks about unsaved changes unless the name begins with ``noprompt:``; Cancel leaves everything."""
        path = file.removeprefix("noprompt:")
        if self.reaper.dirty and path == file:
            if self.reaper.window.ask("save", "REAPER", "Save changes before closing?", _CANCEL) == _CANCEL:
                return
        self.reaper.open(Path(path))

    def format_timestr_pos(self, time: float, buffer: str, size: int, mode: int) -> tuple[None, str]:
        """0 (and the project's own, -1): minutes and seconds, 3 seconds, 4 samples, 5 hours to frames. All but
        seconds count from the project's start offset."""
        told = time + self.project.offset
        if mode in (-1, _TIME):
            hours, rest = divmod(max(told, 0.0), 3600)
            minutes, seconds = divmod(rest, 60)
            return None, (f"{int(hours)}:{int(minutes):02d}" if hours else f"{int(minutes)}") + f":{seconds:06.3f}"
        if mode == _SECONDS:
            return None, f"{told:.3f}"
        if mode == _SAMPLES:
            return None, str(round(told * self.project.settings.get("PROJECT_SRATE", NUMBERS["PROJECT_SRATE"])))
        if mode == _FRAMES:
            return None, timecode(told, self.project.frame_rate, self.project.drop_frame)
        raise NotImplementedError(f"RPR_format_timestr_pos: the fake REAPER does not know mode {mode}")


def timecode(time: float, rate: float, drop: bool) -> str:
    """HH:MM:SS:FF; broken rates count whole frames (non-drop) or leave out numbers (drop, 29.97 only)."""
    nominal = round(rate)
    frame = int(round(time * rate, 6))
    if drop:
        tens, rest = divmod(frame, nominal * 600 - 18)
        frame += 18 * tens + (2 * ((rest - nominal * 60) // (nominal * 60 - 2) + 1) if rest >= nominal * 60 else 0)
    seconds, frames = divmod(frame, nominal)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{seconds:02d}:{frames:02d}"

"""Tempo and time signature markers, and the questions about time that depend on them."""
from __future__ import annotations

from bisect import bisect_right

from tests.fake_reaper.calls import Group
from tests.fake_reaper.state import BEATS, Project, TempoMarker
from tests.fake_reaper.time_map import TimeMap, keep_beats
from tests.fake_reaper.timebase import move

_SAME_TIME = 1e-9


class Tempo(Group):
    @property
    def map(self) -> TimeMap:
        found: TimeMap = self.reaper.time_map()
        return found

    def CountTempoTimeSigMarkers(self, project: Project) -> int:
        return len(project.tempo)

    def GetTempoTimeSigMarker(self, project: Project, index: int, *_: float) -> tuple[float | int | bool, ...]:
        if not 0 <= index < len(project.tempo):
            return False, 0.0, 0, 0.0, 0.0, 0, 0, False
        marker = project.tempo[index]
        beats, bar, _full, _segment = self.map.beats(marker.time)
        return (True, marker.time, bar, beats, marker.bpm, marker.numerator, marker.denominator, marker.linear)

    def SetTempoTimeSigMarker(self, project: Project, index: int, time: float, *rest: float) -> bool:
        """Index -1 adds; a time below 0 means: by bar and beat. A marker at the same place is replaced."""
        bar, beat, bpm, numerator, denominator, linear = rest
        if bpm <= 0 or not -1 <= index < len(project.tempo):
            return False
        if time < 0:
            time = self.map.from_beats(int(bar), beat)
        marker = TempoMarker(time, float(bpm), int(numerator), int(denominator), bool(linear))
        self._edit(project, index, marker)
        return True

    def AddTempoTimeSigMarker(self, project: Project, time: float, *rest: float) -> bool:
        return self.SetTempoTimeSigMarker(project, -1, time, -1, -1, *rest)

    def DeleteTempoTimeSigMarker(self, project: Project, index: int) -> bool:
        if not 0 <= index < len(project.tempo):
            return False
        self._edit(project, index, None)
        return True

    def _edit(self, project: Project, index: int, marker: TempoMarker | None) -> None:
        """Take out the old marker, put in the new one where it is wanted; later ones keep their beats or their
        time."""
        old = self.map
        rows = [(one, old.quarter(one.time)) for i, one in enumerate(project.tempo) if i != index]
        if marker is not None:
            rows = [row for row in rows if abs(row[0].time - marker.time) > _SAME_TIME]
            if not rows and marker.time > 0:
                rows = [(TempoMarker(0.0, project.bpm, project.numerator, project.denominator), 0.0)]
            rows.append((marker, old.quarter(marker.time)))
        rows.sort(key=lambda row: row[0].time)
        project.tempo[:] = [row[0] for row in rows]
        if project.tempo_timebase == BEATS:
            edited = next((i + 1 for i, row in enumerate(rows) if row[0] is marker), index)
            keep_beats(project.tempo, [row[1] for row in rows], edited, project)
        self.reaper.tempo_changed()
        move(project, old, self.map)
        self.changed()

    def FindTempoTimeSigMarker(self, project: Project, time: float) -> int:
        """The marker in force at ``time``, or -1."""
        return bisect_right([marker.time for marker in project.tempo], time) - 1

    def SetCurrentBPM(self, project: Project, bpm: float, undo: int) -> None:
        """Of the marker in force at the cursor, or of the project."""
        index = self.FindTempoTimeSigMarker(project, project.cursor)
        if index >= 0:
            one = project.tempo[index]
            self._edit(project, index, TempoMarker(one.time, bpm, one.numerator, one.denominator, one.linear))
            return
        old, project.bpm = self.map, bpm
        self.reaper.tempo_changed()
        move(project, old, self.map)
        self.changed()

    def GetProjectTimeSignature2(self, project: Project, bpm: float, beats: float) -> tuple[None, float, float]:
        segment = self.map.at_time(project.cursor)
        return None, self.map.tempo(project.cursor), segment.numerator

    def Master_GetTempo(self) -> float:
        return self.map.tempo(self.project.cursor)

    def TimeMap2_timeToQN(self, project: Project, time: float) -> float:
        return self.map.quarter(time)

    def TimeMap2_QNToTime(self, project: Project, quarter: float) -> float:
        return self.map.time(quarter)

    def TimeMap_timeToQN(self, time: float) -> float:
        return self.map.quarter(time)

    def TimeMap_QNToTime(self, quarter: float) -> float:
        return self.map.time(quarter)

    def TimeMap_timeToQN_abs(self, project: Project, time: float) -> float:
        return self.map.quarter(time)

    def TimeMap_QNToTime_abs(self, project: Project, quarter: float) -> float:
        return self.map.time(quarter)

    def TimeMap2_timeToBeats(self, project: Project, time: float, *_: float) -> tuple[float, int, int, float, int]:
        beats, bar, full, segment = self.map.beats(time)
        return beats, bar, segment.numerator, full, segment.denominator

    def TimeMap2_beatsToTime(self, project: Project, beats: float, bar: int) -> tuple[float, int]:
        return self.map.from_beats(bar, beats), bar

    def TimeMap_GetTimeSigAtTime(self, project: Project, time: float, *_: float) -> tuple[None, int, int, float]:
        segment = self.map.at_time(time)
        return None, segment.numerator, segment.denominator, self.map.tempo(time)

    def TimeMap_GetMeasureInfo(self, project: Project, bar: int, *_: float) -> tuple[float, ...]:
        start, segment = self.map.bar_quarter(bar)
        end, _segment = self.map.bar_quarter(bar + 1)
        time = self.map.time(start)
        return time, start, end, segment.numerator, segment.denominator, self.map.tempo(time)

    def TimeMap2_GetDividedBpmAtTime(self, project: Project, time: float) -> float:
        return self.map.tempo(time) * self.map.at_time(time).denominator / 4.0

    def TimeMap2_GetNextChangeTime(self, project: Project, time: float) -> float:
        return self.map.next_change(time)

    def TimeMap_curFrameRate(self, project: Project, drop: int) -> tuple[float, bool]:
        return project.frame_rate, project.drop_frame

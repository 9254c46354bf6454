"""Action 41824: writes real files of the audio items, by the RENDER_* settings.

Only what can be heard without plug-ins: audio items (files, sections of files) with item, take, track and folder
volume, mute, volume and pan envelopes and track pan; MIDI is silent. A stem is a track alone with its own fader; the
mix runs through folders and the master. Enough to measure loudness, peaks and where a hit falls.
"""
from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from tests.fake_reaper.envelopes import evaluate
from tests.fake_reaper.settings import NUMBERS, TEXTS
from tests.fake_reaper.state import Envelope, Item, Project, Source, Track

_CUSTOM, _WHOLE, _SELECTION = 0, 1, 2
_MASTER_ONLY, _MASTER_AND_STEMS, _STEMS = 0, 1, 2
_SUBTYPES = {16: "PCM_16", 24: "PCM_24", 32: "FLOAT"}
_SINK = "evaw"
_YES = 6
_CONTROL_S = 0.01
"""Envelopes are read at this step and joined by lines."""


class Render:
    def __init__(self, reaper: Any) -> None:
        self.reaper = reaper
        self.written: list[Path] = []
        """The files of the last run."""

    @property
    def project(self) -> Project:
        found: Project = self.reaper.project
        return found

    def number(self, name: str) -> float:
        return self.project.settings.get(name, NUMBERS[name])

    def text(self, name: str) -> str:
        return self.project.texts.get(name, TEXTS[name])

    def bounds(self) -> tuple[float, float]:
        """Start and end in seconds, the tail included where the flags want one."""
        flag = int(self.number("RENDER_BOUNDSFLAG"))
        start, end = self._span(flag)
        tail = int(self.number("RENDER_TAILFLAG")) & 1 << flag
        return start, end + self.number("RENDER_TAILMS") / 1000 if tail else end

    def _span(self, flag: int) -> tuple[float, float]:
        if flag == _CUSTOM:
            return self.number("RENDER_STARTPOS"), self.number("RENDER_ENDPOS")
        if flag == _WHOLE:
            return 0.0, self.reaper.settings.GetProjectLength(self.project)
        if flag == _SELECTION:
            return self.project.selection[0], self.project.selection[1]
        raise NotImplementedError(f"render: the fake REAPER does not know RENDER_BOUNDSFLAG {flag}")

    def parts(self) -> list[Track]:
        """The master and the selected tracks, as far as the settings want them."""
        wanted = int(self.number("RENDER_SETTINGS"))
        if wanted not in (_MASTER_ONLY, _MASTER_AND_STEMS, _STEMS):
            raise NotImplementedError(f"render: the fake REAPER does not know RENDER_SETTINGS {wanted}")
        master = [self.project.master] if wanted != _STEMS else []
        return master + (self.reaper.tracks.selected() if wanted != _MASTER_ONLY else [])

    def targets(self) -> list[Path]:
        """One file for the master and for every stem; same names get a number."""
        folder = Path(self.text("RENDER_FILE"))
        if not folder.is_absolute():
            folder = Path(self.reaper.settings.GetProjectPathEx(self.project, "", 4096)[1]) / folder
        pattern = self.text("RENDER_PATTERN")
        if not pattern:
            return [folder if folder.suffix else folder.with_suffix(".wav")] * len(self.parts())
        out: list[Path] = []
        for track in self.parts():
            name = base = self._name(pattern, track)
            count = 1
            while folder / f"{name}.wav" in out:
                count += 1
                name = f"{base}-{count:03d}"
            out.append(folder / f"{name}.wav")
        return out

    def _name(self, pattern: str, track: Track) -> str:
        """Raises NotImplementedError for a wildcard that is not known here."""
        is_master = track is self.project.master
        values = {"project": Path(self.project.path).stem or "untitled",
                  "track": "MASTER" if is_master else track.name or f"Track {self.reaper.tracks.number(track)}",
                  "tracknumber": str(max(0, self.reaper.tracks.number(track)))}

        def value(match: re.Match[str]) -> str:
            if match[1] not in values:
                raise NotImplementedError(f"render: the fake REAPER does not know the wildcard ${match[1]}")
            return re.sub(r'[/\\:*?"<>|]', "_", values[match[1]])

        return re.sub(r"\$([a-z]+)", value, pattern)

    def _format(self) -> str:
        data = base64.b64decode(self.text("RENDER_FORMAT"))
        if data[:4].decode("latin-1") != _SINK:
            raise NotImplementedError(f"render: the fake REAPER writes WAV only, not {data[:4]!r}")
        depth = data[4] if len(data) > 4 else 24
        return _SUBTYPES[depth]

    def run(self) -> None:
        """Write the files. About a file that is there already REAPER asks first, in a window."""
        start, end = self.bounds()
        rate = int(self.number("RENDER_SRATE") or self.number("PROJECT_SRATE"))
        subtype, count = self._format(), max(0, round((end - start) * rate))
        parts, targets = self.parts(), self.targets()
        if any(file.exists() for file in targets):
            answer = self.reaper.window.ask("overwrite", "Render to file", "The file is there. Overwrite?", _YES)
            if answer != _YES:
                return
        for track, file in zip(parts, targets, strict=True):
            mixer = _Mixer(self.project, start, count, rate)
            sound = mixer.mix() if track is self.project.master else mixer.stem(track)
            file.parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(file, sound.T, rate, subtype=subtype)
        self.written = targets


class _Mixer:
    """Sums items from ``start`` on, ``count`` samples at ``rate``. Sound is [2, count]."""

    def __init__(self, project: Project, start: float, count: int, rate: int) -> None:
        self.project, self.start, self.count, self.rate = project, start, count, rate
        self.soloed = any(track.values["I_SOLO"] for track in project.tracks)

    def mix(self) -> np.ndarray:
        """Through folders to the master."""
        total, _next = self._folder(0, 0)
        total *= self._level(self.project.master)
        return total

    def _folder(self, index: int, depth: int) -> tuple[np.ndarray, int]:
        """The sum of the tracks from ``index`` on until the folder around them closes."""
        total = np.zeros((2, self.count))
        tracks = self.project.tracks
        while index < len(tracks):
            track = tracks[index]
            change = int(track.values["I_FOLDERDEPTH"])
            sound = self.items(track)
            index += 1
            if change > 0:
                inner, index, closed = self._inner(index)
                sound = sound + inner
                change = closed
            if not track.values["B_MUTE"] and (not self.soloed or track.values["I_SOLO"]):
                total += sound * self._level(track)
            if change < 0 and depth > 0:
                self._closing = change + 1
                return total, index
        self._closing = 0
        return total, index

    _closing = 0

    def _inner(self, index: int) -> tuple[np.ndarray, int, int]:
        inner, index = self._folder(index, 1)
        return inner, index, self._closing

    def stem(self, track: Track) -> np.ndarray:
        """A track with what lies in it when it is a folder."""
        index = next(i for i, one in enumerate(self.project.tracks) if one is track)
        sound = self.items(track)
        if track.values["I_FOLDERDEPTH"] > 0:
            sound = sound + self._inner(index + 1)[0]
        sound *= self._level(track)
        return sound

    def _level(self, track: Track) -> np.ndarray:
        """[2, count]: volume, pan (balance: the far side falls) and the envelopes that are active."""
        volume = np.full(self.count, track.values["D_VOL"])
        pan = np.full(self.count, track.values["D_PAN"])
        for envelope in track.envelopes:
            if envelope.active and envelope.chunk == "VOLENV2":
                volume = volume * self._curve(envelope)
            elif envelope.active and envelope.chunk == "PANENV2":
                pan = pan - self._curve(envelope)
        pan = np.clip(pan, -1.0, 1.0)
        return np.stack([volume * np.minimum(1.0, 1.0 - pan), volume * np.minimum(1.0, 1.0 + pan)])

    def _curve(self, envelope: Envelope) -> np.ndarray:
        steps = np.arange(0.0, self.count / self.rate + 2 * _CONTROL_S, _CONTROL_S)
        values = [evaluate(envelope, self.start + step) for step in steps]
        curve: np.ndarray = np.interp(np.arange(self.count) / self.rate, steps, values)
        return curve

    def items(self, track: Track) -> np.ndarray:
        total = np.zeros((2, self.count))
        for item in track.items:
            if not item.values["B_MUTE"]:
                self._add(total, item)
        return total

    def _add(self, total: np.ndarray, item: Item) -> None:
        take = item.takes[item.active] if item.takes else None
        if take is None or take.source is None or take.source.midi is not None:
            return
        position, length = item.values["D_POSITION"], item.values["D_LENGTH"]
        first = max(0, round((position - self.start) * self.rate))
        last = min(self.count, round((position + length - self.start) * self.rate))
        if last <= first:
            return
        times = self.start + np.arange(first, last) / self.rate - position
        times = take.values["D_STARTOFFS"] + times * take.values["D_PLAYRATE"]
        gain = item.values["D_VOL"] * abs(take.values["D_VOL"])
        total[:, first:last] += gain * _samples(take.source, times, bool(item.values["B_LOOPSRC"]))


def _samples(source: Source, times: np.ndarray, loop: bool) -> np.ndarray:
    """The source's sound at these times of its own, [2, n]; silence before and behind it, and for pictures."""
    if source.kind == "SECTION" and source.parent is not None:
        inside = (times >= 0) & (times < source.length)
        shown = source.offset + (source.length - times if source.reverse else times)
        return np.where(inside, _samples(source.parent, shown, loop), 0.0)
    if not source.file or not Path(source.file).is_file() or source.kind == "VIDEO":
        return np.zeros((2, len(times)))
    sound, rate = soundfile.read(source.file, dtype="float64", always_2d=True)
    columns = [sound[:, 0], sound[:, min(1, sound.shape[1] - 1)]]
    clock = np.arange(len(sound)) / rate
    if loop and len(sound):
        times = np.where(times >= 0, np.mod(times, len(sound) / rate), times)
    return np.stack([np.interp(times, clock, column, left=0.0, right=0.0) for column in columns])

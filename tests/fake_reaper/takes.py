"""Takes and the sources behind them."""
from __future__ import annotations

import wave
from pathlib import Path

from tests.fake_reaper import identity
from tests.fake_reaper.calls import Group, need
from tests.fake_reaper.events import PPQ, MidiEvents
from tests.fake_reaper.state import TAKE_VALUES, Item, Source, Take, Track
from tests.fake_reaper.tracks import extension, known, pick, whole

_VIDEO = (".mp4", ".mov", ".mkv", ".avi", ".webm", ".m4v", ".mpg")
_AUDIO = {".wav": "WAVE", ".flac": "FLAC", ".mp3": "MP3", ".ogg": "VORBIS", ".aif": "WAVE", ".aiff": "WAVE"}
_ENVELOPES = ("<VOLENV", "<PANENV", "<MUTEENV", "<PITCHENV")
_MADE = ("MIDI", "SECTION", "WAVE", "VIDEO", "EMPTY")


class Takes(Group):
    def item_of(self, take: Take) -> Item | None:
        item = self.pointers.owner(take)
        if item is not None and any(one is take for one in item.takes):
            found: Item = item
            return found
        for track in self.project.tracks:
            for item in track.items:
                if any(one is take for one in item.takes):
                    self.pointers.text(take, item)
                    return item
        return None

    def _give(self, item: Item, index: int) -> Take | None:
        take: Take | None = pick(item.takes, index)
        if take is not None:
            self.pointers.text(take, item)
        return take

    def GetActiveTake(self, item: Item | None) -> Take | None:
        item = need(item)
        return self._give(item, item.active)

    def SetActiveTake(self, take: Take | None) -> None:
        take = need(take)
        item = self.item_of(take)
        if item is not None:
            item.active = next(i for i, one in enumerate(item.takes) if one is take)
            self.changed()

    def GetTake(self, item: Item | None, index: int) -> Take | None:
        return self._give(need(item), index)

    def GetMediaItemTake(self, item: Item | None, index: int) -> Take | None:
        """-1 is the active one."""
        item = need(item)
        return self._give(item, item.active if index == -1 else index)

    def CountTakes(self, item: Item | None) -> int:
        return len(need(item).takes)

    def GetMediaItemNumTakes(self, item: Item | None) -> int:
        return len(need(item).takes)

    def AddTakeToMediaItem(self, item: Item | None) -> Take:
        """Behind the others, empty; what plays stays the same."""
        item, take = need(item), Take(identity.new())
        item.takes.append(take)
        self.pointers.text(take, item)
        self.changed()
        return take

    def GetMediaItemTake_Item(self, take: Take | None) -> Item | None:
        return self.item_of(need(take))

    def GetMediaItemTake_Track(self, take: Take | None) -> Track | None:
        item = self.item_of(need(take))
        track: Track | None = self.reaper.items.track_of(item) if item is not None else None
        return track

    def GetMediaItemTake_Source(self, take: Take | None) -> Source | None:
        found: Source | None = need(take).source
        return found

    def SetMediaItemTake_Source(self, take: Take | None, source: Source | None) -> bool:
        """The old source stays alive: whoever took it away has to destroy it."""
        need(take).source = need(source)
        self.changed()
        return True

    def GetMediaItemTakeInfo_Value(self, take: Take | None, name: str) -> float:
        take = need(take)
        if name == "IP_TAKENUMBER":
            item = self.item_of(take)
            return float(next(i for i, one in enumerate(item.takes) if one is take)) if item else -1.0
        known(name, take.values, "RPR_GetMediaItemTakeInfo_Value")
        return float(take.values[name])

    def SetMediaItemTakeInfo_Value(self, take: Take | None, name: str, value: float) -> bool:
        take = need(take)
        known(name, TAKE_VALUES, "RPR_SetMediaItemTakeInfo_Value")
        take.values[name] = whole(name, value)
        self.changed()
        return True

    def GetSetMediaItemTakeInfo_String(self, take: Take | None, name: str, text: str, write: int) -> tuple[bool, str]:
        take = need(take)
        if name in ("P_NAME", "GUID"):
            field = "name" if name == "P_NAME" else "guid"
            if write:
                setattr(take, field, text)
                self.changed()
            return True, getattr(take, field)
        return extension(self, take.ext, name, text, write)

    def GetTakeName(self, take: Take | None) -> str:
        return str(need(take).name)

    def TakeIsMIDI(self, take: Take | None) -> bool:
        source = need(take).source
        return source is not None and source.kind == "MIDI"

    def CountTakeEnvelopes(self, take: Take | None) -> int:
        return sum(row in _ENVELOPES for row in need(take).rows)

    def TakeFX_GetCount(self, take: Take | None) -> int:
        """Of the chain as its state text has it."""
        return sum(row.startswith("BYPASS ") for row in need(take).rows)

    def GetTakeNumStretchMarkers(self, take: Take | None) -> int:
        need(take)
        return 0

    # sources

    def PCM_Source_CreateFromFile(self, file: str) -> Source | None:
        """NULL for a file that is not there or broken."""
        return open_media(file)

    def PCM_Source_CreateFromType(self, kind: str) -> Source:
        if kind not in _MADE:
            raise NotImplementedError(f"RPR_PCM_Source_CreateFromType: the fake REAPER does not know '{kind}'")
        return Source(kind, midi=MidiEvents() if kind == "MIDI" else None)

    def PCM_Source_Destroy(self, source: Source | None) -> None:
        self.pointers.drop(need(source))

    def GetMediaSourceFileName(self, source: Source | None, buffer: str, size: int) -> tuple[None, str]:
        """A section has no file of its own: the file is its parent's."""
        return None, need(source).file

    def GetMediaSourceType(self, source: Source | None, buffer: str, size: int) -> tuple[None, str]:
        return None, need(source).kind

    def GetMediaSourceParent(self, source: Source | None) -> Source | None:
        found: Source | None = need(source).parent
        return found

    def PCM_Source_GetSectionInfo(self, source: Source | None, offset: float, length: float,
                                  reverse: int) -> tuple[bool, float, float, bool]:
        source = need(source)
        if source.kind != "SECTION":
            return False, 0.0, 0.0, False
        return True, source.offset, source.length, source.reverse

    def GetMediaSourceLength(self, source: Source | None, in_quarters: int) -> tuple[float, bool]:
        source = need(source)
        if source.midi is not None:
            return source.midi.length / PPQ, True
        return (source.length if source.kind == "SECTION" else source.length_s), False

    def GetMediaSourceNumChannels(self, source: Source | None) -> int:
        return innermost(need(source)).channels

    def GetMediaSourceSampleRate(self, source: Source | None) -> int:
        return innermost(need(source)).sample_rate


def innermost(source: Source) -> Source:
    while source.parent is not None:
        source = source.parent
    return source


def open_media(file: str) -> Source | None:
    """The source of a media file, with its length; None when there is no such file or it cannot be read."""
    path, ending = Path(file), Path(file).suffix.lower()
    if not path.is_file():
        return None
    if ending in _VIDEO:
        return Source("VIDEO", file=file, length_s=_video_length(path), channels=2, sample_rate=48000)
    if ending == ".wav":
        return _wave(path)
    if ending in _AUDIO:
        import soundfile
        info = soundfile.info(file)
        return Source(_AUDIO[ending], file=file, length_s=info.frames / info.samplerate, channels=info.channels,
                      sample_rate=info.samplerate)
    raise NotImplementedError(f"the fake REAPER does not know what '{ending}' files are as media: {path.name}")


def _wave(path: Path) -> Source | None:
    """The standard library reads plain PCM; anything else (float) is asked from soundfile."""
    try:
        with wave.open(str(path)) as sound:
            return Source("WAVE", file=str(path), length_s=sound.getnframes() / sound.getframerate(),
                          channels=sound.getnchannels(), sample_rate=sound.getframerate())
    except (wave.Error, EOFError):
        import soundfile
        try:
            info = soundfile.info(str(path))
        except soundfile.LibsndfileError:
            return None
        return Source("WAVE", file=str(path), length_s=info.frames / info.samplerate, channels=info.channels,
                      sample_rate=info.samplerate)


def _video_length(path: Path) -> float:
    """Seconds, or 0 for a file that only calls itself a video."""
    import av
    try:
        with av.open(str(path)) as container:
            return float(container.duration or 0) / av.time_base
    except av.error.FFmpegError:
        return 0.0

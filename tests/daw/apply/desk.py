"""The composer at the desk: REAPER with a project, and hands on it."""
from __future__ import annotations

import ctypes
from typing import Any

from backend.daw.apply import apply_session
from backend.domain.live import BuildReport, LivePlan
from tests.fake_reaper import FakeReaper


class Desk:
    """``build`` is what FilmComposer does; everything else is what a user does. Times in seconds."""

    def __init__(self, reaper: FakeReaper) -> None:
        self.reaper = reaper
        self.api: Any = reaper.api

    @property
    def project(self) -> Any:
        return self.reaper.project

    @property
    def hash(self) -> str:
        return self.reaper.project_hash()

    @property
    def undo_names(self) -> list[str]:
        return self.reaper.undo_history.names()

    def build(self, plan: LivePlan) -> BuildReport:
        """A build that must succeed, with every pointer alive."""
        self.reaper.by_hand()
        report = apply_session(plan, self.api)
        assert report.refused == "", report.refused
        assert self.reaper.stale == []
        return report

    def refused(self, plan: LivePlan) -> str:
        """A build that must not happen. The project is the same, and so is the undo list."""
        self.reaper.by_hand()
        before, names = self.hash, self.undo_names
        report = apply_session(plan, self.api)
        assert report.refused and report.changed == 0
        assert "\n" not in report.refused
        assert (self.hash, self.undo_names) == (before, names)
        return report.refused

    def track(self, name: str) -> Any:
        """Pointer of the first track with this name."""
        return self.tracks(name)[0]

    def tracks(self, name: str) -> list[Any]:
        every = [self.api.RPR_GetTrack(0, i) for i in range(self.api.RPR_CountTracks(0))]
        return [track for track in every if self.name_of(track) == name]

    def name_of(self, track: Any) -> str:
        return str(self.api.RPR_GetSetMediaTrackInfo_String(track, "P_NAME", "", False)[3])

    def state(self, name: str) -> Any:
        """The track as the fake holds it."""
        return next(track for track in self.project.tracks if track.name == name)

    def names(self) -> list[str]:
        """Every track, indented by its folders."""
        out, level = [], 0
        for track in self.project.tracks:
            out.append("  " * level + track.name)
            level += int(track.values["I_FOLDERDEPTH"])
        assert level == 0
        return out

    def new_track(self, name: str, index: int | None = None) -> Any:
        place = self.api.RPR_CountTracks(0) if index is None else index
        self.api.RPR_InsertTrackAtIndex(place, True)
        track = self.api.RPR_GetTrack(0, place)
        self.api.RPR_GetSetMediaTrackInfo_String(track, "P_NAME", name, True)
        return track

    def set(self, track: Any, parameter: str, value: float) -> None:
        self.api.RPR_SetMediaTrackInfo_Value(track, parameter, value)

    def item(self, track: Any, index: int = 0) -> Any:
        return self.api.RPR_GetTrackMediaItem(track, index)

    def set_item(self, item: Any, parameter: str, value: float) -> None:
        self.api.RPR_SetMediaItemInfo_Value(item, parameter, value)

    def audio(self, track: Any, file: str, start_s: float, length_s: float) -> Any:
        item = self.api.RPR_AddMediaItemToTrack(track)
        take = self.api.RPR_AddTakeToMediaItem(item)
        self.api.RPR_SetMediaItemTake_Source(take, self.api.RPR_PCM_Source_CreateFromFile(file))
        self.set_item(item, "D_LENGTH", length_s)
        self.set_item(item, "D_POSITION", start_s)
        return item

    def midi(self, track: Any, start_s: float, end_s: float, pitch: int = 60) -> Any:
        item = self.api.RPR_CreateNewMIDIItemInProj(track, start_s, end_s, False)[0]
        self.note(item, pitch)
        return item

    def note(self, item: Any, pitch: int = 61, take: int = 0) -> None:
        """Write a note into a take."""
        self.api.RPR_MIDI_InsertNote(self.api.RPR_GetTake(item, take), False, False, 0.0, 480.0, 0, pitch, 80, False)

    def events(self, item: Any, take: int = 0) -> bytes:
        """A take's MIDI as REAPER holds it."""
        call = ctypes.CFUNCTYPE(ctypes.c_byte, ctypes.c_uint64, ctypes.c_void_p, ctypes.c_void_p)(
            self.api._ft["MIDI_GetAllEvts"])
        pointer = self.api.rpr_packp("MediaItem_Take*", self.api.RPR_GetTake(item, take))
        buffer, size = ctypes.create_string_buffer(1 << 16), ctypes.c_int(1 << 16)
        assert call(pointer, ctypes.addressof(buffer), ctypes.addressof(size))
        return buffer.raw[:size.value]

    def tempo(self, time_s: float, bpm: float, metre: tuple[int, int] = (0, 0), linear: bool = False) -> None:
        self.api.RPR_SetTempoTimeSigMarker(0, -1, time_s, -1, -1, bpm, *metre, linear)

    def marker(self, time_s: float, name: str, end_s: float | None = None) -> int:
        """A marker, or a region."""
        return int(self.api.RPR_AddProjectMarker2(0, end_s is not None, time_s, end_s or 0.0, name, -1, 0))

    def tempo_map(self) -> list[tuple[float, float, int, int]]:
        return [(p.time, p.bpm, p.numerator, p.denominator) for p in self.project.tempo]

    def marks(self, regions: bool = False) -> list[tuple[float, str]]:
        return [(m.start, m.name) for m in sorted(self.project.markers, key=lambda m: m.start) if m.region == regions]

    def composers_project(self, wav: str) -> None:
        """What a composer has open before we come: nothing of it may change."""
        picture, dialogue = self.new_track("PICTURE"), self.new_track("Dialogue")
        self.audio(picture, wav, 0.0, 120.0)
        self.audio(dialogue, wav, 12.0, 3.0)
        self.audio(dialogue, wav, 40.0, 3.0)
        piano = self.new_track("Piano")
        self.midi(piano, 50.0, 58.0)
        self.automate(piano, [(5.0, 0.5), (20.0, 0.9), (60.0, 0.2)])
        self.automate(self.api.RPR_GetMasterTrack(0), [(0.0, 1.0), (33.0, 0.5), (90.0, 0.0)])
        self.marker(70.0, "Titles")
        self.marker(45.0, "1M9 Elsewhere", 80.0)
        self.api.RPR_GetSet_LoopTimeRange2(0, True, False, 3.0, 4.0, False)
        self.api.RPR_SetEditCurPos2(0, 7.5, False, False)
        self.set(dialogue, "I_SELECTED", 1.0)

    def automate(self, track: Any, points: list[tuple[float, float]]) -> Any:
        """The volume envelope, as an action of REAPER's shows it, with these points (scaled values)."""
        state = self.reaper.pointers.find(str(track), "MediaTrack*")
        self.reaper.envelopes.toggle(state, "VOLENV2")
        envelope = self.api.RPR_GetTrackEnvelopeByName(track, "Volume")
        self.api.RPR_DeleteEnvelopePointRange(envelope, -1.0, 1e9)
        for time_s, value in points:
            self.api.RPR_InsertEnvelopePoint(envelope, time_s, value, 0, 0.0, False, False)
        return envelope

    def where_everything_is(self, without: tuple[str, ...] = ()) -> dict[str, list[float]]:
        """Times of every item, envelope point, marker, region and tempo point, of the tracks not named ``without``."""
        found: dict[str, list[float]] = {}
        for track in (*self.project.tracks, self.project.master):
            if track.name in without:
                continue
            found[track.guid] = [v for i in track.items for v in (i.values["D_POSITION"], i.values["D_LENGTH"])]
            found[track.guid] += [point.time for envelope in track.envelopes for point in envelope.points]
        found["marks"] = [v for m in self.project.markers for v in (m.start, m.end)]
        return found

"""Tracks, items, takes, sources, sends, plug-ins."""
from __future__ import annotations

import ctypes as ct
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.fake_reaper import EXTRA, STOCK, FakeReaper
from tests.fake_reaper.pointers import null
from tests.fake_reaper.state import Source


def _tracks(reaper: FakeReaper, *names: str) -> list[str]:
    for name in names:
        count = reaper.api.RPR_CountTracks(0)
        reaper.api.RPR_InsertTrackAtIndex(count, False)
        reaper.api.RPR_GetSetMediaTrackInfo_String(reaper.api.RPR_GetTrack(0, count), "P_NAME", name, True)
    return [str(reaper.api.RPR_GetTrack(0, i)) for i in range(reaper.api.RPR_CountTracks(0))]


def _names(reaper: FakeReaper) -> list[str]:
    return [track.name for track in reaper.project.tracks]


def test_inserting_numbers_and_deleting() -> None:
    reaper = FakeReaper()
    first, second, third = _tracks(reaper, "a", "b", "c")
    api = reaper.api
    api.RPR_InsertTrackAtIndex(1, False)
    assert [api.RPR_GetMediaTrackInfo_Value(one, "IP_TRACKNUMBER") for one in (first, second, third)] == [1, 3, 4]
    assert api.RPR_GetTrackName(api.RPR_GetTrack(0, 1), "", 64)[2] == "Track 2"
    api.RPR_DeleteTrack(second)
    assert _names(reaper) == ["a", "", "c"]


def test_folders_by_depth_and_after_deleting_the_last_child() -> None:
    reaper = FakeReaper()
    folder, child, last, after = _tracks(reaper, "folder", "child", "last", "after")
    api = reaper.api
    api.RPR_SetMediaTrackInfo_Value(folder, "I_FOLDERDEPTH", 1)
    api.RPR_SetMediaTrackInfo_Value(last, "I_FOLDERDEPTH", -1)
    assert [api.RPR_GetParentTrack(one) for one in (folder, child, last, after)] == [
        null("MediaTrack*"), folder, folder, null("MediaTrack*")]
    api.RPR_DeleteTrack(last)
    assert api.RPR_GetParentTrack(after) == null("MediaTrack*") and api.RPR_GetTrackDepth(child) == 1


def test_muting_by_action_needs_the_selection() -> None:
    """What reapy's Track.mute does: the user's selection is gone afterwards."""
    reaper = FakeReaper()
    first, second = _tracks(reaper, "users", "ours")
    reaper.api.RPR_SetTrackSelected(first, True)
    reaper.api.RPR_Main_OnCommand(40280, 0)
    assert [track.values["B_MUTE"] for track in reaper.project.tracks] == [1.0, 0.0]
    reaper.api.RPR_SetOnlyTrackSelected(second)
    reaper.api.RPR_Main_OnCommand(40280, 0)
    assert [track.values["I_SELECTED"] for track in reaper.project.tracks] == [0.0, 1.0]
    reaper.api.RPR_SetMediaTrackInfo_Value(first, "B_MUTE", 0)
    assert [track.values["B_MUTE"] for track in reaper.project.tracks] == [0.0, 1.0]


def test_ext_texts_of_tracks_items_and_takes() -> None:
    reaper = FakeReaper()
    track = _tracks(reaper, "a")[0]
    item = reaper.api.RPR_AddMediaItemToTrack(track)
    take = reaper.api.RPR_AddTakeToMediaItem(item)
    for thing, function in ((track, "MediaTrackInfo"), (item, "MediaItemInfo"), (take, "MediaItemTakeInfo")):
        ask = getattr(reaper.api, f"RPR_GetSet{function}_String")
        assert ask(thing, "P_EXT:filmcomposer", "", False)[::3] == (0, "")
        ask(thing, "P_EXT:filmcomposer", "tag", True)
        assert ask(thing, "P_EXT:filmcomposer", "", False)[::3] == (1, "tag")
        ask(thing, "P_EXT:filmcomposer", "", True)
        assert ask(thing, "P_EXT:filmcomposer", "", False)[0] == 0


def test_moving_tracks() -> None:
    reaper = FakeReaper()
    tracks = _tracks(reaper, "a", "b", "c", "d")
    reaper.api.RPR_SetTrackSelected(tracks[0], True)
    assert reaper.api.RPR_ReorderSelectedTracks(3, 0) == 1
    assert _names(reaper) == ["b", "c", "a", "d"]


def test_items_stay_in_the_order_of_their_places() -> None:
    reaper = FakeReaper()
    track, other = _tracks(reaper, "a", "b")
    api = reaper.api
    late, early = api.RPR_AddMediaItemToTrack(track), api.RPR_AddMediaItemToTrack(track)
    api.RPR_SetMediaItemInfo_Value(late, "D_POSITION", 9.0)
    api.RPR_SetMediaItemInfo_Value(early, "D_POSITION", 1.0)
    assert [api.RPR_GetTrackMediaItem(track, i) for i in range(2)] == [early, late]
    assert api.RPR_MoveMediaItemToTrack(early, other) == 1
    assert api.RPR_GetMediaItem_Track(early) == other and api.RPR_CountMediaItems(0) == 2
    assert api.RPR_GetMediaItem(0, 0) == late
    assert api.RPR_DeleteTrackMediaItem(track, early) == 0
    assert api.RPR_DeleteTrackMediaItem(other, early) == 1
    assert api.RPR_ValidatePtr2(0, early, "MediaItem*") == 0


def test_takes_and_what_plays() -> None:
    reaper = FakeReaper()
    api = reaper.api
    item = api.RPR_AddMediaItemToTrack(_tracks(reaper, "a")[0])
    assert api.RPR_GetActiveTake(item) == null("MediaItem_Take*")
    first, second = api.RPR_AddTakeToMediaItem(item), api.RPR_AddTakeToMediaItem(item)
    assert api.RPR_GetActiveTake(item) == first
    api.RPR_SetActiveTake(second)
    assert (api.RPR_GetActiveTake(item), api.RPR_GetMediaItemInfo_Value(item, "I_CURTAKE")) == (second, 1.0)
    assert api.RPR_GetMediaItemTake_Item(second) == item and api.RPR_CountTakes(item) == 2


def test_a_section_hides_the_file_of_its_parent() -> None:
    reaper = FakeReaper()
    api = reaper.api
    item = api.RPR_AddMediaItemToTrack(_tracks(reaper, "a")[0])
    take = api.RPR_AddTakeToMediaItem(item)
    reaper.pointers.find(take, "MediaItem_Take*").source = Source(
        "SECTION", offset=2.5, length=8.0, parent=Source("VIDEO", "/films/clip.mp4", 60.0))
    source = api.RPR_GetMediaItemTake_Source(take)
    assert api.RPR_GetMediaSourceFileName(source, "", 512) == (source, "", 512)
    assert api.RPR_PCM_Source_GetSectionInfo(source, 0, 0, 0) == (1, source, 2.5, 8.0, 0)
    parent = api.RPR_GetMediaSourceParent(source)
    assert api.RPR_GetMediaSourceType(parent, "", 64)[1] == "VIDEO"
    assert api.RPR_GetMediaSourceFileName(parent, "", 512)[1] == "/films/clip.mp4"
    assert api.RPR_GetMediaSourceFileName(parent, "", 8)[1] == "/films/"
    assert api.RPR_GetMediaSourceParent(parent) == null("PCM_source*")


def test_files_become_sources(tmp_path: Path) -> None:
    api = FakeReaper().api
    soundfile.write(tmp_path / "a.wav", np.zeros((24000, 2)), 48000, subtype="PCM_24")
    source = api.RPR_PCM_Source_CreateFromFile(str(tmp_path / "a.wav"))
    assert api.RPR_GetMediaSourceLength(source, 0) == (0.5, source, 0)
    assert (api.RPR_GetMediaSourceNumChannels(source), api.RPR_GetMediaSourceSampleRate(source)) == (2, 48000)
    assert api.RPR_PCM_Source_CreateFromFile(str(tmp_path / "none.wav")) == null("PCM_source*")
    (tmp_path / "text.txt").write_text("no sound")
    with pytest.raises(NotImplementedError, match=".txt"):
        api.RPR_PCM_Source_CreateFromFile(str(tmp_path / "text.txt"))
    (tmp_path / "broken.wav").write_bytes(b"no sound")
    assert api.RPR_PCM_Source_CreateFromFile(str(tmp_path / "broken.wav")) == null("PCM_source*")


def test_pictures_tell_their_length(shared_data: Path) -> None:
    reaper = FakeReaper()
    clip = next(file for file in sorted((shared_data / "video").rglob("*.mp4")))
    source = reaper.api.RPR_PCM_Source_CreateFromFile(str(clip))
    assert reaper.api.RPR_GetMediaSourceType(source, "", 64)[1] == "VIDEO"
    assert reaper.api.RPR_GetMediaSourceLength(source, 0)[0] > 1.0


def test_splitting_an_item() -> None:
    reaper = FakeReaper()
    item = reaper.api.RPR_CreateNewMIDIItemInProj(_tracks(reaper, "a")[0], 1.0, 5.0, False)[0]
    right = reaper.api.RPR_SplitMediaItem(item, 2.0)
    rows = [(one.values["D_POSITION"], one.values["D_LENGTH"], one.takes[0].values["D_STARTOFFS"])
            for one in reaper.project.tracks[0].items]
    assert rows == [(1.0, 1.0, 0.0), (2.0, 3.0, 1.0)]
    assert reaper.api.RPR_SplitMediaItem(right, 9.0) == null("MediaItem*")


def test_sends_seen_from_both_ends() -> None:
    reaper = FakeReaper()
    track, room = _tracks(reaper, "a", "room")
    api = reaper.api
    assert api.RPR_CreateTrackSend(track, room) == 0
    assert api.RPR_SetTrackSendInfo_Value(track, 0, 0, "I_SENDMODE", 3) == 1
    assert api.RPR_GetTrackSendInfo_Value(room, -1, 0, "I_SENDMODE") == 3.0
    assert (api.RPR_GetTrackNumSends(track, 0), api.RPR_GetTrackNumSends(room, -1)) == (1, 1)
    assert api.RPR_CreateTrackSend(track, track) == -1
    api.RPR_DeleteTrack(room)
    assert api.RPR_GetTrackNumSends(track, 0) == 0


def test_plug_ins_are_there_or_not() -> None:
    reaper = FakeReaper()
    track = _tracks(reaper, "a")[0]
    api = reaper.api
    assert api.RPR_TrackFX_AddByName(track, "Kontakt 7", False, -1) == -1
    assert api.RPR_TrackFX_AddByName(track, "ReaSynth", False, 0) == -1
    assert api.RPR_TrackFX_AddByName(track, "ReaSynth (Cockos)", False, -1) == 0
    assert api.RPR_TrackFX_AddByName(track, "VSTi: ReaSynth (Cockos)", False, 1) == 0
    assert api.RPR_TrackFX_AddByName(track, "ReaVerbate", False, -1000) == 0
    assert [fx.name for fx in reaper.project.tracks[0].fx] == ["VST: ReaVerbate (Cockos)", "VSTi: ReaSynth (Cockos)"]
    assert api.RPR_TrackFX_GetInstrument(track) == 1
    assert FakeReaper(plugins=STOCK + EXTRA).fx.installed[-1].name == "JS: Reaticulate"


def test_parameters_presets_and_config_texts() -> None:
    reaper = FakeReaper(plugins=STOCK + EXTRA)
    track = _tracks(reaper, "a")[0]
    api = reaper.api
    sampler = api.RPR_TrackFX_AddByName(track, "ReaSamplOmatic5000", False, -1)
    assert api.RPR_TrackFX_SetNamedConfigParm(track, sampler, "FILE0", "/a.wav") == 1
    assert api.RPR_TrackFX_SetNamedConfigParm(track, sampler, "NOTHING", "1") == 0
    assert api.RPR_TrackFX_GetNamedConfigParm(track, sampler, "FILE0", "", 512)[4] == "/a.wav"
    orchestra = api.RPR_TrackFX_AddByName(track, "BBC Symphony Orchestra", False, -1)
    assert api.RPR_TrackFX_SetPreset(track, orchestra, "Violins 1 - Long") == 1
    assert api.RPR_TrackFX_SetPreset(track, orchestra, "Kazoo") == 0
    assert api.RPR_TrackFX_SetParamNormalized(track, orchestra, 0, 1.5) == 1
    assert api.RPR_TrackFX_GetParamNormalized(track, orchestra, 0) == 1.0
    assert api.RPR_TrackFX_SetParamNormalized(track, orchestra, 99, 0.5) == 0


def test_installed_plug_ins_tell_their_names_through_the_table_only() -> None:
    reaper = FakeReaper()
    assert reaper.api.RPR_EnumInstalledFX(0, "", "") == 1
    assert reaper.api.RPR_EnumInstalledFX(len(STOCK), "", "") == 0
    ask = ct.CFUNCTYPE(ct.c_byte, ct.c_int, ct.c_void_p, ct.c_void_p)(reaper.api._ft["EnumInstalledFX"])
    name, ident = ct.c_char_p(), ct.c_char_p()
    assert ask(0, ct.cast(ct.byref(name), ct.c_void_p), ct.cast(ct.byref(ident), ct.c_void_p))
    assert (name.value, ident.value) == (b"VSTi: ReaSynth (Cockos)", b"reasynth.dll")


@pytest.mark.parametrize("mode", [2, -5])
def test_unknown_ways_to_add_a_plug_in_are_refused(mode: int) -> None:
    reaper = FakeReaper()
    with pytest.raises(NotImplementedError, match=str(mode)):
        reaper.api.RPR_TrackFX_AddByName(_tracks(reaper, "a")[0], "ReaSynth", False, mode)

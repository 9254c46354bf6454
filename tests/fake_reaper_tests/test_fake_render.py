"""Rendering writes files in which levels, pans and hits can be measured."""
from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.fake_reaper import FakeReaper

RATE = 48000


def _click(folder: Path, at: float, level: float = 0.5) -> Path:
    sound = np.zeros((2 * RATE, 2))
    sound[round(at * RATE)] = level
    file = folder / f"click-{at}.wav"
    soundfile.write(file, sound, RATE, subtype="FLOAT")
    return file


def _track(reaper: FakeReaper, name: str, file: Path, position: float) -> str:
    api = reaper.api
    count = api.RPR_CountTracks(0)
    api.RPR_InsertTrackAtIndex(count, False)
    track = api.RPR_GetTrack(0, count)
    api.RPR_GetSetMediaTrackInfo_String(track, "P_NAME", name, True)
    item = api.RPR_AddMediaItemToTrack(track)
    for parameter, value in (("D_POSITION", position), ("D_LENGTH", 2.0), ("B_LOOPSRC", 0)):
        api.RPR_SetMediaItemInfo_Value(item, parameter, value)
    take = api.RPR_AddTakeToMediaItem(item)
    api.RPR_SetMediaItemTake_Source(take, api.RPR_PCM_Source_CreateFromFile(str(file)))
    return str(track)


def _settings(reaper: FakeReaper, folder: Path, **numbers: float) -> None:
    values = {"RENDER_SETTINGS": 0, "RENDER_BOUNDSFLAG": 0, "RENDER_STARTPOS": 10.0, "RENDER_ENDPOS": 14.0,
              "RENDER_TAILFLAG": 0, "RENDER_SRATE": RATE, **numbers}
    for name, value in values.items():
        reaper.api.RPR_GetSetProjectInfo(0, name, float(value), True)
    for name, text in (("RENDER_FILE", str(folder)), ("RENDER_PATTERN", "cue-$track"),
                       ("RENDER_FORMAT", "ZXZhdxgAAQ==")):
        reaper.api.RPR_GetSetProjectInfo_String(0, name, text, True)


def _render(reaper: FakeReaper) -> list[np.ndarray]:
    reaper.api.RPR_Main_OnCommand(41824, 0)
    return [soundfile.read(file)[0] for file in reaper.render.written]


def test_a_hit_lies_where_it_should_at_its_level(tmp_path: Path) -> None:
    reaper = FakeReaper()
    track = _track(reaper, "drum", _click(tmp_path, 0.5), 11.0)
    reaper.api.RPR_SetMediaTrackInfo_Value(track, "D_VOL", 0.5)
    _settings(reaper, tmp_path / "out")
    mix = _render(reaper)[0]
    info = soundfile.info(reaper.render.written[0])
    assert (info.samplerate, info.subtype, info.frames) == (RATE, "PCM_24", 4 * RATE)
    assert reaper.render.written[0].name == "cue-MASTER.wav"
    assert int(np.argmax(np.abs(mix[:, 0]))) == round(1.5 * RATE)
    assert np.max(np.abs(mix)) == pytest.approx(0.25, abs=1e-5)


def test_stems_are_the_selected_tracks_and_add_up_to_the_mix(tmp_path: Path) -> None:
    reaper = FakeReaper()
    tracks = [_track(reaper, "a/b", _click(tmp_path, 0.5), 10.0), _track(reaper, "c", _click(tmp_path, 1.0), 10.0)]
    for track in tracks:
        reaper.api.RPR_SetTrackSelected(track, True)
    _settings(reaper, tmp_path / "out", RENDER_SETTINGS=1)
    targets = reaper.api.RPR_GetSetProjectInfo_String(0, "RENDER_TARGETS", "", False)[3].split(";")
    mix, first, second = _render(reaper)
    assert [str(file) for file in reaper.render.written] == targets
    assert [file.name for file in reaper.render.written] == ["cue-MASTER.wav", "cue-a_b.wav", "cue-c.wav"]
    assert np.max(np.abs(mix - first - second)) < 1e-5


def test_mute_folder_volume_and_solo(tmp_path: Path) -> None:
    reaper = FakeReaper()
    click = _click(tmp_path, 0.5)
    folder, inside, outside = (_track(reaper, name, click, at) for name, at in (("f", 90.0), ("i", 10.0), ("o", 11.0)))
    reaper.api.RPR_SetMediaTrackInfo_Value(folder, "I_FOLDERDEPTH", 1)
    reaper.api.RPR_SetMediaTrackInfo_Value(inside, "I_FOLDERDEPTH", -1)
    reaper.api.RPR_SetMediaTrackInfo_Value(folder, "D_VOL", 0.5)
    _settings(reaper, tmp_path / "out")
    mix = _render(reaper)[0][:, 0]
    assert mix[round(0.5 * RATE)] == pytest.approx(0.25, abs=1e-5)
    assert mix[round(1.5 * RATE)] == pytest.approx(0.5, abs=1e-5)
    reaper.api.RPR_SetMediaTrackInfo_Value(folder, "B_MUTE", 1)
    mix = _render(reaper)[0][:, 0]
    assert mix[round(0.5 * RATE)] == 0.0 and mix[round(1.5 * RATE)] > 0.4
    reaper.api.RPR_SetMediaTrackInfo_Value(outside, "B_MUTE", 1)
    assert np.max(np.abs(_render(reaper)[0])) == 0.0


def test_the_pan_envelope_runs_against_the_fader(tmp_path: Path) -> None:
    reaper = FakeReaper()
    track = _track(reaper, "a", _click(tmp_path, 0.5), 10.0)
    _settings(reaper, tmp_path / "out")
    reaper.api.RPR_SetMediaTrackInfo_Value(track, "D_PAN", -1.0)
    left, right = np.max(np.abs(_render(reaper)[0]), axis=0)
    assert (left > 0.4, right) == (True, 0.0)
    reaper.api.RPR_SetMediaTrackInfo_Value(track, "D_PAN", 0.0)
    reaper.api.RPR_SetOnlyTrackSelected(track)
    reaper.api.RPR_Main_OnCommand(40407, 0)
    envelope = reaper.api.RPR_GetTrackEnvelopeByName(track, "Pan")
    reaper.api.RPR_InsertEnvelopePoint(envelope, 0.0, -1.0, 1, 0.0, False, False)
    reaper.api.RPR_DeleteEnvelopePointEx(envelope, -1, 0)
    left, right = np.max(np.abs(_render(reaper)[0]), axis=0)
    assert (left, right > 0.4) == (0.0, True)


def test_the_volume_envelope_counts(tmp_path: Path) -> None:
    reaper = FakeReaper()
    track = _track(reaper, "a", _click(tmp_path, 0.5), 10.0)
    _settings(reaper, tmp_path / "out")
    reaper.api.RPR_SetOnlyTrackSelected(track)
    reaper.api.RPR_Main_OnCommand(40406, 0)
    envelope = reaper.api.RPR_GetTrackEnvelopeByName(track, "Volume")
    value = reaper.api.RPR_ScaleToEnvelopeMode(reaper.api.RPR_GetEnvelopeScalingMode(envelope), 0.1)
    reaper.api.RPR_InsertEnvelopePoint(envelope, 10.2, value, 0, 0.0, False, False)
    assert np.max(np.abs(_render(reaper)[0])) == pytest.approx(0.05, abs=1e-5)


def test_a_tail_that_is_left_on_makes_the_file_longer(tmp_path: Path) -> None:
    reaper = FakeReaper()
    _track(reaper, "a", _click(tmp_path, 0.5), 10.0)
    _settings(reaper, tmp_path / "out", RENDER_TAILFLAG=1, RENDER_TAILMS=500)
    assert len(_render(reaper)[0]) == round(4.5 * RATE)


def test_a_file_that_is_there_is_asked_about(tmp_path: Path) -> None:
    reaper = FakeReaper()
    _track(reaper, "a", _click(tmp_path, 0.5), 10.0)
    _settings(reaper, tmp_path / "out")
    _render(reaper)
    assert reaper.window.boxes == []
    _render(reaper)
    assert [box[0] for box in reaper.window.boxes] == ["overwrite"]


def test_what_is_not_known_is_refused(tmp_path: Path) -> None:
    reaper = FakeReaper()
    _settings(reaper, tmp_path / "out", RENDER_BOUNDSFLAG=6)
    with pytest.raises(NotImplementedError, match="RENDER_BOUNDSFLAG 6"):
        _render(reaper)
    _settings(reaper, tmp_path / "out")
    reaper.api.RPR_GetSetProjectInfo_String(0, "RENDER_PATTERN", "$region", True)
    with pytest.raises(NotImplementedError, match=r"\$region"):
        _render(reaper)
    reaper.api.RPR_GetSetProjectInfo_String(0, "RENDER_FORMAT", "l3pm", True)
    with pytest.raises(NotImplementedError, match="WAV only"):
        _render(reaper)

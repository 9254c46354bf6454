"""REAPER's render, with settings of ours for its duration; the user's come back whatever happens."""
from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

RENDER_AND_CLOSE = 42230
"""File: Render project, using the most recent render settings, auto-close render dialog."""
_WAV_24 = base64.b64encode(b"evaw" + bytes((24, 0, 1))).decode("ascii")
_TEXTS = ("RENDER_FILE", "RENDER_PATTERN", "RENDER_FORMAT", "RENDER_FORMAT2")
_NUMBERS = ("RENDER_SETTINGS", "RENDER_BOUNDSFLAG", "RENDER_STARTPOS", "RENDER_ENDPOS", "RENDER_CHANNELS",
            "RENDER_SRATE", "RENDER_TAILFLAG", "RENDER_TAILMS", "RENDER_ADDTOPROJ", "RENDER_DITHER",
            "RENDER_NORMALIZE")
_STEMS_ONLY, _CUSTOM_TIME, _SKIP_SILENT = 2, 0, 2


@dataclass(frozen=True)
class Take:
    """One run of the render: the selected tracks as stereo stems, named by ``pattern`` (``$track``) in ``folder``."""

    folder: str
    pattern: str
    tracks: tuple[Any, ...]
    start_s: float
    end_s: float
    skip_silent: bool = False


def render(api: Any, take: Take) -> None:
    """Run one take: 48 kHz, 24 bit, the stretch exactly, no tail, nothing normalised. Blocks while REAPER renders."""
    with _kept_settings(api), _selected_alone(api, take.tracks):
        for key, text in (("RENDER_FILE", take.folder), ("RENDER_PATTERN", take.pattern),
                          ("RENDER_FORMAT", _WAV_24), ("RENDER_FORMAT2", "")):
            api.RPR_GetSetProjectInfo_String(0, key, text, True)
        numbers = {"RENDER_SETTINGS": _STEMS_ONLY, "RENDER_BOUNDSFLAG": _CUSTOM_TIME, "RENDER_STARTPOS": take.start_s,
                   "RENDER_ENDPOS": take.end_s, "RENDER_CHANNELS": 2, "RENDER_SRATE": 48000, "RENDER_TAILFLAG": 0,
                   "RENDER_TAILMS": 0, "RENDER_ADDTOPROJ": _SKIP_SILENT if take.skip_silent else 0,
                   "RENDER_DITHER": 0, "RENDER_NORMALIZE": 0}
        for key, number in numbers.items():
            api.RPR_GetSetProjectInfo(0, key, float(number), True)
        api.RPR_Main_OnCommand(RENDER_AND_CLOSE, 0)


@contextmanager
def _kept_settings(api: Any) -> Iterator[None]:
    texts = {key: api.RPR_GetSetProjectInfo_String(0, key, "", False)[3] for key in _TEXTS}
    numbers = {key: api.RPR_GetSetProjectInfo(0, key, 0.0, False) for key in _NUMBERS}
    try:
        yield
    finally:
        for key, text in texts.items():
            api.RPR_GetSetProjectInfo_String(0, key, text, True)
        for key, number in numbers.items():
            api.RPR_GetSetProjectInfo(0, key, number, True)


@contextmanager
def _selected_alone(api: Any, tracks: tuple[Any, ...]) -> Iterator[None]:
    """The render takes the selected tracks; the user's selection comes back."""
    everything = [api.RPR_GetTrack(0, i) for i in range(api.RPR_CountTracks(0))]
    before = [(track, api.RPR_GetMediaTrackInfo_Value(track, "I_SELECTED")) for track in everything]
    try:
        for track in everything:
            api.RPR_SetMediaTrackInfo_Value(track, "I_SELECTED", 1.0 if track in tracks else 0.0)
        yield
    finally:
        for track, selected in before:
            api.RPR_SetMediaTrackInfo_Value(track, "I_SELECTED", selected)

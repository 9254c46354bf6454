"""Name, colour, volume, pan, width, mute and playback offset of a track."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

from backend.daw.apply.host import Host
from backend.daw.apply.ours import OurTrack
from backend.daw.apply.prints import crc_text

CUSTOM_COLOR = 0x1000000
"""Without this bit REAPER takes a colour for the theme's."""
_STEREO_PAN = 5.0
"""The pan mode in which a track has a width."""
_OFFSET_BYPASSED = 1.0


def amplitude(gain_db: float) -> float:
    return float(10.0 ** (gain_db / 20.0))


def native_color(host: Host, rgb: int) -> int:
    """0xRRGGBB in the byte order of this system; 0 stays the theme's colour."""
    if not rgb:
        return 0
    return int(host.read("ColorToNative", rgb >> 16 & 0xFF, rgb >> 8 & 0xFF, rgb & 0xFF)) | CUSTOM_COLOR


def settle_levels(ours: OurTrack) -> None:
    plan = ours.plan
    _number(ours, "volume", "D_VOL", plan.gain_db, amplitude)
    _number(ours, "pan", "D_PAN", plan.pan, float)
    _number(ours, "mute", "B_MUTE", plan.muted, float)
    _number(ours, "colour", "I_CUSTOMCOLOR", plan.color, lambda rgb: float(native_color(ours.host, rgb)))
    _pair(ours, "width", plan.width, 1.0, {"I_PANMODE": _STEREO_PAN, "D_WIDTH": plan.width})
    _pair(ours, "playback offset", plan.play_offset_s, 0.0,
          {"D_PLAY_OFFSET": plan.play_offset_s, "I_PLAY_OFFSET_FLAG": 0.0 if plan.play_offset_s else _OFFSET_BYPASSED})
    _name(ours)


def _number(ours: OurTrack, aspect: str, parameter: str, idea: Any, scaled: Callable[[Any], float]) -> None:
    def held() -> float:
        return float(ours.host.read("GetMediaTrackInfo_Value", ours.track, parameter))

    if ours.may_write(aspect, aspect, idea, held):
        ours.host.write("SetMediaTrackInfo_Value", ours.track, parameter, scaled(idea))
        ours.host.wrote("setting")
        ours.remember(aspect, idea, held())


def _pair(ours: OurTrack, aspect: str, idea: float, usual: float, wanted: dict[str, float]) -> None:
    """Two parameters that mean something together only; a new track as usual is left to the project's defaults."""
    def held() -> list[float]:
        return [float(ours.host.read("GetMediaTrackInfo_Value", ours.track, name)) for name in wanted]

    if ours.may_write(aspect, aspect, idea, held):
        if idea != usual or aspect in ours.tag.aspects:
            for name, value in wanted.items():
                ours.host.write("SetMediaTrackInfo_Value", ours.track, name, float(value))
            ours.host.wrote("setting")
        ours.remember(aspect, idea, held())


def _name(ours: OurTrack) -> None:
    idea = ours.plan.name

    def held() -> int:
        return crc_text(str(ours.host.read("GetSetMediaTrackInfo_String", ours.track, "P_NAME", "", False)[3]))

    if ours.may_write("name", "name", idea, held):
        ours.host.write("GetSetMediaTrackInfo_String", ours.track, "P_NAME", idea, True)
        ours.host.wrote("setting")
        ours.remember("name", idea, crc_text(idea))

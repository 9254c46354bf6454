"""What a user gives to an item and no build does: gain, fades, groups, colours, effects and envelopes on its takes."""
from __future__ import annotations

from typing import Any

from backend.daw.apply.host import Host
from backend.daw.apply.prints import same

_AS_MADE = {"D_VOL": 1.0, "D_SNAPOFFSET": 0.0, "I_GROUPID": 0.0, "I_CUSTOMCOLOR": 0.0}
_TAKE_AS_MADE = {"D_VOL": 1.0, "D_PAN": 0.0, "D_PITCH": 0.0, "I_CUSTOMCOLOR": 0.0}
_FADES = ("D_FADEINLEN", "D_FADEOUTLEN", "C_FADEINSHAPE", "C_FADEOUTSHAPE")


def fades_of(host: Host, item: Any) -> list[float]:
    """A new item has those of the user's preferences. REAPER's own crossfades do not count."""
    return [float(host.read("GetMediaItemInfo_Value", item, name)) for name in _FADES]


def has_extras(host: Host, item: Any, fades: list[float] | None) -> bool:
    """``fades`` are those that the item was made with; None when nobody knows."""
    read = host.read
    if any(read("GetMediaItemInfo_Value", item, name) != value for name, value in _AS_MADE.items()):
        return True
    if fades is not None and not same(fades_of(host, item), fades):
        return True
    return any(_take_has_extras(host, read("GetTake", item, i)) for i in range(read("CountTakes", item)))


def _take_has_extras(host: Host, take: Any) -> bool:
    read = host.read
    return bool(read("TakeFX_GetCount", take) or read("CountTakeEnvelopes", take)
                or any(read("GetMediaItemTakeInfo_Value", take, name) != value
                       for name, value in _TAKE_AS_MADE.items()))

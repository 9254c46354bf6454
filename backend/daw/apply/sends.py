"""Sends of a track, post-fader. Each is owned by itself: the user may change one and leave the others to us."""
from __future__ import annotations

from typing import Any

from backend.daw.apply.host import Host, address
from backend.daw.apply.levels import amplitude
from backend.daw.apply.ours import OurTrack
from backend.daw.apply.refusal import Refused

SENDS, RECEIVES = 0, -1
_POST_FADER = 0.0
_PREFIX = "send:"
_HELD = ("D_VOL", "D_PAN", "B_MUTE", "I_SENDMODE")


def settle_sends(ours: OurTrack, tracks: dict[str, OurTrack]) -> None:
    """``tracks``: every track of the plan by id. Raises Refused for a send to a track that the plan has not."""
    planned = {_PREFIX + send.target: send for send in ours.plan.sends}
    for aspect, send in planned.items():
        if send.target not in tracks:
            raise Refused(f"{ours.name} sends to {send.target}, which the score does not have; nothing was changed. "
                          "Score the cue again.")
        _settle(ours, aspect, send.gain_db, tracks[send.target])
    for aspect in [a for a in ours.tag.aspects if a.startswith(_PREFIX) and a not in planned]:
        _drop(ours, aspect, tracks.get(aspect.removeprefix(_PREFIX)))


def _settle(ours: OurTrack, aspect: str, gain_db: float, target: OurTrack) -> None:
    if target.made:
        ours.tag.aspects.pop(aspect, None)
    if not ours.may_write(aspect, f"send to {target.name}", gain_db, lambda: _held(ours, target.track)):
        return
    index = find_send(ours.host, ours.track, target.track)
    if index < 0:
        index = ours.host.write("CreateTrackSend", ours.track, target.track)
    for parameter, value in (("I_SENDMODE", _POST_FADER), ("D_VOL", amplitude(gain_db))):
        ours.host.write("SetTrackSendInfo_Value", ours.track, SENDS, index, parameter, value)
    ours.host.wrote("send")
    ours.remember(aspect, gain_db, held_at(ours.host, ours.track, index))


def _drop(ours: OurTrack, aspect: str, target: OurTrack | None) -> None:
    index = find_send(ours.host, ours.track, target.track) if target else -1
    if index < 0:
        del ours.tag.aspects[aspect]
    elif target and ours.may_write(aspect, f"send to {target.name}", None,
                                   lambda: _held(ours, target.track)):
        ours.host.write("RemoveTrackSend", ours.track, SENDS, index)
        ours.host.wrote("send|removed")
        del ours.tag.aspects[aspect]


def find_send(host: Host, track: Any, target: Any) -> int:
    """Index of the send to a track; -1 when there is none."""
    wanted = address(target)
    for index in range(host.read("GetTrackNumSends", track, SENDS)):
        if int(host.read("GetTrackSendInfo_Value", track, SENDS, index, "P_DESTTRACK")) == wanted:
            return index
    return -1


def _held(ours: OurTrack, target: Any) -> Any:
    """0 when there is no send."""
    index = find_send(ours.host, ours.track, target)
    return held_at(ours.host, ours.track, index) if index >= 0 else 0


def held_at(host: Host, track: Any, index: int) -> list[float]:
    return [float(host.read("GetTrackSendInfo_Value", track, SENDS, index, name)) for name in _HELD]

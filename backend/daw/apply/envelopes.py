"""Volume and pan envelopes of a track.

Three traps. A track's envelope does not exist for the API before it is shown; showing it through an action would
disturb the selection, so it is written into the track's state text. Volume points go through REAPER's fader scaling
where the envelope has it. And pan *points* count the other way round than a track's pan: left is +1.
"""
from __future__ import annotations

from typing import Any

from backend.daw.apply.host import Host, is_null
from backend.daw.apply.levels import amplitude
from backend.daw.apply.refusal import Refused
from backend.domain.live import LiveTrack

BLOCKS = {"volume": "VOLENV2", "pan": "PANENV2"}
_EVERYWHERE_S = 1e9
_LINEAR = 0


def envelope_idea(plan: LiveTrack, kind: str) -> list[float]:
    """time_s, value, time_s, value ...; empty when the plan has no such envelope."""
    return next((list(envelope.points) for envelope in plan.envelopes if envelope.kind == kind), [])


def empty_block(kind: str, time_s: float) -> list[str]:
    """Active, visible in its lane, armed, one neutral point at the first place: REAPER would add one at 0 otherwise."""
    volume = kind == "volume"
    return [f"<{BLOCKS[kind]}", "ACT 1 -1", "VIS 1 1 1", "LANEHEIGHT 0 0", "ARM 1", "DEFSHAPE 0 -1 -1",
            *(["VOLTYPE 1"] if volume else []), f"PT {time_s:.12f} {1 if volume else 0} 0", ">"]


def write_points(host: Host, track: Any, kind: str, points: list[float]) -> None:
    """Make the points of a shown envelope these and no others."""
    if not points:
        return
    envelope = host.read("GetTrackEnvelopeByChunkName", track, "<" + BLOCKS[kind])
    if is_null(envelope):
        raise Refused(f"REAPER did not show the {kind} envelope of a track; nothing was changed. "
                      "Please send the support bundle.")
    values = _scaled(host, envelope, kind, points[1::2])
    host.write("DeleteEnvelopePointRange", envelope, -_EVERYWHERE_S, _EVERYWHERE_S)
    there = host.read("CountEnvelopePoints", envelope)
    for i, (time_s, value) in enumerate(zip(points[::2], values, strict=True)):
        if i < there:
            host.write("SetEnvelopePoint", envelope, i, time_s, value, _LINEAR, 0.0, False, True)
        else:
            host.write("InsertEnvelopePoint", envelope, time_s, value, _LINEAR, 0.0, False, True)
    host.write("Envelope_SortPoints", envelope)


def _scaled(host: Host, envelope: Any, kind: str, values: list[float]) -> list[float]:
    """As the envelope holds them. Many points share a value, and every scaling is a call."""
    if kind == "pan":
        return [-value for value in values]
    mode = host.read("GetEnvelopeScalingMode", envelope)
    scaled = {value: host.read("ScaleToEnvelopeMode", mode, amplitude(value)) if mode else amplitude(value)
              for value in set(values)}
    return [scaled[value] for value in values]

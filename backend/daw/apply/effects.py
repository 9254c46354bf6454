"""The effects of a track: plug-ins with parameters, presets and samples, or a template's chain as it is."""
from __future__ import annotations

from typing import Any

from backend.daw.apply.host import Host
from backend.daw.apply.refusal import Refused
from backend.domain.live import LiveFx, LiveTrack

_ALWAYS_NEW = -1
_OWN_SYNTH, _OWN_REVERB = "ReaSynth", "ReaVerbate"


def effects_idea(plan: LiveTrack) -> list[Any]:
    """Everything that decides the chain; empty when the plan has none."""
    if plan.template:
        return [plan.template]
    return [[fx.name, [list(pair) for pair in fx.parameters], fx.preset, fx.sample, fx.bypassed] for fx in plan.fx]


def template_block(plan: LiveTrack) -> list[str]:
    """The ``<FXCHAIN`` block of a template. Raises Refused when it is none."""
    lines = [line.strip() for line in plan.template.splitlines() if line.strip()]
    if lines and (not lines[0].startswith("<FXCHAIN") or lines[-1] != ">"):
        raise Refused(f"The track template for {plan.name} holds no effects chain. Choose another in the palette file.")
    return lines


def remove_effects(host: Host, track: Any) -> None:
    for index in reversed(range(host.read("TrackFX_GetCount", track))):
        host.write("TrackFX_Delete", track, index)


def add_effects(host: Host, track: Any, plan: LiveTrack) -> list[str]:
    """Returns the names of plug-ins that are not installed here: REAPER's own stand in for them, and that is said."""
    return [] if plan.template else [fx.name for fx in plan.fx if not _add(host, track, plan, fx)]


def say_still_missing(host: Host, plan: LiveTrack, names: list[str]) -> None:
    """A stand-in is never silent, not even when nothing else is new."""
    for name in names:
        host.say(f"{plan.name}: {name} was not installed when the track was made, and REAPER's own stands in. Once it "
                 "is, delete the track and build again.")


def _add(host: Host, track: Any, plan: LiveTrack, fx: LiveFx) -> bool:
    index = host.write("TrackFX_AddByName", track, fx.name, False, _ALWAYS_NEW)
    if index < 0:
        _stand_in(host, track, plan, fx)
        return False
    if fx.preset and not host.write("TrackFX_SetPreset", track, index, fx.preset):
        host.say(f"{plan.name}: {fx.name} has no preset '{fx.preset}'; it plays as it opens.")
    if fx.sample:
        _load_sample(host, track, index, plan, fx)
    for parameter, value in fx.parameters:
        host.write("TrackFX_SetParamNormalized", track, index, parameter, value)
    if fx.bypassed:
        host.write("TrackFX_SetEnabled", track, index, False)
    return True


def _stand_in(host: Host, track: Any, plan: LiveTrack, fx: LiveFx) -> None:
    """REAPER's own plug-in in place of one that is not installed."""
    own = _OWN_REVERB if plan.kind == "reverb" else _OWN_SYNTH
    index = host.write("TrackFX_AddByName", track, own, False, _ALWAYS_NEW)
    if index < 0:
        host.say(f"{plan.name}: neither {fx.name} nor {own} is installed; the track has no plug-in.")
        return
    if fx.bypassed:
        host.write("TrackFX_SetEnabled", track, index, False)
    host.say(f"{plan.name}: {fx.name} is not installed here; REAPER's {own} stands in.")


def _load_sample(host: Host, track: Any, index: int, plan: LiveTrack, fx: LiveFx) -> None:
    taken = host.write("TrackFX_SetNamedConfigParm", track, index, "FILE0", fx.sample)
    if not taken or not host.write("TrackFX_SetNamedConfigParm", track, index, "DONE", ""):
        host.say(f"{plan.name}: {fx.name} did not take the sample {fx.sample}.")

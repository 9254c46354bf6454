"""Locks against the experts' answers: every function gives an answer back with the locked fields as they are locked.

What is not locked adapts: a track that was dropped comes back, a dynamic goes with its level, layers with a texture.
"""
from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

from backend.domain.scheme import (
    DYNAMICS,
    ArrangementScheme,
    ArrangePlan,
    BarRange,
    Casting,
    CastTrack,
    Duplicate,
    Layer,
    Measure,
    MeasurePlan,
    MixPlan,
    TrackScheme,
    TrackVolume,
    VolumePlan,
)
from backend.domain.score import Part, Score
from backend.errors import EditError
from backend.music.instruments import instruments
from backend.music.levels import dynamic_index
from backend.music.locks import LockedFields, own_instrument

_LAYERED = ("melody", "pad", "bass", "counter", "ostinato", "doubling", "percussion")


def hold_plan(plan: MeasurePlan, locks: LockedFields) -> MeasurePlan:
    """Measures as locked; of level and dynamic the free one follows the locked one."""
    return replace(plan, measures=tuple(_measure(m, locks.measures.get(m.m, {})) for m in plan.measures))


def _measure(measure: Measure, fields: dict[str, Any]) -> Measure:
    fields = dict(fields)
    if "level" in fields and "dynamic" not in fields:
        fields["dynamic"] = DYNAMICS[dynamic_index(fields["level"])]
    elif "dynamic" in fields and "level" not in fields:
        index = DYNAMICS.index(fields["dynamic"])
        if dynamic_index(measure.level) != index:
            fields["level"] = (index + 0.5) / len(DYNAMICS)
    return replace(measure, **fields)


def hold_arrange(plan: ArrangePlan, locks: LockedFields) -> ArrangePlan:
    """The locked ending; in bars whose texture is locked just those layers play."""
    textures = {bar: fields["texture"] for bar, fields in locks.measures.items() if "texture" in fields}
    if locks.ending:
        plan = replace(plan, ending=cast(Any, locks.ending))
    if not textures:
        return plan
    quiet = frozenset(bar for bar, texture in textures.items() if "doubling" not in texture)
    layers = [layer for layer in plan.layers if layer.role not in _LAYERED]
    for role in _LAYERED:
        layers += _layers(role, [layer for layer in plan.layers if layer.role == role], textures)
    return replace(plan, layers=tuple(layers), silences=_without(plan.silences, frozenset(textures)),
                   duplicates=tuple(part for item in plan.duplicates for part in _trimmed(item, quiet)))


def _layers(role: str, layers: list[Layer], textures: dict[int, tuple[str, ...]]) -> list[Layer]:
    """A role's layers bar by bar, the locked bars put right, joined again; new bars take the nearest rhythm."""
    cells = {bar: layer.cell for layer in layers for bar in range(layer.from_bar, layer.to_bar + 1)}
    for bar, texture in sorted(textures.items()):
        if role not in texture:
            cells.pop(bar, None)
        elif bar not in cells:
            cells[bar] = cells[min(cells, key=lambda other: abs(other - bar))] if cells else ""
    out: list[Layer] = []
    for bar in sorted(cells):
        if out and out[-1].to_bar == bar - 1 and out[-1].cell == cells[bar]:
            out[-1] = replace(out[-1], to_bar=bar)
        else:
            out.append(Layer(role, bar, bar, cells[bar]))
    return out


def _runs(first: int, last: int, out: frozenset[int]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for bar in range(first, last + 1):
        if bar in out:
            continue
        if runs and runs[-1][1] == bar - 1:
            runs[-1] = (runs[-1][0], bar)
        else:
            runs.append((bar, bar))
    return runs


def _without(ranges: tuple[BarRange, ...], bars: frozenset[int]) -> tuple[BarRange, ...]:
    return tuple(BarRange(a, b) for item in ranges for a, b in _runs(item.from_bar, item.to_bar, bars))


def _trimmed(item: Duplicate, bars: frozenset[int]) -> list[Duplicate]:
    return [replace(item, from_bar=a, to_bar=b) for a, b in _runs(item.from_bar, item.to_bar, bars)]


def hold_casting(casting: Casting, locks: LockedFields) -> Casting:
    """Locked instruments and articulations; a part whose player is locked and was not cast comes back, in place of the
    last free track of its role where there is one. Raises EditError where its instrument is unknown."""
    tracks = list(casting.tracks)
    for part in locks.players:
        fields = locks.tracks.get(part, {})
        at = next((i for i, track in enumerate(tracks) if track.part == part), None)
        at = _bring_back(tracks, part, locks) if at is None else at
        tracks[at] = _cast(tracks[at], fields)
    return Casting(tuple(tracks))


def _cast(track: CastTrack, fields: dict[str, Any]) -> CastTrack:
    name = fields.get("instrument", track.instrument)
    articulation = fields.get("articulation", track.articulation)
    known = name in instruments() and articulation in instruments()[name].articulations
    return replace(track, instrument=name, articulation=articulation if known or "articulation" in fields else "")


def _bring_back(tracks: list[CastTrack], part: str, locks: LockedFields) -> int:
    role = part.split(".")[0]
    name = own_instrument(part, locks.tracks.get(part, {}))
    name = name or next((track.instrument for track in tracks if track.role == role), "")
    if not name:
        raise EditError(f"locks.json: /tracks/{part}: nobody was cast for this part. Lock its instrument too, or take "
                        "it out of the file.")
    free = [i for i, track in enumerate(tracks) if track.role == role and track.part not in locks.parts
            and not track.bars and track.part != "melody"]
    if free:
        tracks[free[-1]] = CastTrack(tracks[free[-1]].track_index, part, role, name, "")
        return free[-1]
    tracks.append(CastTrack(max((track.track_index for track in tracks), default=0) + 1, part, role, name, ""))
    return len(tracks) - 1


def hold_volume(volume: VolumePlan, casting: Casting, locks: LockedFields, bar_count: int) -> VolumePlan:
    """Locked levels of single bars; the bars after them stay as they were planned."""
    parts = {track.track_index: track.part for track in casting.tracks}
    return VolumePlan(tuple(TrackVolume(track.track_index, _levels(
        track.measures, locks.levels.get(parts.get(track.track_index, ""), {}), bar_count))
        for track in volume.tracks))


def _levels(levels: dict[int, float], locked: dict[int, float], bar_count: int) -> dict[int, float]:
    if not locked:
        return levels
    out, now = dict(levels), 1.0
    for bar in range(1, bar_count + 1):
        now = levels.get(bar, now)
        if bar - 1 in locked or bar in levels:
            out[bar] = now
    return dict(sorted({**out, **locked}.items()))


def hold_mix(mix: MixPlan, casting: Casting, locks: LockedFields) -> MixPlan:
    """Locked pan, reverb and gain."""
    parts = {track.track_index: track.part for track in casting.tracks}
    names = {"panning": "pan", "reverb_space": "reverb_space", "gain_db": "gain_db"}
    return MixPlan(tuple(replace(track, **{
        names[name]: value for name, value in locks.tracks.get(parts.get(track.track_index, ""), {}).items()
        if name in names}) for track in mix.tracks))


def hold_score(score: Score, casting: Casting, locks: LockedFields) -> Score:
    """The score with a part, if a silent one, for every locked track, in the order of the casting."""
    parts = {part.id: part for part in score.parts}
    missing = [track for track in casting.tracks if track.part in locks.players and track.part not in parts]
    if not missing:
        return score
    for track in missing:
        parts[track.part] = Part(track.part, instruments()[track.instrument].name, track.instrument, track.role, ())
    order = [track.part for track in casting.tracks if track.part in parts]
    rest = [part.id for part in score.parts if part.id not in order]
    return replace(score, parts=tuple(parts[name] for name in (*order, *rest)))


def waiting(scheme: ArrangementScheme, locks: LockedFields) -> tuple[str, ...]:
    """Parts of which something is locked and which do not play in this scheme: their locks wait for them."""
    playing = {track.part for track in scheme.tracks}
    return tuple(part for part in locks.parts if part not in playing)


def hold_scheme(scheme: ArrangementScheme, locks: LockedFields) -> ArrangementScheme:
    """The scheme to the letter of the locks; ``made_by`` of a track says which of its fields are the user's."""
    held = replace(scheme, tracks=tuple(_track(track, locks) for track in scheme.tracks))
    if not locks.ending and not locks.measures:
        return held
    mine = [*(["ending"] if locks.ending else []), *(f"measure {bar}" for bar in sorted(locks.measures))]
    return replace(held, ending=locks.ending or held.ending, made_by=f"{held.made_by}+user({', '.join(mine)})")


def _track(track: TrackScheme, locks: LockedFields) -> TrackScheme:
    fields, levels = locks.tracks.get(track.part, {}), locks.levels.get(track.part, {})
    if not fields and not levels:
        return track
    mine = [*fields, *(f"volume_envelope/{bar}" for bar in sorted(levels))]
    envelope = dict(sorted({**track.volume_envelope, **levels}.items()))
    return replace(track, **fields, volume_envelope=envelope, made_by=f"{track.made_by}+user({', '.join(mine)})")

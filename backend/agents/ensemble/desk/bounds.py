"""Numbers that leave their range: a little is cut back and said, a lot is a fault (craft 8.2: clipped and logged)."""
from __future__ import annotations

import copy
import dataclasses
import functools
import types
import typing
from collections.abc import Iterator
from typing import Any

from backend.agents.ensemble.desk.places import Path, at
from backend.agents.ensemble.question import Fault

Range = tuple[float, float]
Node = tuple[Path, Any, Any, Range | None]
SLIGHT = 0.1
"""Share of a range's width up to which a number beyond its end is meant well (by ear)."""
_UNIT: Range = (0, 1)
RANGES: dict[tuple[str, str], Range] = {
    ("Measure", "level"): _UNIT, ("Measure", "tension"): _UNIT, ("Measure", "hit_weight"): _UNIT,
    ("Soften", "gain_db"): (-60, 12), ("Duplicate", "octave"): (-3, 3), ("CastTrack", "octave_shift"): (-3, 3),
    ("Voice", "low_pitch"): (0, 127), ("Voice", "high_pitch"): (0, 127), ("TrackVolume", "measures"): _UNIT,
    ("TrackMix", "gain_db"): (-60, 12), ("TrackMix", "pan"): (-1, 1), ("TrackMix", "reverb_space"): _UNIT,
    ("Issue", "severity"): (1, 3), ("Review", "rating"): _UNIT, ("Attribute", "confidence"): _UNIT,
    ("PlotSection", "tension"): _UNIT, ("ClipDescription", "valence"): (-1, 1),
    ("ClipDescription", "arousal"): (-1, 1), ("ClipDescription", "valence_confidence"): _UNIT,
    ("ClipDescription", "arousal_confidence"): _UNIT,
}
"""(class, field) -> least and most. Other dataclasses say it with ``field(metadata={"range": (0, 1)})``."""


@dataclasses.dataclass(frozen=True)
class Clipped:
    """``plain`` with the numbers cut back, what was cut, and what is too far out to be meant."""

    plain: Any
    notes: tuple[Fault, ...]
    faults: tuple[Fault, ...]


@functools.cache
def fields_of(kind: Any) -> dict[str, tuple[Any, Range | None]]:
    """Name -> (type, range) of a dataclass's fields."""
    hints = typing.get_type_hints(kind)
    return {f.name: (hints[f.name], f.metadata.get("range") or RANGES.get((kind.__name__, f.name)))
            for f in dataclasses.fields(kind)}


def clip(shape: type, plain: Any) -> Clipped:
    """Cut numbers back that are a little out of range; ``plain`` itself stays as it is."""
    notes, faults, out = [], [], plain
    for path, _, value, limits in list(nodes(shape, plain)):
        if limits is None or isinstance(value, bool) or not isinstance(value, (int, float)):
            continue
        low, high = limits
        if low <= value <= high:
            continue
        nearest = low if value < low else high
        if abs(value - nearest) > SLIGHT * (high - low):
            faults.append(Fault(path, f"{value:g} is not within {low:g} and {high:g}"))
            continue
        out = copy.deepcopy(plain) if out is plain else out
        at(out, path[:-1])[path[-1]] = nearest
        notes.append(Fault(path, f"{value:g} is not within {low:g} and {high:g} and was taken as {nearest:g}"))
    return Clipped(out, tuple(notes), tuple(faults))


def nodes(kind: Any, plain: Any, limits: Range | None = None, path: Path = ()) -> Iterator[Node]:
    """Every node of ``plain`` that is where ``kind`` has one: (path, type, value, range of its numbers)."""
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        kind = next((option for option in typing.get_args(kind) if option is not type(None)), Any)
    yield path, kind, plain, limits
    origin, kinds = typing.get_origin(kind), typing.get_args(kind)
    if isinstance(plain, dict) and dataclasses.is_dataclass(kind):
        for name, (hint, own) in fields_of(typing.cast(Any, kind)).items():
            if name in plain:
                yield from nodes(hint, plain[name], own, (*path, name))
    elif isinstance(plain, dict) and origin is dict:
        for key, value in plain.items():
            yield from nodes(kinds[1], value, limits, (*path, key))
    elif isinstance(plain, list) and kinds and origin in (tuple, list):
        for i, value in enumerate(plain):
            one = kinds[0] if Ellipsis in kinds else kinds[min(i, len(kinds) - 1)]
            yield from nodes(one, value, limits, (*path, i))

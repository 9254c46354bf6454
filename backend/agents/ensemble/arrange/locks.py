"""Locks as the arrangers see them: what the model changed although it stands."""
from __future__ import annotations

from typing import Any

from backend.agents.ensemble.question import Fault
from backend.domain import serial
from backend.domain.requests import ArrangeRequest
from backend.domain.scheme import Casting, VolumePlan
from backend.music.locks import LockedFields, read_locks

_SAME = 1e-6
"""Levels have six decimals."""


def locks_of(request: ArrangeRequest) -> LockedFields:
    """Raises EditError for a lock that cannot be."""
    return read_locks(request.locks, request.tempo_map.bar_count)


def lock_faults(payload: Any, held: Any) -> tuple[Fault, ...]:
    """Where a payload differs from itself with the locks held."""
    return tuple(_differences(serial.to_plain(payload), serial.to_plain(held), ()))


def _differences(said: Any, held: Any, path: tuple[str | int, ...]) -> list[Fault]:
    if said == held:
        return []
    if isinstance(said, dict) and isinstance(held, dict):
        return [fault for key in held for fault in _differences(said.get(key), held[key], (*path, key))]
    if isinstance(said, list) and isinstance(held, list):
        if len(said) != len(held):
            return [Fault(path, "a locked part is missing: keep every part that LOCKS names")]
        return [fault for i, (a, b) in enumerate(zip(said, held, strict=True))
                for fault in _differences(a, b, (*path, i))]
    return [Fault(path, f"this is locked: keep {held!r}"[:120])]


def volume_lock_faults(volume: VolumePlan, casting: Casting, locks: LockedFields, last: int) -> tuple[Fault, ...]:
    """Locked measures with another level, said or carried on from before, and what follows them without being said:
    the locked level would go on there."""
    parts = {track.track_index: track.part for track in casting.tracks}
    out: list[Fault] = []
    for place, track in enumerate(volume.tracks):
        locked, levels = locks.levels.get(parts.get(track.track_index, ""), {}), track.measures
        for bar, level in sorted(locked.items()):
            path: tuple[str | int, ...] = ("tracks", place, "measures")
            if abs(_level(levels, bar) - level) <= _SAME:
                continue
            out.append(Fault((*path, bar), f"this is locked: keep {level:g}"))
            if bar < last and bar + 1 not in levels and bar + 1 not in locked:
                out.append(Fault((*path, bar + 1), f"say the level after the locked measure {bar}"))
    return tuple(out)


def _level(levels: dict[int, float], bar: int) -> float:
    """Measures that are not named keep the level before them."""
    named = [number for number in levels if number <= bar]
    return levels[max(named)] if named else 1.0

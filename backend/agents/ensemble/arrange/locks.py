"""Locks as the arrangers see them: what the model changed although it stands."""
from __future__ import annotations

from typing import Any

from backend.agents.ensemble.question import Fault
from backend.domain import serial
from backend.domain.requests import ArrangeRequest
from backend.music.locks import LockedFields, read_locks


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

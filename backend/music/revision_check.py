"""A plan of operations checked as it will be executed: each on what those before it leave."""
from __future__ import annotations

from backend.domain.hits import HitPoints
from backend.domain.revision import Operation, RevisionPlan
from backend.domain.score import Melody
from backend.errors import InputError
from backend.music.revision import Room, State, apply, ground_of
from backend.music.revision_faults import Ground, Path, operation_faults

MOST_OPERATIONS = 24


def distinct(operations: tuple[Operation, ...]) -> tuple[Operation, ...]:
    """Words that are said twice mean the same: an operation counts once."""
    return tuple(dict.fromkeys(operations))


def plan_faults(plan: RevisionPlan, ground: Ground, hits: HitPoints) -> tuple[tuple[Path, str], ...]:
    """(place, problem) of everything that cannot be done; without operations an answer is needed. Bars that are to be
    written anew count as they stand: what will be in them nobody knows yet."""
    if not plan.operations and not plan.answer.strip():
        return ((("answer",), "say in a sentence why nothing can be done, or give operations"),)
    if (count := len(distinct(plan.operations))) > MOST_OPERATIONS:
        return ((("operations",), f"{count} operations: {MOST_OPERATIONS} at most"),)
    room = Room(ground.tempo_map, hits, ground.locks, ground.first, lambda state, bars, parts: state)
    state = State(ground.score, ground.scheme, Melody((), ground.score.key, (), (), "", 0))
    out: list[tuple[Path, str]] = []
    for i, operation in enumerate(plan.operations):
        at: Path = ("operations", i)
        found = operation_faults(operation, ground_of(state, room), at)
        out += found
        if not found and operation not in plan.operations[:i]:
            try:
                state = apply((operation,), state, room).state
            except InputError as error:
                reason = str(error).removeprefix("That cannot be done: ")
                out.append((at, reason.removesuffix(" Nothing was changed.").rstrip(".")))
    return tuple(out)

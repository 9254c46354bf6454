"""A faulty payload and the rule twin's, made into one that passes: every valid field is kept (craft 8.4).

A faulty field is replaced by the twin's at the same place; list items are the same when what identifies them is. What
has no same place (an item of a plain list, an item or key that the twin does not have) is left out. An identified
list, or a table of bars, that is called incomplete first gets what it lacks, or the one item that settles the fault.
Where that is not enough, the place around is the twin's, step by step, at worst all of it.
"""
from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

from backend.agents.ensemble.desk.places import Path, label, list_name, pointer
from backend.agents.ensemble.desk.shapes import UNKNOWN
from backend.agents.ensemble.question import Fault

T = TypeVar("T")
MOST_STEPS = 100
"""Every step replaces, fills or leaves out something new; this only ends a check that never says the same twice."""


@dataclass(frozen=True)
class Taken:
    """A place in the merged payload that is the twin's, and what was wrong there."""

    path: Path
    problem: str


@dataclass(frozen=True)
class Merged(Generic[T]):
    """``plain`` is ``payload`` as JSON data. ``left_out`` says what the twin has no place for. ``moved`` when items of
    lists do not stand where they stood."""

    payload: T
    plain: Any
    taken: tuple[Taken, ...] = ()
    left_out: tuple[str, ...] = ()
    moved: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether all of it is the twin's."""
        return any(not taken.path for taken in self.taken)


@dataclass(frozen=True)
class Same:
    """How items of lists are recognised, and by which field they are named."""

    identity: Mapping[str, str]
    named: Mapping[str, str]


@dataclass(frozen=True)
class _Item:
    """A step of a place: the item of a list that is identified so."""

    label: str


_Place = tuple["str | _Item", ...]
_ORDER = {"replace": 0, "drop": 1, "remove": 2, "complete": 3}


@dataclass(frozen=True)
class _Change:
    """What to do with ``container[key]``, which stands at ``place``; ``mate`` is the twin's."""

    kind: Literal["replace", "drop", "remove", "complete", "whole"]
    place: _Place
    container: Any
    key: Any
    mate: Any
    why: str


Judge = Callable[[Any], "T | tuple[Fault, ...]"]
"""Gives the payload of JSON data, or its faults."""


def merge(plain: Any, twin: T, twin_plain: Any, judge: Judge[T], same: Same) -> Merged[T]:
    """The payload nearest to ``plain`` that ``judge`` passes. ``judge`` gives the payload, or its faults."""
    work = _Work(plain, twin_plain, same)
    first = ""
    for _ in range(MOST_STEPS):
        verdict = judge(work.plain)
        if not isinstance(verdict, tuple):
            return Merged(verdict, work.plain, work.taken_paths(), tuple(work.left_out), work.moved)
        first = first or work.described(verdict[0])
        if not work.mend(verdict, judge):
            break
    return Merged(twin, twin_plain, (Taken((), first),), tuple(work.left_out), True)


class _Work:
    """A payload under repair."""

    def __init__(self, plain: Any, twin: Any, same: Same) -> None:
        self.plain = copy.deepcopy(plain)
        self.left_out: list[str] = []
        self.moved = False
        self._twin = twin
        self._same = same
        self._taken: dict[_Place, str] = {}
        self._completed: set[_Place] = set()

    def described(self, fault: Fault) -> str:
        """The fault in one line, with its place as people name it."""
        return f"{self._pointer(fault.path)}: {fault.problem}"

    def _pointer(self, path: Path) -> str:
        return pointer(path, self.plain, self._same.identity, self._same.named) or "the whole answer"

    def mend(self, faults: tuple[Fault, ...], judge: Judge[Any]) -> bool:
        """One step for every fault; False when nothing is left but the whole twin."""
        changes = [self._change(fault) for fault in faults]
        if any(change.kind == "whole" for change in changes):
            return False
        replaced: list[_Place] = []
        done: set[tuple[str, _Place, Any]] = set()
        for change in sorted(changes, key=_in_order):
            mark = (change.kind, change.place, change.key)
            if mark in done or any(change.place[:len(place)] == place for place in replaced):
                continue
            done.add(mark)
            if change.kind == "complete":
                self._complete(change, faults, judge)
            else:
                getattr(self, f"_{change.kind}")(change)
            if change.kind == "replace":
                replaced.append(change.place)
        return True

    def _change(self, fault: Fault) -> _Change:
        """Follow the fault's path through both payloads, as far as they agree."""
        why = self.described(fault)
        place: _Place = ()
        trail: list[tuple[Any, Any, Any]] = []
        here, mate = self.plain, self._twin
        for depth, key in enumerate(fault.path):
            if isinstance(here, list) and isinstance(mate, list) and isinstance(key, int) and 0 <= key < len(here):
                field = self._same.identity.get(list_name(fault.path[:depth]))
                partner = _partner(here, key, mate, field, fault.path[depth + 1:])
                if partner is None:
                    return _Change("drop", place, here, key, None, why)
                place, step = (*place, _Item(str(label(here[key], field)))), partner
            elif isinstance(here, dict) and fault.problem == UNKNOWN and depth == len(fault.path) - 1 and key in here:
                return _Change("remove", place, here, key, None, why)
            elif isinstance(here, dict) and isinstance(mate, dict) and key in mate:
                place, step = (*place, str(key)), mate[key]
            elif isinstance(here, dict) and isinstance(mate, dict) and key in here:
                return _Change("remove", place, here, key, None, why)
            else:
                break
            trail.append((here, key, step))
            here, mate = (here.get(key) if isinstance(here, dict) else here[key]), step
        return self._widened(place, trail, why)

    def _widened(self, place: _Place, trail: list[tuple[Any, Any, Any]], why: str) -> _Change:
        """The place, or the nearest one around it that is not the twin's already."""
        size = len(place)
        while (tried := next((n for n in range(size + 1) if place[:n] in self._taken), None)) is not None:
            size = tried - 1
        if size <= 0:
            return _Change("whole", (), None, None, None, why)
        container, key, mate = trail[size - 1]
        place = place[:size]
        here = container.get(key) if isinstance(container, dict) else container[key]
        if place not in self._completed and self._lacking(place, here, mate):
            return _Change("complete", place, container, key, mate, why)
        return _Change("replace", place, container, key, mate, why)

    def _lacking(self, place: _Place, here: Any, mate: Any) -> list[Any]:
        """The items of an identified list, or the bars of a table, that the twin has and ``here`` has not."""
        if isinstance(here, dict) and isinstance(mate, dict) and all(key.isdecimal() for key in mate):
            return [key for key in mate if key not in here]
        field = self._same.identity.get(str(place[-1]))
        if isinstance(here, list) and isinstance(mate, list) and field:
            there = {label(item, field) for item in here}
            return [item for item in mate if label(item, field) not in there]
        return []

    def _replace(self, change: _Change) -> None:
        change.container[change.key] = copy.deepcopy(change.mate)
        for place in [place for place in self._taken if place[:len(change.place)] == change.place]:
            del self._taken[place]
        self._taken[change.place] = change.why

    def _drop(self, change: _Change) -> None:
        del change.container[change.key]
        self.moved = True
        self.left_out.append(change.why)

    def _remove(self, change: _Change) -> None:
        del change.container[change.key]
        self.left_out.append(change.why)

    def _complete(self, change: _Change, faults: tuple[Fault, ...], judge: Judge[Any]) -> None:
        """One item of the twin where that is all that is missing, else every one."""
        if self._complete_by_one(change, faults, judge):
            return
        self._completed.add(change.place)
        here = change.container[change.key]
        for lacking in self._lacking(change.place, here, change.mate):
            if isinstance(here, dict):
                here[lacking] = copy.deepcopy(change.mate[lacking])
                self._taken[(*change.place, lacking)] = change.why
            else:
                field = self._same.identity[str(change.place[-1])]
                here.append(copy.deepcopy(lacking))
                self._taken[(*change.place, _Item(str(label(lacking, field))))] = change.why
        change.container[change.key] = _sorted(here, self._same.identity.get(str(change.place[-1]), ""))
        self.moved = True

    def _complete_by_one(self, change: _Change, faults: tuple[Fault, ...], judge: Judge[Any]) -> bool:
        """Whether one item of an identified list settled a fault, and was no fault itself: then only that is taken."""
        here, field = change.container[change.key], self._same.identity.get(str(change.place[-1]), "")
        if not isinstance(here, list):
            return False
        for lacking in self._lacking(change.place, here, change.mate):
            change.container[change.key] = _sorted([*here, copy.deepcopy(lacking)], field)
            verdict = judge(self.plain)
            if not isinstance(verdict, tuple) or len(verdict) < len(faults):
                self._taken[(*change.place, _Item(str(label(lacking, field))))] = change.why
                self.moved = True
                return True
        change.container[change.key] = here
        return False

    def taken_paths(self) -> tuple[Taken, ...]:
        """Where the twin's places stand now; what was left out later is gone."""
        found = ((self._path(place), why) for place, why in self._taken.items())
        return tuple(Taken(path, why) for path, why in found if path is not None)

    def _path(self, place: _Place) -> Path | None:
        path: Path = ()
        node = self.plain
        for step in place:
            if isinstance(step, _Item):
                field = self._same.identity[list_name(path)]
                at = next((i for i, item in enumerate(node) if label(item, field) == step.label), None)
                if at is None:
                    return None
                path, node = (*path, at), node[at]
            elif step in node:
                path, node = (*path, step), node[step]
            else:
                return None
        return path


def _in_order(change: _Change) -> tuple[int, int, int]:
    """Wide replacements first; of a list's items the last is dropped first, so that the others keep their numbers."""
    return _ORDER[change.kind], len(change.place), -change.key if change.kind == "drop" else 0


def _partner(here: list[Any], index: int, mate: list[Any], field: str | None, rest: Path) -> Any:
    """The twin's item that is the same as ``here[index]``; None when there is none, or when what identifies the item
    is itself at fault (unless it only is a number as text that nobody else claims)."""
    name = label(here[index], field)
    if name is None or field is None:
        return None
    if [label(item, field) for item in here].index(name) != index:
        return None
    found = next((item for item in mate if label(item, field) == name), None)
    if found is None or (rest[:1] == (field,) and found[field] == here[index][field]):
        return None
    return found


def _sorted(items: Any, field: str) -> Any:
    """By number, where everything has one."""
    if isinstance(items, dict):
        return dict(sorted(items.items(), key=lambda entry: int(entry[0]) if entry[0].isdecimal() else 0))
    numbers = [item.get(field) if isinstance(item, dict) else None for item in items]
    if all(isinstance(number, int) for number in numbers):
        return sorted(items, key=lambda item: int(item[field]))
    return items

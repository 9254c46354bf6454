"""What is asked for anew after a faulty reply, and how two replies become one payload.

Only what is at fault is asked for (craft 8.4: once more, with the errors only): of a list whose items are recognised
by a field just the faulty or missing ones, otherwise whole fields of the payload. What was right stays as it was said.
"""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from backend.agents.ensemble.desk.places import Path, label
from backend.agents.ensemble.question import Fault


@dataclass(frozen=True)
class Correction:
    """``fields`` of the payload are to be given anew, None is all of it. ``items`` names the items that alone are
    wanted of a field, by what identifies them."""

    fields: tuple[str, ...] | None = None
    items: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Terms:
    """What was asked for: ``asked`` are the fields it should have, ``identity`` says how items of
    lists are recognised, ``twin`` is the rule expert's payload as JSON data."""

    asked: tuple[str, ...]
    identity: Mapping[str, str]
    twin: Any


def correction_of(plain: Any, faults: Sequence[Fault], broken_off: bool, terms: Terms) -> Correction:
    """What to ask for after a reply whose payload reads ``plain``. One that broke off may lack what comes later."""
    if plain is None or any(not fault.path for fault in faults):
        return Correction()
    at: dict[str, list[Fault]] = {}
    for fault in faults:
        at.setdefault(str(fault.path[0]), []).append(fault)
    if broken_off:
        for name in _cut_short(plain, terms):
            at.setdefault(name, []).append(Fault((name,), "breaks off"))
    fields = tuple(name for name in terms.asked if name in at)
    items = {name: _wanted(plain.get(name), at[name], _twins(terms, name), terms.identity.get(name)) for name in fields}
    return Correction(fields, {name: wanted for name, wanted in items.items() if wanted})


def _cut_short(plain: Any, terms: Terms) -> tuple[str, ...]:
    """The fields that a reply which broke off did not come to, and the one it was at, unless that has all numbers."""
    lacks = tuple(name for name in terms.asked if name not in plain)
    for name in [name for name in plain if name in terms.asked][-1:]:
        by, twins = terms.identity.get(name), _twins(terms, name)
        names = [label(item, by) for item in plain[name]] if by and isinstance(plain[name], list) else []
        whole = names and all(name and name.isdecimal() for name in names) and not _lacking(names, twins, by)
        lacks += () if whole else (name,)
    return lacks


def _twins(terms: Terms, name: str) -> Any:
    return terms.twin.get(name) if isinstance(terms.twin, dict) else None


def _wanted(items: Any, faults: list[Fault], twins: Any, by: str | None) -> tuple[str, ...]:
    """The items to be given anew; () is the whole field: where items cannot be told apart, where what identifies one
    is itself at fault, and where the list is wrong in another way than lacking numbers that the twin has."""
    names = [label(item, by) for item in items] if isinstance(items, list) and by else []
    if not names or None in names or len(set(names)) < len(names):
        return ()
    wanted: set[str] = set()
    for fault in faults:
        inner = fault.path[1:]
        if inner and isinstance(inner[0], int) and inner[0] < len(names) and inner[1:2] != (by,):
            wanted.add(str(names[inner[0]]))
        elif inner or not (lacking := _lacking(names, twins, by)):
            return ()
        else:
            wanted |= lacking
    return () if wanted >= set(names) else tuple(sorted(wanted, key=_number))


def _lacking(names: Sequence[str | None], twins: Any, by: str | None) -> set[str]:
    """Numbers that only the twin's list has: bars, tracks, criteria."""
    theirs = {str(label(item, by)) for item in twins} if isinstance(twins, list) else set()
    known = {str(name) for name in names}
    return theirs - known if known <= theirs and all(name.isdecimal() for name in theirs) else set()


def _number(name: str) -> tuple[int, str]:
    return (int(name), "") if name.isdecimal() else (0, name)


def joined(plain: Mapping[str, Any], wanted: Correction, given: Mapping[str, Any], terms: Terms
           ) -> tuple[dict[str, Any], tuple[Path, ...]]:
    """The first payload with what the second reply ``given`` has of the wanted, and the places that are the second's.

    Faulty items that are not given again are gone, and so are fields that nobody knows.
    """
    assert wanted.fields is not None
    out, own = {name: value for name, value in plain.items() if name in terms.asked}, list[Path]()
    for name in wanted.fields:
        if name not in given:
            continue
        if name in wanted.items and isinstance(given[name], list):
            out[name], places = _replaced(plain[name], wanted.items[name], given[name], terms.identity[name])
            own += [(name, i) for i in places]
        else:
            out[name] = given[name]
            own.append((name,))
    return out, tuple(own)


def _replaced(items: list[Any], wanted: tuple[str, ...], given: list[Any], by: str) -> tuple[list[Any], list[int]]:
    """The list with ``given`` in place of its namesakes, the rest of it at the end, and where those now stand."""
    fresh = {label(item, by): item for item in given}
    names = [label(item, by) for item in items]
    out = [(fresh[name], True) if name in fresh else (item, False) for name, item in zip(names, items, strict=True)
           if name in fresh or name not in wanted]
    out += [(item, True) for item in given if label(item, by) is None or label(item, by) not in names]
    numbers = [str(label(item, by)) for item, _ in out]
    if all(number.isdecimal() for number in numbers):
        out.sort(key=lambda pair: int(str(label(pair[0], by))))
    return [item for item, _ in out], [i for i, (_, is_given) in enumerate(out) if is_given]


def repeats(plain: Any, wanted: Correction, given: Any, terms: Terms) -> bool:
    """Whether a second reply says all of it again: half at least of what it was told to leave out."""
    if not isinstance(given, dict) or not all(name in given for name in terms.asked):
        return False
    for name, names in wanted.items.items():
        there = {label(item, terms.identity[name]) for item in given[name]} if isinstance(given[name], list) else set()
        right = {label(item, terms.identity[name]) for item in plain[name]} - set(names)
        if 2 * len(right & there) < len(right):
            return False
    return True

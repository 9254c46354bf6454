"""What the user did to the hit markers, as changes of hit points.

Everything is on the film's clock, so that it holds whatever the item or the cue's in-point does. A marker is the hit
it was made for when it has its name, or its place, or at least its number. A marker of nobody's is a new hit. A plain
marker of the user's that became a hit stays that hit's marker; it is not doubled by one of ours.
"""
from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from backend.daw.markers import hit_name
from backend.domain.hits import HitPoint
from backend.live.marker_names import MarkerName, clean, full_name, hit_from_name, may_be_a_hit, read_name, renamed

STILL_S = Fraction(1, 2000)
"""A marker within half a millisecond of its hit was not moved: REAPER's clock is a float, a hand is not so fine."""
SAME_HIT_S = Fraction(1, 4)
"""A hit that was found again within a quarter of a second is the same one (hits closer than that are merged)."""


@dataclass(frozen=True)
class Mark:
    """A marker on the film's clock. ``other_s``: where it would lie had the item stayed as it was when the markers were
    made. Ours belong to the picture: sliding the item away from under them moves no hit."""

    time_s: Fraction
    name: str
    other_s: Fraction


@dataclass(frozen=True)
class HitChange:
    """``before`` None: added; ``after`` None: deleted."""

    before: HitPoint | None
    after: HitPoint | None


@dataclass(frozen=True)
class HitEdits:
    """``known``: how many of the told hits have their marker. ``own``: indices of marks that are the user's own markers
    of a hit. ``missing``: told hits whose marker is gone from where it would be seen."""

    changes: tuple[HitChange, ...]
    known: int
    own: frozenset[int]
    missing: tuple[HitPoint, ...]

    @property
    def weight(self) -> int:
        """How much the session differs from what was told."""
        return len(self.changes) + len(self.missing)


def hit_edits(told: Sequence[HitPoint], marks: Sequence[Mark], seen: tuple[Fraction, Fraction]) -> HitEdits:
    """Compare the session's markers with the hits it was given. ``seen`` is the stretch the markers were taken from."""
    marks = [mark for mark in marks]
    pairs = _pair(told, marks)
    own = frozenset(m for h, m in pairs.items() if _is_own(told[h], marks[m]))
    changes = [change for h, m in sorted(pairs.items()) if (change := _change(told[h], marks[m])) is not None]
    taken = set(pairs.values())
    for index, mark in enumerate(marks):
        if index not in taken and may_be_a_hit(mark.name) and not _stands_in(mark, told, pairs, marks):
            changes.append(HitChange(None, hit_from_name(HitPoint(max(mark.time_s, Fraction(0))), mark.name)))
    missing = tuple(hit for h, hit in enumerate(told) if h not in pairs and seen[0] <= hit.time_s <= seen[1])
    return HitEdits(tuple(changes), sum(1 for m in pairs.values() if m not in own), own, missing)


def _pair(told: Sequence[HitPoint], marks: Sequence[Mark]) -> dict[int, int]:
    """Hit index to mark index: by name and place, by name, by place, by its words (a marker that the user touched
    keeps its number when the hits are counted anew), by number; each once."""
    names = [full_name(mark.name) for mark in marks]
    said = [read_name(name) for name in names]
    pairs: dict[int, int] = {}

    def ours(h: int, m: int) -> bool:
        return names[m] == full_name(hit_name(h + 1, told[h]))

    def plain(h: int, m: int) -> bool:
        return told[h].kind == "user" and said[m].number is None and said[m].reason == clean(told[h].reason)

    def still(h: int, m: int) -> bool:
        return _is_still(told[h], marks[m])

    def numbered(h: int, m: int) -> bool:
        return said[m].number == h + 1 and said[m].kind == told[h].kind

    def worded(h: int, m: int) -> bool:
        return said[m].kind == told[h].kind and said[m].reason == clean(told[h].reason)

    rules = (lambda h, m: ours(h, m) and still(h, m), lambda h, m: plain(h, m) and still(h, m), ours,
             lambda h, m: plain(h, m) and bool(names[m]), still, worded, numbered)
    free = [m for m, mark in enumerate(marks) if may_be_a_hit(mark.name)]
    for rule in rules:
        for h in (h for h in range(len(told)) if h not in pairs):
            fitting = [m for m in free if rule(h, m)]
            if fitting:
                pairs[h] = min(fitting, key=lambda m: abs(marks[m].time_s - told[h].time_s))
                free.remove(pairs[h])
    return pairs


def _is_still(hit: HitPoint, mark: Mark) -> bool:
    times = (mark.time_s,) if read_name(mark.name).number is None else (mark.time_s, mark.other_s)
    return min(abs(time_s - hit.time_s) for time_s in times) <= STILL_S


def _is_own(hit: HitPoint, mark: Mark) -> bool:
    """A plain marker of the user's: no name of ours."""
    return hit.kind == "user" and read_name(mark.name).number is None


def _stands_in(mark: Mark, told: Sequence[HitPoint], pairs: dict[int, int], marks: Sequence[Mark]) -> bool:
    """A second marker at the place of a hit that has its own: the user's, beside ours of the same name."""
    reason = read_name(mark.name).reason
    return any(_is_still(told[h], mark) and _is_still(told[h], marks[m]) and clean(told[h].reason) == reason
               for h, m in pairs.items())


def _change(hit: HitPoint, mark: Mark) -> HitChange | None:
    moved = not _is_still(hit, mark)
    called = hit
    if read_name(mark.name) != _told_name(hit, mark):
        called = renamed(hit, mark.name)
    after = replace(called, time_s=max(mark.time_s, Fraction(0)), locked=True) if moved else called
    return None if after == hit else HitChange(hit, after)


def _told_name(hit: HitPoint, mark: Mark) -> MarkerName:
    """What the marker's name would say if nobody had touched it."""
    said = read_name(mark.name)
    name = read_name(hit_name(said.number or 1, hit))
    if said.number is not None:
        return name
    return MarkerName(name.reason, name.type if said.type else None, name.weight if said.weight is not None else None)


def apply_changes(hits: Iterable[HitPoint], changes: Iterable[HitChange]) -> tuple[HitPoint, ...]:
    """``hits`` with the changes: each is carried out on the hit that stands where its ``before`` stood."""
    out = sorted(hits, key=lambda hit: hit.time_s)
    for change in changes:
        if change.before is not None:
            found = _same(out, change.before)
            if found is not None:
                out.remove(found)
        if change.after is not None:
            out = [hit for hit in out if hit.locked or abs(hit.time_s - change.after.time_s) >= SAME_HIT_S]
            out.append(change.after)
        out.sort(key=lambda hit: hit.time_s)
    return tuple(out)


def _same(hits: Sequence[HitPoint], wanted: HitPoint) -> HitPoint | None:
    near = [hit for hit in hits if abs(hit.time_s - wanted.time_s) < SAME_HIT_S]
    return min(near, key=lambda hit: (hit.kind != wanted.kind, abs(hit.time_s - wanted.time_s)), default=None)

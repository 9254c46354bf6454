"""Names of markers: what a build writes, and what people make of it.

``H03 impact: the door slams (hard 0.90)`` is ours. A person may type any part of it: ``Door (soft)``, ``Bang (hard
0.8)``, ``H03 impact: she turns``, or just ``Bang``. Names that begin with ``!`` (they run an action), ``=`` (they trim
a render) or ``CHAP=`` (chapters of an encoded file) mean something to REAPER; they are never hits.
"""
from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from typing import cast

from backend.domain.hits import HitKind, HitPoint, HitType

LONGEST = 120
"""Characters of a reason; more is a note for people, not a name."""
_OURS = re.compile(r"H(\d{1,6}) (cut|impact|motion|flash|fade|start|end|user)(?::\s*(.*))?")
_WEIGHT = re.compile(r"(.*?)\s*\((hard|soft|avoid|ring[_ ]out)(?:\s+(\d{1,3}(?:[.,]\d{1,6})?)\s*(%)?)?\)",
                     re.IGNORECASE)
_NOT_A_HIT = ("!", "=", "CHAP=")


@dataclass(frozen=True)
class MarkerName:
    """What a name says; None where it says nothing. ``number`` and ``kind`` stand in names of ours only."""

    reason: str
    type: HitType | None = None
    weight: float | None = None
    number: int | None = None
    kind: HitKind | None = None


def clean(text: str) -> str:
    """One line without control characters, at most LONGEST characters."""
    spaced = "".join(" " if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") else c for c in str(text)[:4 * LONGEST])
    return " ".join(spaced.split())[:LONGEST].rstrip()


def full_name(text: str) -> str:
    """A whole name as it can be compared: blanks and control characters do not count."""
    return " ".join("".join(" " if unicodedata.category(c)[0] == "C" else c for c in str(text)[:2000]).split())


def may_be_a_hit(name: str) -> bool:
    return not name.lstrip().upper().startswith(_NOT_A_HIT)


def read_name(name: str) -> MarkerName:
    """Whatever stands there; a text without our form is all reason."""
    text = full_name(name)
    weighted = _WEIGHT.fullmatch(text)
    kind_of_hit, weight = None, None
    if weighted:
        text = weighted[1].strip()
        kind_of_hit = cast(HitType, weighted[2].lower().replace(" ", "_"))
        weight = _weight(weighted[3], bool(weighted[4]))
    ours = _OURS.fullmatch(text)
    if ours:
        return MarkerName(clean(ours[3] or ""), kind_of_hit, weight, int(ours[1]), cast(HitKind, ours[2]))
    return MarkerName(clean(text), kind_of_hit, weight)


def renamed(hit: HitPoint, name: str) -> HitPoint:
    """The hit as its marker is called now; what the name does not say stays."""
    said = read_name(name)
    same_weight = said.weight is None or said.weight == round(hit.weight, 2)  # names show two decimals
    same_reason = said.reason == clean(hit.reason)
    return replace(hit, reason=hit.reason if same_reason else said.reason, type=said.type or hit.type,
                   weight=hit.weight if same_weight or said.weight is None else said.weight)


def hit_from_name(hit: HitPoint, name: str) -> HitPoint:
    """A marker nobody knows yet, at the time of ``hit``: a hit of the user's."""
    said = read_name(name)
    return replace(hit, kind="user", locked=True, reason=said.reason, type=said.type or "hard",
                   weight=1.0 if said.weight is None else said.weight)


def _weight(text: str | None, percent: bool) -> float | None:
    if text is None:
        return None
    value = float(text.replace(",", "."))
    return min(1.0, value / 100 if percent or value > 1 else value)

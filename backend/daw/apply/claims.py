"""What of the project's time line a cue has laid down: tempo points, markers, regions. Kept in the project itself.

A claim counts only for what is still there as it was left: anything else belongs to the user.
"""
from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from backend.daw.apply.host import Host
from backend.daw.apply.prints import compact, same
from backend.domain.live import LivePlan

SECTION = "FilmComposer"
_CUES = "cues"
_PREFIX = "claims:"
_SIZE = 1 << 20


@dataclass
class Claims:
    """Of one cue. ``tempo``: [time_s, bpm, numerator, denominator]. ``markers``: [number, time_s, crc of the name],
    number 0 for one that the user took away. ``regions``: [number, start_s, end_s, crc of the name]. ``added``: tempo
    points that REAPER put at the project's start by itself. ``origin``: [bpm, numerator, denominator] of the project
    before there was any tempo point."""

    tempo: list[list[float]] = field(default_factory=list)
    markers: list[list[float]] = field(default_factory=list)
    regions: list[list[float]] = field(default_factory=list)
    added: list[list[float]] = field(default_factory=list)
    origin: list[float] = field(default_factory=list)

    @property
    def plain(self) -> dict[str, Any]:
        return {"tempo": self.tempo, "markers": self.markers, "regions": self.regions, "added": self.added,
                "origin": self.origin}


class Ledger:
    """The claims of every cue, and the list of cues. Written when it changed, in the build's undo step."""

    def __init__(self, host: Host, cue: str) -> None:
        self.host = host
        self.cue = cue
        self.cues = _table(_read(host, _CUES))
        self.claims = {label: _claims(_read(host, _PREFIX + label)) for label in {*self.cues, cue}}
        self._before = dict(self.mine.plain)

    @property
    def mine(self) -> Claims:
        return self.claims[self.cue]

    @property
    def others(self) -> dict[str, Claims]:
        return {label: claims for label, claims in self.claims.items() if label != self.cue}

    def save(self, plan: LivePlan, item: str) -> None:
        """``item`` is the GUID of the cue's picture."""
        row = {"title": plan.title, "start_s": plan.start_s, "end_s": plan.end_s, "item": item}
        if self.cues.get(self.cue) != row:
            self._write(_CUES, {**self.cues, self.cue: row})
        if not same_plain(self.mine.plain, self._before):
            self._write(_PREFIX + self.cue, self.mine.plain)

    def _write(self, key: str, value: Any) -> None:
        """In the undo step; not every REAPER takes such text back with an undo, so that is seen to as well."""
        before = _text(self.host, key)
        self.host.after_undo.append(lambda: self._put_back(key, before))
        self.host.write("SetProjExtState", 0, SECTION, key, compact(value))

    def _put_back(self, key: str, before: str) -> None:
        if _text(self.host, key) != before:
            self.host.read("SetProjExtState", 0, SECTION, key, before)


def same_plain(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)


def _read(host: Host, key: str) -> Any:
    """None for what is not there, or not ours to read."""
    try:
        return json.loads(_text(host, key))
    except ValueError:
        return None


def _text(host: Host, key: str) -> str:
    return str(host.read("GetProjExtState", 0, SECTION, key, "", _SIZE)[4])


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _claims(value: Any) -> Claims:
    row = _table(value)
    return Claims(tempo=_rows(row.get("tempo"), 4), markers=_rows(row.get("markers"), 3),
                  regions=_rows(row.get("regions"), 4), added=_rows(row.get("added"), 4),
                  origin=_numbers(row.get("origin"), 3))


def _rows(value: Any, width: int) -> list[list[float]]:
    return [row for row in value if _numbers(row, width)] if isinstance(value, list) else []


def _numbers(value: Any, width: int) -> list[float]:
    fits = isinstance(value, list) and len(value) == width and all(isinstance(v, (int, float)) for v in value)
    return value if fits else []

"""Fields of the scheme that stand: read from ``locks.json``, checked, and held against whatever an expert answers.

A lock names its field as a JSON pointer: ``/tracks/PART/instrument``, ``articulation``, ``panning``, ``reverb_space``,
``gain_db``, ``volume_envelope/BAR``; ``/measures/BAR/level``, ``dynamic``, ``tension``, ``texture``; ``/ending``.
"""
from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast, get_args, get_type_hints

from backend.domain.ensemble import Lock
from backend.domain.instruments import Instrument
from backend.domain.scheme import DYNAMICS, ArrangePlan
from backend.errors import EditError
from backend.music.instruments import instruments

ROLES = ("melody", "counter", "pad", "bass", "ostinato", "doubling", "percussion", "accent")
ENDINGS: tuple[str, ...] = get_args(get_type_hints(ArrangePlan)["ending"])
TRACK_FIELDS = ("instrument", "articulation", "panning", "reverb_space", "gain_db", "volume_envelope/BAR")
MEASURE_FIELDS = ("level", "dynamic", "tension", "texture")
PART_ID = re.compile(rf"({'|'.join(ROLES)})(\.[a-z0-9_]{{1,40}}){{0,2}}")
"""What a part is called: ``melody``, ROLE.INSTRUMENT, and a number where there are two; never words."""
_NUMBERS = {"panning": (-1.0, 1.0), "reverb_space": (0.0, 1.0), "gain_db": (-150.0, 24.0), "level": (0.0, 1.0),
            "tension": (0.0, 1.0), "volume_envelope": (0.0, 1.0)}


@dataclass(frozen=True)
class LockedFields:
    """Locks by where they hold: part -> field -> value, part -> bar -> level, bar -> field -> value."""

    tracks: dict[str, dict[str, Any]] = field(default_factory=dict)
    levels: dict[str, dict[int, float]] = field(default_factory=dict)
    measures: dict[int, dict[str, Any]] = field(default_factory=dict)
    ending: str = ""

    @property
    def parts(self) -> tuple[str, ...]:
        """Parts of which anything is locked, in the order of the locks."""
        return tuple(dict.fromkeys((*self.tracks, *self.levels)))

    @property
    def players(self) -> tuple[str, ...]:
        """Parts whose player is locked: those are cast whatever happens. A locked place or level holds nobody; it waits
        until its part plays."""
        return tuple(part for part, fields in self.tracks.items() if {"instrument", "articulation"} & fields.keys())


class LockError(EditError):
    """A lock that cannot be; ``path`` and ``problem`` are short and on one line whatever the file holds."""

    def __init__(self, path: str, problem: str) -> None:
        self.path, self.problem = _plain(path, 80), _plain(problem, 150)
        super().__init__(f"locks.json: {self.path}: {self.problem}. Mend it, or take it out of the file.")


def _plain(text: str, most: int) -> str:
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= most else f"{line[:most - 3]}..."


def _wrong(path: str, problem: str) -> EditError:
    return LockError(path, problem)


def _pieces(path: str) -> list[str]:
    if not path.startswith("/"):
        raise _wrong(path or '""', "a path begins with /, as in /tracks/melody/instrument")
    return [piece.replace("~1", "/").replace("~0", "~") for piece in path[1:].split("/")]


def read_locks(locks: tuple[Lock, ...], bar_count: int) -> LockedFields:
    """The locks of a cue with ``bar_count`` bars. Raises EditError, one line that names the field, for an unknown path,
    bar, part or instrument, and for a value that the field cannot hold."""
    out = LockedFields()
    ending = ""
    seen: set[str] = set()
    for lock in locks:
        pieces = _pieces(lock.path)
        if lock.path in seen:
            raise _wrong(lock.path, "it is there twice")
        seen.add(lock.path)
        if pieces == ["ending"]:
            ending = _one_of(lock, ENDINGS)
        elif pieces[0] == "measures" and len(pieces) == 3 and pieces[2] in MEASURE_FIELDS:
            bar = _bar(lock.path, pieces[1], bar_count)
            out.measures.setdefault(bar, {})[pieces[2]] = _MEASURE[pieces[2]](lock)
        elif pieces[0] == "tracks" and len(pieces) == 4 and pieces[2] == "volume_envelope":
            bar = _bar(lock.path, pieces[3], bar_count)
            out.levels.setdefault(_part(lock.path, pieces[1]), {})[bar] = _number(lock)
        elif pieces[0] == "tracks" and len(pieces) == 3 and pieces[2] in _TRACK:
            out.tracks.setdefault(_part(lock.path, pieces[1]), {})[pieces[2]] = _TRACK[pieces[2]](lock)
        else:
            raise _wrong(lock.path, f"no such field; there are /tracks/PART/{{{', '.join(TRACK_FIELDS)}}}, "
                                    f"/measures/BAR/{{{', '.join(MEASURE_FIELDS)}}} and /ending")
    for part in out.parts:
        _check_track(part, out.tracks.get(part, {}))
    return LockedFields(out.tracks, out.levels, out.measures, ending)


def _bar(path: str, text: str, bar_count: int) -> int:
    if not text.isdecimal() or not 1 <= int(text[:9]) <= bar_count:
        raise _wrong(path, f"there is no bar {text[:20]} (the cue has {bar_count})")
    return int(text)


def _part(path: str, part: str) -> str:
    if not PART_ID.fullmatch(part):
        raise _wrong(path, f"there is no part '{part[:60]}'; parts are called melody, or ROLE.INSTRUMENT")
    return part


def _number(lock: Lock) -> float:
    name = lock.path.rsplit("/", 1)[-1]
    low, high = _NUMBERS["volume_envelope" if name.isdecimal() else name]
    if isinstance(lock.value, bool) or not isinstance(lock.value, (int, float)) or not low <= lock.value <= high:
        raise _wrong(lock.path, f"{_show(lock.value)} is no number within {low:g} and {high:g}")
    return float(lock.value)


def _one_of(lock: Lock, known: tuple[str, ...]) -> str:
    if not isinstance(lock.value, str) or lock.value not in known:
        raise _wrong(lock.path, f"{_show(lock.value)} is none of {', '.join(known)}")
    return lock.value


def _instrument(lock: Lock) -> str:
    if not isinstance(lock.value, str) or lock.value not in instruments():
        near = difflib.get_close_matches(str(lock.value).lower().replace(" ", "_"), instruments(), 3, 0.6)
        hint = f"did you mean {', '.join(near)}?" if near else "docs/palette.md lists them, for example violins1"
        raise _wrong(lock.path, f"there is no instrument {_show(lock.value)} ({hint})")
    return lock.value


def _articulation(lock: Lock) -> str:
    known = {name for instrument in instruments().values() for name in instrument.articulations}
    if not isinstance(lock.value, str) or lock.value and lock.value not in known:
        raise _wrong(lock.path, f"{_show(lock.value)} is no articulation of any instrument")
    return lock.value


def _texture(lock: Lock) -> tuple[str, ...]:
    value = lock.value
    if not isinstance(value, (list, tuple)) or any(not isinstance(one, str) or one not in ROLES for one in value):
        raise _wrong(lock.path, f"{_show(value)} is no list of {', '.join(ROLES)}")
    return tuple(dict.fromkeys(cast(list[str], value)))


_TRACK: dict[str, Callable[[Lock], Any]] = {
    "instrument": _instrument, "articulation": _articulation, "panning": _number, "reverb_space": _number,
    "gain_db": _number}
_MEASURE: dict[str, Callable[[Lock], Any]] = {
    "level": _number, "tension": _number, "texture": _texture, "dynamic": lambda lock: _one_of(lock, DYNAMICS)}


def _show(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."


def can_play(role: str, instrument: Instrument) -> bool:
    """Drums beat, everything else has a pitch; accents may be either."""
    return role == "accent" or instrument.pitched != (role == "percussion")


def own_instrument(part: str, fields: dict[str, Any]) -> str:
    """The instrument a part is known to have: the locked one, or the one it is called after; "" where neither says."""
    suffix = part.partition(".")[2]
    return str(fields.get("instrument", suffix if suffix in instruments() else ""))


def _check_track(part: str, fields: dict[str, Any]) -> None:
    role, name = part.split(".")[0], own_instrument(part, fields)
    if not name and role != "melody":
        raise _wrong(f"/tracks/{part}", f"there is no instrument '{part.partition('.')[2][:60]}' to bring this part "
                                        "back with; lock its instrument too")
    if "instrument" not in fields:
        return
    if not can_play(role, instruments()[name]):
        raise _wrong(f"/tracks/{part}/instrument", f"{name} cannot play the role {role}")
    articulation = fields.get("articulation", "")
    if articulation and articulation not in instruments()[name].articulations:
        raise _wrong(f"/tracks/{part}/articulation",
                     f"{name} has no '{articulation}', but {', '.join(instruments()[name].articulations)}")

"""``filmcomposer lock`` and ``unlock``: fields by the names people use, their present values, and what is locked."""
from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NoReturn

from backend.cue_job import CueJob
from backend.domain import serial
from backend.domain.ensemble import Lock, Locks
from backend.domain.scheme import ArrangementScheme, TrackScheme
from backend.errors import OptionError
from backend.music.locks import MEASURE_FIELDS, LockError, read_locks
from backend.music.part_names import parts_called

FILE = "locks.json"
_LONGEST = 180
"""Characters of a list in a message."""
_ALIASES = {"pan": "panning", "reverb": "reverb_space", "space": "reverb_space", "gain": "gain_db", "level": "volume",
            "volume_envelope": "volume", "way": "articulation"}
_TRACK = ("instrument", "articulation", "panning", "reverb_space", "gain_db")


@dataclass(frozen=True)
class _Field:
    path: str
    value: Any


def lock(job: CueJob, fields: tuple[str, ...], say: Callable[[str], None] = lambda text: None) -> tuple[Lock, ...]:
    """Lock fields of the standing scheme: ``melody.instrument`` at its present value, ``melody.instrument=cello_solo``
    at another; every lock of the folder. What is locked already keeps its value unless another is given; ``say`` hears
    of it. Raises OptionError for names that do not exist and for values that a field cannot hold; then nothing is
    written. EditError for a lock of before that cannot be."""
    locks = {one.path: one for one in job.locks}
    for text in fields:
        for field in _fields(job, text):
            old = locks.get(field.path)
            if old is not None and "=" not in text:
                say(f"{shown(field.path)} is locked already, and stays {json.dumps(old.value, ensure_ascii=False)}")
            else:
                locks[field.path] = Lock(field.path, field.value)
    return _saved(job, locks) if fields else tuple(locks.values())


def unlock(job: CueJob, fields: tuple[str, ...], every: bool = False) -> tuple[Lock, ...]:
    """Take locks out; those that are left. A track's name alone, or ``bar5``, takes all of its locks out."""
    if every:
        return _saved(job, {})
    if not fields:
        raise OptionError("Name the fields to unlock, or say --all. filmcomposer lock DIR lists what is locked.")
    locks = {one.path: one for one in job.locks}
    for text in fields:
        found = _locked_by(job, text, tuple(locks))
        if not found:
            raise OptionError(f"'{text[:60]}' is not locked. Locked are: {_some(map(shown, locks)) or 'no fields'}.")
        for path in found:
            del locks[path]
    return _saved(job, locks)


def _check(job: CueJob, kept: tuple[Lock, ...], old: tuple[Lock, ...]) -> None:
    """Raises OptionError for a new lock that cannot be, EditError for one that the file holds already."""
    bars = job.tempo_map.bar_count
    try:
        read_locks(kept, bars)
    except LockError as error:
        read_locks(old, bars)
        name = shown(error.path) if error.path.startswith("/") else error.path
        raise OptionError(f"{name}: {error.problem}. Nothing was locked.") from None


def _some(names: Iterable[str]) -> str:
    """As many as a message holds."""
    text = ", ".join(names)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST].rpartition(', ')[0]} and more"


def shown(path: str) -> str:
    """A lock's path as it is typed: ``melody.instrument``, ``melody.volume.3``, ``bar5.level``, ``ending``."""
    pieces = path.strip("/").split("/")
    if pieces[0] == "tracks":
        return ".".join(pieces[1:]).replace("volume_envelope", "volume")
    return f"bar{'.'.join(pieces[1:])}" if pieces[0] == "measures" else pieces[0]


def _saved(job: CueJob, locks: dict[str, Lock]) -> tuple[Lock, ...]:
    """Checked as the next run will check them, then written; without locks there is no file."""
    kept = tuple(locks.values())
    _check(job, kept, tuple(one for one in job.locks if locks.get(one.path) == one))
    if kept:
        job.folder.save(FILE, Locks(kept))
    else:
        job.folder.file(FILE).unlink(missing_ok=True)
    return kept


def _fields(job: CueJob, text: str) -> tuple[_Field, ...]:
    """The fields a text names, with the values they are to have."""
    name, equals, value = text.partition("=")
    given = _value(value) if equals else None
    return tuple(_Field(field.path, field.value if not equals else given) for field in _named(job, name.strip()))


def _value(text: str) -> Any:
    """Numbers as numbers, everything else as text; lists with commas."""
    text = text.strip()
    try:
        return float(text) if not re.fullmatch(r"[+-]?\d+", text) else int(text)
    except ValueError:
        if text.startswith("["):
            try:
                return json.loads(text)
            except ValueError:
                return text
        return [piece.strip() for piece in text.split(",")] if "," in text else text


def _named(job: CueJob, name: str) -> tuple[_Field, ...]:
    scheme: ArrangementScheme = job.scheme
    if name.startswith("/"):
        return (_Field(name, _at(scheme, name)),)
    if name.lower() == "ending":
        return (_Field("/ending", scheme.ending),)
    bar = re.fullmatch(r"(?:bar|measure)s?\s*\.?(\d+)(?:-(\d+))?\.(\w+)", name, re.IGNORECASE)
    if bar:
        return _measures(scheme, int(bar[1]), int(bar[2] or bar[1]), bar[3].lower())
    if "." not in name:
        _name_a_field(job, name)
    return _track_fields(job, scheme, name)


def _name_a_field(job: CueJob, name: str) -> NoReturn:
    """Raises OptionError for a name without a field."""
    if name and parts_called(name, job.score.parts):
        raise OptionError(f"'{name[:60]}' is a track: say which of its fields: {', '.join(_TRACK)}, or volume.BAR, for "
                          f"example {name[:60]}.instrument")
    raise OptionError(f"There is no field '{name[:60]}'. A track has {', '.join(_TRACK)} and volume.BAR "
                      f"(melody.instrument, melody.volume.5), a bar has {', '.join(MEASURE_FIELDS)} (bar5.level), and "
                      "there is ending.")


def _measures(scheme: ArrangementScheme, first: int, last: int, field: str) -> tuple[_Field, ...]:
    if field not in MEASURE_FIELDS:
        raise OptionError(f"A bar has {', '.join(MEASURE_FIELDS)}, and no '{field}'.")
    found = [measure for measure in scheme.measures if first <= measure.m <= last]
    if len(found) != last - first + 1 or not found:
        raise OptionError(f"bar{first}-{last}: the cue has bars 1 to {len(scheme.measures)}.")
    return tuple(_Field(f"/measures/{m.m}/{field}", serial.to_plain(getattr(m, field))) for m in found)


def _track_fields(job: CueJob, scheme: ArrangementScheme, name: str) -> tuple[_Field, ...]:
    """``TRACK.FIELD`` or ``TRACK.volume.BARS``; a track's name may hold dots itself."""
    levels = re.fullmatch(r"(.+)\.(volume|level|volume_envelope)[./](\d+)(?:-(\d+))?", name, re.IGNORECASE)
    who, _, field = name.rpartition(".")
    if levels:
        who, field = levels[1], "volume"
    field = _ALIASES.get(field.strip().lower(), field.strip().lower())
    tracks = _tracks(job, scheme, who)
    if field == "volume" and levels:
        first, last = int(levels[3]), int(levels[4] or levels[3])
        if not 1 <= first <= last <= job.tempo_map.bar_count:
            raise OptionError(f"'{name}': the cue has bars 1 to {job.tempo_map.bar_count}.")
        return tuple(_Field(f"/tracks/{t.part}/volume_envelope/{bar}", _level(t, bar))
                     for t in tracks for bar in range(first, last + 1))
    if field not in _TRACK:
        raise OptionError(f"'{name}': a track has {', '.join(_TRACK)} and volume.BAR, for example melody.instrument or "
                          "melody.volume.5.")
    return tuple(_Field(f"/tracks/{t.part}/{field}", getattr(t, field)) for t in tracks)


def _tracks(job: CueJob, scheme: ArrangementScheme, who: str) -> tuple[TrackScheme, ...]:
    called = parts_called(who, job.score.parts) if who.strip() else ()
    found = tuple(track for track in scheme.tracks if track.part in called)
    if not found:
        names = (track.part for track in scheme.tracks)
        raise OptionError(f"'{who[:60]}': there is no such track. There are {_some(names)}; a role or a family will do "
                          "too.")
    return found


def _level(track: TrackScheme, bar: int) -> float:
    named = [n for n in sorted(track.volume_envelope) if n <= bar]
    return track.volume_envelope[named[-1]] if named else 1.0


def _at(scheme: ArrangementScheme, path: str) -> Any:
    """The present value of a path as locks.json writes it; None where there is no such field yet."""
    pieces = path.strip("/").split("/")
    if pieces == ["ending"]:
        return scheme.ending
    if pieces[0] == "measures" and len(pieces) == 3 and pieces[2] in MEASURE_FIELDS:
        return next((serial.to_plain(getattr(m, pieces[2])) for m in scheme.measures if str(m.m) == pieces[1]), None)
    track = next((t for t in scheme.tracks if len(pieces) > 2 and t.part == pieces[1]), None)
    if track is not None and pieces[2] == "volume_envelope" and len(pieces) == 4 and pieces[3].isdecimal():
        return _level(track, int(pieces[3][:9]))
    return getattr(track, pieces[2]) if track is not None and pieces[2] in _TRACK else None


def _locked_by(job: CueJob, text: str, paths: tuple[str, ...]) -> tuple[str, ...]:
    """Locked paths that a text names: as it is typed, as it is listed, by track, by bar, or as a field."""
    name = text.strip()
    found = tuple(path for path in paths if name in (path, shown(path)) or shown(path).startswith(f"{name}."))
    if found:
        return found
    called = parts_called(name, job.score.parts)
    found = tuple(path for path in paths if path.split("/")[1] == "tracks" and path.split("/")[2] in called)
    if found or called:
        return found
    try:
        return tuple(field.path for field in _named(job, name) if field.path in paths)
    except OptionError:
        return ()

"""What a revision did, in one line for people; and the proof that it did nothing else."""
from __future__ import annotations

from collections.abc import Iterable

from backend.domain.revision import Operation
from backend.domain.scheme import TrackScheme
from backend.domain.score import Part
from backend.domain.tempo import TempoMap
from backend.errors import CompositionError
from backend.music.instruments import instruments
from backend.music.part_names import shown_names
from backend.music.revision import Done, State
from backend.music.revision_cells import Difference, difference
from backend.music.revision_faults import Ground
from backend.music.revision_levels import with_tracks

_MANY, _MOST_MOVES = 6, 3
_FIELDS = {"pan": ("panning", ""), "reverb": ("reverb_space", ""), "gain": ("gain_db", " dB"),
           "articulation": ("articulation", "")}
"""Actions that set a field of a track for the whole cue: its name in the scheme, and the unit."""


def proved(before: State, done: Done, tempo_map: TempoMap) -> Difference:
    """What changed, by hashes. Raises CompositionError when a cell or field changed that the request does not touch."""
    found = difference((before.score, before.scheme), (done.state.score, done.state.scheme), tempo_map)
    stray = [f"{part}, bar {bar}" for part, bar in sorted(found.cells - done.cells)]
    stray += sorted(found.fields - done.fields)
    if stray:
        raise CompositionError(f"The change would have touched {stray[0]}, which the request does not ask for. Nothing "
                               "was changed. Say it in other words; and please report this defect of the program.")
    return found


def summary(operations: Iterable[Operation], before: State, done: Done, found: Difference,
            tempo_map: TempoMap) -> str:
    """``bars 9-16: Flute silent; 34 notes out; everything else identical (412 of 412 bars, counted by track)``."""
    ground = Ground(before.score, with_tracks(before.score, before.scheme), tempo_map)
    now = {track.part: track for track in done.state.scheme.tracks}
    told = list(dict.fromkeys(line for operation in operations for line in _told(operation, ground, found, now)))
    for count, word in ((found.notes_out, "out"), (found.notes_in, "in"), (found.notes_changed, "changed")):
        if count:
            told.append(f"{count} note{'s' if count > 1 else ''} {word}")
    return "; ".join([*told, *done.remarks, *_rest(done, found)])


def in_words(operation: Operation, ground: Ground) -> str:
    """What is asked for, whether or not it is there yet: ``bars 9-16: only Violins I, Cellos``."""
    if operation.action == "elsewhere":
        return f"elsewhere: {operation.topic} {operation.value}".rstrip()
    who = _who(ground.parts(operation), ground) or ", ".join(operation.tracks)
    kept = operation.action == "keep_only"
    return f"{_where(operation, ground)}{f'only {who}' if kept else f'{who} {_what(operation)}'}"


def _rest(done: Done, found: Difference) -> list[str]:
    """What stayed as it was: every bar of every track that the request does not name, or at least every note."""
    if not found.cells:
        return ["every note as it was"]
    rest = found.every - done.cells
    if rest:
        return [f"everything else identical ({len(rest - found.cells)} of {len(rest)} bars, counted by track)"]
    return [] if found.notes_out or found.notes_in or found.notes_changed else ["every note as it was"]


def _told(operation: Operation, ground: Ground, found: Difference, now: dict[str, TrackScheme]) -> list[str]:
    if operation.action == "elsewhere":
        return []
    if operation.action in _FIELDS and ground.is_whole(operation):
        return _moved(operation, ground, now)
    parts = ground.parts(operation)
    if operation.action == "keep_only":
        parts = tuple(part for part in ground.score.parts if part not in parts)
    if operation.action in ("keep_only", "mute", "restore"):
        parts = tuple(part for part in parts if any((part.id, bar) in found.cells for bar in ground.bars(operation)))
        if not parts:
            return []
    who = _who(parts, ground) or ", ".join(operation.tracks)
    return [f"{_where(operation, ground)}{who} {_what(operation)}"]


def _moved(operation: Operation, ground: Ground, now: dict[str, TrackScheme]) -> list[str]:
    """``Flute, Oboe pan -0.1 -> -0.5``: tracks of one former value together; how many tracks where values are many."""
    name, unit = _FIELDS[operation.action]
    tracks = {track.part: track for track in ground.scheme.tracks}
    moves: dict[str, list[Part]] = {}
    for part in ground.parts(operation):
        old, new = (_shown(getattr(one[part.id], name)) for one in (tracks, now))
        if old != new:
            moves.setdefault(f"{operation.action} {old} -> {new}{unit}", []).append(part)
    by_note = not moves and operation.action == "articulation"
    if by_note or len(moves) > _MOST_MOVES:
        return [f"{_who(ground.parts(operation), ground)} {_what(operation)}"]
    return [f"{_who(tuple(parts), ground)} {move}" for move, parts in moves.items()]


def _shown(value: float | str) -> str:
    """Two places at most; a way of playing without a name is the usual one."""
    if isinstance(value, str):
        return value.replace("_", " ") or "as usual"
    return f"{round(value, 2) + 0.0:g}"


def _where(operation: Operation, ground: Ground) -> str:
    if ground.is_whole(operation):
        return ""
    bars = ground.bars(operation)
    return f"bar {bars[0]}: " if len(bars) == 1 else f"bars {bars[0]}-{bars[-1]}: "


def _who(parts: tuple[Part, ...], ground: Ground) -> str:
    names = shown_names(ground.score.parts)
    if len(parts) == len(ground.score.parts):
        return "all tracks"
    return ", ".join(names[part.id] for part in parts) if len(parts) <= _MANY else f"{len(parts)} tracks"


def _what(operation: Operation) -> str:
    amount = operation.amount
    return {"keep_only": "silent", "mute": "silent", "restore": "as before", "level": f"{amount:+g} dB",
            "instrument": f"to {_instrument(operation.name)}", "articulation": operation.name.replace("_", " "),
            "octave": f"{abs(amount):g} octave{'s' if abs(amount) > 1 else ''} {'up' if amount > 0 else 'down'}",
            "pan": f"pan -> {amount:g}", "reverb": f"reverb -> {amount:g}", "gain": f"gain {amount:+g} dB",
            "rewrite": "written anew"}[operation.action]


def _instrument(name: str) -> str:
    return instruments()[name].name if name in instruments() else name

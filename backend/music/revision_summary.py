"""What a revision did, in one line for people; and the proof that it did nothing else."""
from __future__ import annotations

from collections.abc import Iterable

from backend.domain.revision import Operation
from backend.domain.score import Part
from backend.domain.tempo import TempoMap
from backend.errors import CompositionError
from backend.music.instruments import instruments
from backend.music.part_names import shown_names
from backend.music.revision import Done, State
from backend.music.revision_cells import Difference, difference
from backend.music.revision_faults import Ground

_MANY = 6


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
    """``bars 9-16: Flute, Horn silent; 34 notes out; everything else identical, 412 of 412 cells``."""
    ground = Ground(before.score, before.scheme, tempo_map)
    told = [line for operation in operations if (line := _told(operation, ground, found))]
    for count, word in ((found.notes_out, "out"), (found.notes_in, "in"), (found.notes_changed, "changed")):
        if count:
            told.append(f"{count} note{'s' if count > 1 else ''} {word}")
    rest = found.every - done.cells
    same = len(rest - found.cells)
    return "; ".join([*told, *done.remarks, f"everything else identical, {same} of {len(rest)} cells"])


def _told(operation: Operation, ground: Ground, found: Difference) -> str:
    if operation.action == "elsewhere":
        return ""
    parts = ground.parts(operation)
    if operation.action == "keep_only":
        parts = tuple(part for part in ground.score.parts if part not in parts)
    if operation.action in ("keep_only", "mute", "restore"):
        parts = tuple(part for part in parts if any((part.id, bar) in found.cells for bar in ground.bars(operation)))
        if not parts:
            return ""
    who = _who(parts, ground) or ", ".join(operation.tracks)
    return f"{_where(operation, ground)}{who} {_what(operation, ground)}"


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


def _what(operation: Operation, ground: Ground) -> str:
    amount = operation.amount
    tracks = {track.part: track for track in ground.scheme.tracks}
    track = next((tracks[part.id] for part in ground.parts(operation) if part.id in tracks), None)
    return {"keep_only": "silent", "mute": "silent", "restore": "as before", "level": f"{amount:+g} dB",
            "instrument": f"to {_instrument(operation.name)}", "articulation": operation.name.replace("_", " "),
            "octave": f"{abs(amount):g} octave{'s' if abs(amount) > 1 else ''} {'up' if amount > 0 else 'down'}",
            "pan": f"pan {track.panning if track else 0:g} -> {amount:g}",
            "reverb": f"reverb {track.reverb_space if track else 0:g} -> {amount:g}", "gain": f"gain {amount:+g} dB",
            "rewrite": "written anew"}[operation.action]


def _instrument(name: str) -> str:
    return instruments()[name].name if name in instruments() else name

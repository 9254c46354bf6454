"""What of a revision cannot be done, and why, in words a model or a person can act on."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from backend.domain.revision import ACTIONS, EVERYBODY, WHOLE_CUE, Operation
from backend.domain.scheme import ArrangementScheme
from backend.domain.score import Part, Score
from backend.domain.tempo import TempoMap
from backend.music.instruments import instruments
from backend.music.locks import LockedFields, can_play
from backend.music.part_names import parts_called

_LEVEL_DB, _OCTAVES = 24.0, 3
Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Ground:
    """What a revision starts from: the documents as they stand, what is locked, and the notes as they were before the
    folder's first revision (None: there was none)."""

    score: Score
    scheme: ArrangementScheme
    tempo_map: TempoMap
    locks: LockedFields = LockedFields()
    first: Score | None = None

    def parts(self, operation: Operation) -> tuple[Part, ...]:
        """The parts an operation names, in score order."""
        if is_everybody(operation):
            return self.score.parts
        named = {part for name in operation.tracks for part in parts_called(name, self.score.parts)}
        return tuple(part for part in self.score.parts if part.id in named)

    def bars(self, operation: Operation) -> range:
        """The bars an operation is for; nothing where they do not exist."""
        last = operation.to_bar or self.tempo_map.bar_count
        return range(operation.from_bar, last + 1)

    def is_whole(self, operation: Operation) -> bool:
        return len(self.bars(operation)) == self.tempo_map.bar_count


def is_everybody(operation: Operation) -> bool:
    """Whether it is for all tracks."""
    return any(name.strip().lower() == EVERYBODY for name in operation.tracks)


def operation_faults(operation: Operation, ground: Ground, at: Path = ()) -> tuple[tuple[Path, str], ...]:
    """The same for one operation. Names of tracks and bars first: nothing else is looked at while those are wrong."""
    if operation.action not in ACTIONS:
        return (((*at, "action"), f"there is no action '{operation.action}'"),)
    if operation.action == "elsewhere":
        return () if operation.topic else (((*at, "topic"), "say what another stage decides"),)
    last = ground.tempo_map.bar_count
    out: list[tuple[Path, str]] = []
    if not operation.tracks:
        out.append(((*at, "tracks"), f"name the tracks that it is for, or {EVERYBODY}"))
    for i, name in enumerate(operation.tracks):
        if not is_everybody(operation) and not parts_called(name, ground.score.parts):
            out.append(((*at, "tracks", i), f"there is no track '{name[:60]}' in this cue; there are "
                                            f"{', '.join(part.id for part in ground.score.parts)}"))
    if not 1 <= operation.from_bar <= (operation.to_bar or last) <= last:
        out.append(((*at, "from_bar"), f"no bars {operation.from_bar}-{operation.to_bar}: the cue has {last}"))
    if out:
        return tuple(out)
    check = _CHECKS.get(operation.action)
    return tuple(((*at, field), problem) for field, problem in check(operation, ground)) if check else ()


Found = list[tuple[str, str]]


def _keep_only(operation: Operation, ground: Ground) -> Found:
    return [("tracks", "name those that go on playing, not all")] if is_everybody(operation) else []


def _restore(operation: Operation, ground: Ground) -> Found:
    if ground.first is None:
        return [("action", "nothing was taken out of this score yet, so nothing can come back")]
    return []


def _level(operation: Operation, ground: Ground) -> Found:
    out = _amount(operation, _LEVEL_DB)
    for part in ground.parts(operation):
        locked = [bar for bar in ground.bars(operation) if bar in ground.locks.levels.get(part.id, {})]
        if locked:
            out.append(("tracks", f"the level of {part.id} in bar {locked[0]} is locked by the user"))
    return out


def _amount(operation: Operation, most: float) -> Found:
    if operation.amount == 0 or abs(operation.amount) > most:
        return [("amount", f"{operation.amount:g}: give a change within -{most:g} and {most:g}, not 0")]
    return []


def _locked(name: str) -> Callable[[Operation, Ground], Found]:
    def check(operation: Operation, ground: Ground) -> Found:
        return [("tracks", f"{part.id}.{name} is locked by the user") for part in ground.parts(operation)
                if name in ground.locks.tracks.get(part.id, {})]
    return check


def _instrument(operation: Operation, ground: Ground) -> Found:
    if operation.name not in instruments():
        return [("name", f"there is no instrument '{operation.name[:60]}': take an id of OPTIONS")]
    if is_everybody(operation):
        return [("tracks", "name the tracks that get another instrument, not all")]
    out = _locked("instrument")(operation, ground)
    new = instruments()[operation.name]
    for part in ground.parts(operation):
        if not can_play(part.role, new) or new.pitched != instruments()[part.instrument].pitched:
            out.append(("name", f"{new.id} cannot play {part.id}"))
    return out


def _articulation(operation: Operation, ground: Ground) -> Found:
    out = _locked("articulation")(operation, ground)
    for part in ground.parts(operation):
        known = instruments()[part.instrument].articulations
        if operation.name not in known:
            out.append(("name", f"{part.id} ({part.instrument}) has no '{operation.name[:40]}', but "
                                f"{', '.join(known) or 'one way of playing only'}"))
    return out


def _octave(operation: Operation, ground: Ground) -> Found:
    out = _amount(operation, _OCTAVES)
    if operation.amount != int(operation.amount):
        return [("amount", f"{operation.amount:g}: give whole octaves")]
    bars = ground.bars(operation)
    for part in ground.parts(operation):
        instrument = instruments()[part.instrument]
        pitches = [note.pitch + 12 * int(operation.amount) for note in part.notes
                   if ground.tempo_map.bar_at(note.onset_q).number in bars]
        low, high = instrument.full_range
        if not instrument.pitched:
            out.append(("tracks", f"{part.id} has no pitch"))
        elif pitches and (min(pitches) < low or max(pitches) > high):
            out.append(("amount", f"{part.id} would need pitches {min(pitches)}-{max(pitches)}, but "
                                  f"{instrument.id} reaches {low}-{high}"))
    return out


def _whole(operation: Operation, ground: Ground) -> Found:
    if operation.action in WHOLE_CUE and not ground.is_whole(operation):
        return [("from_bar", f"{operation.action} holds from first bar to last; for single bars there is level")]
    return []


def _pan(operation: Operation, ground: Ground) -> Found:
    wide = [] if -1 <= operation.amount <= 1 else [("amount", f"{operation.amount:g}: -1 is left, 1 is right")]
    return [*wide, *_whole(operation, ground), *_locked("panning")(operation, ground)]


def _reverb(operation: Operation, ground: Ground) -> Found:
    far = [] if 0 <= operation.amount <= 1 else [("amount", f"{operation.amount:g}: 0 is dry, 1 is far")]
    return [*far, *_whole(operation, ground), *_locked("reverb_space")(operation, ground)]


def _gain(operation: Operation, ground: Ground) -> Found:
    out = [*_amount(operation, _LEVEL_DB), *_whole(operation, ground), *_locked("gain_db")(operation, ground)]
    tracks = {track.part: track for track in ground.scheme.tracks}
    for part in ground.parts(operation):
        now = tracks[part.id].gain_db if part.id in tracks else 0.0
        if not -150 <= now + operation.amount <= 24:
            out.append(("amount", f"{part.id} stands at {now:g} dB; it must stay within -150 and 24"))
    return out


_CHECKS: dict[str, Callable[[Operation, Ground], Found]] = {
    "keep_only": _keep_only, "restore": _restore, "level": _level, "instrument": _instrument,
    "articulation": _articulation, "octave": _octave, "pan": _pan, "reverb": _reverb, "gain": _gain}

"""Operations executed on a score and its scheme, and the proof that nothing else was touched."""
from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from fractions import Fraction

from backend.domain.hits import HitPoints
from backend.domain.revision import Operation
from backend.domain.scheme import ArrangementScheme
from backend.domain.score import Melody, Score
from backend.domain.tempo import TempoMap
from backend.errors import InputError
from backend.music.instruments import instruments
from backend.music.locks import LockedFields
from backend.music.playback import playback_offset_ms
from backend.music.revision_cells import Cell, bars_of
from backend.music.revision_faults import Ground, is_everybody, operation_faults
from backend.music.revision_levels import change_level, place, with_tracks
from backend.music.revision_notes import (
    articulate,
    bring_back,
    changed,
    hits_in,
    meet_hits,
    move_octaves,
    silence,
    span_of,
)
from backend.music.revision_recast import hand_over, recast


@dataclass(frozen=True)
class State:
    """The documents a revision changes."""

    score: Score
    scheme: ArrangementScheme
    melody: Melody


Rewrite = Callable[[State, range, frozenset[str]], State]
"""Writes bars of parts anew."""


@dataclass(frozen=True)
class Room:
    """What a revision may look at and does not change."""

    tempo_map: TempoMap
    hits: HitPoints
    locks: LockedFields
    first: Score | None
    rewrite: Rewrite


@dataclass(frozen=True)
class Done:
    """What came of operations: the state, what each was allowed to touch, and what people should know."""

    state: State
    cells: frozenset[Cell] = frozenset()
    fields: frozenset[str] = frozenset()
    remarks: tuple[str, ...] = ()


def ground_of(state: State, room: Room) -> Ground:
    return Ground(state.score, state.scheme, room.tempo_map, room.locks, room.first)


def apply(operations: Iterable[Operation], state: State, room: Room) -> Done:
    """Every operation in turn. Raises InputError, one line, for one that cannot be done; then nothing is."""
    done = Done(state)
    for operation in operations:
        if operation.action == "elsewhere":
            continue
        ground = ground_of(done.state, room)
        faults = operation_faults(operation, ground)
        if faults:
            raise InputError(f"That cannot be done: {faults[0][1]}. Nothing was changed.")
        more = _APPLY[operation.action](operation, done.state, room)
        done = Done(more.state, done.cells | more.cells, done.fields | more.fields, (*done.remarks, *more.remarks))
    return done


def _ids(operation: Operation, state: State, room: Room) -> tuple[str, ...]:
    return tuple(part.id for part in ground_of(state, room).parts(operation))


def _bars(operation: Operation, room: Room) -> range:
    return range(operation.from_bar, (operation.to_bar or room.tempo_map.bar_count) + 1)


def reached(before: Score, after: Score, ids: Iterable[str], bars: range, tempo_map: TempoMap) -> frozenset[Cell]:
    """Cells that a change of what sounds in ``bars`` of some parts may touch: those, and where such notes ring on."""
    out: set[Cell] = set()
    span = span_of(bars, tempo_map)
    for part in (part for score in (before, after) for part in score.parts if part.id in set(ids)):
        out |= {(part.id, bar) for bar in bars}
        for note in part.notes:
            if span.sounds_in(note):
                out |= {(part.id, bar) for bar in bars_of(note, tempo_map) if bar >= bars[0]}
    return frozenset(out)


def _silenced(operation: Operation, state: State, room: Room) -> Done:
    named = frozenset(_ids(operation, state, room))
    silent = frozenset(part.id for part in state.score.parts
                       if (part.id in named) == (operation.action == "mute"))
    bars = _bars(operation, room)
    span = span_of(bars, room.tempo_map)
    score = changed(state.score, silent, lambda part: silence(part, span))
    positions = hits_in(room.hits, room.tempo_map, span)
    score, who = meet_hits(state.score, score, positions)
    cells = reached(state.score, score, silent, bars, room.tempo_map)
    struck = _struck(state.score, score, positions, silent, room)
    return Done(replace(state, score=score), cells | struck, frozenset(), _hit_remarks(who, score))


def _struck(before: Score, after: Score, positions: tuple[Fraction, ...], silent: frozenset[str],
            room: Room) -> frozenset[Cell]:
    """Cells of tones that somebody who goes on playing held across a hit."""
    out: set[Cell] = set()
    for position in positions:
        bar = room.tempo_map.bar_at(position).number
        for part in (part for part in before.parts if part.id not in silent):
            for note in part.notes:
                if note.onset_q < position < note.end_q:
                    out |= {(part.id, number) for number in bars_of(note, room.tempo_map) if number >= bar}
    return frozenset(out)


def _hit_remarks(who: tuple[str, ...], score: Score) -> tuple[str, ...]:
    names = {part.id: part.name for part in score.parts}
    remarks = [f"{names[part]} strikes {who.count(part)} hit{'s' if who.count(part) > 1 else ''} that would be unmet"
               for part in dict.fromkeys(who) if part]
    lost = who.count("")
    return (*remarks, *([f"{lost} hit{'s' if lost > 1 else ''} unmet, nobody plays there"] if lost else []))


def _restored(operation: Operation, state: State, room: Room) -> Done:
    ids, bars = _ids(operation, state, room), _bars(operation, room)
    first = {part.id: part for part in room.first.parts} if room.first else {}
    span = span_of(bars, room.tempo_map)
    score = changed(state.score, ids, lambda part: bring_back(part, first.get(part.id), span))
    _check_ranges(score, ids)
    return Done(replace(state, score=score), reached(state.score, score, ids, bars, room.tempo_map))


def _check_ranges(score: Score, ids: Iterable[str]) -> None:
    """Notes of before may not fit the instrument of now."""
    for part in (part for part in score.parts if part.id in set(ids)):
        low, high = instruments()[part.instrument].full_range
        if instruments()[part.instrument].pitched and any(not low <= note.pitch <= high for note in part.notes):
            raise InputError(f"That cannot be done: {part.name} cannot play what stood there. Give {part.id} its "
                             "former instrument first. Nothing was changed.")


def _octaves(operation: Operation, state: State, room: Room) -> Done:
    ids, bars = _ids(operation, state, room), _bars(operation, room)
    span = span_of(bars, room.tempo_map)
    score = changed(state.score, ids, lambda part: move_octaves(part, span, int(operation.amount)))
    return Done(replace(state, score=score), reached(state.score, score, ids, bars, room.tempo_map))


def _articulated(operation: Operation, state: State, room: Room) -> Done:
    ids, bars = _ids(operation, state, room), _bars(operation, room)
    span = span_of(bars, room.tempo_map)
    score = changed(state.score, ids, lambda part: articulate(part, span, operation.name))
    scheme, fields = state.scheme, frozenset[str]()
    if len(bars) == room.tempo_map.bar_count:
        scheme = replace(scheme, tracks=tuple(replace(
            track, articulation=operation.name,
            playback_offset_ms=playback_offset_ms(track.instrument, operation.name))
            if track.part in ids else track for track in scheme.tracks))
        fields = frozenset(f"{name}/scheme/{field}" for name in ids for field in ("articulation", "playback_offset_ms"))
    cells = reached(state.score, score, ids, bars, room.tempo_map)
    return Done(replace(state, score=score, scheme=scheme), cells, fields)


_RECAST = ("name", "instrument", "scheme/name", "scheme/instrument", "scheme/articulation", "scheme/playback_offset_ms")
_EVERY = ("name", "instrument", "role", *(f"scheme/{name}" for name in (
    "track_index", "name", "role", "instrument", "articulation", "panning", "reverb_space", "playback_offset_ms",
    "made_by")))


def _recast(operation: Operation, state: State, room: Room) -> Done:
    bars, done = _bars(operation, room), Done(state)
    for part in _ids(operation, state, room):
        score, scheme = done.state.score, done.state.scheme
        if next(one for one in score.parts if one.id == part).instrument == operation.name:
            continue
        if len(bars) == room.tempo_map.bar_count:
            score, scheme = recast(score, scheme, part, operation.name, room.tempo_map)
            ids: tuple[str, ...] = (part,)
            fields = frozenset(f"{part}/{field}" for field in _RECAST)
        else:
            known = {one.id for one in score.parts}
            score, scheme, target = hand_over(score, scheme, part, operation.name,
                                              (span_of(bars, room.tempo_map), room.tempo_map))
            ids = (part, target)
            fields = frozenset() if target in known else frozenset({"score/order", *(f"{target}/{f}" for f in _EVERY)})
        cells = reached(done.state.score, score, ids, bars, room.tempo_map)
        if ids[-1] not in {one.id for one in done.state.score.parts}:
            cells |= {(ids[-1], bar.number) for bar in room.tempo_map.bars}
        done = Done(replace(state, score=score, scheme=scheme), done.cells | cells, done.fields | fields)
    return done


def _levels(operation: Operation, state: State, room: Room) -> Done:
    ids, bars = _ids(operation, state, room), _bars(operation, room)
    scheme, remarks, tracks = with_tracks(state.score, state.scheme), [], []
    for track in scheme.tracks:
        if track.part in ids:
            track, done_db = change_level(track, bars, operation.amount, room.tempo_map.bar_count, room.locks)
            if done_db < operation.amount:
                remarks.append(f"{track.name} has room for {done_db:+.1f} dB only")
        tracks.append(track)
    new = {track.part for track in tracks} - {track.part for track in state.scheme.tracks}
    return Done(replace(state, scheme=replace(scheme, tracks=tuple(tracks))),
                frozenset((part, bar) for part in ids for bar in bars),
                frozenset(f"{part}/{field}" for part in new for field in _EVERY), tuple(remarks))


def _placed(operation: Operation, state: State, room: Room) -> Done:
    ids = _ids(operation, state, room)
    scheme = with_tracks(state.score, state.scheme)
    field = {"pan": "panning", "reverb": "reverb_space", "gain": "gain_db"}[operation.action]
    scheme = replace(scheme, tracks=tuple(place(track, operation.action, operation.amount) if track.part in ids
                                          else track for track in scheme.tracks))
    new = {track.part for track in scheme.tracks} - {track.part for track in state.scheme.tracks}
    every = range(1, room.tempo_map.bar_count + 1)
    cells = frozenset((part, bar) for part in ids for bar in every) if field == "gain_db" else frozenset()
    return Done(replace(state, scheme=scheme), cells, frozenset({
        *(f"{part}/scheme/{field}" for part in ids), *(f"{part}/{name}" for part in new for name in _EVERY)}))


def _rewritten(operation: Operation, state: State, room: Room) -> Done:
    ids, bars = frozenset(_ids(operation, state, room)), _bars(operation, room)
    if is_everybody(operation):  # who was asked to be silent stays so
        span = span_of(bars, room.tempo_map)
        ids = frozenset(part.id for part in state.score.parts if any(span.starts_in(note) for note in part.notes))
    after = room.rewrite(state, bars, ids)
    return Done(after, reached(state.score, after.score, ids, bars, room.tempo_map))


_APPLY: dict[str, Callable[[Operation, State, Room], Done]] = {
    "keep_only": _silenced, "mute": _silenced, "restore": _restored, "level": _levels, "instrument": _recast,
    "articulation": _articulated, "octave": _octaves, "pan": _placed, "reverb": _placed, "gain": _placed,
    "rewrite": _rewritten}

"""A score and its scheme as cells, one a part and bar, and fields: what a change has touched is known by their hashes.

A cell is what sounds there: the notes as far as they sound in the bar, controllers, how loud the track is set. A note
cut off at a bar line therefore changes the bars after the line only.
"""
from __future__ import annotations

import hashlib
import math
from collections import Counter
from dataclasses import dataclass, replace
from fractions import Fraction

from backend.domain.scheme import ArrangementScheme, TrackScheme
from backend.domain.score import Note, Part, Score
from backend.domain.tempo import TempoMap

Cell = tuple[str, int]
_QUIETEST = 1e-6
_SAME_DB = 0.005
"""Levels are written with four digits and gains with three places; what that moves nobody hears."""


@dataclass(frozen=True)
class Print:
    """Hashes: ``cells`` by part and bar, ``fields`` by name (``melody/panning``, ``score/chords`` ...); and how loud
    tracks are set, by part and bar."""

    cells: dict[Cell, str]
    fields: dict[str, str]
    levels_db: dict[Cell, float]


@dataclass(frozen=True)
class Difference:
    """What two prints do not share, and how many notes came and went. ``every`` are all cells there are now."""

    every: frozenset[Cell]
    cells: frozenset[Cell]
    fields: frozenset[str]
    notes_out: int
    notes_in: int
    notes_changed: int


def bars_of(note: Note, tempo_map: TempoMap) -> range:
    """Numbers of the bars a note sounds in."""
    first = tempo_map.bar_at(note.onset_q).number
    last = tempo_map.bar_at(note.end_q)
    ends_before = last.start_q == note.end_q and last.number > first
    return range(first, last.number + (0 if ends_before else 1))


def level_db(track: TrackScheme | None, bar: int) -> float:
    """Gain and level of a track in a bar together; unnamed bars keep the level before them."""
    if track is None:
        return 0.0
    named = sorted(track.volume_envelope)
    before = [n for n in named if n <= bar]
    level = track.volume_envelope[before[-1] if before else named[0]] if named else 1.0
    return track.gain_db + 20 * math.log10(max(_QUIETEST, level))


def _hash(value: object) -> str:
    return hashlib.sha256(repr(value).encode()).hexdigest()[:32]


def _part_cells(part: Part, track: TrackScheme | None, tempo_map: TempoMap) -> dict[Cell, str]:
    content: dict[int, list[object]] = {bar.number: [] for bar in tempo_map.bars}
    last = tempo_map.bars[-1].number
    timing: tuple[float | None, ...] = part.timing_ms or (None,) * len(part.notes)
    for note, offset_ms in zip(part.notes, timing, strict=True):
        way = note.articulation or (track.articulation if track else "")
        sounding = bars_of(note, tempo_map)
        for number in sounding:
            bar = tempo_map.bars[number - 1]
            starts = note.onset_q >= bar.start_q
            span = (note.onset_q if starts else bar.start_q,
                    note.end_q if number == last else min(note.end_q, bar.end_q))
            content[number].append(("note", span, note.pitch, note.velocity, way, starts,
                                    offset_ms if starts else None))
    for control in part.controls:
        content[tempo_map.bar_at(control.position_q).number].append(
            ("control", control.position_q, control.number, control.value))
    return {(part.id, number): _hash(sorted(map(repr, items))) for number, items in content.items()}


def print_of(score: Score, scheme: ArrangementScheme, tempo_map: TempoMap) -> Print:
    """Every cell and field of a score and its scheme."""
    tracks = {track.part: track for track in scheme.tracks}
    cells: dict[Cell, str] = {}
    levels_db = {(part.id, bar.number): level_db(tracks.get(part.id), bar.number)
                 for part in score.parts for bar in tempo_map.bars}
    fields = {"score/order": _hash([part.id for part in score.parts])}
    for part in score.parts:
        cells.update(_part_cells(part, tracks.get(part.id), tempo_map))
        fields |= {f"{part.id}/{name}": _hash(getattr(part, name)) for name in ("name", "instrument", "role")}
    for track in scheme.tracks:
        fields |= {f"{track.part}/scheme/{name}": _hash(getattr(track, name)) for name in (
            "track_index", "name", "role", "instrument", "articulation", "panning", "reverb_space",
            "playback_offset_ms", "made_by")}
    fields |= {f"score/{name}": _hash(getattr(score, name))
               for name in ("title", "key", "chords", "sections", "made_by", "seed")}
    fields |= {f"scheme/{name}": _hash(getattr(scheme, name))
               for name in ("measures", "sections", "ending", "rounds", "chosen_round", "made_by")}
    return Print(cells, fields, levels_db)


def _notes(score: Score) -> dict[tuple[str, Fraction, int], list[Note]]:
    out: dict[tuple[str, Fraction, int], list[Note]] = {}
    for part in score.parts:
        for note in part.notes:
            out.setdefault((part.id, note.onset_q, note.pitch), []).append(replace(note, articulation=""))
    return out


def difference(before: tuple[Score, ArrangementScheme], after: tuple[Score, ArrangementScheme],
               tempo_map: TempoMap) -> Difference:
    """What a change did."""
    old, new = print_of(*before, tempo_map), print_of(*after, tempo_map)
    was, now = _notes(before[0]), _notes(after[0])
    counts = Counter({key: len(notes) for key, notes in was.items()})
    counts.subtract({key: len(notes) for key, notes in now.items()})
    return Difference(
        frozenset(new.cells),
        frozenset(c for c in old.cells.keys() | new.cells.keys() if old.cells.get(c) != new.cells.get(c)
                  or abs(old.levels_db[c] - new.levels_db[c]) > _SAME_DB),
        frozenset(f for f in old.fields.keys() | new.fields.keys() if old.fields.get(f) != new.fields.get(f)),
        sum(n for n in counts.values() if n > 0), -sum(n for n in counts.values() if n < 0),
        sum(was[key] != now[key] for key in was.keys() & now.keys() if len(was[key]) == len(now[key])))

"""Another instrument for a part, in the whole cue or in some bars: its notes in reach, its controllers, its track."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from backend.domain.instruments import Instrument
from backend.domain.scheme import ArrangementScheme, TrackScheme
from backend.domain.score import Control, Note, Part, Score
from backend.domain.tempo import TempoMap
from backend.music.breath import breathe
from backend.music.instruments import instruments
from backend.music.orchestrate import playable
from backend.music.playback import main_articulation, playback_offset_ms
from backend.music.ranges import fit, nearest_octave
from backend.music.revision_notes import Span, timed, with_notes

_DYNAMICS = (1, 11)


def in_reach(notes: Sequence[Note], role: str, instrument: Instrument, tempo_map: TempoMap) -> tuple[Note, ...]:
    """Notes that the instrument can play: lines move by phrases, chords tone by tone; no more voices than it has, air
    for those who breathe. Nothing is out of its range."""
    if not instrument.pitched:
        keys = instrument.drum_pitches
        return playable([note if note.pitch in keys else replace(note, pitch=keys[note.pitch % len(keys)])
                         for note in notes], instrument)
    low, high = instrument.practical_range
    if role in ("pad", "accent") and instrument.max_polyphony > 1:
        moved = []
        for note in notes:
            pitch = note.pitch if low <= note.pitch <= high else nearest_octave(note.pitch, low, high, note.pitch)
            moved.append(replace(note, pitch=pitch if pitch is not None else min(max(note.pitch, low), high)))
        fitted: Sequence[Note] = moved
    else:
        fitted = fit(notes, instrument).notes
    kept = [replace(note, articulation=note.articulation if note.articulation in instrument.articulations else "")
            for note in fitted]
    return breathe(playable(kept, instrument), instrument, tempo_map)


def _played(part: Part, notes: Sequence[Note]) -> Part:
    """The part with these notes; offsets of onsets that were there before."""
    offsets = {note.onset_q: offset for note, offset in timed(part)}
    return with_notes(part, [(note, offsets.get(note.onset_q, 0.0)) for note in notes])


def _controls(part: Part, instrument: Instrument, score: Score) -> tuple[Control, ...]:
    """Dynamics as the instrument listens to them; borrowed from the fullest other part where this one had none."""
    rest = tuple(c for c in part.controls if c.number not in _DYNAMICS)
    if 1 not in instrument.dynamics_cc or not part.notes:
        return rest
    mine = tuple(c for c in part.controls if c.number in _DYNAMICS)
    if not mine:
        others = [tuple(c for c in other.controls if c.number in _DYNAMICS) for other in score.parts]
        mine = max(others, key=len, default=())
    return tuple(sorted((*rest, *mine), key=lambda c: (c.position_q, c.number)))


def _as_sounding(part: Part, track: TrackScheme | None) -> Part:
    """Every note with the articulation it sounds with."""
    if track is None or not track.articulation:
        return part
    return replace(part, notes=tuple(note if note.articulation else replace(note, articulation=track.articulation)
                                     for note in part.notes))


def recast(score: Score, scheme: ArrangementScheme, part_id: str, name: str,
           tempo_map: TempoMap) -> tuple[Score, ArrangementScheme]:
    """The whole part on another instrument; id, place and balance stay."""
    instrument = instruments()[name]
    tracks = {track.part: track for track in scheme.tracks}
    old = next(part for part in score.parts if part.id == part_id)
    part = _as_sounding(old, tracks.get(part_id))
    part = _played(part, in_reach(part.notes, part.role, instrument, tempo_map))
    part = replace(part, name=instrument.name, instrument=name, controls=_controls(part, instrument, score))
    return (replace(score, parts=tuple(part if one.id == part_id else one for one in score.parts)),
            replace(scheme, tracks=tuple(_recast_track(one, old, part, instrument) if one.part == part_id else one
                                         for one in scheme.tracks)))


def _recast_track(track: TrackScheme, old: Part, part: Part, instrument: Instrument) -> TrackScheme:
    way = main_articulation(part)
    level = instrument.level_offset_db - instruments()[old.instrument].level_offset_db
    return replace(track, name=instrument.name, instrument=instrument.id, articulation=way,
                   gain_db=round(min(24.0, max(-150.0, track.gain_db + level)), 3),
                   playback_offset_ms=playback_offset_ms(instrument.id, way))


def hand_over(score: Score, scheme: ArrangementScheme, part_id: str, name: str,
              place: tuple[Span, TempoMap]) -> tuple[Score, ArrangementScheme, str]:
    """What the part begins there goes to another instrument: to the part of its role that has it, or to a new one.
    Also the id of that part."""
    span, tempo_map = place
    tracks = {track.part: track for track in scheme.tracks}
    source = next(part for part in score.parts if part.id == part_id)
    moved = [pair for pair in timed(_as_sounding(source, tracks.get(part_id))) if span.starts_in(pair[0])]
    instrument = instruments()[name]
    target = next((p for p in score.parts if p.instrument == name and p.role == source.role and p.id != part_id), None)
    known = target is not None
    target = target or Part(_new_id(score, source.role, name), instrument.name, name, source.role, ())
    notes = in_reach([note for note, _ in moved], source.role, instrument, tempo_map)
    target = _joined(target, _played(with_notes(source, moved), notes), instrument, score)
    rest = with_notes(source, [pair for pair in timed(source) if not span.starts_in(pair[0])])
    parts = [rest if p.id == part_id else target if p.id == target.id else p for p in score.parts]
    score = replace(score, parts=tuple(parts if known else [*parts, target]))
    if not any(track.part == target.id for track in scheme.tracks):
        scheme = replace(scheme, tracks=(*scheme.tracks, _new_track(scheme, tracks.get(part_id), source, target)))
    return score, scheme, target.id


def _joined(target: Part, more: Part, instrument: Instrument, score: Score) -> Part:
    have = {(note.onset_q, note.pitch) for note in target.notes}
    pairs = [*timed(target), *(pair for pair in timed(more) if (pair[0].onset_q, pair[0].pitch) not in have)]
    offsets = {note.onset_q: offset for note, offset in pairs}
    notes = playable([note for note, _ in pairs], instrument)
    target = with_notes(target, [(note, offsets.get(note.onset_q, 0.0)) for note in notes])
    return replace(target, controls=target.controls or _controls(replace(more, id=target.id), instrument, score))


def _new_id(score: Score, role: str, name: str) -> str:
    taken = {part.id for part in score.parts}
    wanted = [f"{role}.{name}", *(f"{role}.{name}.{n}" for n in range(2, len(taken) + 3))]
    return next(one for one in wanted if one not in taken)


def _new_track(scheme: ArrangementScheme, like: TrackScheme | None, source: Part, target: Part) -> TrackScheme:
    """A seat for a part that joins: the instrument's own, as loud as the part it takes over from."""
    instrument, way = instruments()[target.instrument], main_articulation(target)
    index = max((track.track_index for track in scheme.tracks), default=0) + 1
    gain = (like.gain_db if like else 0.0) + instrument.level_offset_db - (
        instruments()[source.instrument].level_offset_db)
    return TrackScheme(index, target.id, target.name, target.role, target.instrument, way, instrument.pan,
                       instrument.reverb_space, round(min(24.0, max(-150.0, gain)), 3),
                       dict(like.volume_envelope) if like else {}, playback_offset_ms(instrument.id, way), "revise")

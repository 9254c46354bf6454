"""What the user did to the item "FilmComposer spots", as changes of rhythm spots.

D (pitch 62) is a hit; every other pitch a person may draw is a fill. The velocity nearest to 60, 90 or 120 is the
strength 1, 2 or 3. A spot that was dragged is one that was taken away and one that was added. What a person touched
is kept on the film's clock: when the tempo map is made again, the other spots are spotted again, and these keep their
moment (see :mod:`backend.live.retime`) in place of whatever lies within a thirtieth of a second.
"""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from backend.daw.tracks import HIT_PITCH, SPOT_VELOCITY, spots_track
from backend.domain.session import TICKS_PER_QUARTER, MidiNote
from backend.domain.spotting import RhythmSpot, RhythmSpots
from backend.live.memory import CueClock, SpotEdit, ToldSpots
from backend.live.retime import grid_of, place
from backend.live.seen_notes import STILL_TICKS, NotePair, paired

SAME_S = Fraction(1, 30)


def told_notes(told: ToldSpots) -> tuple[MidiNote, ...]:
    """The notes that were put into the session, one a spot, in order."""
    assert told.clock.tempo_map is not None
    return spots_track(told.spots, told.clock.tempo_map).midi[0].notes


def spot_edits(told: ToldSpots, seen: Sequence[MidiNote]) -> tuple[SpotEdit, ...]:
    """What differs, in order of time."""
    ordered = sorted(told.spots.spots, key=lambda spot: spot.onset_q)
    notes = told_notes(told)
    pairs = paired(notes, _one_a_place(seen))
    return tuple(edit for pair in pairs if (edit := _edit(told.clock, ordered, notes, pair)) is not None)


def _one_a_place(seen: Sequence[MidiNote]) -> list[MidiNote]:
    """Of notes that begin together one counts: a hit, else the loudest."""
    out: list[MidiNote] = []
    for note in sorted(seen, key=lambda note: (note.tick, note.pitch != HIT_PITCH, -note.velocity)):
        if not out or note.tick - out[-1].tick > STILL_TICKS:
            out.append(note)
    return out


def _edit(clock: CueClock, spots: Sequence[RhythmSpot], notes: Sequence[MidiNote], pair: NotePair) -> SpotEdit | None:
    spot = None if pair.told is None else spots[pair.told]
    if pair.seen is None:
        assert spot is not None
        return _on_film(clock, spot.onset_q, spot.onset_q + spot.duration_q, "", 1)
    kind = "hit" if pair.seen.pitch == HIT_PITCH else "fill"
    strength = _strength(pair.seen.velocity)
    length_q = Fraction(pair.seen.length_ticks, TICKS_PER_QUARTER)
    if spot is None or pair.told is None:
        onset_q = Fraction(pair.seen.tick, TICKS_PER_QUARTER)
        return _on_film(clock, onset_q, onset_q + length_q, kind, strength)
    if abs(notes[pair.told].length_ticks - pair.seen.length_ticks) <= STILL_TICKS:
        if (kind, strength) == (spot.kind, spot.strength):
            return None
        length_q = spot.duration_q
    return _on_film(clock, spot.onset_q, spot.onset_q + length_q, kind, strength)


def _strength(velocity: int) -> int:
    """The nearest; half way counts as the stronger one."""
    return min(SPOT_VELOCITY, key=lambda step: (abs(SPOT_VELOCITY[step] - velocity), -step))


def _on_film(clock: CueClock, onset_q: Fraction, end_q: Fraction, kind: str, strength: int) -> SpotEdit:
    assert clock.tempo_map is not None
    start_s, end_s = (clock.film_s(clock.tempo_map.time_s(q)) for q in (onset_q, end_q))
    return SpotEdit(start_s, end_s, kind, strength, grid_of(onset_q))


def add_edits(earlier: Sequence[SpotEdit], now: Sequence[SpotEdit]) -> tuple[SpotEdit, ...]:
    """All edits so far; a later one at the same moment takes the place of an earlier one."""
    kept = [edit for edit in earlier if all(abs(edit.time_s - later.time_s) > SAME_S for later in now)]
    return tuple(sorted((*kept, *now), key=lambda edit: edit.time_s))


def apply_spot_edits(spots: RhythmSpots, edits: Sequence[SpotEdit], clock: CueClock, exactly: bool) -> RhythmSpots:
    """``spots`` (that hold for ``clock``) with the edits. What lies outside the cue now is left out.

    ``exactly``: the edits were made on these very spots; else they are carried out on what lies within SAME_S.
    """
    assert clock.tempo_map is not None
    reach_s = Fraction(STILL_TICKS, TICKS_PER_QUARTER) / 2 if exactly else SAME_S
    base = {spot.onset_q: spot for spot in spots.spots}
    drawn: dict[Fraction, RhythmSpot] = {}
    for edit in edits:
        if clock.cue_s(edit.time_s) < -SAME_S:
            continue
        onset_q = place(edit.time_s, clock, edit.grid)
        _take_out(base, onset_q, edit.time_s, clock, reach_s)
        if edit.kind and onset_q < clock.tempo_map.bars[-1].end_q:
            until_q = max(place(edit.end_s, clock, edit.grid), onset_q + Fraction(1, TICKS_PER_QUARTER))
            drawn[onset_q] = RhythmSpot(onset_q, until_q - onset_q, "hit" if edit.kind == "hit" else "fill",
                                        edit.strength, True)
    made = base | drawn
    return replace(spots, spots=tuple(made[q] for q in sorted(made)))


def _take_out(base: dict[Fraction, RhythmSpot], onset_q: Fraction, film_s: Fraction, clock: CueClock,
              reach_s: Fraction) -> None:
    """The spot that stands at a moment, if one does."""
    assert clock.tempo_map is not None
    map_ = clock.tempo_map
    near = [q for q in base if q == onset_q or abs(clock.film_s(map_.time_s(q)) - film_s) <= reach_s]
    if near:
        del base[min(near, key=lambda q: abs(q - onset_q))]

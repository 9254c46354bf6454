"""Whatever lies in the session: an edit taken over is an edit no more, and nothing crashes."""
from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from backend.daw.markers import hit_name
from backend.daw.tracks import melody_notes
from backend.domain.clip import Cue
from backend.domain.hits import HitPoint, HitPoints
from backend.domain.score import Key, Melody, Note
from backend.domain.session import MidiNote
from backend.domain.spotting import RhythmSpot, RhythmSpots, Section
from backend.domain.tempo import Meter, TempoMap, TempoPoint
from backend.domain.time import FrameRate
from backend.live.hit_edits import HitChange, Mark, apply_changes, hit_edits
from backend.live.marker_names import read_name
from backend.live.melody_edits import edited_melody, melody_edits, retimed
from backend.live.memory import CueClock, ToldMelody, ToldSpots
from backend.live.seen_notes import notes_in_ticks, shifted, usual_shift
from backend.live.spot_edits import add_edits, apply_spot_edits, spot_edits, told_notes
from backend.music.spots import read_user_spots
from backend.music.user_hits import read_user_hits
from bridge.messages import SeenNote

F = Fraction
CUE = Cue("1M1", F(0), F(20))
TOLD = tuple(HitPoint(F(t), 0.81163, "cut", "soft", f"cut {t}") for t in (1, 4, 9, 16))
NAMES = st.one_of(st.text(max_size=30), st.sampled_from(
    ["", "Bang", "H01 cut: cut 1 (soft 0.81)", "H02 cut: cut 4 (hard 0.50)", "H02 cut", "H09 impact: x (hard 1.00)",
     "!1", "(avoid)", "door (soft)", "H1 cut: ((hard 0.1))"]))
MARKS = st.lists(st.tuples(st.integers(0, 20_000), NAMES), max_size=12)


def settle(told: tuple[HitPoint, ...], marks: list[Mark]) -> tuple[HitPoint, ...]:
    edits = hit_edits(told, marks, (F(0), F(20)))
    changes = (*edits.changes, *(HitChange(hit, None) for hit in edits.missing))
    return read_user_hits(HitPoints(apply_changes(told, changes)), CUE, FrameRate(24)).hits


@settings(max_examples=80, deadline=None)
@given(MARKS)
def test_markers_taken_over_are_no_edits(found: list[tuple[int, str]]) -> None:
    """The session is built from the outcome, the user's own plain markers stay: the next look finds nothing new."""
    marks = [Mark(F(ms, 1000), name, F(ms, 1000)) for ms, name in found]
    hits = settle(TOLD, marks)
    assert all(b.time_s - a.time_s >= F(1, 4) for a, b in zip(hits, hits[1:], strict=False))
    plain = [mark for mark in marks if read_name(mark.name).number is None]
    built = [Mark(hit.time_s, hit_name(i, hit), hit.time_s) for i, hit in enumerate(hits, start=1)]
    again = settle(hits, [*built, *plain])
    assert [(h.time_s, h.reason) for h in settle(again, [*[
        Mark(h.time_s, hit_name(i, h), h.time_s) for i, h in enumerate(again, start=1)], *plain])] == [
            (h.time_s, h.reason) for h in again]


POINTS = tuple(TempoPoint(F(3 * i), us) for i, us in enumerate((521_739, 519_481, 530_973, 541_011)))
OTHER = tuple(TempoPoint(F(2 * i), us) for i, us in enumerate((511_111, 540_540, 500_000, 555_555, 533_333)))


@cache
def clock(points: tuple[TempoPoint, ...] = POINTS, start_s: int = 0) -> CueClock:
    return CueClock(F(start_s), F(1), TempoMap(points, (Meter(1, 4),), 8, F(30)))


SPOTS = RhythmSpots(tuple(RhythmSpot(F(i), F(1, 2), "hit" if i % 4 == 0 else "fill", 1 + i % 3) for i in range(16)),
                    (Section("A", 1, 8),))
MELODY = Melody(tuple(Note(F(i, 2), F(1, 2), 60 + i % 12, 70 + i) for i in range(20)), Key(0, "ionian"),
                (Section("A", 1, 8),))
NOTES = st.lists(st.builds(SeenNote, st.integers(0, 16 * 960 - 1).map(lambda tick: tick / 960),
                           st.integers(1, 2000).map(lambda tick: tick / 960), st.integers(0, 127),
                           st.integers(1, 127)), min_size=1, max_size=12)


def long_cue() -> Cue:
    tempo_map = clock().tempo_map
    assert tempo_map is not None
    return Cue("1M1", F(0), tempo_map.time_s(F(32)))


@settings(max_examples=60, deadline=None)
@given(NOTES, st.lists(st.integers(0, 15), max_size=6))
def test_spots_taken_over_are_no_edits(drawn: list[SeenNote], kept: list[int]) -> None:
    told = ToldSpots(clock(), SPOTS)
    notes = notes_in_ticks(drawn) + tuple(told_notes(told)[i] for i in kept)
    edits = spot_edits(told, notes)
    made = apply_spot_edits(SPOTS, edits, clock(), True)
    tempo_map = clock().tempo_map
    assert tempo_map is not None
    spots = read_user_spots(made, tempo_map, long_cue())
    again = ToldSpots(clock(), spots)
    assert spot_edits(again, told_notes(again)) == ()
    heard = {round(float(spot.onset_q) * 960) for spot in spots.spots}
    assert {note.tick for note in notes} <= {tick + step for tick in heard for step in range(-3, 4)}
    assert heard <= {note.tick + step for note in notes for step in range(-3, 4)}
    other = apply_spot_edits(SPOTS, edits, clock(OTHER), False)
    assert all(a.onset_q < b.onset_q for a, b in zip(other.spots, other.spots[1:], strict=False))


@settings(max_examples=60, deadline=None)
@given(NOTES)
def test_a_melody_taken_over_is_no_edit(drawn: list[SeenNote]) -> None:
    melody = edited_melody(ToldMelody(clock(), MELODY), notes_in_ticks(drawn))
    assert all(a.end_q <= b.onset_q for a, b in zip(melody.notes, melody.notes[1:], strict=False))
    again = ToldMelody(clock(), melody)
    assert melody_edits(again, melody_notes(melody)) == 0
    assert edited_melody(again, melody_notes(melody)) == melody
    moved = retimed(melody, clock(), clock(OTHER, 2))
    assert all(note.onset_q >= 0 and note.duration_q > 0 for note in moved.notes)


def test_the_grid_is_kept_under_another_map() -> None:
    """Eighths stay eighths where one lies within a twentieth of a second of the moment."""
    moved = retimed(MELODY, clock(), clock(OTHER))
    old, new = clock().tempo_map, clock(OTHER).tempo_map
    assert old is not None and new is not None
    off = [float(abs(old.time_s(a.onset_q) - new.time_s(b.onset_q))) for a, b in zip(MELODY.notes, moved.notes,
                                                                                    strict=True)]
    assert max(off) <= 0.05
    assert sum(note.onset_q.denominator <= 2 for note in moved.notes) >= len(off) // 4


def test_later_edits_take_the_place_of_earlier_ones() -> None:
    told = ToldSpots(clock(), SPOTS)
    notes = list(told_notes(told))
    first = spot_edits(told, notes[:3] + notes[4:])
    second = spot_edits(told, [*notes[:3], replace(notes[3], velocity=120), *notes[4:]])
    assert [edit.kind for edit in add_edits(first, second)] == ["fill"]
    assert [edit.kind for edit in add_edits(second, first)] == [""]


def test_a_start_moved_is_told_from_notes_moved() -> None:
    told = told_notes(ToldSpots(clock(), SPOTS))
    assert usual_shift(told, told) == 0
    later = [MidiNote(n.tick - 31, n.length_ticks, n.pitch, n.velocity) for n in told]
    assert usual_shift(told, later) == -31
    assert spot_edits(ToldSpots(clock(), SPOTS), shifted(later, -31)) == ()
    one_moved = [*later[:-1], replace(later[-1], tick=later[-1].tick + 500)]
    assert usual_shift(told, one_moved) == -31
    assert len(spot_edits(ToldSpots(clock(), SPOTS), shifted(one_moved, -31))) == 2
    assert usual_shift(told, ()) == 0 and usual_shift((), told) == 0

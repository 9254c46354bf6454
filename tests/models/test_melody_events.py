"""A rhythm as the melody model sees it."""
from __future__ import annotations

from fractions import Fraction as F

import numpy as np
import pytest

from backend.domain.spotting import RhythmSpot, RhythmSpots, Section
from backend.models.melody_events import (
    CHORD,
    CLOSES,
    ENDS,
    HOME,
    NO_CHORD,
    NOTE,
    OPENS,
    PITCHES,
    SIZES,
    chord_class,
    chord_places,
    chord_tones,
    events_of,
    folded,
    home_pitch,
)
from tests.music.rhythms import METRES, rhythm, tempo_map


def spots_at(*places: F | int, sections: tuple[Section, ...] = ()) -> RhythmSpots:
    return RhythmSpots(tuple(RhythmSpot(F(place), F(1, 4), "fill") for place in places), sections)


@pytest.mark.parametrize("metre", METRES)
def test_every_spot_is_a_note_and_every_class_exists(metre: str) -> None:
    placed = tempo_map(metre, 16)
    spots = rhythm(placed, 3)
    events = events_of(spots, placed)
    notes = events.spot >= 0
    assert [events.onsets_q[i] for i in np.flatnonzero(notes)] == [spot.onset_q for spot in spots.spots]
    assert np.array_equal(events.classes["kind"] == NOTE, notes)
    assert list(events.onsets_q) == sorted(events.onsets_q)
    for name, values in events.classes.items():
        assert values.min() >= 0 and values.max() < SIZES[name], name


def test_chords_stand_on_bar_lines_and_halves_of_long_bars_before_the_note_there() -> None:
    assert chord_places(tempo_map("7/8", 2), F(6)) == [0, 2, F(7, 2), F(11, 2)]
    assert chord_places(tempo_map("2/4", 3), F(5)) == [0, 2, 4]
    events = events_of(spots_at(0, 1, 2, 3), tempo_map("4/4", 1))
    assert events.classes["kind"].tolist() == [CHORD, NOTE, NOTE, CHORD, NOTE, NOTE]


def test_a_bar_looks_back_to_the_bar_with_its_rhythm() -> None:
    placed = tempo_map("4/4", 3)
    events = events_of(spots_at(0, 1, 3, 4, F(9, 2), 8, 9, 11), placed)
    recalled = {events.onsets_q[i]: events.onsets_q[events.look_back[i]]
                for i in range(events.count) if events.look_back[i] >= 0 and events.spot[i] >= 0}
    assert recalled == {8: 0, 9: 1, 11: 3}
    assert events.classes["match"][events.count - 1] == 2, "the same rhythm"


def test_the_bar_of_the_same_section_outweighs_a_nearer_one() -> None:
    sections = (Section("A", 1, 3), Section("A'", 4, 6))
    bars = [place + 4 * bar for bar in range(6) for place in (0, 1, 2)]
    events = events_of(spots_at(*bars, sections=sections), tempo_map("4/4", 6))
    last = events.count - 1
    assert events.onsets_q[events.look_back[last]] == bars[-1] - 12


def test_edges_of_phrases_and_the_end() -> None:
    placed = tempo_map("4/4", 8)
    whole, part = (events_of(spots_at(*range(0, 32, 2)), placed, whole=w) for w in (True, False))
    edges = whole.classes["edge"][whole.spot >= 0].tolist()
    assert edges[0] == OPENS and edges[7:9] == [CLOSES, OPENS] and edges[-1] == ENDS
    assert part.classes["edge"][-1] == CLOSES


def test_chord_classes_hold_their_triad() -> None:
    assert chord_tones(chord_class(7, "7")) == (7, 11, 2)
    assert chord_tones(chord_class(0, "m7")) == (0, 3, 7)
    assert chord_tones(chord_class(11, "d")) == (11, 2, 5)
    assert chord_tones(NO_CHORD) == ()


def test_folding_keeps_the_pitch_class_and_what_lies_inside() -> None:
    classes = np.arange(-30, PITCHES + 30)
    moved = folded(classes)
    assert np.array_equal(moved % 12, classes % 12) and moved.min() >= 0 and moved.max() < PITCHES
    inside = np.arange(PITCHES)
    assert np.array_equal(folded(inside), inside)


@pytest.mark.parametrize("tonic", range(12))
def test_home_is_the_tonic_below_the_middle(tonic: int) -> None:
    home = home_pitch(tonic, 64)
    assert home % 12 == tonic and -1 <= 64 - home <= 11
    assert 0 <= 64 - 18 - home + HOME and 64 + 12 - home + HOME < PITCHES, "the usual range of a line has room"

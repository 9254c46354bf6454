from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.domain.score import Note
from backend.music.instruments import instruments
from backend.music.ranges import fit, full_share, muddy_pairs, nearest_octave, phrases, polyphony, practical_share

PITCHED = sorted(name for name, item in instruments().items() if item.pitched)


def _line(pitches: list[int], length_q: Fraction = Fraction(1)) -> list[Note]:
    return [Note(i * length_q, length_q, pitch) for i, pitch in enumerate(pitches)]


def test_line_in_the_sweet_range_is_left_alone() -> None:
    line = _line([62, 64, 65, 67, 69, 71, 72])
    found = fit(line, instruments()["violins1"])
    assert found.notes == tuple(line)
    assert (found.octaves, found.folded, found.cost_per_q) == ((0,), 0, 0.0)


def test_low_line_goes_up_by_octaves_as_a_whole() -> None:
    line = _line([40, 43, 45, 47, 48])
    found = fit(line, instruments()["flute"])
    assert [b.pitch - a.pitch for a, b in zip(line, found.notes, strict=True)] == [36] * 5 or \
        [b.pitch - a.pitch for a, b in zip(line, found.notes, strict=True)] == [24] * 5
    assert practical_share(found.notes, instruments()["flute"]) == 1.0


def test_onsets_durations_and_velocities_survive() -> None:
    line = [Note(Fraction(1, 3), Fraction(2, 3), 30, 99, "legato")]
    note = fit(line, instruments()["piccolo"]).notes[0]
    assert (note.onset_q, note.duration_q, note.velocity, note.articulation) == (Fraction(1, 3), Fraction(2, 3), 99,
                                                                                 "legato")
    assert note.pitch % 12 == 30 % 12


def test_short_passing_note_within_the_full_range_stays() -> None:
    violins = instruments()["violins1"]
    scale = [57, 60, 64, 67, 72, 76, 81, 84, 88, 91, 93, 95, 96, 98, 96, 93, 84, 72, 60, 57]
    assert fit(_line(scale, Fraction(1, 2)), violins).notes[13].pitch == 98
    assert fit(_line(scale), violins).notes[13].pitch == 86
    leap = [*scale[:12], 84, 98, 84, *scale[15:]]
    assert fit(_line(leap, Fraction(1, 2)), violins).notes[13].pitch == 86


def test_phrases_end_at_rests() -> None:
    line = [Note(Fraction(0), Fraction(1), 60), Note(Fraction(1), Fraction(1), 62), Note(Fraction(3), Fraction(1), 64)]
    assert [len(phrase) for phrase in phrases(line)] == [2, 1]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 127), min_size=1, max_size=40), st.sampled_from(PITCHED))
def test_no_note_is_ever_lost_and_every_one_can_be_played(pitches: list[int], name: str) -> None:
    instrument = instruments()[name]
    found = fit(_line(pitches), instrument)
    assert len(found.notes) == len(pitches)
    assert full_share(found.notes, instrument) == 1.0
    if instrument.practical_range[1] - instrument.practical_range[0] >= 11:
        assert [note.pitch % 12 for note in found.notes] == [pitch % 12 for pitch in pitches]


def test_nearest_octave_prefers_the_closest_and_knows_when_there_is_none() -> None:
    assert nearest_octave(60, 36, 84, 50) == 48
    assert nearest_octave(61, 62, 70, 65) is None


def test_polyphony_counts_what_sounds_together() -> None:
    chord = [Note(Fraction(0), Fraction(2), p) for p in (60, 64, 67)]
    assert polyphony([*chord, Note(Fraction(2), Fraction(1), 72)]) == 3
    assert polyphony([]) == 0


def test_low_thirds_are_muddy_and_high_ones_are_not() -> None:
    assert muddy_pairs([Note(Fraction(0), Fraction(1), 36), Note(Fraction(0), Fraction(1), 40)]) == 1
    assert muddy_pairs([Note(Fraction(0), Fraction(1), 60), Note(Fraction(0), Fraction(1), 64)]) == 0


@pytest.mark.parametrize("name", ["flute", "cellos", "trumpet_solo", "celesta", "bassoon"])
def test_real_melodies_stay_practical(shared_data: Path, name: str) -> None:
    from benchmarks.arrangement import corpus_melodies

    instrument, inside, total = instruments()[name], 0.0, 0
    for line in corpus_melodies(shared_data, limit=8):
        found = fit(line, instrument)
        assert len(found.notes) == len(line)
        assert full_share(found.notes, instrument) == 1.0
        inside += practical_share(found.notes, instrument) * len(line)
        total += len(line)
    assert inside / total >= 0.998

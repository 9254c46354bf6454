from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from backend.domain.score import Key, Melody, Note
from backend.domain.spotting import Section
from backend.music.harmony import anchored_hits, half_bar, harmonise, tail_q
from backend.music.theory import MODES, chord_pcs, is_minor_like
from backend.music.vocabulary import foreign_tones, loops, vocabulary
from tests.agents.sample_cue import description, request, tempo_map
from tests.music.drawn import brief as plain_brief
from tests.music.drawn import hit, hits

NO_HITS = hits()


def _tune(pitches: list[int], length_q: int = 2) -> Melody:
    notes = tuple(Note(Fraction(i * length_q), Fraction(length_q), p) for i, p in enumerate(pitches))
    return Melody(notes, Key(0, "major"), (Section("A", 1, (len(pitches) * length_q + 3) // 4),), (1,))


@pytest.mark.parametrize("meter", [(4, 4), (3, 4), (7, 8), (5, 4), (6, 8), (2, 4), (12, 8)])
def test_chords_cover_the_cue_without_gaps_in_any_metre(meter: tuple[int, int]) -> None:
    asked = request("Sad", meter=meter)
    chords = asked.chords
    assert chords[0].onset_q == 0
    assert all(a.onset_q + a.duration_q == b.onset_q for a, b in zip(chords, chords[1:], strict=False))
    assert chords[-1].onset_q + chords[-1].duration_q == asked.tempo_map.end_q + tail_q(asked.tempo_map)


@pytest.mark.parametrize("emotion", ["Sad", "Joyous", "Fear", "Angry", "Dreamy", "Nervous"])
def test_the_last_chord_is_the_tonic_of_the_mode(emotion: str) -> None:
    asked = request(emotion)
    last = asked.chords[-1]
    assert last.root_pc == asked.brief.tonic_pc
    third = (last.root_pc + (3 if is_minor_like(asked.brief.mode) else 4)) % 12
    assert third in chord_pcs(last.root_pc, last.quality)


def test_melody_of_chord_tones_finds_its_chords() -> None:
    beats = tempo_map(24, (4, 4))
    line = [60, 64, 67, 64, 65, 69, 72, 69, 67, 71, 74, 71, 60, 64, 67, 72] * 2
    brief = replace(plain_brief(), progressions=("I IV V I",))
    chords = harmonise(_tune(line, 1), beats, brief, NO_HITS, 1)
    at = [next(c for c in chords if c.onset_q <= q < c.onset_q + c.duration_q).root_pc for q in range(0, 32, 4)]
    assert at == [0, 5, 7, 0, 0, 5, 7, 0]


@pytest.mark.parametrize("emotion", ["Sad", "Joyous", "Dreamy", "Calm"])
def test_colours_come_from_the_melody(emotion: str) -> None:
    steps = {"add9": 2, "madd9": 2, "sus4": 5, "maj7": 11, "m7": 10, "7": 10}
    asked = request(emotion, seed=1)
    loop_qualities = {quality for loop in loops(asked.brief.progressions, asked.brief.mode) for _, quality in loop}
    for chord in asked.chords:
        if chord.quality in steps and chord.quality not in loop_qualities:
            wanted = (chord.root_pc + steps[chord.quality]) % 12
            assert any(note.pitch % 12 == wanted and note.end_q > chord.onset_q
                       and note.onset_q < chord.onset_q + chord.duration_q for note in asked.melody.notes)


def test_harmony_changes_on_a_hit_off_the_bar_line() -> None:
    beats = tempo_map(24, (4, 4), (7.8,))
    position = beats.sync[0].position_q
    melody = _tune([60, 64, 67, 64, 60, 67, 65, 69, 72, 69, 65, 69, 67, 71, 74, 71, 60, 64, 67, 72])
    chords = harmonise(melody, beats, plain_brief(), hits(hit(7.8, 1.0)), 1)
    assert position == 13
    assert any(chord.onset_q == position for chord in chords)


def test_same_seed_same_chords() -> None:
    assert request(seed=5).chords == request(seed=5).chords


def test_empty_melody_still_gets_a_progression() -> None:
    beats = tempo_map(12, (4, 4))
    chords = harmonise(Melody((), Key(0, "major"), (), ()), beats, plain_brief(), NO_HITS, 1)
    assert len({chord.root_pc for chord in chords}) >= 2
    assert chords[-1].root_pc == 0


def test_half_bar_divides_on_a_beat_with_the_longer_part_first() -> None:
    bars = [tempo_map(12, meter).bars[0] for meter in ((4, 4), (7, 8), (5, 4), (3, 4), (1, 4))]
    assert [half_bar(bar) for bar in bars] == [2, 2, 3, 2, Fraction(1, 2)]


def test_only_anchored_hits_of_the_kind_count() -> None:
    beats = tempo_map(24, (4, 4), (6.0, 12.0))
    points = hits(hit(6.0, 0.7), hit(12.0, 0.9, "soft"))
    assert anchored_hits(points, beats) == {Fraction(10): 0.7}
    assert anchored_hits(points, beats, ("soft",)) == {Fraction(20): 0.9}
    loose = replace(beats, sync=(replace(beats.sync[0], anchored=False),))
    assert anchored_hits(points, loose) == {}


@pytest.mark.parametrize("mode", sorted(MODES))
def test_every_mode_has_chords_of_its_own_and_a_loop(mode: str) -> None:
    chords = vocabulary(mode)
    assert sum(foreign_tones(chord, mode) == 0 for chord in chords) >= 4
    loop = loops((), mode)[0]
    assert len(set(loop)) >= 2
    assert loop[0] == (0, "m" if is_minor_like(mode) else "M")


def test_loops_of_the_other_gender_are_left_out() -> None:
    assert loops(("I IV V I", "i iv i V"), "aeolian") == (((0, "m"), (5, "m"), (0, "m"), (7, "M")),)


def test_dominant_of_minor_is_at_home_there() -> None:
    assert foreign_tones((7, "M"), "aeolian") == 0
    assert foreign_tones((7, "M"), "phrygian") == 2


def test_description_of_a_named_emotion_reaches_the_brief() -> None:
    assert description("Sad").clip.emotion.label == "Sad"
    assert request("Sad").brief.emotion == "Sad"

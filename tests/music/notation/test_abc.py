from __future__ import annotations

import dataclasses
import random
from fractions import Fraction
from pathlib import Path

import music21
import pytest
import symusic
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.domain.score import Key, Melody, Note
from backend.domain.spotting import Section
from backend.domain.tempo import TempoMap
from backend.errors import EditError
from backend.music.notation.abc_reader import read_abc
from backend.music.notation.abc_writer import chords, write_abc, written_spans
from backend.music.rule_melody.compose import compose_melody
from backend.music.theory import MODES
from tests.music.notation.songs import song
from tests.music.rhythms import METRES, brief, rhythm, tempo_map

SONGS_IN_TESTS = 40
FIGURES = ((Fraction(1, 3),) * 3, (Fraction(1, 2),) * 2, (Fraction(1),), (Fraction(3, 2), Fraction(1, 2)),
           (Fraction(2, 3), Fraction(1, 3)), (Fraction(1, 4),) * 4, (Fraction(3),))


def drawn(placed: TempoMap, key: Key, seed: int = 1) -> Melody:
    """Triplets, ties over bars, rests and accidentals."""
    rng = random.Random(seed)
    notes: list[Note] = []
    position = Fraction(0)
    while position < placed.end_q:
        for duration in rng.choice(FIGURES):
            if rng.random() < 0.85:
                notes.append(Note(position, duration, rng.randint(50, 86), rng.randint(1, 127),
                                  rng.choice(("", "", "legato", "marcato"))))
            position += duration
    return Melody(tuple(notes), key, (Section("A", 1, 8),), (1, 5), "test", 7)


@pytest.mark.parametrize("metre", METRES)
@pytest.mark.parametrize("mode", MODES)
def test_round_trip_in_every_metre_and_mode(metre: str, mode: str) -> None:
    placed = tempo_map(metre)
    for tonic in (0, 3, 6, 11):
        melody = drawn(placed, Key(tonic, mode), tonic)
        assert read_abc(write_abc(melody, placed, "A title"), placed, melody) == melody


@pytest.mark.parametrize("metre", METRES)
@pytest.mark.parametrize("emotion", ["Sad", "Humorous", "Fear"])
def test_written_melodies_round_trip(metre: str, emotion: str) -> None:
    placed = tempo_map(metre)
    melody = compose_melody(rhythm(placed, 2), placed, brief(emotion), 1)
    assert read_abc(write_abc(melody, placed, "Cue 1M1"), placed, melody) == melody


@st.composite
def any_melody(draw: st.DrawFn) -> Melody:
    """Anything the domain allows: odd fractions, overlaps, chords, notes past the map's end."""
    count = draw(st.integers(1, 12))
    place = st.fractions(0, 40, max_denominator=20)
    length = st.fractions(Fraction(1, 48), 9, max_denominator=48)
    notes = [Note(draw(place), draw(length), draw(st.integers(0, 127)), draw(st.integers(1, 127)))
             for _ in range(count)]
    key = Key(draw(st.integers(0, 11)), draw(st.sampled_from(sorted(MODES))))
    return Melody(tuple(sorted(notes, key=lambda note: note.onset_q)), key, ())


@settings(max_examples=120, deadline=None, derandomize=True)
@given(melody=any_melody(), metre=st.sampled_from(sorted(METRES)))
def test_any_melody_round_trips(melody: Melody, metre: str) -> None:
    placed = tempo_map(metre, 5)
    assert read_abc(write_abc(melody, placed, ""), placed, melody) == melody


def test_real_melodies_round_trip(shared_data: Path) -> None:
    files = sorted((shared_data / "symbolic" / "openscore_lieder" / "midi").glob("*.mid"))
    step = max(1, len(files) // SONGS_IN_TESTS)
    notes = 0
    for file in files[::step][:SONGS_IN_TESTS]:
        found = song(file)
        assert found is not None
        melody, placed = found
        assert read_abc(write_abc(melody, placed, file.stem), placed, melody) == melody
        notes += len(melody.notes)
    assert notes > 3000


def test_two_foreign_readers_hear_the_same_notes() -> None:
    placed = tempo_map("mixed")
    melody = drawn(placed, Key(3, "major"))
    text = write_abc(melody, placed, "Foreign")
    spans = written_spans(chords(melody.notes), placed.bars)
    wanted = [(on, end - on, n.pitch) for (on, end), n in zip(spans, melody.notes, strict=True)]
    heard = symusic.Score.from_abc(text)
    got = [(Fraction(n.time, heard.tpq), n.pitch) for n in heard.tracks[0].notes]
    # symusic's reader starts every note one tick late.
    assert [(round(on * 96) / Fraction(96), pitch) for on, pitch in got] == [(on, pitch) for on, _, pitch in wanted]
    part = music21.converter.parse(text, format="abc").parts[0].stripTies()
    assert [(Fraction(n.getOffsetInHierarchy(part)).limit_denominator(96),
             Fraction(n.quarterLength).limit_denominator(96), n.pitch.midi) for n in part.recurse().notes] == wanted


def test_layout_is_for_people() -> None:
    placed = tempo_map("4/4", 6)
    notes = tuple(Note(Fraction(i), Fraction(1), 62 + (i % 3)) for i in range(21))
    lines = write_abc(Melody(notes, Key(2, "harmonic_minor"), ()), placed, "The 50% sharp\ntitle").splitlines()
    assert lines[:6] == ["X:1", "T:The 50 sharp title", "M:4/4", "L:1/8", "Q:1/4=96", "K:Dm"]
    assert [line for line in lines if line.startswith("%")] == ["% bar 1", "% bar 5"]
    assert lines[7] == "D2 _E2 =E2 D2 | _E2 =E2 D2 _E2 | E2 D2 _E2 =E2 | D2 _E2 =E2 D2 |"
    assert lines[-1] == "_E2 =E2 D2 _E2 | E2 z6 |]"


TEXT = """X:1
T:Edited
M:4/4
L:1/8
Q:1/4=96
K:Dm
% bar 1
D2 F2 A2 d2 | c4 z4 |
% bar 3
A6 G2 | D8 |]
"""


def like() -> Melody:
    notes = ((0, 2, 62, 50), (2, 2, 65, 60), (4, 4, 72, 70), (8, 3, 69, 80), (11, 1, 67, 90), (12, 4, 62, 100))
    return Melody(tuple(Note(Fraction(on), Fraction(d), p, v) for on, d, p, v in notes), Key(2, "harmonic_minor"),
                  (Section("A", 1, 4),), (1,), "rules", 3)


def read(text: str) -> Melody:
    return read_abc(text, tempo_map("4/4", 4), like())


def test_an_edit_keeps_velocities_form_and_key() -> None:
    melody = read(TEXT)
    assert [(n.onset_q, n.duration_q, n.pitch, n.velocity) for n in melody.notes] == [
        (0, 1, 62, 50), (1, 1, 65, 50), (2, 1, 69, 60), (3, 1, 74, 60), (4, 2, 72, 70), (8, 3, 69, 80), (11, 1, 67, 90),
        (12, 4, 62, 100)]
    assert (melody.key, melody.sections, melody.phrases, melody.seed) == (
        Key(2, "harmonic_minor"), (Section("A", 1, 4),), (1,), 3)
    assert read(TEXT.replace("K:Dm", "K:F lydian")).key == Key(5, "lydian")


@pytest.mark.parametrize(("old", "new", "pitches"), [
    ("D2 F2 A2 d2", "D2 ^F2 F2 =F2", [62, 66, 66, 65]),
    ("D2 F2 A2 d2", "B2 _B2 =B2 b2", [70, 70, 71, 83]),
    ("D2 F2 A2 d2", "D2>F2 A2<d2", [62, 65, 69, 74]),
    ("D2 F2 A2 d2", "(D2F2) .A2 !accent!d2", [62, 65, 69, 74]),
    ("D2 F2 A2 d2", "(3D4F4A4", [62, 65, 69]),
    ("D2 F2 A2 d2", "[K:D]F2 C2 F,2 c'2", [66, 61, 54, 85]),
    ("D2 F2 A2 d2", "[L:1/4]D F A d", [62, 65, 69, 74]),
    ("D2 F2 A2 d2 | c4 z4", "Z | c4 z4", [72]),
])
def test_what_abc_can_say_is_read(old: str, new: str, pitches: list[int]) -> None:
    text = TEXT.replace(old, new + (" [L:1/8]" if "L:" in new else "") + (" [K:Dm]" if "[K:D]" in new else ""))
    assert [note.pitch for note in read(text).notes][:len(pitches)] == pitches


def test_broken_rhythm_and_tuplets_have_exact_lengths() -> None:
    assert [n.duration_q for n in read(TEXT.replace("D2 F2 A2 d2", "D2>F2 A2<<d2")).notes][:4] == [
        Fraction(3, 2), Fraction(1, 2), Fraction(1, 4), Fraction(7, 4)]
    assert [n.onset_q for n in read(TEXT.replace("D2 F2 A2 d2", "(5:4:5D2F2A2d2D2")).notes][:5] == [
        Fraction(4 * k, 5) for k in range(5)]


@pytest.mark.parametrize(("old", "new", "message"), [
    ("A6 G2", "A6 G3", r"line 10: bar 3 holds 9/2 quarters, the map says 4"),
    ("c4 z4 |", "c4 |", r"line 8: bar 2 holds 2 quarters, the map says 4"),
    ("c4 z4 |", "c4 z4", r"line 10: bar 2 holds 8 quarters, the map says 4"),
    (" | D8 |]", " | D4 |]", r"line 10: bar 4 holds 2 quarters, the map says 4"),
    (" | c4 z4 |", " |", r"melody.abc has 3 bars, the cue 4"),
    (" | D8 |]", " |]", r"melody.abc has 3 bars, the cue 4"),
    ("A6 G2 | D8 |]", "", r"melody.abc has 2 bars, the cue 4"),
    ("A6 G2", "", r"melody.abc has 3 bars, the cue 4"),
    ("d2 |", "d2 # |", r"line 8: '# \| c4"),
    ("d2 |", "d2 {g} |", r"line 8: '\{g\}"),
    ("D8 |]", "D8 | D8 |]", r"line 10: there are more bars than the 4"),
    ("D8 |]", "D8- |]", r"last note is tied to nothing"),
    ("A6 G2 |", "A6- G2 |", r"line 10: the tie in bar 3 joins different notes"),
    ("Q:1/4=96", "Q:1/4=120", r"line 5: the tempo is edited in tempo_map.json"),
    ("M:4/4", "M:3/4", r"line 3: the metre is 4/4 here, not 3/4"),
    ("A6 G2", "[M:3/4] A6", r"line 10: the metre is 4/4 here, not 3/4"),
    ("K:Dm", "K:H", r"line 6: 'H' is no key"),
    ("K:Dm", "K:D locrian", r"line 6: mode 'locrian' is not known"),
    ("K:Dm\n", "", r"line 7: 'D2 F2 A2 d2 \| c4 z4 \|' stands before the key"),
    ("L:1/8", "L:x", r"line 4: 'x' is no unit length"),
    ("d2 |", "d2/0 |", r"line 8: '2/0' is no length"),
    ("d2 |", "[D2F4] |", r"line 8: the notes of '\[D2F4\]' differ in length"),
    ("% bar 3", "V:2", r"line 9: 'V:2' is not read"),
    ("d2 |", "(11D |", r"line 8: tuplet \(11 needs its ratio"),
    ("d2 |", "d''''''2 |", r"line 8: a note lies outside the MIDI range"),
])
def test_mistakes_are_named_with_their_line(old: str, new: str, message: str) -> None:
    with pytest.raises(EditError, match=message) as raised:
        read(TEXT.replace(old, new, 1))
    assert "\n" not in str(raised.value)


def test_no_notes() -> None:
    with pytest.raises(EditError, match="no notes"):
        read(TEXT[:TEXT.index("% bar 1")])
    with pytest.raises(EditError, match="no key"):
        read("")


def test_overlapping_notes_are_told_in_a_comment() -> None:
    placed = tempo_map("4/4", 2)
    notes = (Note(Fraction(0), Fraction(3), 60), Note(Fraction(1), Fraction(1), 64), Note(Fraction(1), Fraction(2), 67))
    melody = Melody(notes, Key(0, "major"), ())
    text = write_abc(melody, placed, "")
    assert "% sounds 0 0 3" in text and "% sounds 1 0 1" in text
    assert read_abc(text, placed, melody) == melody
    shorter = read_abc(text.replace("C2", "Cz", 1), placed, melody)
    assert shorter.notes[0] == dataclasses.replace(notes[0], duration_q=Fraction(1, 2))


def played_short(lengths: str = "1 1/2 1/2 2 1 1 1 1 2 2 4") -> Melody:
    """Every note sounds for three quarters of the way to the next."""
    notes, position = [], Fraction(0)
    for index, length in enumerate(map(Fraction, lengths.split())):
        notes.append(Note(position, length * Fraction(3, 4), 60 + index % 5, 60 + index))
        position += length
    return Melody(tuple(notes), Key(0, "major"), ())


def test_notes_played_short_are_written_as_they_are_counted() -> None:
    placed = tempo_map("4/4", 4)
    melody = played_short()
    text = write_abc(melody, placed, "")
    assert text.splitlines()[-1] == "C2 ^CD _E4 | E2 C2 ^C2 D2 | _E4 =E4 | C6 z2 |]"
    assert not [line for line in text.splitlines() if line.startswith("% sounds")]
    assert read_abc(text, placed, melody) == melody


def test_only_changed_lengths_take_the_share_of_the_melody() -> None:
    placed = tempo_map("4/4", 4)
    melody = played_short("1 1 2 1 1 1 1 2 2 4")
    notes = (dataclasses.replace(melody.notes[0], duration_q=Fraction(5, 8)), *melody.notes[1:])
    melody = dataclasses.replace(melody, notes=notes)
    text = write_abc(melody, placed, "")
    first = text.splitlines()[-1]
    assert first.startswith("C2 ^C2 D4 |")
    edited = read_abc(text.replace("C2 ^C2 D4 |", "G2 ^C D z4 |"), placed, melody)
    assert [(n.onset_q, n.duration_q, n.pitch) for n in edited.notes[:3]] == [
        (0, Fraction(5, 8), 67), (1, Fraction(3, 8), 61), (Fraction(3, 2), Fraction(3, 8), 62)]
    assert edited.notes[3:] == melody.notes[3:]
    again = read_abc(text.replace("C2 ^C2 D4 |", "G2 ^C D z4 |"), placed, edited)
    assert again == edited


def test_lengths_written_as_they_sound_are_kept_too() -> None:
    placed = tempo_map("4/4", 1)
    melody = played_short("1 1 2")
    body = "X:1\nM:4/4\nL:1/8\nK:C\n"
    assert read_abc(body + "C3/z/ ^C3/z/ D3z |]", placed, melody) == melody
    assert read_abc(body + "C2 ^C2 D4 |]", placed, melody) == melody

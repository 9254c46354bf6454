"""Written lengths and dynamics: what a player finds in the part."""
from __future__ import annotations

from fractions import Fraction
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.domain.hits import HitPoints
from backend.domain.score import Note, Part
from backend.music.notation.measures import bars_to
from backend.music.notation.musicxml import write_musicxml
from backend.music.notation.notated import OVERLAP_Q, bar_of_end, notated_end, notated_ends
from tests.music.notation.test_musicxml import heard, read, score
from tests.music.rhythms import tempo_map


@pytest.mark.parametrize(("metre", "start", "end", "following", "written"), [
    ("4/4", "0", "3/4", "1", "1"), ("4/4", "0", "3/8", "1/2", "1/2"), ("4/4", "0", "3/2", "2", "2"),
    ("4/4", "0", "1/2", "1", "1"), ("4/4", "0", "1", "2", "1"), ("4/4", "0", "3/2", "3", "2"),
    ("4/4", "0", "3/8", "3", "1/2"), ("4/4", "3", "15/4", "9/2", "4"), ("4/4", "3", "15/4", None, "4"),
    ("4/4", "0", "1/4", "1/3", "1/3"), ("4/4", "2/3", "11/12", "1", "1"), ("4/4", "1/3", "7/12", "3", "2/3"),
    ("4/4", "0", "1/16", "2", "1/16"), ("4/4", "3/2", "9/4", "5/2", "5/2"), ("4/4", "2", "5", "8", "5"),
    ("4/4", "0", "1", "4/3", "4/3"), ("4/4", "0", "3/2", "5/3", "3/2"),
    ("6/8", "0", "9/8", "3/2", "3/2"), ("6/8", "0", "3/8", "1/2", "1/2"), ("6/8", "0", "3/8", "3", "1/2"),
])
def test_written_ends(metre: str, start: str, end: str, following: str | None, written: str) -> None:
    bars = tempo_map(metre, 4).bars
    bar = bar_of_end(Fraction(end), bars, [b.start_q for b in bars])
    after = Fraction(following) if following else None
    assert notated_end(Fraction(start), Fraction(end), after, bar) == Fraction(written)


def line(*notes: tuple[str, str, int], velocity: int = 80) -> tuple[Note, ...]:
    return tuple(Note(Fraction(on), Fraction(length), pitch, velocity) for on, length, pitch in notes)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(places=st.lists(st.tuples(st.fractions(0, 12, max_denominator=12), st.fractions(Fraction(1, 48), 6,
                                 max_denominator=48)), min_size=1, max_size=12),
       metre=st.sampled_from(("4/4", "6/8", "7/8", "mixed")))
def test_only_silence_before_the_next_note_is_filled(places: list[tuple[Fraction, Fraction]], metre: str) -> None:
    notes = tuple(sorted((Note(on, length, 60) for on, length in places), key=lambda n: n.onset_q))
    bars = bars_to(tempo_map(metre, 2), max(note.end_q for note in notes))
    lines = {bar.start_q for bar in bars}
    for note, end in zip(notes, notated_ends(notes, bars, False), strict=True):
        filled = end - note.end_q
        assert -OVERLAP_Q <= filled < Fraction(3, 2) and 2 * filled <= end - note.onset_q and end > note.onset_q
        assert not any(note.end_q <= place < end for place in (*(n.onset_q for n in notes), *lines))


def test_notes_played_short_are_read_as_quarters_and_dotted_where_very_short() -> None:
    placed = tempo_map("4/4", 2)
    notes = line(("0", "3/4", 60), ("1", "1/2", 62), ("2", "9/16", 64), ("3", "3/8", 65), ("7/2", "1/4", 67),
                 ("4", "65/64", 60), ("5", "3/4", 62), ("5", "7/8", 65), ("7", "3/4", 60))
    text = write_musicxml(score(Part("x", "X", "flute", "melody", notes)), placed, HitPoints(()), "")
    root = ElementTree.fromstring(text)
    written = [(n.findtext("type"), n.find("rest") is not None, n.find("chord") is not None,
                n.find("notations/articulations/staccato") is not None) for n in root.iter("note")]
    quarter, eighth = ("quarter", False, False, False), ("eighth", False, False, False)
    assert written == [quarter, ("quarter", False, False, True), quarter, eighth, ("eighth", False, False, True),
                       quarter, quarter, ("quarter", False, True, False), ("quarter", True, False, False), quarter]
    heard_notes = heard(read(text).parts[0])
    assert {(onset, pitch) for onset, _, pitch in heard_notes} == {(n.onset_q, n.pitch) for n in notes}


def test_strokes_have_no_written_length_of_their_own() -> None:
    placed = tempo_map("4/4", 1)
    drum = Part("x", "X", "snare", "percussion", line(("0", "1/8", 38), ("3/2", "1/8", 38), ("3", "2", 38)))
    root = ElementTree.fromstring(write_musicxml(score(drum), placed, HitPoints(()), ""))
    assert [(n.findtext("type"), n.find("rest") is None) for n in root.iter("note")][:4] == [
        ("quarter", True), ("eighth", False), ("eighth", True), ("quarter", False)]
    assert not list(root.iter("staccato"))


def marks(velocities: tuple[int, ...]) -> list[tuple[int, str]]:
    placed = tempo_map("4/4", len(velocities))
    notes = tuple(Note(Fraction(4 * bar + k, 1), Fraction(1), 60, velocity + k - 1)
                  for bar, velocity in enumerate(velocities) if velocity for k in (1, 0, 2))
    notes = tuple(sorted(notes, key=lambda n: n.onset_q))
    text = write_musicxml(score(Part("x", "X", "flute", "melody", notes), Part("y", "Y", "oboe", "pad", notes[:1])),
                          placed, HitPoints(()), "")
    top, other = read(text).parts
    assert len(other.recurse().getElementsByClass("Dynamic")) == (1 if notes else 0)
    return [(d.measureNumber, d.value) for d in top.recurse().getElementsByClass("Dynamic")]


def test_a_mark_at_each_change_of_level_only() -> None:
    assert marks((20, 30, 50, 65, 80, 95, 110, 124)) == [
        (i, mark) for i, mark in enumerate(("ppp", "pp", "p", "mp", "mf", "f", "ff", "fff"), 1)]
    assert marks((80, 82, 75, 0, 80, 100, 100, 0, 60)) == [(1, "mf"), (6, "f"), (9, "mp")]
    assert marks((86, 89, 86, 90, 91, 86, 84)) == [(1, "mf"), (5, "f"), (7, "mf")]


def test_a_mark_stands_where_the_part_enters() -> None:
    placed = tempo_map("4/4", 2)
    notes = line(("5/2", "1", 60), ("4", "1", 62), velocity=100)
    made = score(Part("x", "X", "flute", "melody", notes))
    root = ElementTree.fromstring(write_musicxml(made, placed, HitPoints(()), ""))
    found = [d for d in root.iter("direction") if d.find("direction-type/dynamics") is not None]
    assert [(d.find("direction-type/dynamics")[0].tag, d.findtext("offset")) for d in found] == [("f", "120")]

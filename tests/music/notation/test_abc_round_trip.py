"""The ABC of real melodies: exact when read back, with and without the old melody at hand, and the same to abc2midi."""
from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from backend.domain.score import Key, Melody, Note
from backend.music.notation.abc_reader import read_abc
from backend.music.notation.abc_writer import write_abc
from benchmarks.abc_round_trip import (
    CUT_TICKS,
    agree,
    as_written,
    foreign_notes,
    in_ticks,
    key_of,
    read_without_memory,
    written_melody,
)
from tests.music.rhythms import tempo_map

EVERY = {"openewld_leadsheets": 12, "openscore_lieder": 12, "openscore_quartets": 4}


@pytest.mark.parametrize("folder", EVERY)
def test_real_melodies_survive_abc(folder: str, shared_data: Path) -> None:
    files = sorted((shared_data / "symbolic" / folder).rglob("*.mxl"))[::EVERY[folder]]
    to_the_tick = 0
    for number, path in enumerate(files):
        read = written_melody(path, key_of(number * 7))
        assert read is not None
        melody, placed = read
        text = write_abc(melody, placed, path.stem)
        assert read_abc(text, placed, melody) == melody
        written = as_written(melody, placed)
        assert read_without_memory(text, placed, melody) == written
        heard, ticks = foreign_notes(text)
        wanted, whole = in_ticks(written, ticks)
        assert agree(wanted, heard, 0 if whole else CUT_TICKS), path.name
        to_the_tick += whole
    assert to_the_tick == len(files) >= 2


def test_the_comparison_can_fail() -> None:
    placed = tempo_map("4/4", 2)
    notes = tuple(Note(Fraction(i), Fraction(1), 60 + i) for i in range(4))
    melody = Melody(notes, Key(0, "major"), ())
    text = write_abc(melody, placed, "")
    wanted, whole = in_ticks(as_written(melody, placed), 480)
    assert whole and agree(wanted, foreign_notes(text)[0], 0)
    for wrong in (text.replace("C2", "D2"), text.replace("C2 ^C2", "C3^C")):
        assert wrong != text
        assert not agree(wanted, foreign_notes(wrong)[0], 0)
        assert read_without_memory(wrong, placed, melody) != as_written(melody, placed)

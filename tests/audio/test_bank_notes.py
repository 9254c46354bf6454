"""The bank's notes as they are measured: attacks, levels, gaps."""
from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from backend.audio.bank_notes import BankNotes, note_level_db
from backend.audio.performance import PlayedNote
from backend.audio.soundfont import Preset, open_font

RATE = 48_000


@pytest.fixture(scope="module")
def font() -> Any:
    return open_font(None, RATE)


def _note(program: int, pitch: int = 60, velocity: int = 100, drum: bool = False) -> PlayedNote:
    return PlayedNote(0, RATE, pitch, velocity, Preset(program, drum))


def test_attacks_do_not_depend_on_the_order_of_asking(font: Any) -> None:
    notes = [_note(program, pitch, velocity)
             for program in (48, 60, 71) for pitch in (55, 67) for velocity in (40, 100)]
    forward, backward = BankNotes(RATE), BankNotes(RATE)
    first = [forward.advance(font, note) for note in notes]
    second = [backward.advance(open_font(None, RATE), note) for note in notes[::-1]][::-1]
    assert first == second
    assert all(0 < advance < 0.25 * RATE for advance in first)


def test_level_of_a_tone_and_of_a_click() -> None:
    tone = np.tile(0.1 * np.sin(2 * np.pi * 1000 * np.arange(RATE // 2) / RATE), (2, 1)).T
    assert note_level_db(tone, RATE) == pytest.approx(-20.0, abs=0.1)
    click = np.zeros((RATE // 2, 2))
    click[100:110] = 0.5
    assert note_level_db(click, RATE) == pytest.approx(-6.02 - 12.0, abs=0.1)


def test_level_is_the_same_for_every_velocity(font: Any) -> None:
    notes = BankNotes(RATE)
    soft, loud = (notes.trim_db(font, [_note(19, velocity=velocity)]) for velocity in (30, 120))
    assert soft == pytest.approx(loud, abs=0.1)


def test_weak_programs_are_raised_and_strong_ones_lowered(font: Any) -> None:
    notes = BankNotes(RATE)
    assert notes.trim_db(font, [_note(0)]) > 5
    assert notes.trim_db(font, [_note(73, 79)]) < -5
    assert abs(notes.trim_db(font, [_note(42, 48)])) < 3


def test_gaps_of_the_bank_are_known(font: Any) -> None:
    notes = BankNotes(RATE)
    assert not notes.speaks(font, _note(67, 84))
    assert notes.speaks(font, _note(67, 60))
    assert notes.trim_db(font, []) == 0.0

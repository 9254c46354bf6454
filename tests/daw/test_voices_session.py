"""How notes are played is kept in the session, beside the General MIDI programs."""
from __future__ import annotations

from fractions import Fraction

import pytest

from backend.daw.parts import part_articulations
from backend.domain.score import Note, Part
from backend.domain.session import Session


def articulations(names: list[tuple[int, int, str]], own: str = "") -> list[tuple[int, str]]:
    """(tick, pitch, articulation) of every note -> (tick, articulation) of every change."""
    part = Part("x", "x", "violins1", "melody", tuple(Note(Fraction(0), Fraction(1), p, 80, a) for _, p, a in names))
    return [(a.tick, a.name) for a in part_articulations(part, [tick for tick, _, _ in names], own)]


@pytest.mark.parametrize(("names", "own", "changes"), [
    ([], "long", []),
    ([(5, 60, ""), (960, 62, "")], "", [(0, "")]),
    ([(5, 60, ""), (960, 62, "")], "long", [(0, "long")]),
    ([(5, 60, "long"), (960, 62, "spiccato"), (990, 64, "spiccato"), (1920, 65, "")], "long",
     [(0, "long"), (960, "spiccato"), (1920, "long")]),
    ([(960, 62, "pizzicato"), (0, 60, "long")], "", [(0, "long"), (960, "pizzicato")]),
    ([(480, 72, "tremolo"), (480, 60, "long"), (960, 60, "tremolo")], "", [(0, "tremolo")])])
def test_changes_are_kept_with_the_note_that_asks_for_them(
        names: list[tuple[int, int, str]], own: str, changes: list[tuple[int, str]]) -> None:
    assert articulations(names, own) == changes


def test_every_item_of_a_session_says_how_it_begins(session: Session) -> None:
    items = [item for track in session.tracks if track.kind == "instrument" for item in track.midi]
    assert len(items) == 4
    for item in items:
        assert item.articulations[0].tick == 0
        onsets = {note.tick for note in item.notes}
        assert {articulation.tick for articulation in item.articulations[1:]} <= onsets
    assert items[0].articulations[0].name == "long"

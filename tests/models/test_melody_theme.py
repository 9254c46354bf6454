"""The head motif comes back at the start of later sections, moved into the harmony; nothing else is pulled."""
from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from backend.domain.requests import MelodyRequest
from backend.domain.spotting import RhythmSpots, Section
from backend.evaluation.development import head_similarities
from backend.models.melody_events import CHORD, HOME, NOTE, PITCHES, chord_class, events_of
from backend.models.melody_theme import HEAD_NOTES, OUT_OF_RANGE, Theme, Wish, heads_of, returned
from backend.models.melody_writer import LearnedMelodyWriter
from tests.music.rhythms import brief, rhythm, tempo_map

MAJOR = (0, 2, 4, 5, 7, 9, 11)
HEAD = (0, 4, 2, 0, 7)


def spots_of(seed: int = 1, metre: str = "4/4") -> RhythmSpots:
    return rhythm(tempo_map(metre, 16), seed)


def test_heads_lie_where_sections_begin() -> None:
    placed, spots = tempo_map("4/4", 16), spots_of()
    events = events_of(spots, placed)
    heads = heads_of(events, spots, placed)
    assert len(heads) == 4 and all(len(group) == HEAD_NOTES for group in heads)
    assert all(events.classes["kind"][event] == NOTE for group in heads for event in group)
    begins = [events.onsets_q[group[0]] for group in heads]
    assert begins == [placed.bars[section.first_bar - 1].start_q for section in spots.sections]


def test_one_section_or_few_notes_have_no_return() -> None:
    placed, spots = tempo_map("4/4", 16), spots_of()
    events = events_of(spots, placed)
    assert heads_of(events, RhythmSpots(spots.spots, (Section("A", 1, 16),)), placed) == ()
    assert heads_of(events, RhythmSpots(spots.spots, ()), placed) == ()
    crowded = (Section("A", 1, 1), *(Section("B", bar, bar) for bar in range(2, 17)))
    groups = heads_of(events, RhythmSpots(spots.spots, crowded), placed)
    for group, following in zip(groups[1:], groups[2:], strict=False):
        assert group[-1] <= following[0]


def pulled(strength: float, chord: int, before: int) -> tuple[np.ndarray, np.ndarray]:
    """Pulls on the first and the second note of the first return, with HEAD written as the head on the tonic."""
    placed, spots = tempo_map("4/4", 16), spots_of()
    events = events_of(spots, placed)
    heads = heads_of(events, spots, placed)
    fixed = dict.fromkeys(np.flatnonzero(events.classes["kind"] == CHORD).tolist(), chord)
    theme = Theme(events, heads, fixed, (HOME - 5, HOME + 12), Wish(strength, MAJOR))
    written = np.zeros((1, events.count), np.int64)
    written[0, list(heads[0])] = [HOME + step for step in HEAD]
    first, second = heads[1][:2]
    assert not theme.pull(heads[0][2], written, np.array([HOME])).any()
    return theme.pull(first, written, np.array([HOME]))[0], theme.pull(second, written, np.array([before]))[0]


def test_the_motif_begins_where_it_would_lie_in_the_harmony() -> None:
    on_tonic, _ = pulled(6.0, chord_class(0, "M"), HOME)
    on_fifth, _ = pulled(6.0, chord_class(7, "M"), HOME)
    assert int(on_tonic.argmax()) == HOME and on_tonic[HOME] > on_tonic[HOME + 1] + 1
    assert (int(on_fifth.argmax()) - HOME) % 12 == 7
    assert on_tonic[HOME + 10] < 0 and on_tonic[0] <= -6.0 * OUT_OF_RANGE * len(HEAD) + 6.0


def test_intervals_return_exactly_or_a_semitone_off_the_same_way() -> None:
    _, up = pulled(6.0, chord_class(0, "M"), HOME + 2)
    assert {step: round(float(up[HOME + 2 + step]), 2) for step in (2, 3, 4, 5, 6, -4)} == {
        2: 0.0, 3: 4.2, 4: 6.0, 5: 4.2, 6: 0.0, -4: 0.0}
    none, _ = pulled(0.0, chord_class(0, "M"), HOME)
    assert not none.any() and none.shape == (PITCHES,)


def test_what_counts_as_returned() -> None:
    tokens = np.array([0, 4, 2, 0, 7, 50, 10, 13, 12, 10, 17, 20, 24, 22, 20, 22])
    heads = ((0, 1, 2, 3, 4), (6, 7, 8, 9, 10), (11, 12, 13, 14, 15))
    assert returned(tokens, heads) == 0.5 and returned(tokens, heads[:2]) == 1.0 and returned(tokens, ()) == 1.0


@pytest.mark.parametrize("metre", ["4/4", "7/8", "mixed"])
def test_the_writer_brings_the_theme_back(metre: str) -> None:
    placed = tempo_map(metre, 16)
    back, free = [], []
    for seed in range(3):
        spots = spots_of(seed, metre)
        for repetition, found in ((None, back), (0.0, free)):
            asked = MelodyRequest(spots, placed, replace(brief(), repetition=repetition), seed)
            notes = LearnedMelodyWriter(lines=8).write(asked).notes
            assert [note.onset_q for note in notes] == [spot.onset_q for spot in spots.spots]
            found += [value for value in head_similarities(notes, spots.sections, placed) if value is not None]
    assert len(back) == len(free) == 9
    assert np.mean([value >= 0.5 for value in back]) >= 0.8 > np.mean([value >= 0.5 for value in free])

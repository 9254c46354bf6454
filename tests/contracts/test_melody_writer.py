"""What every MelodyWriter promises: a note on every spot, in any metre; a splice that leaves the rest alone."""
from __future__ import annotations

import dataclasses
from collections.abc import Callable
from fractions import Fraction

import pytest

from backend.agents.rules.melody import RuleMelodyWriter
from backend.domain.requests import MelodyRequest
from backend.domain.score import Key
from backend.domain.spotting import RhythmSpot, RhythmSpots
from backend.errors import CompositionError, OptionError
from backend.models.melody_writer import LearnedMelodyWriter
from backend.ports import MelodyWriter
from tests.music.rhythms import METRES, brief, rhythm, sections, tempo_map

WRITERS: dict[str, Callable[[], MelodyWriter]] = {"rules": RuleMelodyWriter,
                                                "melody-model": LearnedMelodyWriter}
EMOTIONS = (None, "Sad", "Vigorous", "Fear")


@pytest.fixture(params=sorted(WRITERS))
def writer(request: pytest.FixtureRequest) -> MelodyWriter:
    made = WRITERS[request.param]()
    assert made.name == request.param
    return made


def request_for(metre: str = "4/4", emotion: str | None = None, seed: int = 5, bars: int = 16) -> MelodyRequest:
    placed = tempo_map(metre, bars)
    return MelodyRequest(rhythm(placed, seed), placed, brief(emotion), seed)


@pytest.mark.parametrize("metre", METRES)
@pytest.mark.parametrize("emotion", EMOTIONS)
def test_a_note_on_every_spot(writer: MelodyWriter, metre: str, emotion: str | None) -> None:
    asked = request_for(metre, emotion)
    melody = writer.write(asked)
    assert [note.onset_q for note in melody.notes] == [spot.onset_q for spot in asked.spots.spots]
    for note, spot in zip(melody.notes, asked.spots.spots, strict=True):
        assert 0 < note.duration_q <= spot.duration_q
    assert melody.sections == asked.spots.sections
    assert melody.key == Key(asked.brief.tonic_pc, asked.brief.mode)
    assert (melody.seed, melody.made_by) == (asked.seed, writer.name)
    assert set(melody.phrases) <= {bar.number for bar in asked.tempo_map.bars} and melody.phrases[0] == 1


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_stays_in_a_singable_range(writer: MelodyWriter, emotion: str | None) -> None:
    for seed in range(4):
        asked = request_for(emotion=emotion, seed=seed)
        pitches = [note.pitch for note in writer.write(asked).notes]
        assert 36 <= min(pitches) and max(pitches) <= 93
        assert max(pitches) - min(pitches) <= 24
        assert abs(sum(pitches) / len(pitches) - asked.brief.register_pitch) <= 8


def test_same_request_same_melody(writer: MelodyWriter) -> None:
    asked = request_for("7/8", "Angry")
    assert writer.write(asked) == WRITERS[writer.name]().write(asked)


def test_seeds_differ(writer: MelodyWriter) -> None:
    asked = request_for()
    lines = {tuple(note.pitch for note in writer.write(dataclasses.replace(asked, seed=seed)).notes)
             for seed in range(5)}
    assert len(lines) == 5


@pytest.mark.parametrize("bars", [(1, 2), (5, 9), (16, 16), (1, 16)])
def test_splice_changes_those_bars_only(writer: MelodyWriter, bars: tuple[int, int]) -> None:
    asked = request_for()
    kept = writer.write(asked)
    start, end = asked.tempo_map.bars[bars[0] - 1].start_q, asked.tempo_map.bars[bars[1] - 1].end_q
    again = writer.write(dataclasses.replace(asked, seed=77, keep=kept, bars=bars))
    inside = [note for note in again.notes if start <= note.onset_q < end]
    assert [n for n in again.notes if n not in inside] == [n for n in kept.notes if not start <= n.onset_q < end]
    assert [note.onset_q for note in again.notes] == [spot.onset_q for spot in asked.spots.spots]
    if bars != (16, 16):
        assert [n.pitch for n in inside] != [n.pitch for n in kept.notes if start <= n.onset_q < end]


def test_splice_keeps_edited_notes_and_follows_new_spots(writer: MelodyWriter) -> None:
    asked = request_for()
    kept = writer.write(asked)
    low = dataclasses.replace(kept.notes[0], pitch=31, velocity=3)
    edited = dataclasses.replace(kept, notes=(low, *kept.notes[1:]))
    inside = [s for s in asked.spots.spots if 16 <= s.onset_q < 20]
    new = RhythmSpot(inside[-1].onset_q + inside[-1].duration_q / 2, inside[-1].duration_q / 2, "fill")
    spots = RhythmSpots(tuple(sorted([*asked.spots.spots, new], key=lambda s: s.onset_q)), asked.spots.sections)
    again = writer.write(dataclasses.replace(asked, spots=spots, seed=9, keep=edited, bars=(5, 5)))
    assert again.notes[0] == edited.notes[0]
    assert new.onset_q in {note.onset_q for note in again.notes}


def test_few_spots_and_odd_places(writer: MelodyWriter) -> None:
    placed = tempo_map("4/4", 3)
    for places in ((Fraction(0),), (Fraction(7, 3),), (Fraction(1, 3), Fraction(22, 7), Fraction(8))):
        spots = RhythmSpots(tuple(RhythmSpot(place, Fraction(1, 5), "hit", 3) for place in places), sections(3))
        melody = writer.write(MelodyRequest(spots, placed, brief("Calm"), 1))
        assert [note.onset_q for note in melody.notes] == list(places)


def test_refusals(writer: MelodyWriter) -> None:
    asked = request_for()
    with pytest.raises(CompositionError, match="no rhythm spot"):
        writer.write(dataclasses.replace(asked, spots=RhythmSpots((), ())))
    with pytest.raises(OptionError, match="bars 9-40"):
        writer.write(dataclasses.replace(asked, keep=writer.write(asked), bars=(9, 40)))
    with pytest.raises(OptionError, match="Compose the cue first"):
        writer.write(dataclasses.replace(asked, bars=(1, 2)))

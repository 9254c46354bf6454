"""One voice from posteriors that are written by hand: what is cut, joined, chosen and trusted."""
from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from backend.domain.spotting import RhythmSpot, RhythmSpots
from backend.domain.tempo import Meter, TempoMap, TempoPoint
from backend.models.transcribe_posteriors import FRAME_S, LOWEST, PITCHES, Posteriors
from backend.models.transcribe_quarters import LENGTH_Q, TRUST_FROM, transcribe_freely, transcribe_spots
from backend.models.transcribe_voice import free_voice, voice_on_spots

Drawn = tuple[float, float, int, float, float]
"""Start and end in seconds, pitch, posterior, onset posterior."""


def posteriors(*notes: Drawn, length_s: float = 4.0) -> Posteriors:
    note = np.full((round(length_s / FRAME_S), PITCHES), 0.02, np.float32)
    onset = np.full_like(note, 0.02)
    for start, end, pitch, level, begins in notes:
        first = round(start / FRAME_S)
        note[first:round(end / FRAME_S), pitch - LOWEST] = level
        onset[first:first + 2, pitch - LOWEST] = begins
    return Posteriors(note, onset)


def heard(found: list) -> list[tuple[int, float]]:  # type: ignore[type-arg]
    return [(one.pitch, round(one.start_s, 1)) for one in found]


def test_free_finds_pitches_rests_and_repeats() -> None:
    found = free_voice(posteriors((0.5, 1.0, 60, 0.9, 0.9), (1.0, 1.5, 64, 0.9, 0.9), (2.0, 2.5, 64, 0.9, 0.9),
                                  (2.5, 3.0, 64, 0.9, 0.9)))
    assert heard(found) == [(60, 0.5), (64, 1.0), (64, 2.0), (64, 2.5)]
    assert [round(one.end_s, 1) for one in found] == [1.0, 1.5, 2.5, 3.0]
    assert all(0.75 < one.confidence < 0.82 for one in found)


def test_free_does_not_cut_at_a_wavering_onset_curve() -> None:
    one = posteriors((0.5, 2.0, 60, 0.9, 0.9))
    one.onset[100:140:8, 60 - LOWEST] = 0.4
    assert heard(free_voice(one)) == [(60, 0.5)]


def test_free_leaves_out_slips_and_what_no_melody_sings() -> None:
    assert heard(free_voice(posteriors((0.5, 1.5, 60, 0.8, 0.8), (1.0, 1.03, 72, 0.85, 0.5)))) == [(60, 0.5)]
    assert free_voice(posteriors((0.5, 1.5, 30, 0.9, 0.9), (2.0, 3.0, 106, 0.9, 0.9))) == []


def test_on_spots_onsets_are_the_spots_and_silence_holds_on() -> None:
    found = voice_on_spots(posteriors((0.52, 1.0, 60, 0.9, 0.9)), [(0.5, 1.0), (1.0, 1.5)])
    assert [(one.pitch, one.start_s) for one in found] == [(60, 0.5), (60, 1.0)]
    assert found[0].confidence > 0.6 and found[1].confidence == 0


def test_in_a_mix_the_melody_lies_on_top_in_a_solo_it_is_the_surest() -> None:
    solo = [(0.5, 1.0, 60, 0.9, 0.9), (0.5, 1.0, 67, 0.75, 0.75)]
    chord = [(0.5, 1.0, pitch, 0.5, 0.3) for pitch in (48, 52, 79)]
    assert [one.pitch for one in voice_on_spots(posteriors(*solo), [(0.5, 1.0)])] == [60]
    assert [one.pitch for one in voice_on_spots(posteriors(*solo, *chord), [(0.5, 1.0)])] == [67]


def test_a_note_that_began_elsewhere_is_doubtful() -> None:
    late = posteriors((0.7, 1.5, 60, 0.9, 0.9), length_s=2)
    sure = posteriors((0.5, 1.5, 60, 0.9, 0.9), length_s=2)
    assert voice_on_spots(late, [(0.5, 1.5)])[0].confidence < 0.05
    assert voice_on_spots(sure, [(0.5, 1.5)])[0].confidence == pytest.approx(0.81, abs=0.02)


def placed(end: int = 8) -> TempoMap:
    return TempoMap((TempoPoint(Fraction(0), 500_000),), (Meter(1, 4),), 2, Fraction(end))


def spots(*onsets: str) -> RhythmSpots:
    return RhythmSpots(tuple(RhythmSpot(Fraction(on), Fraction(1, 3), "fill") for on in onsets), (), "test")


def test_notes_in_quarters_are_exact_and_no_longer_than_the_spot() -> None:
    found = transcribe_spots(posteriors((1 / 6, 0.5, 60, 0.9, 0.9), (1.0, 1.1, 65, 0.9, 0.9)), placed(),
                             spots("1/3", "2"), "test")
    assert [(n.onset_q, n.duration_q, n.pitch) for n in found.notes] == [
        (Fraction(1, 3), Fraction(1, 3), 60), (2, 2 * LENGTH_Q, 65)]
    assert len(found.heard) == 2 and found.trusted and "clearly" in found.verdict and found.made_by == "test"
    assert found.confidence > TRUST_FROM


def test_freely_goes_to_sixteenths_inside_the_cue() -> None:
    found = transcribe_freely(posteriors((0.51, 1.0, 60, 0.9, 0.9), (1.0, 1.115, 62, 0.9, 0.9),
                                         (3.0, 3.5, 64, 0.9, 0.9)), placed(5), "test")
    assert [(n.onset_q, n.duration_q, n.pitch) for n in found.notes] == [
        (1, 1, 60), (2, Fraction(1, 4), 62)]


def test_silence_and_sound_that_misses_the_spots_are_not_trusted() -> None:
    silent = transcribe_spots(Posteriors(np.zeros((40, PITCHES), np.float32), np.zeros((40, PITCHES), np.float32)),
                              placed(), spots("0", "1"), "test")
    assert (silent.notes, silent.confidence, silent.trusted) == ((), 0.0, False)
    assert silent.verdict == "No melody is heard in the recording."
    missed = transcribe_spots(posteriors((0.75, 1.4, 60, 0.9, 0.9), (1.75, 2.4, 62, 0.9, 0.9)), placed(),
                              spots("1", "2", "3", "4"), "test")
    assert not missed.trusted and "4 of 4 notes are doubtful" in missed.verdict and "\n" not in missed.verdict
    assert [note.onset_q for note in missed.notes] == [1, 2, 3, 4]

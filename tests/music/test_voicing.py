from __future__ import annotations

import random
from pathlib import Path

import pytest

from backend.music.theory import chord_pcs
from backend.music.voicing import (
    LOW_INTERVAL_LIMITS,
    VOICE_RANGES,
    Voicing,
    VoicingSlot,
    count_parallels,
    fold_soprano,
    voice,
)

CADENCE = [VoicingSlot(0, "M", 67), VoicingSlot(5, "M", 69), VoicingSlot(7, "M", 71), VoicingSlot(0, "M", 72)]


def _progression(seed: int, length: int = 40) -> list[VoicingSlot]:
    rng = random.Random(seed)
    chords = [(0, "M"), (9, "m"), (5, "M"), (7, "M"), (2, "m"), (4, "m")]
    out = []
    soprano = 67
    for _ in range(length):
        root, quality = rng.choice(chords)
        tones = [p for p in range(60, 80) if p % 12 in chord_pcs(root, quality)]
        soprano = min(tones, key=lambda p: (abs(p - soprano - rng.choice((-3, -1, 1, 3))), p))
        out.append(VoicingSlot(root, quality, soprano))
    return out


def test_cadence_is_complete_in_range_and_without_parallels() -> None:
    voicings = voice(CADENCE, 0, "major")
    assert count_parallels(voicings) == 0
    for slot, voicing in zip(CADENCE, voicings, strict=True):
        assert voicing.soprano == slot.soprano
        assert {p % 12 for p in voicing.pitches} == set(chord_pcs(slot.root_pc, slot.quality))
        assert voicing.bass % 12 == slot.root_pc


@pytest.mark.parametrize("seed", range(6))
def test_wandering_progressions_have_no_parallels_and_stay_in_range(seed: int) -> None:
    voicings = voice(_progression(seed), 0, "major")
    assert count_parallels(voicings) == 0
    for voicing in voicings:
        for name, pitch in zip("ATB", voicing.pitches[1:], strict=True):
            assert VOICE_RANGES[name][0] <= pitch <= VOICE_RANGES[name][1]
        assert voicing.bass <= voicing.tenor <= voicing.alto <= voicing.soprano


def test_inner_voices_move_little() -> None:
    voicings = voice(_progression(9, 60), 0, "major")
    steps = [abs(a.alto - b.alto) + abs(a.tenor - b.tenor) for a, b in zip(voicings, voicings[1:], strict=False)]
    assert sum(steps) / len(steps) / 2 < 2.5


def test_leading_tone_rises_in_the_soprano_free_voices() -> None:
    voicings = voice(CADENCE, 0, "major")
    doubled = [p for p in voicings[2].pitches if p % 12 == 11]
    assert len(doubled) == 1


def test_counting_parallels_sees_octaves_and_fifths() -> None:
    octaves = (Voicing(72, 64, 55, 48), Voicing(74, 65, 57, 50))
    assert count_parallels(octaves) == 2
    assert count_parallels((Voicing(72, 67, 64, 48), Voicing(72, 69, 65, 53))) == 0


def test_soprano_folds_into_its_octaves() -> None:
    assert [fold_soprano(p) for p in (43, 60, 81, 82, 100)] == [67, 60, 81, 70, 76]


def test_low_intervals_need_more_room_the_closer_they_are() -> None:
    assert LOW_INTERVAL_LIMITS[1] > LOW_INTERVAL_LIMITS[4] > LOW_INTERVAL_LIMITS[7]


def test_nothing_to_voice_is_no_voicing() -> None:
    assert voice([], 0, "major") == ()


def test_chorale_melodies_have_no_parallels(shared_data: Path) -> None:
    """Soprano lines of Bach chorales in music21, harmonised by root position triads of their own key."""
    from benchmarks.arrangement import chorale_slots

    total = 0
    for slots, tonic_pc, mode in chorale_slots(3):
        total += count_parallels(voice(slots, tonic_pc, mode))
    assert total == 0

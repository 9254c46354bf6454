"""What is written in the session is found in the sound: onsets, levels, pan, envelopes, sends, dynamics."""
from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from backend.domain.session import EnvelopePoint, MidiControl, MidiProgram, Send, TempoMarker, Track
from tests.audio.conftest import Render, part, session_of

RATE = 48_000
PROGRAMS = {"piano": 0, "harpsichord": 6, "celesta": 8, "glockenspiel": 9, "marimba": 12, "bells": 14, "guitar": 24,
            "bass": 32, "cello": 42, "contrabass": 43, "pizzicato": 45, "harp": 46, "timpani": 47, "strings": 48,
            "voice": 53, "tuba": 58, "brass": 61, "english_horn": 69, "bassoon": 70, "clarinet": 71, "piccolo": 72,
            "recorder": 74, "ocarina": 79, "koto": 107, "steel_drum": 114, "taiko": 116, "tom": 117, "oboe": 68}


def _rise_s(sound: np.ndarray, start_s: float, period_s: float) -> float:
    """When the magnitude (largest within one period) first passes half of what it reaches in the next 0.12 s."""
    first = round((start_s - 0.3) * RATE)
    magnitude = np.abs(sound[:, first:round((start_s + 0.12) * RATE)]).max(axis=0)
    width = round(period_s * RATE)
    held = np.lib.stride_tricks.sliding_window_view(np.pad(magnitude, (width // 2, width - width // 2 - 1)), width)
    largest = held.max(axis=1)
    return float((first + np.argmax(largest >= largest.max() / 2)) / RATE)


def _level_db(sound: np.ndarray, start_s: float, end_s: float) -> float:
    piece = sound[:, round(start_s * RATE):round(end_s * RATE)].astype(float)
    return float(10 * np.log10((piece ** 2).mean() + 1e-20))


@pytest.mark.parametrize("name", sorted(PROGRAMS))
def test_half_rise_lies_on_the_tick(render: Render, name: str) -> None:
    _, sounds = render(session_of(part("p", [(960, 960, 67, 100)], program=PROGRAMS[name]), length_s=1.0))
    assert _rise_s(sounds["mix"], 0.5, 1 / 392) == pytest.approx(0.5, abs=0.005)


@pytest.mark.parametrize("pitch", [36, 38, 41, 49, 56])
def test_drums_lie_on_the_tick(render: Render, pitch: int) -> None:
    _, sounds = render(session_of(part("d", [(1920, 480, pitch, 110)], drum_kit=True), length_s=2.0))
    assert _rise_s(sounds["mix"], 1.0, 0.004) == pytest.approx(1.0, abs=0.005)


def test_attacks_are_reported_and_slow_pads_are_capped(render: Render) -> None:
    tracks = (part("brass", [(960, 960, 60, 90)], program=61), part("swell", [(960, 1920, 60, 90)], program=119),
              part("empty", []))
    report, _ = render(session_of(*tracks))
    assert 10 < report.attack_ms["brass"] < 60
    assert report.attack_ms["swell"] == 250.0
    assert set(report.attack_ms) == {"brass", "swell"}


def test_onsets_follow_the_tempo_map(render: Render) -> None:
    tempo = (TempoMarker(0, 500_000, 4, 4), TempoMarker(960, 750_000))
    track = part("p", [(1920, 480, 67, 100)], program=12)
    _, sounds = render(session_of(track, tempo=tempo))
    assert _rise_s(sounds["mix"], 1.25, 1 / 392) == pytest.approx(1.25, abs=0.005)


def test_a_note_at_the_start_is_not_lost(render: Render) -> None:
    _, sounds = render(session_of(part("p", [(0, 1920, 60, 100)], program=61)))
    assert _level_db(sounds["mix"], 0.0, 0.1) > -60


def test_fader_and_pan(render: Render) -> None:
    note = [(0, 1920, 60, 100)]
    _, plain = render(session_of(part("p", note)))
    _, moved = render(session_of(part("p", note, gain_db=-12.0, pan=0.5, width=0.0)))
    assert _level_db(moved["mix"], 0, 1) - _level_db(plain["mix"], 0, 1) == pytest.approx(-12.0, abs=0.5)
    left, right = (float((moved["mix"][channel].astype(float) ** 2).sum()) for channel in range(2))
    assert 10 * np.log10(right / left) == pytest.approx(20 * np.log10(np.tan(3 * np.pi / 8)), abs=0.05)


def test_volume_envelope_is_heard_in_decibels(render: Render) -> None:
    plain = part("p", [(0, 5000, 60, 100)], program=19)
    points = (EnvelopePoint(0, 0.0), EnvelopePoint(1728, 0.0), EnvelopePoint(1920, -18.0), EnvelopePoint(3840, -18.0))
    _, loud = render(session_of(plain))
    _, shaped = render(session_of(dataclasses.replace(plain, volume_envelope=points)))
    difference = [_level_db(shaped["mix"], t, t + 0.4) - _level_db(loud["mix"], t, t + 0.4) for t in (0.2, 1.1, 2.0)]
    assert difference == pytest.approx([0.0, -18.0, -18.0], abs=0.2)


def test_modulation_and_expression_make_swells(render: Render) -> None:
    swell = tuple(MidiControl(tick, 1, 20 + tick // 40) for tick in range(0, 4000, 240))
    _, sounds = render(session_of(part("p", [(0, 5000, 60, 100)], program=19, controls=swell)))
    rise = _level_db(sounds["mix"], 1.8, 2.0) - _level_db(sounds["mix"], 0.2, 0.4)
    expected = 20 * np.log10((20 + 1920 * 1.9 / 40) / (20 + 1920 * 0.3 / 40))
    assert rise == pytest.approx(expected, abs=1.0)
    steady = (MidiControl(0, 11, 64),)
    _, trimmed = render(session_of(part("p", [(0, 5000, 60, 100)], program=19, controls=steady)))
    _, full = render(session_of(part("p", [(0, 5000, 60, 100)], program=19)))
    assert _level_db(trimmed["mix"], 1, 2) - _level_db(full["mix"], 1, 2) == pytest.approx(
        40 * np.log10(64 / 127), abs=0.3)


def test_velocity_follows_the_square_law(render: Render) -> None:
    levels = []
    for velocity in (60, 124):
        _, sounds = render(session_of(part("p", [(0, 1920, 60, velocity)], program=19)))
        levels.append(_level_db(sounds["mix"], 0.2, 0.8))
    assert levels[1] - levels[0] == pytest.approx(40 * np.log10(124 / 60), abs=0.3)


def test_send_level_is_heard_in_the_tail(render: Render) -> None:
    def family(send_db: float) -> tuple[Track, ...]:
        return (Track("strings", "folder", "S"), Track("strings.reverb", "reverb", "R", parent="strings"),
                part("p", [(0, 240, 60, 110)], "strings", program=12, sends=(Send("strings.reverb", send_db),)))

    _, dry = render(session_of(*family(-200.0)))
    _, soft = render(session_of(*family(-18.0)))
    _, loud = render(session_of(*family(-6.0)))
    assert _level_db(loud["mix"], 1.5, 2.0) - _level_db(soft["mix"], 1.5, 2.0) == pytest.approx(12.0, abs=0.3)
    assert _level_db(soft["mix"], 1.5, 2.0) > _level_db(dry["mix"], 1.5, 2.0) + 20


def test_send_is_after_the_fader(render: Render) -> None:
    def family(gain_db: float) -> tuple[Track, ...]:
        sends = (Send("brass.reverb", -6.0),)
        return (Track("brass", "folder", "B"), Track("brass.reverb", "reverb", "R", parent="brass"),
                part("p", [(0, 240, 60, 110)], "brass", program=12, gain_db=gain_db, sends=sends))

    _, full = render(session_of(*family(0.0)))
    _, low = render(session_of(*family(-12.0)))
    assert _level_db(low["mix"], 1.5, 2.0) - _level_db(full["mix"], 1.5, 2.0) == pytest.approx(-12.0, abs=0.1)


def test_folder_fader_reaches_the_dry_and_the_wet(render: Render) -> None:
    def family(gain_db: float) -> tuple[Track, ...]:
        return (Track("brass", "folder", "B", gain_db=gain_db), Track("brass.reverb", "reverb", "R", parent="brass"),
                part("p", [(0, 240, 60, 110)], "brass", program=12, sends=(Send("brass.reverb", -6.0),)))

    _, full = render(session_of(*family(0.0)))
    _, low = render(session_of(*family(-10.0)))
    for start, end in ((0.0, 0.1), (1.5, 2.0)):
        difference = _level_db(low["mix"], start, end) - _level_db(full["mix"], start, end)
        assert difference == pytest.approx(-10.0, abs=0.1)


def test_stems_are_families_and_muted_parts_are_gone(render: Render) -> None:
    note = [(0, 960, 60, 100)]
    tracks = (Track("strings", "folder", "S"), part("v", note, "strings", program=48),
              Track("brass", "folder", "B", muted=True), part("h", note, "brass", program=60),
              Track("keys", "folder", "K"), part("k", note, "keys"), part("silent", note, "keys", muted=True),
              dataclasses.replace(part("spots", note), kind="spots"))
    report, sounds = render(session_of(*tracks))
    assert [stem.family for stem in report.stems] == ["strings", "keys"]
    assert np.abs(sounds["mix"] - sounds["strings"] - sounds["keys"]).max() < 1e-5


def test_program_changes_switch_the_sound_on_their_note(render: Render) -> None:
    notes = [(0, 900, 60, 100), (960, 900, 60, 100)]
    _, changed = render(session_of(part("p", notes, program=19, programs=(MidiProgram(960, 12),))))
    _, organ = render(session_of(part("p", notes[:1], program=19)))
    assert _level_db(changed["mix"], 0.1, 0.4) == pytest.approx(_level_db(organ["mix"], 0.1, 0.4), abs=0.05)
    assert _level_db(changed["mix"], 0.85, 0.95) < _level_db(changed["mix"], 0.5, 0.55) - 10


def test_the_pedal_holds_notes(render: Render) -> None:
    pedal = (MidiControl(0, 64, 127), MidiControl(2880, 64, 0))
    _, held = render(session_of(part("p", [(0, 240, 60, 100)], program=19, controls=pedal)))
    assert _level_db(held["mix"], 1.0, 1.4) == pytest.approx(_level_db(held["mix"], 0.3, 0.5), abs=1.5)
    assert _level_db(held["mix"], 2.2, 2.5) < -80


def test_a_hall_shared_by_families_is_a_stem_of_its_own(render: Render) -> None:
    sends = (Send("hall", -6.0),)
    tracks = (Track("brass", "folder", "B"), part("h", [(0, 240, 60, 110)], "brass", program=12, sends=sends),
              Track("keys", "folder", "K"), part("k", [(960, 240, 67, 110)], "keys", sends=sends),
              Track("hall", "reverb", "Hall"))
    report, sounds = render(session_of(*tracks))
    assert [stem.family for stem in report.stems] == ["brass", "keys", "hall"]
    assert _level_db(sounds["hall"], 1.5, 2.0) > _level_db(sounds["brass"], 1.5, 2.0) + 10
    assert np.abs(sounds["mix"] - sounds["brass"] - sounds["keys"] - sounds["hall"]).max() < 1e-5

from __future__ import annotations

import statistics
from dataclasses import replace
from fractions import Fraction

import pytest

from backend.domain.score import Note
from backend.music.breath import breathe
from backend.music.expression import articulate, controls, part_rng, timing, velocities
from backend.music.instruments import instruments
from backend.music.layers.canvas import Canvas
from backend.music.levels import LevelCurve
from backend.music.orchestrate import paint
from backend.music.spacing import lower_ground, open_spacing
from tests.agents.sample_cue import EXPERTS, request, tempo_map


@pytest.fixture(scope="module")
def canvas() -> Canvas:
    asked = request("Sad")
    plan = EXPERTS.analyzer.analyze(asked)
    return paint(asked, plan, EXPERTS.arranger.arrange(asked, plan))


def _flat(canvas: Canvas, level: float) -> Canvas:
    return replace(canvas, curve=LevelCurve((0.0, 100.0), (level, level)), anchors=())


def _line(count: int, length_q: Fraction = Fraction(1), gap_q: Fraction = Fraction(0)) -> tuple[Note, ...]:
    return tuple(Note(i * (length_q + gap_q), length_q, 60 + i % 5, 64) for i in range(count))


def test_velocity_grows_with_the_level(canvas: Canvas) -> None:
    rng = part_rng
    means = [statistics.mean(n.velocity for n in velocities(_line(40), _flat(canvas, level), "pad", rng(1, "pad")))
             for level in (0.1, 0.4, 0.7, 1.0)]
    assert means == sorted(means)
    assert means[-1] - means[0] > 60


def test_first_beat_is_stronger_than_the_offbeats(canvas: Canvas) -> None:
    notes = velocities(_line(80, Fraction(1, 2)), _flat(canvas, 0.5), "ostinato", part_rng(1, "x"))
    downbeats = [n.velocity for n in notes if n.onset_q % 4 == 0]
    offbeats = [n.velocity for n in notes if n.onset_q % 1 == Fraction(1, 2)]
    assert statistics.mean(downbeats) > statistics.mean(offbeats) + 5


def test_timing_spread_and_memory(canvas: Canvas) -> None:
    offsets = timing(_line(400, Fraction(1, 4)), replace(canvas, anchors=()), "melody", part_rng(2, "melody"))
    assert 5 < statistics.pstdev(offsets) < 11
    pairs = list(zip(offsets, offsets[1:], strict=False))
    mean = statistics.mean(offsets)
    memory = sum((a - mean) * (b - mean) for a, b in pairs) / sum((a - mean) ** 2 for a in offsets)
    assert 0.4 < memory < 0.8


def test_chord_tones_move_together(canvas: Canvas) -> None:
    chord = tuple(Note(Fraction(q), Fraction(1), p) for q in range(6) for p in (60, 64, 67))
    offsets = timing(chord, canvas, "pad", part_rng(1, "pad"))
    assert all(len(set(offsets[i:i + 3])) == 1 for i in range(0, 18, 3))
    assert offsets[0] >= 0


def test_dynamics_controller_follows_the_level(canvas: Canvas) -> None:
    rising = replace(canvas, curve=LevelCurve((0.0, 16.0), (0.1, 0.9)), anchors=())
    found = controls(_line(16), instruments()["violins1"], rising, "pad")
    dynamic = [control.value for control in found if control.number == 1]
    assert dynamic == sorted(dynamic) and dynamic[0] <= 32 and dynamic[-1] >= 105


def test_struck_instruments_get_no_controllers(canvas: Canvas) -> None:
    assert controls(_line(8), instruments()["piano"], canvas, "pad") == ()
    assert controls((), instruments()["violins1"], canvas, "pad") == ()


def test_long_notes_are_long_and_fast_ones_short(canvas: Canvas) -> None:
    line = _line(16, Fraction(1, 4), Fraction(1, 4))
    quick = articulate(line, instruments()["violins1"], _flat(canvas, 0.6), "ostinato")
    assert {note.articulation for note in quick} == {"spiccato"}
    held = articulate(_line(4, Fraction(4)), instruments()["horns_a4"], _flat(canvas, 0.5), "pad")
    assert {note.articulation for note in held} == {"long"}


def test_soft_sad_strings_are_muted(canvas: Canvas) -> None:
    held = articulate(_line(4, Fraction(4)), instruments()["violas"], _flat(canvas, 0.15), "pad")
    assert {note.articulation for note in held} == {"con_sord"}


def test_only_articulations_the_instrument_offers(canvas: Canvas) -> None:
    for name in ("piano", "harp", "taiko_ensemble", "flute", "pad_warm"):
        offered = {"", *instruments()[name].articulations}
        notes = articulate(_line(12, Fraction(1, 2)), instruments()[name], canvas, "melody")
        assert {note.articulation for note in notes} <= offered


def test_wind_players_breathe_within_their_limit() -> None:
    beats = tempo_map(60, (4, 4))
    flute = instruments()["flute"]
    played = breathe(_line(80), flute, beats)
    assert [note.onset_q for note in played] == [note.onset_q for note in _line(80)]
    since = beats.time_s(played[0].onset_q)
    for before, after in zip(played, played[1:], strict=False):
        if beats.time_s(after.onset_q) - beats.time_s(before.end_q) >= Fraction(1, 4):
            since = beats.time_s(after.onset_q)
        assert flute.breath_limit_s is not None
        assert beats.time_s(after.end_q) - since <= flute.breath_limit_s


def test_endless_note_is_struck_again_and_strings_hold_on() -> None:
    beats = tempo_map(60, (4, 4))
    note = (Note(Fraction(0), Fraction(60), 67),)
    assert len(breathe(note, instruments()["flute"], beats)) >= 4
    assert breathe(note, instruments()["violins1"], beats) == note


def test_spacing_lifts_what_is_close_above_a_low_note() -> None:
    low = (Note(Fraction(0), Fraction(4), 36),)
    close = (Note(Fraction(0), Fraction(4), 40),)
    assert [n.pitch for n in open_spacing(close, instruments()["cellos"], {"bass": low}, True)] == [52]
    later = (Note(Fraction(4), Fraction(4), 40),)
    assert open_spacing(later, instruments()["cellos"], {"bass": low}, True) == later


def test_bass_gives_way_to_a_low_melody() -> None:
    melody = (Note(Fraction(0), Fraction(4), 48),)
    line = (Note(Fraction(0), Fraction(4), 45), Note(Fraction(4), Fraction(4), 45))
    assert [n.pitch for n in lower_ground(line, instruments()["basses"], melody)] == [33, 45]

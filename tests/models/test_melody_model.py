"""What the melody model may and may not write, whatever its weights."""
from __future__ import annotations

import dataclasses

import numpy as np

from backend.models.melody import Frame, Sampling
from backend.models.melody_events import CHORDS, HOME, NO_CHORD, PITCHES, Events, events_of
from tests.models.melody_model import made_up_model
from tests.music.rhythms import rhythm, tempo_map

MODEL = made_up_model()
FREE, WILD = Frame(), Sampling(temperature=1.5, top_p=1.0)
SEEDS = tuple(range(6))


def some_events(metre: str = "7/8", bars: int = 8) -> Events:
    placed = tempo_map(metre, bars)
    return events_of(rhythm(placed, 4), placed)


def test_a_line_depends_on_its_seed_and_on_nothing_beside_it() -> None:
    events = some_events()
    together = MODEL.write(events, {}, WILD, FREE, SEEDS)
    for row, seed in enumerate(SEEDS):
        assert np.array_equal(MODEL.write(events, {}, WILD, FREE, (seed,))[0], together[row])
    assert len({tuple(line) for line in together.tolist()}) == len(SEEDS)


def test_range_scale_last_note_and_given_tokens_hold() -> None:
    events = some_events("mixed", 14)
    notes = np.flatnonzero(events.spot >= 0)
    given = {int(notes[3]): 44, 0: 7}
    frame = Frame(low=15, high=33, last=(0, 4, 7), fixed=given)
    sampling = Sampling(temperature=2.0, top_p=1.0, scale=60.0, mode_pcs=(0, 2, 4, 5, 7, 9, 11))
    fixed_chords = dict.fromkeys(np.flatnonzero(events.spot < 0).tolist(), NO_CHORD)
    lines = MODEL.write(events, {}, sampling, dataclasses.replace(frame, fixed={**fixed_chords, **given}), SEEDS)
    free = np.delete(lines[:, notes], 3, axis=1)
    assert free.min() >= 15 and free.max() <= 33
    assert set(((free - HOME) % 12)[:, 4:].ravel().tolist()) <= {0, 2, 4, 5, 7, 9, 11}
    assert set(((lines[:, notes[-1]] - HOME) % 12).tolist()) <= {0, 4, 7}
    assert (lines[:, notes[3]] == 44).all() and (lines[:, 0] == 7).all()


def test_chords_are_chords_and_pitches_are_pitches() -> None:
    events = some_events()
    lines = MODEL.write(events, {}, WILD, FREE, SEEDS)
    assert lines[:, events.spot < 0].max() < CHORDS and lines[:, events.spot >= 0].max() < PITCHES
    assert lines.min() >= 0


def test_copy_bias_brings_bars_back_and_its_opposite_keeps_them_away() -> None:
    events = some_events("4/4", 16)
    back = events.look_back
    recalls = np.flatnonzero((back >= 0) & (events.spot >= 0))

    def share(bias: float) -> float:
        lines = MODEL.write(events, {}, dataclasses.replace(WILD, copy_bias=bias), FREE, SEEDS)
        return float((lines[:, recalls] == lines[:, back[recalls]]).mean())

    assert share(-16) < 0.02 < share(0) < 0.3 < 0.9 < share(16)


def test_repeats_and_wide_steps_can_be_made_rare() -> None:
    events = some_events("4/4", 16)
    notes = events.spot >= 0

    def steps(**wish: float) -> np.ndarray:
        return np.abs(np.diff(MODEL.write(events, {}, dataclasses.replace(WILD, **wish), FREE, SEEDS)[:, notes]))

    assert (steps(repeat=20.0) == 0).mean() < 0.25 * (steps() == 0).mean()
    assert steps(step=1.0).mean() < 0.5 * steps().mean()


def test_tones_of_the_chord_on_strong_beats() -> None:
    events = some_events("4/4", 16)
    tonic = dict.fromkeys(np.flatnonzero(events.spot < 0).tolist(), 0)
    strong = np.flatnonzero((events.spot >= 0) & (events.classes["metric"] >= 3))
    lines = MODEL.write(events, {}, dataclasses.replace(WILD, strong=20.0), Frame(fixed=tonic), SEEDS)
    assert set(((lines[:, strong] - HOME) % 12).ravel().tolist()) <= {0, 4, 7}


def test_what_is_said_changes_what_is_written() -> None:
    events = some_events()
    said = MODEL.write(events, {"mode": 1, "leaps": 5}, WILD, FREE, SEEDS)
    assert not np.array_equal(said, MODEL.write(events, {}, WILD, FREE, SEEDS))


def test_a_line_that_the_model_writes_coldly_is_likelier_than_a_random_one() -> None:
    events = some_events()
    cold = MODEL.write(events, {}, Sampling(temperature=0.3), FREE, SEEDS)
    rng = np.random.default_rng(1)
    wild = np.where(events.spot >= 0, rng.integers(0, PITCHES, cold.shape), NO_CHORD)
    assert MODEL.score(events, {}, cold).min() > MODEL.score(events, {}, wild).max()

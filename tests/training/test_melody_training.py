"""The melody model as it is trained: the same numbers as at run time, no look ahead, learning, shipping."""
from __future__ import annotations

from dataclasses import replace
from fractions import Fraction as F
from pathlib import Path

import numpy as np
import pytest
import torch

from backend.models.melody import MelodyTransformer
from backend.models.melody_events import CHORDS, NOTE
from backend.models.weights import read_weights
from backend.training.melody import MelodyNet, MelodySize, MelodyTask, row, stack, varied
from backend.training.melody_material import MelodyPiece, Window, cut_window
from backend.training.melody_run import run_time, table
from backend.training.melody_scores import Known
from backend.training.musicxml_pieces import WrittenBar
from backend.training.ship import ship
from backend.training.trainer import TrainConfig, train

SIZE = MelodySize(width=32, heads=2, layers=2, dropout=0.1)


def windows(count: int, seed: int = 1) -> list[Window]:
    """Tunes that walk a scale up and down from a random tonic: easy to learn."""
    rng = np.random.default_rng(seed)
    made = []
    for number in range(count):
        tonic, bars = int(rng.integers(55, 67)), 8
        walk = [0, 2, 4, 5, 7, 5, 4, 2] * bars
        melody = tuple((F(i, 2), F(1, 2), tonic + step) for i, step in enumerate(walk))
        piece = MelodyPiece(f"tune {number}", "lieder", "train", tuple(WrittenBar(F(4 * b), F(4), 4, 4)
                                                                        for b in range(bars)), melody,
                            np.zeros((0, 3)), (), 90.0)
        window = cut_window(piece, 0, int(rng.integers(4, 9)), 0.0, rng)
        assert window is not None
        made.append(window)
    return made


def network(seed: int = 1) -> MelodyNet:
    torch.manual_seed(seed)
    net = MelodyNet(SIZE).eval()
    with torch.no_grad():
        for value in net.parameters():
            value.add_(0.1 * torch.randn(value.shape))
    return net


def test_run_time_gives_the_numbers_of_training(tmp_path: Path) -> None:
    net = network()
    ship(net.float(), {"heads": SIZE.heads}, tmp_path / "m.safetensors")
    model = MelodyTransformer(read_weights(tmp_path / "m.safetensors"))
    net.load_state_dict({name: value.half().float() for name, value in net.state_dict().items()})
    window = windows(1)[0]
    with torch.no_grad():
        pitch, _ = net(stack([row(window, window.tokens, window.controls)]))
    chances = pitch[0].log_softmax(-1).numpy()
    notes = window.events.classes["kind"] == NOTE
    expected = chances[np.flatnonzero(notes), window.tokens[notes]].mean()
    assert model.score(window.events, window.controls, window.tokens[None])[0] == pytest.approx(expected, abs=1e-4)


def test_no_note_sees_itself_or_what_comes() -> None:
    net, window = network(), windows(1)[0]
    other = window.tokens.copy()
    at = int(np.flatnonzero(window.events.classes["kind"] == NOTE)[20])
    other[at:] = np.where(window.events.classes["kind"][at:] == NOTE, 3, 5)
    with torch.no_grad():
        one, two = (net(stack([row(window, tokens, window.controls)]))[0][0] for tokens in (window.tokens, other))
    assert torch.equal(one[:at + 1], two[:at + 1])
    assert not torch.allclose(one[at + 1:], two[at + 1:], atol=1e-3)


def test_padding_changes_nothing() -> None:
    net = network()
    short, long = sorted(windows(12), key=lambda w: w.events.count)[::11]
    assert short.events.count < long.events.count
    rows = [row(w, w.tokens, w.controls) for w in (short, long)]
    with torch.no_grad():
        alone, beside = net(stack(rows[:1]))[0][0], net(stack(rows))[0][0]
    torch.testing.assert_close(alone, beside[:short.events.count], atol=1e-5, rtol=1e-4)


def test_it_learns_the_tunes_and_the_table_tells(tmp_path: Path) -> None:
    torch.manual_seed(0)
    task = MelodyTask(windows(24), windows(4, seed=9), SIZE, batch=4)
    losses: list[float] = []
    config = TrainConfig(steps=60, learning_rate=5e-3, warmup_steps=5, validate_every=20, averaging=0.8)
    trained = train(task, config, tmp_path, lambda news: losses.append(news.figures["loss"]))
    assert losses[-1] < 0.5 * losses[0] and losses[-1] < 1.2
    found = table(run_time(trained, SIZE), windows(4, seed=11), Known(frozenset(), frozenset()))
    assert found["onsets exact"] == 1.0
    assert found["log loss"] < 0.5 * found["log loss of chance"]
    made, random = (found[name]["made"]["steps"] for name in ("model", "random in the scale"))
    assert made > random + 0.3


def test_variations_move_by_octaves_and_leave_things_unsaid() -> None:
    window = windows(1)[0]
    rng = np.random.default_rng(3)
    rows = [varied(window, rng) for _ in range(200)]
    notes = window.events.classes["kind"] == NOTE
    shifts = {int(one["pitch_target"][notes][0] - window.tokens[notes][0]) for one in rows}
    assert shifts == {-12, 0, 12}
    unsaid = np.mean([int(one["wish_mode"]) == 0 for one in rows])
    assert 0.07 < unsaid < 0.25
    hidden = [one for one in rows if (one["chord"][2:] == CHORDS - 1).all()]
    assert hidden and all((one["chord_target"] < 0).all() for one in hidden if len(hidden) < len(rows))


def test_bars_left_of_the_grid_of_their_metre_are_read(tmp_path: Path) -> None:
    pickup = WrittenBar(F(0), F(3, 2), 4, 4)
    bars = (pickup, *(WrittenBar(F(3, 2) + 4 * b, F(4), 4, 4) for b in range(4)))
    melody = tuple((F(i, 2), F(1, 2), 60 + i % 5) for i in range(35))
    window = cut_window(MelodyPiece("p", "lieder", "train", bars, melody, np.zeros((0, 3)), (), None), 0, 5, 0.0,
                        np.random.default_rng(1))
    assert window is not None
    assert [bar.length_q for bar in window.tempo_map.bars] == [F(3, 2), 4, 4, 4, 4]
    assert replace(window.spots.spots[0], strength=1).onset_q == 0 and len(window.spots.spots) == 35

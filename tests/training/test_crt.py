"""The CRT as it is trained: the same numbers as at run time, it learns, and its scores are right."""
from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch

from backend.models.rhythm import RhythmTransformer
from backend.models.rhythm_steps import NEW_BAR, NOTHING, TICKS, BarWish, density_class
from backend.models.weights import Weights, read_weights
from backend.training.crt import Crt, CrtSize, CrtTask, stack, window
from backend.training.crt_run import SAMPLER, can_repeat, held_out, plan_form, table
from backend.training.crt_scores import Excerpt, bar_repeat, rule_fill, scores
from backend.training.rhythm_material import RhythmPiece, rhythm_pieces
from backend.training.ship import ship
from backend.training.trainer import TrainConfig, TrainNews, train

SMALL = CrtSize(width=32, heads=2, encoder_layers=1, decoder_layers=1, dropout=0.0)


def piece(rhythm: str, bars: int, name: str = "tune", split: str = "train") -> RhythmPiece:
    """Bars of 4/4 that all hold ``rhythm``, sixteen characters, x an onset."""
    onsets = np.array([mark == "x" for mark in rhythm] * bars).reshape(-1, TICKS)
    repeat = [NEW_BAR] + [NEW_BAR + 1] * (bars - 1)
    wishes = tuple(BarWish(Fraction(4), density_class(rhythm.count("x"), Fraction(4)), 0, repeat[i], 0)
                   for i in range(bars))
    return RhythmPiece(name, split, wishes, onsets, np.arange(bars + 1) * 4, 0)


PIECES = [piece("x...x...x...x...", 12), piece("x.....x.x.....x.", 12), piece("x.xxx.xxx.xxx.xx", 12)]


def test_training_and_run_time_give_the_same_chances() -> None:
    torch.manual_seed(3)
    network = Crt(SMALL).eval()
    one = window(PIECES[1], 2, 6, np.random.default_rng(1), 0.3)
    with torch.no_grad():
        expected = network(stack([one]))[0].numpy()
    twin = RhythmTransformer(Weights({k: v.numpy() for k, v in network.state_dict().items()}, {"heads": 2}, ""))
    encoded, cache = twin.encode(one.wished), twin._decoder.cache(1, one.wished.steps)
    for step in range(one.wished.steps):
        before = int(one.patterns[step - 1]) if step else NOTHING
        source = int(one.wished.look_back[step])
        ours = twin._logits(encoded[:, step], before, int(one.patterns[source]) if source >= 0 else NOTHING, cache)
        possible = expected[step] > -1e3
        np.testing.assert_allclose(ours[possible], expected[step][possible], atol=2e-5)


def test_it_learns_and_ships(tmp_path: Path) -> None:
    news: list[TrainNews] = []
    task = CrtTask(PIECES, PIECES, SMALL, batch=4, bars=6)
    config = TrainConfig(steps=60, learning_rate=5e-3, warmup_steps=5, validate_every=20, averaging=0.8)
    network = train(task, config, tmp_path / "run", news.append)
    assert news[-1].figures["loss"] < 0.6 * news[0].figures["loss"]
    digest = ship(network, {"heads": 2}, tmp_path / "out" / "rhythm.safetensors")
    back = read_weights(tmp_path / "out" / "rhythm.safetensors")
    assert back.sha256 == digest and back.card == {"heads": 2}
    material = held_out([piece("x...x...x...x...", 20, split="dev")], "dev")
    rows = table(RhythmTransformer(back), material, 0.5, SAMPLER)
    assert rows["crt"]["hit_recall"] == 1.0 and rows["windows"] == 1


def test_padding_does_not_count() -> None:
    torch.manual_seed(1)
    task, network = CrtTask(PIECES, PIECES, SMALL), Crt(SMALL).eval()
    short, long = (window(PIECES[i], 0, bars, np.random.default_rng(1), 0.1) for i, bars in ((0, 3), (2, 8)))
    with torch.no_grad():
        alone, beside = network(stack([short])), network(stack([short, long]))
        assert float(task.loss(network, stack([short]))) > 0
    torch.testing.assert_close(alone[0], beside[0, :12], atol=1e-5, rtol=1e-5)


def test_scores_by_hand() -> None:
    real = np.array([[1, 0, 0, 0], [1, 0, 1, 0], [1, 0, 0, 0], [1, 0, 1, 0]], bool)
    hits = np.zeros_like(real)
    hits[2, 0] = True
    one = Excerpt(real, hits, (2, 2), (8, 8))
    assert scores([one], [real]).onset_f1 == 1 and scores([one], [real]).ioi_divergence == 0
    assert bar_repeat([one], [real]) == 1.0
    other = real.copy()
    other[3] = [0, 1, 0, 0]
    worse = scores([one], [other])
    assert worse.onset_f1 == pytest.approx(2 * 4 / (6 + 5)) and worse.hit_recall == 1 and worse.bar_repeat == 0
    assert worse.ioi_divergence > 0.05
    filled = rule_fill(one)
    assert filled.sum() == real.sum() and filled[2, 0]


def test_a_form_is_planned_from_lengths_and_densities_alone() -> None:
    bars = list(PIECES[0].bars)
    assert can_repeat(bars, 0) == [] and can_repeat(bars, 1) == [NEW_BAR + 1]
    assert can_repeat(bars, 9) == [NEW_BAR + 1, NEW_BAR + 2, NEW_BAR + 3, NEW_BAR + 4]
    never = plan_form(bars, 0.0, np.random.default_rng(1))
    always = plan_form(bars, 1.0, np.random.default_rng(1))
    assert {bar.repeat for bar in never} == {NEW_BAR} and all(bar.repeat > NEW_BAR for bar in always[1:])


def test_the_material_of_the_real_pieces(shared_data: Path) -> None:
    pieces = rhythm_pieces(shared_data, every=25)
    assert len(pieces) == 19 and {one.split for one in pieces} == {"train", "dev", "test"}
    assert sum(bar.repeat > NEW_BAR for one in pieces for bar in one.bars) > 300
    for one in pieces:
        assert one.first_step[-1] == len(one.onsets) and len(one.bars) + 1 == len(one.first_step)

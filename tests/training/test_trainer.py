"""The trainer: it learns, it resumes to the bit, it refuses what does not fit."""
from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from backend.errors import InputError
from backend.training.loss_picture import draw_losses
from backend.training.trainer import Batch, Figures, TrainConfig, TrainNews, learning_rate, train

CONFIG = TrainConfig(steps=30, learning_rate=0.05, warmup_steps=3, validate_every=10, averaging=0.8, accumulate=2)


class Line:
    """A task of two numbers: y = 3 x - 1, with dropout so that the random state counts."""

    name = "line"

    def __init__(self) -> None:
        self.facts: dict[str, Any] = {"slope": 3}

    def network(self) -> nn.Module:
        return nn.Sequential(nn.Linear(1, 8), nn.Dropout(0.1), nn.Linear(8, 1))

    def batch(self, rng: np.random.Generator) -> Batch:
        x = torch.from_numpy(rng.uniform(-1, 1, (16, 1)).astype(np.float32))
        return {"x": x, "y": 3 * x - 1}

    def loss(self, network: nn.Module, batch: Batch) -> Tensor:
        return ((network(batch["x"]) - batch["y"]) ** 2).mean()

    def validate(self, network: nn.Module) -> Figures:
        x = torch.linspace(-1, 1, 21)[:, None]
        return {"loss": float(((network(x) - (3 * x - 1)) ** 2).mean())}


def run(folder: Path, config: TrainConfig = CONFIG) -> tuple[dict[str, Tensor], list[TrainNews]]:
    news: list[TrainNews] = []
    return train(Line(), config, folder, news.append).state_dict(), news


def test_training_lowers_the_loss_and_draws_it(tmp_path: Path) -> None:
    _, news = run(tmp_path)
    assert [one.step for one in news] == [10, 20, 30]
    assert news[-1].figures["loss"] < 0.3 * news[0].figures["loss"]
    assert draw_losses(tmp_path).stat().st_size > 5_000


class Stopped(Exception):
    """Ends a run in the middle, as Ctrl-C would."""


def test_a_resumed_run_ends_with_the_same_bits(tmp_path: Path) -> None:
    whole, _ = run(tmp_path / "whole")

    def stop(news: TrainNews) -> None:
        if news.step == 20:
            raise Stopped

    with pytest.raises(Stopped):
        train(Line(), CONFIG, tmp_path / "parts", stop)
    resumed, news = run(tmp_path / "parts")
    assert [one.step for one in news] == [30]
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)


def test_another_configuration_is_refused_in_one_line(tmp_path: Path) -> None:
    run(tmp_path)
    with pytest.raises(InputError, match="another configuration") as caught:
        run(tmp_path, replace(CONFIG, learning_rate=0.01))
    assert "\n" not in str(caught.value)


def test_a_damaged_checkpoint_is_named(tmp_path: Path) -> None:
    run(tmp_path)
    newest = sorted(tmp_path.glob("step-*"))[-1]
    (newest / "weights.safetensors").write_bytes(b"half")
    with pytest.raises(InputError, match="is damaged"):
        run(tmp_path)


def test_the_newest_three_and_the_best_are_kept(tmp_path: Path) -> None:
    run(tmp_path, replace(CONFIG, steps=50))
    assert sorted(p.name for p in tmp_path.iterdir() if p.is_dir()) == [
        "best", "step-00000030", "step-00000040", "step-00000050"]


def test_the_learning_rate_rises_and_falls() -> None:
    rates = [learning_rate(CONFIG, step) for step in range(31)]
    assert rates[0] == pytest.approx(0.05 / 3, rel=0.01) and max(rates) == rates[2]
    assert rates[30] == pytest.approx(0.05 * 0.03)

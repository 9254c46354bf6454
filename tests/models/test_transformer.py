"""The numpy transformer against the torch one that trains it."""
from __future__ import annotations

import numpy as np
import pytest
import torch

from backend.models.transformer import Stack
from backend.training.transformer import Stack as Trained

WIDTH, HEADS, LAYERS, STEPS = 32, 4, 3, 17


def _both() -> tuple[Stack, Trained]:
    torch.manual_seed(1)
    trained = Trained(WIDTH, HEADS, LAYERS, dropout=0.3).eval()
    weights = {f"net.{name}": value.numpy() for name, value in trained.state_dict().items()}
    return Stack(weights, "net", HEADS), trained


@pytest.mark.parametrize("causal", [True, False])
def test_a_full_pass_gives_the_same_numbers(causal: bool) -> None:
    ours, trained = _both()
    x = np.random.default_rng(2).normal(size=(2, STEPS, WIDTH)).astype(np.float32)
    with torch.no_grad():
        expected = trained(torch.from_numpy(x), causal).numpy()
    np.testing.assert_allclose(ours.full(x, causal), expected, atol=2e-5)


def test_steps_with_a_cache_give_what_a_causal_pass_gives() -> None:
    ours, _ = _both()
    x = np.random.default_rng(3).normal(size=(2, STEPS, WIDTH)).astype(np.float32)
    cache = ours.cache(batch=2, steps=STEPS)
    steps = np.stack([ours.step(x[:, t], cache) for t in range(STEPS)], axis=1)
    np.testing.assert_allclose(steps, ours.full(x, causal=True), atol=2e-5)


def test_padding_cannot_change_what_is_heard() -> None:
    _, trained = _both()
    x = torch.randn(1, STEPS, WIDTH, generator=torch.Generator().manual_seed(4))
    padding = torch.zeros(1, STEPS, dtype=torch.bool)
    padding[:, 10:] = True
    other = x.clone()
    other[:, 10:] += 5
    with torch.no_grad():
        one, two = trained(x, False, padding), trained(other, False, padding)
    torch.testing.assert_close(one[:, :10], two[:, :10])

"""The decoder at fewer bits: close to the full one, which is left alone."""
from __future__ import annotations

import pytest
import torch
from torch import nn

from backend.models.musicgen.decoder import Condition, Decoder, DecoderShape
from backend.models.musicgen.generate import Draw, Guided, generate
from backend.models.musicgen.precision import PRECISIONS, Int8Linear, at_precision

SHAPE = DecoderShape(64, 2, 4, 128, 32, 4)


@torch.no_grad()
@pytest.mark.parametrize("precision", PRECISIONS)
def test_logits_stay_close_and_generation_runs(precision: str) -> None:
    torch.manual_seed(0)
    decoder = Decoder(SHAPE).eval()
    low = at_precision(decoder, precision)
    codes, prefix = torch.randint(0, 32, (2, 4, 9)), torch.randn(2, 5, 64)
    full, close = decoder(codes, Condition(prefix=prefix)), low(codes, Condition(prefix=prefix)).float()
    error = float((full - close).std() / full.std())
    assert error == 0 if precision == "fp32" else 0 < error < 0.03
    assert generate(low, Guided((Condition(prefix=prefix),)), 12, Draw(seed=1)).shape == (2, 4, 12)
    assert all(type(m) is not Int8Linear and m.weight.dtype == torch.float32
               for m in decoder.modules() if isinstance(m, (nn.Linear, Int8Linear)))


def test_an_eight_bit_map_is_the_map_within_a_percent() -> None:
    torch.manual_seed(0)
    linear, x = nn.Linear(256, 64, bias=False), torch.randn(3, 7, 256)
    with torch.no_grad():
        full, close = linear(x), Int8Linear(linear)(x)
    assert close.shape == (3, 7, 64) and float((full - close).std() / full.std()) < 0.015

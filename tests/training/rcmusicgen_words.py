"""What stands for a text encoder in the tests."""
from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor


class Words:
    """Stands for the text encoder: eight numbers from a text's letters, two tokens a text, none of no text."""

    def __call__(self, texts: Sequence[str]) -> tuple[Tensor, Tensor]:
        states = torch.stack([torch.from_numpy(np.random.default_rng(list(t.encode())).normal(0, 1, (2, 32)))
                              for t in texts]).float()
        heard = torch.tensor([[bool(text)] * 2 for text in texts])
        return states * heard[..., None], heard

"""Low-rank adapters: a frozen matrix and a small product of two that learns beside it."""
from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

INWARD, OUTWARD = "inward", "outward"


class LoraLinear(nn.Linear):
    """A linear map that also adds ``outward @ inward @ x``; at first that is nothing. Its own weight keeps its name."""

    def __init__(self, inputs: int, outputs: int, rank: int) -> None:
        super().__init__(inputs, outputs, bias=False)
        self.inward = nn.Parameter(torch.randn(rank, inputs) / rank ** 0.5)
        self.outward = nn.Parameter(torch.zeros(outputs, rank))

    def forward(self, x: Tensor) -> Tensor:
        return functional.linear(x, self.weight) + functional.linear(functional.linear(x, self.inward), self.outward)


def with_lora(network: nn.Module, names: tuple[str, ...], rank: int) -> list[str]:
    """Put adapters beside every linear map whose last name is among ``names``; the adapters' parameters by name."""
    found = [(path, module) for path, module in network.named_modules()
             if isinstance(module, nn.Linear) and path.split(".")[-1] in names]
    for path, module in found:
        adapted = LoraLinear(module.in_features, module.out_features, rank)
        adapted.weight = module.weight
        parent, _, name = path.rpartition(".")
        setattr(network.get_submodule(parent), name, adapted)
    return [f"{path}.{part}" for path, _ in found for part in (INWARD, OUTWARD)]

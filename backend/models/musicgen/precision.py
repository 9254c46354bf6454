"""The decoder at fewer bits: bfloat16, or eight-bit matrices for processors without much memory to read from."""
from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from backend.errors import InputError
from backend.models.musicgen.decoder import Decoder

PRECISIONS = ("fp32", "bf16", "int8")


class Int8Linear(nn.Module):
    """A linear map without bias whose rows are whole numbers of eight bits, each row with its scale; its input is
    rounded to eight bits as it comes, with one scale."""

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        weight = linear.weight.detach().float()
        self.scales = weight.abs().amax(1).clamp_min(1e-12) / 127
        self.zeros = torch.zeros(len(self.scales), dtype=torch.long)
        whole = (weight / self.scales[:, None]).round().to(torch.int8)
        self.packed = torch.ops.onednn.qlinear_prepack(whole, None)

    def forward(self, x: Tensor) -> Tensor:
        scale = max(float(x.abs().amax()) / 127, 1e-12)
        whole = (x * (1 / scale)).round_().add_(128).to(torch.uint8)
        out: Tensor = torch.ops.onednn.qlinear_pointwise(whole, scale, 128, self.packed, self.scales, self.zeros, None,
                                                         1.0, 0, torch.float32, "none", [], "")
        return out


def at_precision(decoder: Decoder, precision: str) -> Decoder:
    """A decoder for generation at one of PRECISIONS; embeddings and norms of 'int8' stay fp32. The given one is left
    alone. Raises InputError where 'int8' cannot run."""
    if precision == "int8":
        if not torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]
            raise InputError("This build of torch has no eight-bit matrices (oneDNN). Take the precision bf16.")
        return _with_int8(copy.deepcopy(decoder).float())
    return copy.deepcopy(decoder).to({"fp32": torch.float32, "bf16": torch.bfloat16}[precision])


def _with_int8(decoder: Decoder) -> Decoder:
    found = [(path, module) for path, module in decoder.named_modules() if isinstance(module, nn.Linear)]
    for path, module in found:
        parent, _, name = path.rpartition(".")
        setattr(decoder.get_submodule(parent), name, Int8Linear(module))
    return decoder

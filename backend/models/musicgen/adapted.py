"""What training wrote, put into a model: whole matrices replaced, low-rank ones added."""
from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from backend.errors import InputError
from backend.models.musicgen.conditioner import RhythmConditioner
from backend.models.musicgen.loading import Pretrained
from backend.models.weights import read_weights

INWARD, OUTWARD = ".inward", ".outward"


@torch.no_grad()
def apply_trained(file: Path, pretrained: Pretrained, conditioner: RhythmConditioner | None) -> dict[str, object]:
    """Put the trained weights of ``file`` into the model and the conditioner, whose frames become those of a segment
    of the training; the file's card.

    Raises InputError when the file is broken, or was trained for another mode or another model.
    """
    weights = read_weights(file)
    mode = weights.card.get("mode")
    if mode is None:
        raise InputError(f"'{file}' is no training result for MusicGen. Give the file that 'filmcomposer train "
                         "rcmusicgen' wrote.")
    if conditioner is not None and conditioner.mode.name != mode:
        raise InputError(f"'{file}' was trained in the mode '{mode}', not '{conditioner.mode.name}'. Choose that mode.")
    parts: dict[str, nn.Module] = {"decoder": pretrained.decoder, "text": pretrained.text}
    if conditioner is not None:
        parts["conditioner"] = conditioner
        conditioner.most_frames = int(weights.card.get("frames", conditioner.most_frames))
    tensors = {name: torch.from_numpy(value) for name, value in weights.tensors.items()}
    for name, value in _whole(tensors).items():
        part, _, rest = name.partition(".")
        target = dict(parts[part].named_parameters()).get(rest) if part in parts else None
        if target is None or target.shape != value.shape:
            raise InputError(f"'{file}' was trained on another model: '{name}' does not fit. Give the weights it was "
                             "trained from.")
        target.add_(value) if name in _products(tensors) else target.copy_(value)
    return weights.card


def _products(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """What low-rank pairs add, by the name of the matrix."""
    return {name.removesuffix(INWARD) + ".weight": tensors[name.removesuffix(INWARD) + OUTWARD] @ value
            for name, value in tensors.items() if name.endswith(INWARD)}


def _whole(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    plain = {name: value for name, value in tensors.items() if not name.endswith((INWARD, OUTWARD))}
    return {**plain, **_products(tensors)}

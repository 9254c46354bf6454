"""Training the melody model from the shared scores to a file that ships."""
from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.torch import save_file
from torch import nn

from backend.errors import OutputError
from backend.training.assessment_material import data_hash, listed
from backend.training.melody import MelodySize, MelodyTask
from backend.training.melody_material import MelodyPiece, Window, draw_window, melody_pieces
from backend.training.trainer import TrainConfig, TrainNews, train

TRAIN_BARS, HELD_OUT_BARS = (8, 20), (16, 16)
TRAIN_SEED, DEV_SEED, TEST_SEED = 1, 2, 3
_LENGTH_POWER = 0.7
"""Longer pieces are drawn more often, but not in proportion: their bars repeat each other."""


@dataclass(frozen=True)
class MelodyConfig:
    """Windows are drawn once from the training pieces and varied at every step."""

    size: MelodySize = field(default_factory=MelodySize)
    windows: int = 6000
    dev_windows: int = 64
    batch: int = 16
    train: TrainConfig = field(default_factory=TrainConfig)


def train_melody(data: Path, folder: Path, config: MelodyConfig, tell: Callable[[TrainNews], None]
                 ) -> tuple[nn.Module, dict[str, Any]]:
    """The network with the best validation loss, and what its card must say. ``data`` holds ``symbolic``."""
    pieces = melody_pieces(data)
    windows = drawn_windows([p for p in pieces if p.split == "train"], config.windows, TRAIN_SEED)
    dev = held_out_windows([p for p in pieces if p.split == "dev"], DEV_SEED)[:config.dev_windows]
    task = MelodyTask(windows, dev, config.size, config.batch)
    network = train(task, config.train, folder, tell)
    return network, card_of(data, pieces, config)


def drawn_windows(pieces: Sequence[MelodyPiece], count: int, seed: int) -> list[Window]:
    """Random stretches of the pieces, thinned now and then; pieces without a fitting stretch give none."""
    rng = np.random.default_rng(seed)
    chances = np.array([len(piece.melody) for piece in pieces], float) ** _LENGTH_POWER
    chosen = rng.choice(len(pieces), count, p=chances / chances.sum())
    found = (draw_window(pieces[i], TRAIN_BARS, rng) for i in chosen)
    return [window for window in found if window is not None]


def held_out_windows(pieces: Sequence[MelodyPiece], seed: int) -> list[Window]:
    """One stretch of sixteen bars of every piece that has one, as written, in a seeded order."""
    rng = np.random.default_rng(seed)
    found = [draw_window(pieces[i], HELD_OUT_BARS, rng, thin=False) for i in rng.permutation(len(pieces))]
    return [window for window in found if window is not None]


def card_of(data: Path, pieces: Sequence[MelodyPiece], config: MelodyConfig) -> dict[str, Any]:
    """What it is and how it was made."""
    splits = {name: {"pieces": sum(p.split == name for p in pieces),
                     "notes": sum(len(p.melody) for p in pieces if p.split == name)}
              for name in ("train", "dev", "test")}
    return {"model": "melody", "heads": config.size.heads, "training": asdict(config), "splits": splits,
            "material": "OpenScore Lieder and String Quartets (CC0), OpenEWLD lead sheets (public domain songs)",
            "data_hash": data_hash(listed(data)),
            "seeds": {"train": config.train.seed, "windows": TRAIN_SEED, "dev": DEV_SEED, "test": TEST_SEED}}


def ship(network: nn.Module, card: dict[str, Any], file: Path) -> None:
    """Weights as half precision safetensors with the card inside; written whole or not at all. Raises OutputError."""
    tensors = {name: value.detach().cpu().half().contiguous() for name, value in network.state_dict().items()}
    part = file.with_suffix(".part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        save_file(tensors, part, {"card": json.dumps(card, sort_keys=True)})
        os.replace(part, file)
    except OSError as error:
        raise OutputError(f"'{file}' cannot be written: {error.strerror}. Free some space or choose another "
                          "folder.") from None

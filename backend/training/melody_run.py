"""``filmcomposer train melody``: material, training, scores on held-out composers, the file that ships."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from backend.models.melody import Frame, MelodyTransformer, Sampling
from backend.models.melody_events import PITCHES, Ints
from backend.models.weights import Weights
from backend.training.melody import MelodySize, MelodyTask
from backend.training.melody_material import MelodyPiece, Window, draw_window, melody_pieces
from backend.training.melody_scores import Known, Likeness, known, likeness, random_line
from backend.training.opt_in_pieces import NOTHING_MORE, OptIn, data_card
from backend.training.ship import ship
from backend.training.trainer import TrainConfig, TrainNews, train

TRAIN_BARS, HELD_OUT_BARS = (8, 20), (16, 16)
WINDOWS, DEV_WINDOWS, BATCH = 8000, 96, 16
TRAIN_SEED, DEV_SEED, TEST_SEED, LINE_SEED, RANDOM_SEED = 1, 2, 3, 7, 5
SAMPLER: dict[str, Any] = {"temperature": 1.0, "top_p": 0.99, "copy_bias": 1.1, "sequence": 0.6, "spread": 1.0,
                           "repeat": 0.4}
"""Chosen on the dev split among six, see docs/models/melody.md."""
_LENGTH_POWER = 0.7
"""Longer pieces are drawn more often, but not in proportion: their bars repeat each other."""


def train_melody(data: Path, folder: Path, size: MelodySize, config: TrainConfig, tell: Callable[[TrainNews], None],
                 more: OptIn = NOTHING_MORE) -> Path:
    """Train from ``data`` (the folder that holds ``symbolic``) and what a user adds into ``folder``; the file.

    Windows are drawn once from the training pieces and varied at every step.
    """
    pieces = melody_pieces(data, more.pieces)
    windows = drawn_windows([p for p in pieces if p.split == "train"], WINDOWS, TRAIN_SEED)
    dev = held_out_windows(pieces, "dev", DEV_SEED)[:DEV_WINDOWS]
    task = MelodyTask(windows, dev, size, BATCH)
    network = train(task, config, folder, tell)
    twin = run_time(network, size)
    training = known(p for p in pieces if p.split == "train")
    card = {"name": "melody", "heads": size.heads, "size": asdict(size), "training": asdict(config),
            **data_card(data, more), "sampler": SAMPLER, "facts": task.facts,
            "pieces": {name: sum(p.split == name for p in pieces) for name in ("train", "dev", "test")},
            "notes": {name: sum(len(p.melody) for p in pieces if p.split == name) for name in ("train", "dev", "test")},
            "seeds": {"windows": TRAIN_SEED, "dev": DEV_SEED, "test": TEST_SEED, "lines": LINE_SEED},
            "dev": table(twin, held_out_windows(pieces, "dev", DEV_SEED), training),
            "test": table(twin, held_out_windows(pieces, "test", TEST_SEED), training)}
    file = folder / "melody.safetensors"
    ship(network, card, file)
    return file


def drawn_windows(pieces: Sequence[MelodyPiece], count: int, seed: int) -> list[Window]:
    """Random stretches of the pieces, thinned now and then; pieces without a fitting stretch give none."""
    rng = np.random.default_rng(seed)
    chances = np.array([len(piece.melody) for piece in pieces], float) ** _LENGTH_POWER
    chosen = rng.choice(len(pieces), count, p=chances / chances.sum())
    found = (draw_window(pieces[i], TRAIN_BARS, rng) for i in chosen)
    return [window for window in found if window is not None]


def held_out_windows(pieces: Sequence[MelodyPiece], split: str, seed: int) -> list[Window]:
    """One stretch of sixteen bars of every piece of a split that has one, as written, in a seeded order."""
    rng = np.random.default_rng(seed)
    mine = [piece for piece in pieces if piece.split == split]
    found = [draw_window(mine[i], HELD_OUT_BARS, rng, thin=False) for i in rng.permutation(len(mine))]
    return [window for window in found if window is not None]


def write_lines(model: MelodyTransformer, windows: Sequence[Window], sampling: Sampling) -> list[Ints]:
    """One line a window on its composer's rhythm and measured controls; chords and pitches are the model's."""
    return [model.write(w.events, w.controls, sampling, Frame(), (LINE_SEED + i,))[0] for i, w in enumerate(windows)]


def table(model: MelodyTransformer, windows: Sequence[Window], training: Known) -> dict[str, Any]:
    """Likeness of the model and of the random control, onset exactness, log loss in nats a note."""
    lines = write_lines(model, windows, Sampling(**SAMPLER))
    rng = np.random.default_rng(RANDOM_SEED)
    control = likeness(windows, [random_line(w, rng) for w in windows], training)
    nats = [float(model.score(w.events, w.controls, w.tokens[None])[0]) for w in windows]
    exact = [[w.events.onsets_q[i] for i in np.flatnonzero(w.events.spot >= 0)] == [s.onset_q for s in w.spots.spots]
             for w in windows]
    return {"model": rounded(likeness(windows, lines, training)), "random in the scale": rounded(control),
            "onsets exact": sum(exact) / len(exact), "log loss": round(-float(np.mean(nats)), 4),
            "log loss of chance": round(float(np.log(PITCHES)), 4)}


def rounded(found: Likeness) -> dict[str, Any]:
    def short(value: Any) -> Any:
        return {k: short(v) for k, v in value.items()} if isinstance(value, dict) else round(value, 4)
    return {name: short(value) for name, value in asdict(found).items()}


def run_time(network: nn.Module, size: MelodySize) -> MelodyTransformer:
    """The numpy twin of a trained network, at the precision that ships."""
    tensors = {name: value.detach().cpu().half().float().numpy() for name, value in network.state_dict().items()}
    return MelodyTransformer(Weights(tensors, {"heads": size.heads}, ""))

"""``filmcomposer train crt``: material, training, scores on held-out composers, the file that ships."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from backend.models.rhythm import RhythmTransformer, Sampling
from backend.models.rhythm_steps import BITS, DISTANCES, NEW_BAR, BarWish, conditions
from backend.models.weights import Weights
from backend.training.crt import CrtSize, CrtTask, window
from backend.training.crt_scores import Excerpt, Grid, RhythmScores, bar_repeat, excerpt, rule_fill, scores
from backend.training.opt_in_pieces import NOTHING_MORE, OptIn, data_card
from backend.training.rhythm_material import RhythmPiece, rhythm_pieces
from backend.training.ship import ship
from backend.training.trainer import TrainConfig, TrainNews, train

BARS = 16
HITS = 0.2
"""Share of the onsets given as hits when the CRT is scored."""
SAMPLER = Sampling(temperature=0.8, top_p=0.95, budget=4.0, repeat=3.0)
"""Chosen on the dev split and on how density follows motion on real clips, see docs/models/rhythm.md."""


@dataclass(frozen=True)
class HeldOut:
    """A window of every piece of one split, with a fifth of its onsets given."""

    pieces: tuple[tuple[RhythmPiece, int], ...]
    excerpts: tuple[Excerpt, ...]


def held_out(pieces: Sequence[RhythmPiece], split: str) -> HeldOut:
    rng = np.random.default_rng(7)
    chosen, excerpts = [], []
    for piece in (piece for piece in pieces if piece.split == split):
        first = int(rng.integers(0, max(1, len(piece.bars) - BARS)))
        given = window(piece, first, BARS, rng, HITS).wished.hints
        chosen.append((piece, first))
        excerpts.append(excerpt(piece, first, BARS, given))
    return HeldOut(tuple(chosen), tuple(excerpts))


def can_repeat(bars: Sequence[BarWish], number: int) -> list[int]:
    """Repeat classes that fit a bar: the bar it would take up has its length and its density."""
    return [NEW_BAR + 1 + i for i, distance in enumerate(DISTANCES)
            if number >= distance and bars[number - distance].length_q == bars[number].length_q
            and bars[number - distance].density == bars[number].density]


def repeat_share(pieces: Sequence[RhythmPiece]) -> float:
    """Of the training bars that could repeat an earlier one, the share that does."""
    could = [bar.repeat > NEW_BAR for piece in pieces if piece.split == "train"
             for number, bar in enumerate(piece.bars) if can_repeat(piece.bars, number)]
    return sum(could) / len(could)


def plan_form(bars: Sequence[BarWish], share: float, rng: np.random.Generator) -> list[BarWish]:
    """Bars with a repeat class drawn from lengths and densities alone; nothing of the written rhythm is looked at."""
    out = []
    for number, bar in enumerate(bars):
        fitting = can_repeat(bars, number)
        repeats = bool(fitting) and rng.random() < share
        out.append(replace(bar, repeat=int(rng.choice(fitting)) if repeats else NEW_BAR))
    return out


def write_windows(network: RhythmTransformer, material: HeldOut, share: float, sampling: Sampling) -> list[Grid]:
    """The network's onsets for every window: told the hits, the bars' densities and motion, and a form of its own."""
    out = []
    for number, ((piece, first), one) in enumerate(zip(material.pieces, material.excerpts, strict=True)):
        bars = plan_form(piece.bars[first:first + BARS], share, np.random.default_rng(number))
        counts = [float(bar.sum()) for bar in np.split(one.real, np.cumsum(one.bar_steps)[:-1])]
        wished = conditions(bars, piece.tempo, one.hits)
        out.append(BITS[network.write(wished, np.repeat(counts, one.bar_steps), sampling, number)])
    return out


def table(network: RhythmTransformer, material: HeldOut, share: float, sampling: Sampling) -> dict[str, Any]:
    """Scores of the CRT, the rule and the hits alone, and how often real bars repeat."""
    excerpts = material.excerpts
    rows: dict[str, RhythmScores] = {
        "crt": scores(excerpts, write_windows(network, material, share, sampling)),
        "rule": scores(excerpts, [rule_fill(one) for one in excerpts]),
        "hits alone": scores(excerpts, [one.hits for one in excerpts])}
    real = bar_repeat(excerpts, [one.real for one in excerpts])
    return {"windows": len(excerpts), "real bar repeat": round(real, 4),
            **{name: {k: round(v, 4) for k, v in asdict(row).items()} for name, row in rows.items()}}


def run_time(network: nn.Module, size: CrtSize) -> RhythmTransformer:
    """The numpy twin of a trained network, at the precision that ships."""
    tensors = {name: value.detach().cpu().half().float().numpy() for name, value in network.state_dict().items()}
    return RhythmTransformer(Weights(tensors, {"heads": size.heads}, ""))


def train_crt(data: Path, folder: Path, size: CrtSize, config: TrainConfig, tell: Callable[[TrainNews], None],
              more: OptIn = NOTHING_MORE) -> Path:
    """Train from ``data`` (the folder that holds ``symbolic``) and what a user adds into ``folder``; the file."""
    pieces = rhythm_pieces(data, more=more.pieces)
    train_pieces, dev = ([piece for piece in pieces if piece.split == split] for split in ("train", "dev"))
    network = train(CrtTask(train_pieces, dev, size), config, folder, tell)
    share = repeat_share(pieces)
    twin = run_time(network, size)
    card = {"name": "crt", "heads": size.heads, "size": asdict(size), "training": asdict(config),
            **data_card(data, more), "sampler": asdict(SAMPLER),
            "dev": table(twin, held_out(pieces, "dev"), share, SAMPLER),
            "test": table(twin, held_out(pieces, "test"), share, SAMPLER)}
    file = folder / "rhythm.safetensors"
    ship(network, card, file)
    return file

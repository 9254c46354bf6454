"""The Controllable Rhythm Transformer as it is trained; backend/models/rhythm.py runs it."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from backend.models.rhythm_steps import (
    BITS,
    DISTANCES,
    NEW_BAR,
    NOTHING,
    PATTERNS,
    SIZES,
    TICKS,
    BarWish,
    Conditions,
    allowed,
    conditions,
)
from backend.training.rhythm_material import RhythmPiece
from backend.training.trainer import Batch, Figures
from backend.training.transformer import Stack, start_small

IGNORED = -100
UNSAID = {"density": 0.15, "motion": 0.3, "repeat": 0.25, "tempo": 0.2}
"""How often a wish is left out in training, so that every subset of wishes works."""
MOST_HINTS = 0.6
"""Up to this share of the onsets is given as hits."""


@dataclass(frozen=True)
class CrtSize:
    width: int = 128
    heads: int = 4
    encoder_layers: int = 2
    decoder_layers: int = 3
    dropout: float = 0.15


class Crt(nn.Module):
    """Classes and hits are embedded and summed, encoded in both directions, then decoded a step at a time."""

    def __init__(self, size: CrtSize) -> None:
        super().__init__()
        for name, classes in SIZES.items():
            self.add_module(name, nn.Embedding(classes, size.width))
        self.hints = nn.Linear(TICKS, size.width, bias=False)
        self.before, self.repeated = (nn.Embedding(PATTERNS + 1, size.width) for _ in range(2))
        self.encoder = Stack(size.width, size.heads, size.encoder_layers, size.dropout)
        self.decoder = Stack(size.width, size.heads, size.decoder_layers, size.dropout)
        self.pattern = nn.Linear(size.width, PATTERNS)
        start_small(self)

    def forward(self, batch: Batch) -> Tensor:
        """Logits [batch, steps, PATTERNS]; impossible patterns have none."""
        x = self.hints(batch["hints"].float())
        for name in SIZES:
            x = x + self.get_submodule(name)(batch[name])
        x = self.encoder(x, False, batch["padding"])
        x = x + self.before(batch["before"]) + self.repeated(batch["repeated"])
        logits: Tensor = self.pattern(self.decoder(x, True, batch["padding"]))
        return logits.masked_fill(~batch["allowed"], -1e4)


@dataclass(frozen=True)
class Window:
    """Consecutive bars of a piece: conditions and the patterns that a composer wrote."""

    wished: Conditions
    patterns: np.ndarray


def window(piece: RhythmPiece, first: int, count: int, rng: np.random.Generator, hints: float | None = None) -> Window:
    """``count`` bars from ``first``. ``hints`` is the share of onsets given as hits and nothing is left unsaid; without
    it (training) both are drawn."""
    bars = list(piece.bars[first:first + count])
    tempo = piece.tempo
    if hints is None:
        unsaid = {name: rng.random() < chance for name, chance in UNSAID.items()}
        tempo = 0 if unsaid["tempo"] else tempo
        bars = [BarWish(bar.length_q, 0 if unsaid["density"] else bar.density, 0 if unsaid["motion"] else bar.motion,
                        0 if unsaid["repeat"] else bar.repeat, bar.progress) for bar in bars]
    bars = [replace(bar, repeat=NEW_BAR) if bar.repeat > NEW_BAR and DISTANCES[bar.repeat - NEW_BAR - 1] > number
            else bar for number, bar in enumerate(bars)]
    onsets = piece.onsets[piece.first_step[first]:piece.first_step[first + len(bars)]]
    share = rng.uniform(0, MOST_HINTS) if hints is None else hints
    given = onsets & (rng.random(onsets.shape) < share)
    return Window(conditions(bars, tempo, given), onsets @ (1 << np.arange(TICKS)))


def stack(windows: Sequence[Window]) -> Batch:
    """Windows side by side, the shorter ones padded."""
    steps = max(w.wished.steps for w in windows)
    rows = [_row(w, steps) for w in windows]
    return {name: torch.from_numpy(np.stack([row[name] for row in rows])) for name in rows[0]}


def _row(w: Window, steps: int) -> dict[str, np.ndarray]:
    wished, length = w.wished, w.wished.steps
    pad = (0, steps - length)
    repeated = np.where(wished.look_back >= 0, w.patterns[wished.look_back], NOTHING)
    out: dict[str, np.ndarray] = {name: np.pad(values, pad) for name, values in wished.classes.items()}
    out["hints"] = np.pad(wished.hints, (pad, (0, 0)))
    out["before"] = np.pad(np.concatenate([[NOTHING], w.patterns[:-1]]), pad)
    out["repeated"] = np.pad(repeated, pad)
    out["target"] = np.pad(w.patterns, pad, constant_values=IGNORED)
    out["padding"] = np.arange(steps) >= length
    out["allowed"] = np.pad(allowed(wished.classes["ticks"], wished.hints), (pad, (0, 0)), constant_values=True)
    return out


class CrtTask:
    """Trains on windows of the pieces; validates on fixed ones with a fifth of the onsets given as hits."""

    name = "crt"

    def __init__(self, train: Sequence[RhythmPiece], dev: Sequence[RhythmPiece], size: CrtSize, batch: int = 16,
                 bars: int = 16) -> None:
        self._train, self._size, self._batch, self._bars = train, size, batch, bars
        self._chances = np.array([max(1, len(piece.bars) - bars) for piece in train], float) ** 0.5
        self._chances /= self._chances.sum()
        rng = np.random.default_rng(0)
        self._held_out = [window(piece, int(rng.integers(0, max(1, len(piece.bars) - bars))), bars, rng, 0.2)
                          for piece in dev]
        self.facts: dict[str, Any] = {"size": asdict(size), "batch": batch, "bars": bars, "pieces": len(train)}

    def network(self) -> nn.Module:
        return Crt(self._size)

    def batch(self, rng: np.random.Generator) -> Batch:
        chosen = rng.choice(len(self._train), self._batch, p=self._chances)
        return stack([self._draw(self._train[i], rng) for i in chosen])

    def _draw(self, piece: RhythmPiece, rng: np.random.Generator) -> Window:
        return window(piece, int(rng.integers(0, max(1, len(piece.bars) - self._bars))), self._bars, rng)

    def loss(self, network: nn.Module, batch: Batch) -> Tensor:
        logits = network(batch)
        return functional.cross_entropy(logits.flatten(0, 1), batch["target"].flatten(), ignore_index=IGNORED)

    def validate(self, network: nn.Module) -> Figures:
        batch = stack(self._held_out)
        logits, target = network(batch), batch["target"]
        right = (logits.argmax(-1) == target)[target != IGNORED].float().mean()
        return {"loss": round(float(self.loss(network, batch)), 6), "right": round(float(right), 4)}


def onsets_of(patterns: np.ndarray) -> np.ndarray:
    """Patterns [steps] as onsets [steps, TICKS]."""
    return np.asarray(BITS[patterns])

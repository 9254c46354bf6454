"""The melody model as it is trained; backend/models/melody.py runs it."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from backend.models import melody_controls
from backend.models.melody import DYNAMIC_SIZES
from backend.models.melody_events import (
    CHORDS,
    HOME,
    NO_INTERVAL,
    NOTE,
    NOTHING,
    PITCHES,
    SIZES,
    Ints,
)
from backend.training.melody_material import Window
from backend.training.trainer import Batch, Figures
from backend.training.transformer import Stack, start_small

IGNORED = -100
CHORD_WEIGHT = 0.3
UNSAID_CHANCE = 0.15
OCTAVE_CHANCE = 0.15
SPREAD = 12
NO_CHORD_CHANCE = 0.1
"""How often all chords of a window are hidden behind 'none', so that the line can do without them."""


@dataclass(frozen=True)
class MelodySize:
    width: int = 160
    heads: int = 5
    layers: int = 5
    dropout: float = 0.2


class MelodyNet(nn.Module):
    """Everything known of an event is embedded and summed, then decoded causally."""

    def __init__(self, size: MelodySize) -> None:
        super().__init__()
        for name, classes in SIZES.items():
            self.add_module(name, nn.Embedding(classes, size.width))
        for name, classes in melody_controls.SIZES.items():
            self.add_module(f"wish_{name}", nn.Embedding(classes, size.width))
        for name, classes in DYNAMIC_SIZES.items():
            self.add_module(name, nn.Embedding(classes, size.width))
        self.into = nn.Dropout(size.dropout / 2)
        self.decoder = Stack(size.width, size.heads, size.layers, size.dropout)
        self.pitch_of, self.chord_of = nn.Linear(size.width, PITCHES), nn.Linear(size.width, CHORDS)
        start_small(self)

    def forward(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Logits [batch, events, PITCHES] and [batch, events, CHORDS]."""
        x = torch.stack([self.get_submodule(name)(batch[name]) for name in (*SIZES, *DYNAMIC_SIZES)]).sum(0)
        for name in melody_controls.SIZES:
            x = x + self.get_submodule(f"wish_{name}")(batch[f"wish_{name}"])[:, None]
        hidden = self.decoder(self.into(x), True, batch["padding"])
        return self.pitch_of(hidden), self.chord_of(hidden)


def row(window: Window, tokens: Ints, controls: Mapping[str, int]) -> dict[str, np.ndarray]:
    """A window as the network reads it: what is known, what was written before each event, what comes."""
    kind, back = window.events.classes["kind"], window.events.look_back
    is_note = kind == NOTE
    joint = tokens + np.where(is_note, 0, PITCHES)
    notes, chords = np.where(is_note, tokens, -1), np.where(is_note, -1, tokens)
    out = dict(window.events.classes)
    out["before"] = np.concatenate([[NOTHING], joint[:-1]])
    out["recalled"] = np.where(back >= 0, joint[np.maximum(back, 0)], NOTHING)
    out["note"] = _held(notes, PITCHES)
    out["chord"] = _held(chords, CHORDS)
    earlier = out["note"][np.maximum(back, 0)]
    turns = np.clip(tokens[np.maximum(back, 0)] - earlier, -12, 12) + 12
    out["turn"] = np.where((back >= 0) & is_note & (earlier < PITCHES), turns, NO_INTERVAL)
    out["pitch_target"] = np.where(is_note, tokens, IGNORED)
    out["chord_target"] = np.where(is_note, IGNORED, tokens)
    out.update({f"wish_{name}": np.array(controls.get(name, 0)) for name in melody_controls.SIZES})
    return out


def _held(values: Ints, nothing: int) -> Ints:
    """At every event the last value >= 0 before it."""
    last = np.maximum.accumulate(np.where(values >= 0, np.arange(len(values)), -1))
    before = np.concatenate([[-1], last[:-1]])
    return np.where(before >= 0, values[np.maximum(before, 0)], nothing)


def stack(rows: Sequence[dict[str, np.ndarray]]) -> Batch:
    """Rows side by side, the shorter ones padded."""
    length = max(len(one["kind"]) for one in rows)
    out = {}
    for name in rows[0]:
        if rows[0][name].ndim == 0:
            out[name] = np.array([one[name] for one in rows])
            continue
        fill = IGNORED if name.endswith("_target") else 0
        out[name] = np.stack([np.pad(one[name], (0, length - len(one[name])), constant_values=fill) for one in rows])
    out["padding"] = np.stack([np.arange(length) >= len(one["kind"]) for one in rows])
    return {name: torch.from_numpy(values) for name, values in out.items()}


def varied(window: Window, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """A training row: now and then an octave higher or lower, without chords, with some wishes unsaid."""
    tokens, controls = window.tokens, dict(window.controls)
    is_note = window.events.classes["kind"] == NOTE
    if rng.random() < OCTAVE_CHANCE:
        moved = tokens[is_note] + int(rng.choice([-12, 12]))
        if moved.min() >= 0 and moved.max() < PITCHES:
            tokens = tokens.copy()
            tokens[is_note] = moved
            controls["register"] = melody_controls.edge_class(melody_controls.REGISTER_EDGES,
                                                              float(moved.mean()) - HOME)
    hidden = rng.random() < NO_CHORD_CHANCE
    if hidden:
        tokens = np.where(is_note, tokens, CHORDS - 1)
    said = {name: 0 if rng.random() < UNSAID_CHANCE else value for name, value in controls.items()}
    out = row(window, tokens, said)
    if hidden:
        out["chord_target"] = np.full_like(out["chord_target"], IGNORED)
    return out


class MelodyTask:
    """Trains on windows drawn beforehand; validates on held-out ones with everything said."""

    name = "melody"

    def __init__(self, train: Sequence[Window], dev: Sequence[Window], size: MelodySize, batch: int = 16) -> None:
        self._train, self._size, self._batch = sorted(train, key=lambda w: w.events.count), size, batch
        self._held_out = [stack([row(w, w.tokens, w.controls) for w in dev[i:i + 16]]) for i in range(0, len(dev), 16)]
        self.facts: dict[str, Any] = {"size": asdict(size), "batch": batch, "windows": len(train),
                                      "events": int(sum(w.events.count for w in train))}

    def network(self) -> nn.Module:
        return MelodyNet(self._size)

    def batch(self, rng: np.random.Generator) -> Batch:
        """Windows of about one length, so that little is padded."""
        spread = min(len(self._train), SPREAD * self._batch)
        first = int(rng.integers(0, len(self._train) - spread + 1))
        return stack([varied(self._train[first + i], rng) for i in rng.choice(spread, self._batch)])

    def loss(self, network: nn.Module, batch: Batch) -> Tensor:
        pitch, chord = network(batch)
        return _entropy(pitch, batch["pitch_target"]) + CHORD_WEIGHT * _entropy(chord, batch["chord_target"])

    def validate(self, network: nn.Module) -> Figures:
        found = []
        for batch in self._held_out:
            pitch, chord = network(batch)
            target = batch["pitch_target"]
            right = (pitch.argmax(-1) == target)[target != IGNORED].float().mean()
            found.append((float(_entropy(pitch, target)), float(_entropy(chord, batch["chord_target"])), float(right)))
        note, harmony, hit = np.mean(found, axis=0)
        return {"loss": round(float(note), 6), "chord_loss": round(float(harmony), 4), "right": round(float(hit), 4)}


def _entropy(logits: Tensor, target: Tensor) -> Tensor:
    return functional.cross_entropy(logits.flatten(0, 1), target.flatten(), ignore_index=IGNORED)




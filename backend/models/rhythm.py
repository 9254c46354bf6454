"""The Controllable Rhythm Transformer at run time: conditions in, a pattern a step out.

FilmComposer section 3.1 changes CMT (Di et al. 2021) so that it writes rhythm alone; here that is a small encoder over
the conditions, which are all known, and a decoder that writes one quarter at a time. Visual hits are masks on the
patterns, so that each of them sounds whatever the network thinks.
"""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backend.models.rhythm_steps import BITS, NOTHING, SIZES, TICKS, Conditions, Ints, allowed
from backend.models.transformer import Array, Cache, Stack, linear, softmax
from backend.models.weights import Weights


@dataclass(frozen=True)
class Sampling:
    """How patterns are drawn. ``budget`` pulls a bar towards its wished number of onsets, ``repeat`` adds to the logit
    of the pattern that is looked back to (more thematic)."""

    temperature: float = 0.9
    top_p: float = 0.95
    budget: float = 1.0
    repeat: float = 0.0


class RhythmTransformer:
    """Weights of a trained CRT, ready to write."""

    def __init__(self, weights: Weights) -> None:
        self._tensors = weights.tensors
        heads = int(weights.card["heads"])
        self._encoder = Stack(self._tensors, "encoder", heads)
        self._decoder = Stack(self._tensors, "decoder", heads)

    def encode(self, wished: Conditions) -> Array:
        """[1, steps, width]."""
        x = sum(self._tensors[f"{name}.weight"][wished.classes[name]] for name in SIZES)
        x = x + wished.hints.astype(np.float32) @ self._tensors["hints.weight"].T
        return self._encoder.full(np.asarray(x, np.float32)[None], causal=False)

    def write(self, wished: Conditions, targets: NDArray[np.float64], sampling: Sampling, seed: int,
              forbidden: NDArray[np.bool_] | None = None) -> Ints:
        """A pattern for every step. ``targets`` [steps]: onsets wished in the bar of the step, nan where not said."""
        rng = np.random.default_rng(seed)
        possible = allowed(wished.classes["ticks"], wished.hints, forbidden)
        most = (possible * BITS.sum(axis=1)).max(axis=1)
        room = _left_in_bar(most, wished.classes["beat"])
        encoded, cache = self.encode(wished), self._decoder.cache(1, wished.steps)
        out = np.full(wished.steps, NOTHING)
        counted = 0
        for step in range(wished.steps):
            if wished.classes["beat"][step] == 0:
                counted = 0
            before = out[step - 1] if step else NOTHING
            source = int(wished.look_back[step])
            repeated = int(out[source]) if source >= 0 else NOTHING
            logits = self._logits(encoded[:, step], int(before), repeated, cache) / sampling.temperature
            if repeated != NOTHING:
                logits[repeated] += sampling.repeat
            if not np.isnan(targets[step]) and room[step]:
                share = (targets[step] - counted) * most[step] / room[step]
                logits -= sampling.budget * np.abs(BITS.sum(axis=1) - np.clip(share, 0, TICKS))
            out[step] = _draw(np.where(possible[step], logits, -np.inf), sampling.top_p, rng)
            counted += int(BITS[out[step]].sum())
        return out

    def _logits(self, encoded: Array, before: int, repeated: int, cache: Cache) -> Array:
        x = encoded + self._tensors["before.weight"][before] + self._tensors["repeated.weight"][repeated]
        out: Array = linear(self._decoder.step(x, cache), self._tensors, "pattern")[0]
        return out


def _left_in_bar(most: Ints, beat: Ints) -> Ints:
    """Onsets that fit from a step to the end of its bar, when ``most`` fit into each."""
    out = most.copy()
    for step in range(len(most) - 2, -1, -1):
        if beat[step + 1] > 0:
            out[step] += out[step + 1]
    return out


def _draw(logits: NDArray[np.floating], top_p: float, rng: np.random.Generator) -> int:
    """From the likeliest patterns that together reach ``top_p``."""
    chances = softmax(np.asarray(logits, np.float32))
    order = np.argsort(-chances, kind="stable")
    before = np.concatenate([[0.0], np.cumsum(chances[order])[:-1]])
    kept = np.where(before < top_p, chances[order], 0.0).astype(np.float64)
    return int(order[rng.choice(len(order), p=kept / kept.sum())])

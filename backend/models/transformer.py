"""A small transformer in numpy: full passes over what is known, steps with a cache over what is being written.

The same layers, names and arithmetic as backend/training/transformer.py, which trains them; a test holds both against
each other. Pre-norm blocks, rotary positions (Su et al. 2021), GELU in its tanh form.
"""
from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
ROTARY_BASE = 10_000.0
_EPS = 1e-5


def linear(x: Array, weights: Mapping[str, Array], name: str) -> Array:
    """``x`` [..., in] through the layer ``name`` [out, in]."""
    out: Array = x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]
    return out


def normalised(x: Array, weights: Mapping[str, Array], name: str) -> Array:
    """Layer norm over the last axis."""
    centred = x - x.mean(axis=-1, keepdims=True)
    scaled: Array = centred / np.sqrt(np.mean(centred * centred, axis=-1, keepdims=True) + np.float32(_EPS))
    return scaled * weights[f"{name}.weight"] + weights[f"{name}.bias"]


def gelu(x: Array) -> Array:
    """Tanh form: 0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))."""
    inner = np.float32(np.sqrt(2 / np.pi)) * (x + np.float32(0.044715) * x * x * x)
    out: Array = np.float32(0.5) * x * (1 + np.tanh(inner))
    return out


def softmax(x: Array) -> Array:
    """Over the last axis."""
    shifted: Array = np.exp(x - x.max(axis=-1, keepdims=True))
    out: Array = shifted / shifted.sum(axis=-1, keepdims=True)
    return out


def rotate(x: Array, positions: NDArray[np.int64]) -> Array:
    """Rotary positions: ``x`` [..., T, head] turned by angles that grow with ``positions`` [T]."""
    half = x.shape[-1] // 2
    angles = positions[:, None] * (ROTARY_BASE ** (-np.arange(half) / half))
    cos, sin = np.cos(angles).astype(np.float32), np.sin(angles).astype(np.float32)
    first, second = x[..., :half], x[..., half:]
    return np.concatenate([first * cos - second * sin, second * cos + first * sin], axis=-1)


class Cache:
    """Keys and values of the steps so far, per layer [batch, heads, steps, head]."""

    def __init__(self, layers: int, batch: int, heads: int, head: int, steps: int) -> None:
        self.keys = np.zeros((layers, batch, heads, steps, head), np.float32)
        self.values = np.zeros_like(self.keys)
        self.length = 0


class Stack:
    """Blocks ``{name}.blocks.0`` and so on of ``weights``, then the norm ``{name}.norm``."""

    def __init__(self, weights: Mapping[str, Array], name: str, heads: int) -> None:
        self._weights = weights
        self._name = name
        self._heads = heads
        self._layers = len({key for key in weights if key.startswith(f"{name}.blocks.") and key.endswith(".qkv.bias")})

    def cache(self, batch: int, steps: int) -> Cache:
        width = self._weights[f"{self._name}.norm.weight"].shape[0]
        return Cache(self._layers, batch, self._heads, width // self._heads, steps)

    def full(self, x: Array, causal: bool) -> Array:
        """``x`` [batch, T, width] to the same shape; every step sees all, or only those before when ``causal``."""
        positions = np.arange(x.shape[1])
        hidden = np.triu(np.full((x.shape[1], x.shape[1]), -np.inf, np.float32), 1) if causal else None
        for layer in range(self._layers):
            query, key, value = self._project(x, layer)
            scores = rotate(query, positions) @ rotate(key, positions).swapaxes(-1, -2)
            scores = scores * np.float32(query.shape[-1] ** -0.5)
            mixed = softmax(scores if hidden is None else scores + hidden) @ value
            x = self._finish(x, mixed, layer)
        return normalised(x, self._weights, f"{self._name}.norm")

    def step(self, x: Array, cache: Cache) -> Array:
        """One step [batch, width] after those in ``cache``, which it joins."""
        at = cache.length
        here = np.array([at])
        x = x[:, None]
        for layer in range(self._layers):
            query, key, value = self._project(x, layer)
            cache.keys[layer, :, :, at] = rotate(key, here)[:, :, 0]
            cache.values[layer, :, :, at] = value[:, :, 0]
            scores = rotate(query, here) @ cache.keys[layer, :, :, :at + 1].swapaxes(-1, -2)
            mixed = softmax(scores * np.float32(query.shape[-1] ** -0.5)) @ cache.values[layer, :, :, :at + 1]
            x = self._finish(x, mixed, layer)
        cache.length = at + 1
        return normalised(x, self._weights, f"{self._name}.norm")[:, 0]

    def _project(self, x: Array, layer: int) -> tuple[Array, Array, Array]:
        """Query, key, value, each [batch, heads, T, head]."""
        block = f"{self._name}.blocks.{layer}"
        joint = linear(normalised(x, self._weights, f"{block}.norm1"), self._weights, f"{block}.qkv")
        batch, steps, width = x.shape
        split = joint.reshape(batch, steps, 3, self._heads, width // self._heads).transpose(2, 0, 3, 1, 4)
        return split[0], split[1], split[2]

    def _finish(self, x: Array, mixed: Array, layer: int) -> Array:
        block = f"{self._name}.blocks.{layer}"
        batch, heads, steps, head = mixed.shape
        x = x + linear(mixed.transpose(0, 2, 1, 3).reshape(batch, steps, heads * head), self._weights, f"{block}.out")
        inner = gelu(linear(normalised(x, self._weights, f"{block}.norm2"), self._weights, f"{block}.up"))
        return x + linear(inner, self._weights, f"{block}.down")

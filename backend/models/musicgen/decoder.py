"""MusicGen's decoder: codes of several books in, logits of the next ones out, under a prefix or by cross-attention.

Same arithmetic as upstream; the layers are fused (one matrix for query, key and value, one for all heads), and the
memory of past steps is laid out once.
"""
from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True)
class DecoderShape:
    """The default is musicgen-small's. ``crossing``: a context is attended to in every layer (text models without
    melody)."""

    width: int = 1024
    layers: int = 24
    heads: int = 16
    inner: int = 4096
    codes: int = 2048
    books: int = 4
    crossing: bool = False

    @property
    def pad(self) -> int:
        """The code that says: nothing here yet."""
        return self.codes


@dataclass(frozen=True)
class Condition:
    """What the codes are written under, each [batch, steps, width]: frames before the codes, a context for
    cross-attention, frames added to the codes (missing ones are zeros)."""

    prefix: Tensor | None = None
    context: Tensor | None = None
    added: Tensor | None = None

    def at(self, first: int, steps: int) -> Tensor | None:
        """The added frames of some steps; None when there are none."""
        if self.added is None:
            return None
        here = self.added[:, first:first + steps]
        return functional.pad(here, (0, 0, 0, steps - here.shape[1]))


def batched(conditions: tuple[Condition, ...]) -> Condition:
    """Conditions one under the other, as one batch."""
    def joined(parts: list[Tensor | None]) -> Tensor | None:
        given = [part for part in parts if part is not None]
        return torch.cat(given) if given else None
    return Condition(joined([c.prefix for c in conditions]), joined([c.context for c in conditions]),
                     joined([c.added for c in conditions]))


class Cache:
    """Keys and values of the steps so far, allocated once for ``length`` steps.

    With ``fixed`` a single step reads the whole length under a mask, so that its shapes never change and it can be
    recorded as a graph; otherwise it reads what is there.
    """

    def __init__(self, decoder: Decoder, rows: int, length: int, fixed: bool = False) -> None:
        shape, like = decoder.shape, decoder.norm.weight
        size = (rows, shape.heads, length, shape.width // shape.heads)
        self.keys = [like.new_zeros(size) for _ in range(shape.layers)]
        self.values = [like.new_zeros(size) for _ in range(shape.layers)]
        self.crossed: list[tuple[Tensor, Tensor] | None] = [None] * shape.layers
        self.used, self.fixed, self.length = 0, fixed, length
        self.position = torch.zeros(1, dtype=torch.long, device=like.device)
        self.slots = torch.arange(length, device=like.device)

    def mask(self, steps: int) -> Tensor | None:
        return (self.slots <= self.position)[None, None, None] if self.fixed and steps == 1 else None

    def put(self, layer: int, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
        """Note the newest steps; all steps to look at."""
        keys, values, steps = self.keys[layer], self.values[layer], key.shape[2]
        if self.fixed and steps == 1:
            keys.index_copy_(2, self.position, key)
            values.index_copy_(2, self.position, value)
            return keys, values
        end = self.used + steps
        keys[:, :, self.used:end] = key
        values[:, :, self.used:end] = value
        return keys[:, :, :end], values[:, :, :end]

    def advance(self, steps: int) -> None:
        self.used += steps
        self.position += steps


class Layer(nn.Module):
    def __init__(self, shape: DecoderShape) -> None:
        super().__init__()
        width = shape.width
        self.heads, self.crossing = shape.heads, shape.crossing
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width, bias=False), nn.Linear(width, width, bias=False)
        self.up = nn.Linear(width, shape.inner, bias=False)
        self.down = nn.Linear(shape.inner, width, bias=False)
        if shape.crossing:
            self.cross_norm = nn.LayerNorm(width)
            self.cross_query, self.cross_out = (nn.Linear(width, width, bias=False) for _ in range(2))
            self.cross_kv = nn.Linear(width, 2 * width, bias=False)

    def forward(self, x: Tensor, context: Tensor | None, number: int, cache: Cache | None) -> Tensor:
        query, key, value = map(self._split, self.qkv(self.norm1(x)).chunk(3, -1))
        causal, mask = x.shape[1] > 1, None
        if cache is not None:
            key, value = cache.put(number, key, value)
            mask = cache.mask(x.shape[1])
        mixed = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask, is_causal=causal)
        x = x + self.out(self._join(mixed))
        if self.crossing and context is not None:
            x = x + self._cross(x, context, number, cache)
        out: Tensor = x + self.down(functional.gelu(self.up(self.norm2(x))))
        return out

    def _cross(self, x: Tensor, context: Tensor, number: int, cache: Cache | None) -> Tensor:
        known = cache.crossed[number] if cache is not None else None
        if known is None:
            key, value = map(self._split, self.cross_kv(context).chunk(2, -1))
            known = key.contiguous(), value.contiguous()
            if cache is not None:
                cache.crossed[number] = known
        query = self._split(self.cross_query(self.cross_norm(x)))
        out: Tensor = self.cross_out(self._join(functional.scaled_dot_product_attention(query, *known)))
        return out

    def _split(self, x: Tensor) -> Tensor:
        return x.view(*x.shape[:2], self.heads, -1).transpose(1, 2)

    def _join(self, x: Tensor) -> Tensor:
        return x.transpose(1, 2).flatten(2)


class Decoder(nn.Module):
    """The transformer over delayed codes."""

    table: Tensor

    def __init__(self, shape: DecoderShape) -> None:
        super().__init__()
        self.shape = shape
        self.books = nn.ModuleList(nn.Embedding(shape.codes + 1, shape.width) for _ in range(shape.books))
        self.layers = nn.ModuleList(Layer(shape) for _ in range(shape.layers))
        self.norm = nn.LayerNorm(shape.width)
        self.heads = nn.Linear(shape.width, shape.books * shape.codes, bias=False)
        self.register_buffer("table", positions(0, shape.width), persistent=False)

    def forward(self, codes: Tensor, condition: Condition = Condition()) -> Tensor:  # noqa: B008
        """Logits [batch, books, steps, codes] for delayed codes [batch, books, steps]."""
        x = self.embedded(codes, condition.at(0, codes.shape[-1]))
        if condition.prefix is not None:
            x = torch.cat([condition.prefix.to(x.dtype), x], 1)
        return self.logits(self.run(x, condition.context)[:, -codes.shape[-1]:])

    def embedded(self, codes: Tensor, added: Tensor | None = None) -> Tensor:
        """The books' embeddings summed [batch, steps, width], with frames to add."""
        x = self.books[0](codes[:, 0])
        for number in range(1, self.shape.books):
            x = x + self.books[number](codes[:, number])
        out: Tensor = x if added is None else x + added.to(x.dtype)
        return out

    def run(self, x: Tensor, context: Tensor | None = None, cache: Cache | None = None) -> Tensor:
        """The layers over steps that follow those in the cache."""
        x = x + self._positions(x, cache)
        for number, layer in enumerate(self.layers):
            x = layer(x, context, number, cache)
        if cache is not None:
            cache.advance(x.shape[1])
        out: Tensor = self.norm(x)
        return out

    def _positions(self, x: Tensor, cache: Cache | None) -> Tensor:
        steps = x.shape[1]
        self.reach(max(steps, 0 if cache is None else cache.length), x.device)
        if cache is not None and cache.fixed and steps == 1:
            return self.table.index_select(0, cache.position).to(x.dtype)
        first = 0 if cache is None else cache.used
        return self.table[first:first + steps].to(x.dtype)

    def reach(self, steps: int, device: torch.device) -> None:
        """Positions for that many steps are at hand."""
        if self.table.shape[0] < steps or self.table.device != device:
            self.table = positions(steps, self.shape.width).to(device)

    def logits(self, x: Tensor) -> Tensor:
        out: Tensor = self.heads(x).view(*x.shape[:2], self.shape.books, self.shape.codes).transpose(1, 2)
        return out


def positions(steps: int, width: int) -> Tensor:
    """Cosines, then sines, of positions at ``width / 2`` rates from 1 to 1 / 10,000 [steps, width]."""
    half = width // 2
    rates = torch.exp(torch.arange(half).float() * -(math.log(10_000) / (half - 1)))
    angles = torch.arange(steps).float()[:, None] * rates
    return torch.cat([angles.cos(), angles.sin()], dim=1)

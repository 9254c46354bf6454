"""Codes written step by step: every condition of the guidance in one batch, a memory laid out once."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from backend.models.musicgen.decoder import Cache, Condition, Decoder, batched
from backend.models.musicgen.delay import in_time

Step = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Guided:
    """Conditions from the fullest to none, and how far to go from each to the one before it: the logits are those of
    the last, plus ``scales[i]`` times the way from condition i + 1 to condition i."""

    conditions: tuple[Condition, ...]
    scales: tuple[float, ...] = ()

    def mixed(self, logits: Tensor) -> Tensor:
        parts = logits.chunk(len(self.conditions))
        out = parts[-1]
        for scale, fuller, poorer in zip(self.scales, parts[:-1], parts[1:], strict=True):
            out = out + (fuller - poorer) * scale
        return out


@dataclass(frozen=True)
class Draw:
    """How codes are drawn: temperature 0 takes the likeliest."""

    temperature: float = 1.0
    top_k: int = 250
    seed: int = 0


@torch.no_grad()
def generate(decoder: Decoder, guided: Guided, frames: int, draw: Draw | None = None,
             recorded: Callable[[Decoder, Cache, Tensor | None], Step] | None = None,
             *, given: Tensor | None = None) -> Tensor:
    """Codes [batch, books, frames], the first of them ``given`` [batch, books, fewer frames]. ``recorded`` may turn the
    one-step run into a graph over a fixed cache."""
    writing = _Writing(decoder, guided, frames, draw or Draw())
    if given is not None:
        writing.begin_with(given)
    return writing.write(recorded)


class _Writing:
    def __init__(self, decoder: Decoder, guided: Guided, frames: int, draw: Draw) -> None:
        self.decoder, self.guided, self.frames, self.draw = decoder, guided, frames, draw
        self.condition = batched(guided.conditions)
        first = next(part for part in (self.condition.prefix, self.condition.context, self.condition.added)
                     if part is not None)
        self.rows, self.batch = first.shape[0], first.shape[0] // len(guided.conditions)
        self.device, self.books = first.device, decoder.shape.books
        self.random = torch.Generator(self.device).manual_seed(draw.seed)
        self.sequence = torch.full((self.batch, self.books, frames + self.books), decoder.shape.pad,
                                   device=self.device)
        self.given = 0

    def begin_with(self, codes: Tensor) -> None:
        self.given = codes.shape[-1]
        for book in range(self.books):
            self.sequence[:, book, 1 + book:1 + book + self.given] = codes[:, book]

    def write(self, recorded: Callable[[Decoder, Cache, Tensor | None], Step] | None) -> Tensor:
        steps = self.sequence.shape[-1]
        prefix = self.condition.prefix
        before = 0 if prefix is None else prefix.shape[1]
        cache = Cache(self.decoder, self.rows, before + steps - 1, fixed=recorded is not None)
        first = self._input(0, self.given + 1)
        hidden = self.decoder.run(first if prefix is None else torch.cat([prefix.to(first.dtype), first], 1),
                                  self.condition.context, cache)
        step: Step | None = None
        for number in range(self.given + 1, steps):
            self._note(number, self.decoder.logits(hidden[:, -1:])[:, :, 0])
            if number == steps - 1:
                break
            if recorded is not None and step is None:
                step = recorded(self.decoder, cache, self.condition.context)
            x = self._input(number, 1)
            hidden = self.decoder.run(x, self.condition.context, cache) if step is None else step(x)
        return in_time(self.sequence, self.frames)

    def _input(self, number: int, count: int) -> Tensor:
        codes = self.sequence[..., number:number + count].repeat(len(self.guided.conditions), 1, 1)
        return self.decoder.embedded(codes, self.condition.at(number, count))

    def _note(self, number: int, logits: Tensor) -> None:
        """Draw the codes of a step; books that have not begun or are at their end keep the pad, given ones stay."""
        drawn = self._drawn(self.guided.mixed(logits.float()))
        for book in range(self.books):
            if self.given <= number - 1 - book < self.frames:
                self.sequence[:, book, number] = drawn[:, book]

    def _drawn(self, logits: Tensor) -> Tensor:
        if self.draw.temperature <= 0:
            return logits.argmax(-1)
        values, codes = (logits / self.draw.temperature).topk(min(self.draw.top_k, logits.shape[-1]), -1)
        chosen = torch.multinomial(values.softmax(-1).flatten(0, 1), 1, generator=self.random)
        return codes.gather(-1, chosen.view(*codes.shape[:2], 1))[..., 0]


def no_graph(decoder: Decoder, cache: Cache, context: Tensor | None) -> Step:
    """The step over a fixed cache as it is: what a graph must equal."""
    return lambda x: decoder.run(x, context, cache)


def cuda_graph(decoder: Decoder, cache: Cache, context: Tensor | None) -> Step:
    """The step over a fixed cache recorded once and replayed: no launch of single kernels."""
    still = cache.keys[0].new_zeros(cache.keys[0].shape[0], 1, decoder.shape.width)
    position, used = cache.position.clone(), cache.used
    side = torch.cuda.Stream()  # type: ignore[no-untyped-call]
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(2):
            decoder.run(still, context, cache)
            cache.position.copy_(position)
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        hidden = decoder.run(still, context, cache)
    cache.position.copy_(position)
    cache.used = used

    def step(x: Tensor) -> Tensor:
        still.copy_(x)
        graph.replay()
        return hidden

    return step

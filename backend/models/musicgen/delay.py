"""The delay pattern: book k of a frame is written k steps after book 0, so that it can hear the books before it."""
from __future__ import annotations

import torch
from torch import Tensor


def delayed(codes: Tensor, pad: int) -> tuple[Tensor, Tensor]:
    """Codes [batch, books, frames] as inputs and targets [batch, books, frames + books - 1]; ``pad`` where a book has
    nothing. The first input is all ``pad``."""
    batch, books, frames = codes.shape
    sequence = codes.new_full((batch, books, frames + books), pad)
    for book in range(books):
        sequence[:, book, 1 + book:1 + book + frames] = codes[:, book]
    return sequence[..., :-1], sequence[..., 1:]


def in_time(sequence: Tensor, frames: int) -> Tensor:
    """A delayed sequence that starts with ``pad`` [batch, books, frames + books] back to codes."""
    return torch.stack([sequence[:, book, 1 + book:1 + book + frames] for book in range(sequence.shape[1])], 1)

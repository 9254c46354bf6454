"""The transformer of backend/models/transformer.py as it is trained: same layers, same names, same arithmetic."""
from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from backend.models.transformer import ROTARY_BASE


def rotate(x: Tensor) -> Tensor:
    """Rotary positions 0 .. T-1 for ``x`` [..., T, head]."""
    half = x.shape[-1] // 2
    rates = ROTARY_BASE ** (-torch.arange(half, device=x.device) / half)
    angles = torch.arange(x.shape[-2], device=x.device)[:, None] * rates
    cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
    first, second = x[..., :half], x[..., half:]
    return torch.cat([first * cos - second * sin, second * cos + first * sin], dim=-1)


class Block(nn.Module):
    """Attention and feed-forward, each after a norm and added to what came in."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, causal: bool, padding: Tensor | None = None) -> Tensor:
        """``x`` [batch, T, width]; ``padding`` [batch, T] is True where there is nothing to attend to."""
        batch, steps, width = x.shape
        joint = self.qkv(self.norm1(x)).view(batch, steps, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        query, key, value = rotate(joint[0]), rotate(joint[1]), joint[2]
        mask = None if padding is None else _mask(padding, causal)
        mixed = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask,
                                                        is_causal=causal and mask is None)
        x = x + self.dropout(self.out(mixed.transpose(1, 2).reshape(batch, steps, width)))
        inner = functional.gelu(self.up(self.norm2(x)), approximate="tanh")
        out: Tensor = x + self.dropout(self.down(inner))
        return out


def _mask(padding: Tensor, causal: bool) -> Tensor:
    """True where attention may look [batch, 1, T, T]; a step always sees itself."""
    steps = padding.shape[1]
    seen = ~padding[:, None, None, :].expand(-1, 1, steps, steps)
    if causal:
        seen = seen & torch.ones(steps, steps, dtype=torch.bool, device=padding.device).tril()
    return seen | torch.eye(steps, dtype=torch.bool, device=padding.device)


class Stack(nn.Module):
    """Blocks and a last norm."""

    def __init__(self, width: int, heads: int, layers: int, dropout: float) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(Block(width, heads, dropout) for _ in range(layers))
        self.norm = nn.LayerNorm(width)

    def forward(self, x: Tensor, causal: bool, padding: Tensor | None = None) -> Tensor:
        for block in self.blocks:
            x = block(x, causal, padding)
        out: Tensor = self.norm(x)
        return out


def start_small(network: nn.Module) -> None:
    """Normal weights of deviation 0.02, no bias: the usual start of a small transformer."""
    for layer in network.modules():
        if isinstance(layer, (nn.Linear, nn.Embedding)):
            nn.init.normal_(layer.weight, std=0.02)
        if isinstance(layer, nn.Linear) and layer.bias is not None:
            nn.init.zeros_(layer.bias)

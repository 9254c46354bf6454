"""A melody model with made-up weights, for tests that need its arithmetic and not its taste."""
from __future__ import annotations

import numpy as np

from backend.models import melody_controls
from backend.models.melody import DYNAMIC_SIZES, MelodyTransformer
from backend.models.melody_events import CHORDS, PITCHES, SIZES
from backend.models.weights import Weights

WIDTH, HEADS, LAYERS = 24, 2, 2


def made_up_weights(seed: int = 1, size: float = 0.15) -> Weights:
    rng = np.random.default_rng(seed)
    shapes: dict[str, tuple[int, ...]] = {f"{name}.weight": (n, WIDTH) for name, n in (SIZES | DYNAMIC_SIZES).items()}
    shapes |= {f"wish_{name}.weight": (n, WIDTH) for name, n in melody_controls.SIZES.items()}
    for layer in range(LAYERS):
        block = f"decoder.blocks.{layer}"
        for name, (out, into) in {"qkv": (3 * WIDTH, WIDTH), "out": (WIDTH, WIDTH), "up": (4 * WIDTH, WIDTH),
                                  "down": (WIDTH, 4 * WIDTH)}.items():
            shapes |= {f"{block}.{name}.weight": (out, into), f"{block}.{name}.bias": (out,)}
        shapes |= {f"{block}.{norm}.{part}": (WIDTH,) for norm in ("norm1", "norm2") for part in ("weight", "bias")}
    shapes |= {"decoder.norm.weight": (WIDTH,), "decoder.norm.bias": (WIDTH,)}
    shapes |= {"pitch_of.weight": (PITCHES, WIDTH), "pitch_of.bias": (PITCHES,)}
    shapes |= {"chord_of.weight": (CHORDS, WIDTH), "chord_of.bias": (CHORDS,)}
    tensors = {name: rng.normal(0, size, shape).astype(np.float32) for name, shape in sorted(shapes.items())}
    tensors |= {name: np.ones_like(value) for name, value in tensors.items() if "norm" in name and "weight" in name}
    return Weights(tensors, {"heads": HEADS, "sampler": {"temperature": 1.0}}, "made up")


def made_up_model(seed: int = 1) -> MelodyTransformer:
    return MelodyTransformer(made_up_weights(seed))

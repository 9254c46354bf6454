"""Names of MusicGen's weights: upstream's two spellings and ours."""
from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from backend.models.musicgen.decoder import DecoderShape

State = Mapping[str, Tensor]


class UnknownWeights(ValueError):
    """Names or shapes that no MusicGen has; the message says which."""


@dataclass
class Named:
    """Weights under our names: the decoder's, and the linear maps (weight and bias) of text and rhythm."""

    decoder: dict[str, Tensor] = field(default_factory=dict)
    text: dict[str, Tensor] = field(default_factory=dict)
    rhythm: dict[str, Tensor] = field(default_factory=dict)


_TRANSFORMERS = {"self_attn.out_proj": "out", "self_attn_layer_norm": "norm1", "fc1": "up", "fc2": "down",
                 "final_layer_norm": "norm2", "encoder_attn_layer_norm": "cross_norm",
                 "encoder_attn.q_proj": "cross_query", "encoder_attn.out_proj": "cross_out"}
_AUDIOCRAFT = {"self_attn.out_proj": "out", "norm1": "norm1", "linear1": "up", "linear2": "down", "norm2": "norm2",
               "norm_cross": "cross_norm", "cross_attention.out_proj": "cross_out"}


def from_transformers(state: State) -> Named:
    """The whole model's or the decoder's own names, of either MusicGen class. Raises UnknownWeights."""
    root = next((root for root in ("decoder.", "") if f"{root}model.decoder.layer_norm.weight" in state), None)
    if root is None:
        raise UnknownWeights("no 'model.decoder.layer_norm.weight'")
    inside = f"{root}model.decoder."
    out = Named(text=_linear(state, "enc_to_dec_proj"), rhythm=_linear(state, "audio_enc_to_dec_proj"))
    weights = {name.removeprefix(inside): value for name, value in state.items() if name.startswith(inside)}
    for name, value in weights.items():
        place, part = _layer(name)
        stem, _, kind = part.rpartition(".")
        if place is None:
            _outside(out, name, value, {"embed_tokens": "books", "layer_norm": "norm"})
        elif stem in _TRANSFORMERS:
            out.decoder[f"layers.{place}.{_TRANSFORMERS[stem]}.{kind}"] = value
        elif stem.split(".")[-1] not in ("q_proj", "k_proj", "v_proj"):
            raise UnknownWeights(f"'{name}' is not known")
    for place in range(_count(out.decoder, r"layers\.(\d+)\.")):
        base = f"layers.{place}."
        _join(out.decoder, f"{base}qkv.weight", [weights.get(f"{base}self_attn.{k}_proj.weight") for k in "qkv"])
        if f"{base}encoder_attn.k_proj.weight" in weights:
            _join(out.decoder, f"{base}cross_kv.weight",
                  [weights.get(f"{base}encoder_attn.{k}_proj.weight") for k in "kv"])
    books = _count(out.decoder, r"books\.(\d+)\.")
    _join(out.decoder, "heads.weight", [state.get(f"{root}lm_heads.{k}.weight") for k in range(books)])
    return out


def from_audiocraft(state: State) -> Named:
    """The language model's ``best_state`` of an audiocraft checkpoint. Raises UnknownWeights."""
    if "out_norm.weight" not in state:
        raise UnknownWeights("no 'out_norm.weight'")
    conditioners = "condition_provider.conditioners."
    out = Named(text=_linear(state, f"{conditioners}description.output_proj"),
                rhythm=_linear(state, f"{conditioners}self_wav.output_proj"))
    for name, value in state.items():
        if name.startswith(("condition_provider.", "linears.", "fuser.")):
            continue
        place, part = _layer(name.removeprefix("transformer."))
        stem, _, kind = part.rpartition(".")
        base = f"layers.{place}."
        if place is None:
            _outside(out, name, value, {"emb": "books", "out_norm": "norm"})
        elif stem in _AUDIOCRAFT:
            out.decoder[f"{base}{_AUDIOCRAFT[stem]}.{kind}"] = value
        elif part == "self_attn.in_proj_weight":
            out.decoder[f"{base}qkv.weight"] = value
        elif part == "cross_attention.in_proj_weight":
            width = value.shape[1]
            out.decoder[f"{base}cross_query.weight"] = value[:width]
            out.decoder[f"{base}cross_kv.weight"] = value[width:]
        else:
            raise UnknownWeights(f"'{name}' is not known")
    books = _count(out.decoder, r"books\.(\d+)\.")
    _join(out.decoder, "heads.weight", [state.get(f"linears.{k}.weight") for k in range(books)])
    return out


def to_audiocraft(named: Named) -> dict[str, Tensor]:
    """Our weights under audiocraft's names, for its own tools."""
    out: dict[str, Tensor] = {}
    back = {ours: theirs for theirs, ours in _AUDIOCRAFT.items()}
    for name, value in named.decoder.items():
        place, part = _layer(name)
        stem, _, kind = part.rpartition(".")
        base = f"transformer.layers.{place}."
        if place is None and name == "heads.weight":
            heads = value.chunk(_count(named.decoder, r"books\.(\d+)\."))
            out.update({f"linears.{k}.weight": head for k, head in enumerate(heads)})
        elif place is None:
            out[name.replace("books.", "emb.").replace("norm.", "out_norm.")] = value
        elif stem in back:
            out[f"{base}{back[stem]}.{kind}"] = value
        elif stem == "qkv":
            out[f"{base}self_attn.in_proj_weight"] = value
        elif stem == "cross_query":
            out[f"{base}cross_attention.in_proj_weight"] = torch.cat(
                [value, named.decoder[f"layers.{place}.cross_kv.weight"]])
    for conditioner, linear in (("description", named.text), ("self_wav", named.rhythm)):
        out.update({f"condition_provider.conditioners.{conditioner}.output_proj.{kind}": value
                    for kind, value in linear.items()})
    return out


def shape_of(named: Named, heads: int | None = None) -> DecoderShape:
    """The shape that the weights have; without ``heads``, heads are 64 wide as in every released model. Raises
    UnknownWeights when they are no whole decoder."""
    try:
        entries, width = named.decoder["books.0.weight"].shape
        inner = named.decoder["layers.0.up.weight"].shape[0]
    except (KeyError, ValueError):
        raise UnknownWeights("embeddings or layers are missing") from None
    shape = DecoderShape(width, _count(named.decoder, r"layers\.(\d+)\."), heads or max(1, width // 64), inner,
                         entries - 1, _count(named.decoder, r"books\.(\d+)\."),
                         "layers.0.cross_kv.weight" in named.decoder)
    if width % shape.heads:
        raise UnknownWeights(f"a width of {width} does not divide into {shape.heads} heads")
    return shape


def _layer(name: str) -> tuple[int | None, str]:
    found = re.match(r"layers\.(\d+)\.(.+)", name)
    return (int(found[1]), found[2]) if found else (None, name)


def _outside(out: Named, name: str, value: Tensor, known: Mapping[str, str]) -> None:
    stem, _, rest = name.partition(".")
    if stem not in known:
        if stem == "embed_positions":  # a table that older files carry; it is computed
            return
        raise UnknownWeights(f"'{name}' is not known")
    out.decoder[f"{known[stem]}.{rest}"] = value


def _linear(state: State, stem: str) -> dict[str, Tensor]:
    return {kind: state[f"{stem}.{kind}"] for kind in ("weight", "bias") if f"{stem}.{kind}" in state}


def _join(into: dict[str, Tensor], name: str, parts: list[Tensor | None]) -> None:
    there = [part for part in parts if part is not None]
    if not there or len(there) != len(parts):
        raise UnknownWeights(f"a part of '{name}' is missing")
    into[name] = torch.cat(there)


def _count(weights: Mapping[str, Tensor], pattern: str) -> int:
    numbers = [int(found[1]) for name in weights if (found := re.match(pattern, name))]
    return 1 + max(numbers, default=-1)

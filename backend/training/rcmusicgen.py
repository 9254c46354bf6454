"""MusicGen as it is trained on clips: rhythm and text before the codes or in them; for RC-MusicGen and EchoScript."""
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from backend.models.musicgen.conditioner import RhythmConditioner
from backend.models.musicgen.decoder import Condition, Decoder, DecoderShape
from backend.models.musicgen.spots_audio import MODES, SAMPLE_RATE
from backend.training.rcmusicgen_clips import IGNORED, ClipMaterial, stack
from backend.training.rcmusicgen_dadapt import DAdaptAdam
from backend.training.rcmusicgen_lora import with_lora
from backend.training.rcmusicgen_manifest import Clip
from backend.training.rcmusicgen_options import RcOptions
from backend.training.rcmusicgen_text import TEXT_PLANS
from backend.training.trainer import Batch, Figures, TrainConfig, adamw
from backend.training.transformer import start_small

TextSource = Callable[[Sequence[str]], tuple[Tensor, Tensor]]
"""Texts to states [texts, tokens, width], zeros where nothing is said, and which tokens count [texts, tokens]."""
ADAPTED = ("qkv", "out", "up", "down")
DEV_BATCHES = 4
_CONDITION_DEVIATION = 0.4


@dataclass(frozen=True)
class Base:
    """What training starts from: a decoder's shape and weights, the maps of its conditions (weight and bias), and what
    names it in the results. No weights: a decoder from nothing."""

    name: str
    shape: DecoderShape
    text_width: int
    decoder: Mapping[str, Tensor]
    text: Mapping[str, Tensor]
    rhythm: Mapping[str, Tensor]
    licence: str


class RcNetwork(nn.Module):
    """Decoder, rhythm conditioner and text map. Its state holds what is trained, and nothing else."""

    def __init__(self, base: Base, options: RcOptions) -> None:
        super().__init__()
        self.decoder = Decoder(base.shape)
        self.text = nn.Linear(base.text_width, base.shape.width)
        mode = MODES.get(options.mode)
        self.conditioner = None if mode is None else RhythmConditioner(mode, base.shape.width, prefix_frames(options))
        self._start(base)
        self.trained = self._choose(options)

    def _start(self, base: Base) -> None:
        """Take the base's tensors over, shared: what stays frozen exists once, however many networks there are."""
        if not base.decoder:
            start_small(self)
            conditions = [self.text] if self.conditioner is None else [self.text, self.conditioner.project]
            for linear in conditions:  # heard beside positions, whose numbers are about 1
                nn.init.normal_(linear.weight, std=_CONDITION_DEVIATION)
        else:
            self.decoder.load_state_dict(dict(base.decoder), assign=True)
            self.text.load_state_dict(dict(base.text), assign=True)
        if self.conditioner is not None and base.decoder:
            if base.rhythm and not self.conditioner.mode.added:
                self.conditioner.project.load_state_dict(dict(base.rhythm), assign=True)
            else:
                nn.init.zeros_(self.conditioner.project.weight)
                nn.init.zeros_(self.conditioner.project.bias)

    def _choose(self, options: RcOptions) -> frozenset[str]:
        """Freeze what is not trained, copy what is; the names of the trained."""
        everything = [name for name, _ in self.named_parameters()]
        if options.adapt == "lora":
            adapters = with_lora(self.decoder, ADAPTED, options.rank)
            whole = ("text.", "conditioner.", *(f"decoder.layers.{n}.norm" for n in range(options.norm_layers)))
            everything = [name for name in everything if name.startswith(whole)]
            everything += [f"decoder.{name}" for name in adapters]
        trained = frozenset(everything)
        for name, parameter in self.named_parameters():
            parameter.requires_grad_(name in trained)
            if name in trained:
                parameter.data = parameter.data.clone()
        return trained

    def state_dict(self, *arguments: Any, **named: Any) -> dict[str, Any]:  # type: ignore[override]
        state = super().state_dict(*arguments, **named)
        return {name: value for name, value in state.items() if name in self.trained}

    def load_state_dict(self, state: Mapping[str, Any], strict: bool = True, assign: bool = False) -> Any:
        if strict and state.keys() != self.trained:
            odd = sorted(state.keys() ^ self.trained)
            raise RuntimeError(f"'{odd[0]}' is missing, or one too many")
        return super().load_state_dict(state, strict=False, assign=assign)

    def condition(self, batch: Batch) -> Condition:
        words = self.text(batch["text"]) * batch["said"][..., None]
        before: list[Tensor] = []
        added = None
        if self.conditioner is not None:
            frames = self.conditioner(batch["chroma"], batch["frames"], batch["no_rhythm"])
            added = frames if self.conditioner.mode.added else None
            before += [] if self.conditioner.mode.added else [frames]
        crossing = self.decoder.shape.crossing
        before += [] if crossing else [words]
        return Condition(torch.cat(before, 1) if before else None, words if crossing else None, added)

    def forward(self, batch: Batch) -> Tensor:
        """Logits [batch, books, steps, codes] for the delayed codes."""
        out: Tensor = self.decoder(batch["codes"], self.condition(batch))
        return out


def prefix_frames(options: RcOptions) -> int:
    """Frames of a whole segment, so that positions are the same in every batch; 0 without rhythm."""
    mode = MODES.get(options.mode)
    if mode is None:
        return 0
    return min(mode.most_frames, int(options.segment_s * SAMPLE_RATE // mode.hop) + (not mode.added))


class RcTask:
    """Batches of clips for the trainer. Validates on fixed windows of the dev split, nothing dropped, text at the
    stage that training has reached."""

    def __init__(self, name: str, base: Base, clips: Sequence[Clip], options: RcOptions, texts: TextSource) -> None:
        self.name, self._base, self._options, self._texts = name, base, options, texts
        self._share, self._plan = 0.0, TEXT_PLANS[options.text]
        self._train = ClipMaterial([clip for clip in clips if clip.split == "train"], base.shape, options)
        self._dev = ClipMaterial([clip for clip in clips if clip.split == "dev"], base.shape, options)
        self.facts: dict[str, Any] = {"base": base.name, "options": asdict(options), "clips": len(clips),
                                      "data": self._train.fingerprint + self._dev.fingerprint}

    def network(self) -> nn.Module:
        return RcNetwork(self._base, self._options)

    def optimiser(self, network: nn.Module, config: TrainConfig) -> torch.optim.Optimizer:
        if self._options.optimiser == "dadapt":
            trained = [parameter for parameter in network.parameters() if parameter.requires_grad]
            return DAdaptAdam(trained, config.learning_rate, (config.beta1, config.beta2), config.weight_decay)
        return adamw(network, config)

    def reached(self, share: float) -> None:
        self._share = share

    def batch(self, rng: np.random.Generator) -> Batch:
        rows = [self._train.draw(self._plan, self._share, rng) for _ in range(self._options.batch)]
        chance = rng.random((len(rows), 3))
        nothing = chance[:, 0] < self._options.no_condition
        silent = nothing | (chance[:, 1] < self._options.no_rhythm)
        wordless = nothing | (chance[:, 2] < self._options.no_text)
        return stack(rows, self._texts, silent, wordless, self._base.shape.pad)

    def loss(self, network: nn.Module, batch: Batch) -> Tensor:
        """Cross-entropy of each book over what it has to say, averaged over the books."""
        logits, targets = network(batch), batch["targets"]
        books = [functional.cross_entropy(logits[:, k].float().flatten(0, 1), targets[:, k].flatten(),
                                          ignore_index=IGNORED) for k in range(targets.shape[1])]
        return torch.stack(books).mean()

    def validate(self, network: nn.Module) -> Figures:
        device = next(network.parameters()).device
        losses = []
        for number in range(DEV_BATCHES):
            rng = np.random.default_rng([7, number])
            rows = [self._dev.draw(self._plan, self._share, rng) for _ in range(self._options.batch)]
            never = np.zeros(len(rows), bool)
            batch = stack(rows, self._texts, never, never, self._base.shape.pad)
            losses.append(float(self.loss(network, {name: value.to(device) for name, value in batch.items()})))
        return {"loss": round(float(np.mean(losses)), 6)}

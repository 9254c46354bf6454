"""What a run of MusicGen's training is told, and the presets: the paper's, ours, EchoScript's."""
from __future__ import annotations

from dataclasses import dataclass

from backend.errors import InputError
from backend.models.musicgen.spots_audio import MODES
from backend.training.rcmusicgen_text import TEXT_PLANS
from backend.training.trainer import TrainConfig

NO_RHYTHM = "none"


@dataclass(frozen=True)
class RcOptions:
    """``mode``: how rhythm is heard, or 'none'. ``adapt``: 'lora' of ``rank`` (with the conditions' maps and the norms
    of the first ``norm_layers`` layers) or 'full'. ``text``: what is said, see rcmusicgen_text. ``epochs`` above 0
    sets the number of updates. Chances: nothing given, no rhythm, no text. ``balanced``: a clip is drawn the less
    often, the more of its genre there are."""

    mode: str = "fine25"
    adapt: str = "lora"
    rank: int = 32
    norm_layers: int = 4
    text: str = "staged"
    optimiser: str = "adamw"
    batch: int = 4
    segment_s: float = 30.0
    epochs: int = 0
    no_condition: float = 0.2
    no_rhythm: float = 0.2
    no_text: float = 0.1
    balanced: bool = False

    def check(self) -> None:
        """Raises InputError for a choice that does not exist."""
        choices = {"mode": (*MODES, NO_RHYTHM), "adapt": ("lora", "full"), "text": tuple(TEXT_PLANS),
                   "optimiser": ("adamw", "dadapt")}
        for name, known in choices.items():
            if getattr(self, name) not in known:
                raise InputError(f"--config: [model] {name} must be one of {', '.join(known)}, "
                                 f"not '{getattr(self, name)}'.")
        for name in ("batch", "rank", "segment_s"):
            if getattr(self, name) <= 0:
                raise InputError(f"--config: [model] {name} must be above 0.")


@dataclass(frozen=True)
class Preset:
    options: RcOptions
    training: TrainConfig
    weights: str


PRESETS = {
    "rcmusicgen": Preset(
        RcOptions(), TrainConfig(steps=20_000, learning_rate=2e-4, warmup_steps=500, weight_decay=0.05, bf16=True,
                                 averaging=0.999, validate_every=500), "facebook/musicgen-melody"),
    "paper": Preset(
        RcOptions(mode="paper", adapt="full", text="paper", optimiser="dadapt", batch=4, no_rhythm=0.5,
                  no_text=0.0),
        TrainConfig(steps=300_000, learning_rate=1.0, warmup_steps=4_000, least_share=0.0, weight_decay=0.1,
                    averaging=0.99, bf16=True, validate_every=2_000), "facebook/musicgen-melody"),
    "echoscript": Preset(
        RcOptions(mode=NO_RHYTHM, adapt="full", text="music", batch=12, epochs=10, no_condition=0.1, no_rhythm=0.0,
                  no_text=0.0, balanced=True),
        TrainConfig(learning_rate=5e-5, warmup_steps=200, weight_decay=0.01, beta2=0.999, bf16=True,
                    validate_every=200), "facebook/musicgen-small"),
}
"""'paper': 2,000 updates of batch 4 in each of 150 epochs, D-adapted Adam, its rate 1 scaled by a cosine; 'rcmusicgen'
is what to take; 'echoscript' is musicgen-small on text alone."""

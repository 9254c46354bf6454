"""What stands around the decoder: the text encoder (T5), its tokenizer and the codec (EnCodec), run by transformers."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from backend.errors import InputError, MissingExtraError
from backend.models.musicgen.loading import HUB_NAME, has_transformers, read_config, read_state

_TOKENIZER_FILES = ("tokenizer.json", "spiece.model")
_OLDER_NAMES = {".weight_g": ".parametrizations.weight.original0", ".weight_v": ".parametrizations.weight.original1"}


@dataclass(frozen=True)
class Companions:
    """Text to states, waves to codes and back."""

    tokenizer: Callable[..., Any]
    text_encoder: Any
    codec: Any

    @property
    def sample_rate(self) -> int:
        return int(self.codec.config.sampling_rate)

    @torch.no_grad()
    def text_states(self, texts: Sequence[str]) -> tuple[Tensor, Tensor]:
        """States [texts, tokens, width] and which tokens count [texts, tokens]; an empty text has none."""
        spelt = [text if text.strip() else "." for text in texts]  # something to encode; it is not heard
        words = self.tokenizer(spelt, padding=True, return_tensors="pt")
        heard = words["attention_mask"] * torch.tensor([[bool(text.strip())] for text in texts])
        states = self.text_encoder(input_ids=words["input_ids"],
                                   attention_mask=words["attention_mask"]).last_hidden_state
        return states * heard[..., None].to(states.dtype), heard.bool()

    @torch.no_grad()
    def codes(self, wave: NDArray[np.float32]) -> Tensor:
        """Codes [books, frames] of a mono wave at ``sample_rate``; every book the codec has."""
        encoded = self.codec.encode(torch.from_numpy(wave)[None, None],
                                    bandwidth=self.codec.config.target_bandwidths[-1])
        codes: Tensor = encoded.audio_codes[0, 0]
        return codes

    @torch.no_grad()
    def sound(self, codes: Tensor) -> NDArray[np.float32]:
        """A mono wave at ``sample_rate`` of codes [books, frames]."""
        wave = self.codec.decode(codes[None, None], [None]).audio_values[0, 0]
        return np.asarray(wave.float().numpy(), np.float32)


def load_companions(folder: Path) -> Companions:
    """From a folder in transformers' layout. Raises InputError, or MissingExtraError without transformers."""
    try:
        from transformers import AutoTokenizer, EncodecConfig, EncodecModel, T5Config, T5EncoderModel
    except ImportError:
        raise MissingExtraError("MusicGen's text encoder and codec need the package 'transformers'. Install it with: "
                                "pip install 'transformers>=5,<6'") from None
    if not has_transformers(folder):
        raise InputError(f"'{folder}' has no text encoder and codec: audiocraft's files hold the decoder only. Give "
                         f"the folder of the transformers files ({HUB_NAME}).")
    config = read_config(folder)
    state = read_state(folder, lambda name: name.startswith(("text_encoder.", "audio_encoder.")))
    try:
        text = _filled(T5EncoderModel(T5Config(**config["text_encoder"])), state, "text_encoder.")
        codec = _filled(EncodecModel(EncodecConfig(**config["audio_encoder"])), state, "audio_encoder.")
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise InputError(f"'{folder}' holds no whole text encoder and codec: {_line(error)}. Fetch the weights "
                         "again.") from None
    try:
        if not any((folder / name).is_file() for name in _TOKENIZER_FILES):
            raise OSError(f"neither {' nor '.join(_TOKENIZER_FILES)} is there.")
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    except (OSError, ValueError, KeyError, ImportError) as error:
        raise InputError(f"'{folder}' has no tokenizer that can be read: {_line(error)} Fetch the weights again, with "
                         "all their files.") from None
    strip_weight_norm(codec)
    return Companions(tokenizer, text, codec)


def _filled(model: Any, state: dict[str, Tensor], root: str) -> Any:
    weights = {_newer(name.removeprefix(root)): value for name, value in state.items() if name.startswith(root)}
    missing, _ = model.load_state_dict(weights, strict=False)
    tied = {"encoder.embed_tokens.weight", "shared.weight"}
    if set(missing) - tied or not weights or len(tied & set(missing)) == 2:
        raise ValueError(f"'{root}{missing[0] if missing else ''}' is missing")
    model.tie_weights()
    return model.eval().requires_grad_(False)


def _newer(name: str) -> str:
    """The released files name the parts of a weight norm as older versions of torch did."""
    for old, new in _OLDER_NAMES.items():
        if name.endswith(old):
            return name.removesuffix(old) + new
    return name


def strip_weight_norm(codec: Any) -> None:
    """Put every convolution's norm into its weight: the same sound, without the division at every call."""
    from torch.nn.utils import parametrize
    for module in codec.modules():
        if parametrize.is_parametrized(module, "weight"):
            parametrize.remove_parametrizations(module, "weight")


def _line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or ["?"])[0]

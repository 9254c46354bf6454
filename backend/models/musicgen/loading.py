"""MusicGen from a folder of weights: transformers' files or audiocraft's. One line for everything that is wrong."""
from __future__ import annotations

import hashlib
import json
import pickle
import re
import warnings
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from backend.errors import InputError
from backend.models.musicgen.decoder import Decoder, DecoderShape
from backend.models.musicgen.names import Named, UnknownWeights, from_audiocraft, from_transformers, shape_of

LICENCE = "CC-BY-NC-4.0"
LICENCE_LINE = ("The MusicGen weights are licensed CC-BY-NC-4.0 by Meta: not for commercial use; what is trained from "
                "them keeps that licence.")
HUB_NAME = "facebook/musicgen-melody"
SINGLE, INDEX, OLD = "model.safetensors", "model.safetensors.index.json", "pytorch_model.bin"
AUDIOCRAFT = "state_dict.bin"


@dataclass(frozen=True)
class Pretrained:
    """A decoder in inference mode and the linear maps of its conditions; ``rhythm`` has the shape of the melody
    models' chroma map, None in text models. ``licence`` belongs into every result made with it."""

    decoder: Decoder
    text: nn.Linear
    rhythm: nn.Linear | None
    folder: Path
    layout: str
    licence: str = LICENCE


def weights_folder(wish: str, hub: Path | None = None) -> Path:
    """The folder that is meant: a path, or a name of the hub whose newest copy lies in its cache. Raises InputError."""
    folder = Path(wish).expanduser()
    if folder.is_dir():
        return folder
    if re.fullmatch(r"[\w.-]+/[\w.-]+", wish):
        cached = (hub or _hub_cache()) / f"models--{wish.replace('/', '--')}" / "snapshots"
        copies = sorted(cached.glob("*"), key=lambda copy: copy.stat().st_mtime)
        if copies:
            return copies[-1]
        raise InputError(f"There is no folder '{wish}', nor is it in the hub's cache. Fetch it with: "
                         f"hf download {wish}")
    raise InputError(f"There is no folder '{wish}'. Give the folder of the MusicGen weights, or a name like "
                     f"{HUB_NAME}.")


def _hub_cache() -> Path:
    from huggingface_hub.constants import HF_HUB_CACHE
    return Path(HF_HUB_CACHE)


def load_pretrained(folder: Path, dtype: torch.dtype = torch.float32) -> Pretrained:
    """Read the language model of ``folder``. Raises InputError in one line."""
    layout = "audiocraft" if not has_transformers(folder) and (folder / AUDIOCRAFT).is_file() else "transformers"
    try:
        named, heads = _from_audiocraft(folder) if layout == "audiocraft" else _from_transformers(folder)
        shape = shape_of(named, heads)
        decoder = _filled(Decoder, shape, named.decoder, dtype)
        if not named.text:
            raise UnknownWeights("the map of the text condition is missing")
        rhythm = _linear(named.rhythm, dtype) if named.rhythm else None
        return Pretrained(decoder, _linear(named.text, dtype), rhythm, folder, layout)
    except UnknownWeights as error:
        raise InputError(f"'{folder}' holds no whole MusicGen: {error}. Fetch it again, for example with: "
                         f"hf download {HUB_NAME}") from None
    except (MemoryError, torch.OutOfMemoryError):
        raise InputError(f"The weights in '{folder}' do not fit into memory. Take musicgen-small, or half "
                         "precision.") from None


def has_transformers(folder: Path) -> bool:
    return any((folder / name).is_file() for name in (SINGLE, INDEX, OLD))


def _from_transformers(folder: Path) -> tuple[Named, int | None]:
    config = read_config(folder)
    decoder = config.get("decoder", config)
    if not isinstance(decoder, dict) or decoder.get("audio_channels", 1) != 1:
        raise InputError(f"'{folder}' is a stereo model; take its mono twin, for example {HUB_NAME}.")
    heads = decoder.get("num_attention_heads")
    state = read_state(folder, lambda name: name.startswith(("decoder.", "model.", "lm_heads.", "enc_to_dec_proj.",
                                                             "audio_enc_to_dec_proj.")))
    return from_transformers(state), heads if isinstance(heads, int) else None


def _from_audiocraft(folder: Path) -> tuple[Named, int | None]:
    package = _read_pickle(folder / AUDIOCRAFT)
    state = package.get("best_state")
    if not isinstance(state, dict):
        raise UnknownWeights(f"'{AUDIOCRAFT}' has no 'best_state'")
    named = from_audiocraft(state.get("model", state))
    if len([name for name in named.decoder if name.startswith("books.")]) > 4:
        raise InputError(f"'{folder}' is a stereo model; take its mono twin, for example {HUB_NAME}.")
    heads = re.search(r"num_heads:\s*(\d+)", str(package.get("xp.cfg", "")))
    return named, int(heads[1]) if heads else None


def read_config(folder: Path) -> dict[str, Any]:
    """``config.json`` of a folder. Raises InputError in one line."""
    file = folder / "config.json"
    try:
        config = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"'{file}' cannot be read: {error.strerror}. Give the folder that holds the MusicGen weights "
                         f"and their config.json.") from None
    except ValueError:
        raise InputError(f"'{file}' is not JSON. Fetch the weights again.") from None
    if not isinstance(config, dict):
        raise InputError(f"'{file}' is no model's configuration. Fetch the weights again.")
    return config


def read_state(folder: Path, wanted: Callable[[str], bool]) -> dict[str, Tensor]:
    """The tensors of a folder in transformers' layout whose names are wanted. Raises InputError in one line."""
    if not (folder / SINGLE).is_file() and not (folder / INDEX).is_file() and (folder / OLD).is_file():
        return {name: value for name, value in _read_pickle(folder / OLD).items() if wanted(name)}
    out: dict[str, Tensor] = {}
    for file in _safetensors_files(folder):
        out.update(_read_safetensors(file, wanted))
    return out


def _safetensors_files(folder: Path) -> list[Path]:
    if (folder / SINGLE).is_file():
        return [folder / SINGLE]
    try:
        names = set(json.loads((folder / INDEX).read_text(encoding="utf-8"))["weight_map"].values())
    except FileNotFoundError:
        raise InputError(f"'{folder}' holds neither '{SINGLE}' nor '{AUDIOCRAFT}'. Fetch the weights, for example "
                         f"with: hf download {HUB_NAME}") from None
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        raise InputError(f"'{folder / INDEX}' is damaged. Fetch the weights again.") from None
    return sorted(folder / Path(name).name for name in names)


def _read_safetensors(file: Path, wanted: Callable[[str], bool]) -> dict[str, Tensor]:
    from safetensors import SafetensorError, safe_open
    try:
        with safe_open(file, framework="pt") as opened:
            return {name: opened.get_tensor(name) for name in opened.keys() if wanted(name)}  # noqa: SIM118
    except OSError as error:
        raise InputError(f"The weights '{file}' cannot be read: {error.strerror or error}.") from None
    except SafetensorError:
        raise InputError(f"'{file}' is not a whole safetensors file. Fetch it again.") from None


def _read_pickle(file: Path) -> dict[str, Any]:
    """A file of torch, tensors and plain values only: code in it is refused."""
    try:
        with warnings.catch_warnings(action="ignore"):  # torch warns of what it then refuses
            package = torch.load(file, map_location="cpu", weights_only=True)
    except OSError as error:
        raise InputError(f"The weights '{file}' cannot be read: {error.strerror or error}.") from None
    except pickle.UnpicklingError:
        raise InputError(f"'{file}' is damaged or holds more than tensors, and is not opened for safety. Fetch it "
                         "again, or take the safetensors files.") from None
    except (RuntimeError, EOFError, ValueError, KeyError, zipfile.BadZipFile):
        raise InputError(f"'{file}' is not a whole file of weights. Fetch it again.") from None
    if not isinstance(package, dict):
        raise InputError(f"'{file}' holds no weights by name. Fetch it again.")
    return package


def _filled(kind: Callable[[DecoderShape], Decoder], shape: DecoderShape, weights: dict[str, Tensor],
            dtype: torch.dtype) -> Decoder:
    """A decoder that takes the weights over without a copy of its own."""
    with torch.device("meta"):
        decoder = kind(shape)
    try:
        decoder.load_state_dict({name: value.to(dtype) for name, value in weights.items()}, assign=True)
    except RuntimeError as error:
        raise UnknownWeights(str(error).splitlines()[-1].strip().rstrip(".")) from None
    decoder.reach(1, torch.device("cpu"))
    return decoder.eval().requires_grad_(False)


def _linear(weights: dict[str, Tensor], dtype: torch.dtype) -> nn.Linear:
    if weights.keys() != {"weight", "bias"} or weights["weight"].dim() != 2:
        raise UnknownWeights("the map of a condition lacks its weight or bias")
    linear = nn.Linear(weights["weight"].shape[1], weights["weight"].shape[0])
    linear.load_state_dict(weights)
    return linear.to(dtype).requires_grad_(False)


def check_hashes(folder: Path) -> list[str]:
    """Names of the files that the hub's cache holds under their SHA-256, each checked. Raises InputError for a file
    that is not what it was."""
    checked = []
    for file in sorted(folder.iterdir()):
        blob = file.resolve().name
        if not file.is_symlink() or not re.fullmatch(r"[0-9a-f]{64}", blob):
            continue
        with file.open("rb") as opened:
            if hashlib.file_digest(opened, "sha256").hexdigest() != blob:
                raise InputError(f"'{file}' has not the hash that the hub gave it. Delete it and fetch it again.")
        checked.append(file.name)
    return checked

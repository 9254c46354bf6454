"""Weights that ship with the project or that the user trained: safetensors, with a card in the metadata.

Never a pickle. A bundled file must have the hash in ``weights.json`` beside it; a user's own file is named by its
hash in the results.
"""
from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backend.errors import InputError

BUNDLED = Path(__file__).with_name("bundled")
HASHES = "weights.json"
_MEGABYTE = 1 << 20


@dataclass(frozen=True)
class Weights:
    """Tensors by name as float32, and the card: what it is, how it was trained, sampler settings."""

    tensors: dict[str, NDArray[np.float32]]
    card: dict[str, Any]
    sha256: str


@cache
def bundled(name: str) -> Weights:
    """A file of ``backend/models/bundled``. Raises InputError when it is missing or is not the one that was shipped."""
    file = BUNDLED / f"{name}.safetensors"
    weights = read_weights(file)
    if weights.sha256 != bundled_hash(name):
        raise InputError(f"'{file}' is not the file that was shipped. Fetch the project again, or give weights "
                         "of your own.")
    return weights


def bundled_hash(name: str) -> str:
    """What a bundled file's hash must be, without reading the file."""
    return str(json.loads((BUNDLED / HASHES).read_text(encoding="utf-8"))[f"{name}.safetensors"])


def file_hash(file: Path) -> str:
    """SHA-256 of a file. Raises InputError in one line."""
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError as error:
        raise InputError(f"The weights '{file}' cannot be read: {error.strerror or error}.") from None


def folder_hash(folder: Path) -> str:
    """Of a folder of large weights: names, sizes, first and last megabyte of its files; quick on gigabytes."""
    total = hashlib.sha256()
    for file in sorted(path for path in folder.iterdir() if path.suffix in (".safetensors", ".bin", ".json")):
        size = file.stat().st_size
        with file.open("rb") as stream:
            head = stream.read(_MEGABYTE)
            stream.seek(max(0, size - _MEGABYTE))
            total.update(f"{file.name}:{size}:".encode() + head + stream.read(_MEGABYTE))
    return total.hexdigest()


def read_weights(file: Path) -> Weights:
    """Read a safetensors file. Raises InputError in one line."""
    from safetensors import SafetensorError, safe_open
    try:
        sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
        with safe_open(file, framework="numpy") as opened:
            card = json.loads((opened.metadata() or {}).get("card", "{}"))
            tensors = {name: np.asarray(opened.get_tensor(name), np.float32) for name in opened.keys()}  # noqa: SIM118
    except OSError as error:
        raise InputError(f"The weights '{file}' cannot be read: {error.strerror or error}.") from None
    except (SafetensorError, ValueError):
        raise InputError(f"'{file}' is not a whole safetensors file. Copy it again, or train it anew.") from None
    return Weights(tensors, card, sha256)

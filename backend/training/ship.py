"""A trained network as one file: half precision, its card inside, its hash beside the bundled ones."""
from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors.torch import save_file
from torch import nn

from backend.errors import OutputError
from backend.files import write_whole
from backend.models.weights import HASHES


def ship(network: nn.Module, card: Mapping[str, Any], file: Path) -> str:
    """Write ``file`` (safetensors, float16) and note its SHA-256 in ``weights.json`` beside it; the hash.

    Raises OutputError when the folder cannot be written.
    """
    tensors = {name: value.detach().cpu().half().contiguous() for name, value in network.state_dict().items()}
    part = file.with_name(file.name + ".part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        save_file(tensors, part, metadata={"card": json.dumps(card, sort_keys=True)})
        os.replace(part, file)
    except OSError as error:
        raise OutputError(f"'{file}' cannot be written: {error.strerror}.") from None
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    table = file.with_name(HASHES)
    known = json.loads(table.read_text(encoding="utf-8")) if table.is_file() else {}
    write_whole(table, (json.dumps({**known, file.name: digest}, indent=1, sort_keys=True) + "\n").encode())
    return digest

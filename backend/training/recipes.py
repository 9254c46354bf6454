"""What can be trained, by the name of ``filmcomposer train``."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backend.training.crt import CrtSize
from backend.training.crt_run import train_crt
from backend.training.melody import MelodySize
from backend.training.melody_run import train_melody


@dataclass(frozen=True)
class Recipe:
    """``size`` is the dataclass of the table ``[model]``; ``train(data, folder, size, config, tell)`` gives the file
    that ships. ``needs`` is a folder that the data must hold."""

    size: type[Any]
    train: Callable[..., Path]
    needs: str


RECIPES = {"crt": Recipe(CrtSize, train_crt, "symbolic"), "melody": Recipe(MelodySize, train_melody, "symbolic")}

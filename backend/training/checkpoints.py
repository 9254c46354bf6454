"""Where a training run stands: whole folders, written beside and renamed, the newest and the best kept."""
from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from backend.errors import InputError, OutputError

KEEP = 3
BEST = "best"


@dataclass(frozen=True)
class Standing:
    """Everything that a run needs to go on as if it had never stopped."""

    step: int
    config_hash: str
    weights: dict[str, Tensor]
    average: dict[str, Tensor]
    optimiser: dict[str, Any]
    best_loss: float


class Checkpoints:
    """The checkpoints under one folder. Raises OutputError when it cannot be written, InputError for a broken one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def save(self, standing: Standing, is_best: bool) -> None:
        name = f"step-{standing.step:08d}"
        try:
            self._write(name, standing)
            if is_best:
                self._write(BEST, standing)
            for old in self._steps()[:-KEEP]:
                shutil.rmtree(old)
        except (OSError, SafetensorError) as error:
            raise OutputError(f"The checkpoint '{self._folder / name}' cannot be written: {error}. Free some space; "
                              "the one before stands.") from None

    def _write(self, name: str, standing: Standing) -> None:
        part, whole = self._folder / f"{name}.part", self._folder / name
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        save_file(standing.weights, part / "weights.safetensors")
        save_file(standing.average, part / "average.safetensors")
        torch.save(standing.optimiser, part / "optimiser.pt")
        state = {"step": standing.step, "config_hash": standing.config_hash, "best_loss": standing.best_loss}
        (part / "state.json").write_text(json.dumps(state) + "\n", encoding="utf-8")
        shutil.rmtree(whole, ignore_errors=True)
        os.replace(part, whole)

    def newest(self, config_hash: str) -> Standing | None:
        """The newest whole checkpoint, None when there is none. Refuses one that another configuration wrote."""
        steps = self._steps()
        return self._read(steps[-1], config_hash) if steps else None

    def best(self, config_hash: str) -> Standing:
        """The checkpoint with the lowest validation loss."""
        return self._read(self._folder / BEST, config_hash)

    def _steps(self) -> list[Path]:
        return sorted(p for p in self._folder.glob("step-*") if p.suffix != ".part")

    def _read(self, folder: Path, config_hash: str) -> Standing:
        try:
            state = json.loads((folder / "state.json").read_text(encoding="utf-8"))
            standing = Standing(
                int(state["step"]), str(state["config_hash"]), load_file(folder / "weights.safetensors"),
                load_file(folder / "average.safetensors"), torch.load(folder / "optimiser.pt", weights_only=True),
                float(state["best_loss"]))
        except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError):
            raise InputError(f"The checkpoint '{folder}' is damaged. Delete it; the run goes on from the one "
                             "before.") from None
        if standing.config_hash != config_hash:
            raise InputError(f"'{folder}' was trained with another configuration. Give another output folder, or put "
                             "the configuration back.")
        return standing

"""One trainer for every model of the project: steps, schedule, averaging, validation, resuming.

A run is a function of its configuration: what happens in a step depends on the seed and the number of the step alone,
so a run that was stopped and resumed ends with the same bits. Devices and machines are ``accelerate``'s business.
"""
from __future__ import annotations

import hashlib
import json
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState
from torch import Tensor, nn

from backend.errors import InputError
from backend.training.checkpoints import Checkpoints, Standing

Batch = dict[str, Tensor]
Figures = dict[str, float]
LOG = "log.jsonl"


class Task(Protocol):
    """What is trained, on what. ``facts`` names data and options; they go into the configuration's hash."""

    name: str
    facts: dict[str, Any]

    def network(self) -> nn.Module: ...

    def batch(self, rng: np.random.Generator) -> Batch: ...

    def loss(self, network: nn.Module, batch: Batch) -> Tensor: ...

    def validate(self, network: nn.Module) -> Figures:
        """Figures on held-out material; ``loss`` decides which checkpoint is best."""
        ...


@runtime_checkable
class Staged(Protocol):
    """A task whose batches depend on the share (0 .. 1) of the updates that are done."""

    def reached(self, share: float) -> None: ...


@runtime_checkable
class Optimised(Protocol):
    """A task with an optimiser of its own; without, it is AdamW."""

    def optimiser(self, network: nn.Module, config: TrainConfig) -> torch.optim.Optimizer: ...


@dataclass(frozen=True)
class TrainConfig:
    """``steps`` optimiser steps of ``accumulate`` batches each; after ``warmup_steps`` a cosine from ``learning_rate``
    down to ``least_share`` of it; ``averaging`` is the decay of the averaged weights, which are validated and
    shipped."""

    steps: int = 1000
    learning_rate: float = 1e-3
    warmup_steps: int = 50
    least_share: float = 0.03
    weight_decay: float = 0.05
    beta1: float = 0.9
    beta2: float = 0.95
    clip_norm: float = 1.0
    accumulate: int = 1
    averaging: float = 0.99
    bf16: bool = False
    seed: int = 1
    validate_every: int = 100
    threads: int = 1


@dataclass(frozen=True)
class TrainNews:
    """After a validation: figures of both splits, and how fast it goes."""

    step: int
    steps: int
    train_loss: float
    figures: Figures
    steps_a_second: float


def train(task: Task, config: TrainConfig, folder: Path, tell: Callable[[TrainNews], None]) -> nn.Module:
    """Train from where ``folder`` stands to the end; the averaged network with the best validation loss.

    Raises InputError for a checkpoint of another configuration, or when memory runs out (naming a smaller batch).
    """
    torch.set_num_threads(config.threads)
    return _Run(task, config, folder, tell).to_the_end()


class _Run:
    def __init__(self, task: Task, config: TrainConfig, folder: Path, tell: Callable[[TrainNews], None]) -> None:
        self.task, self.config, self.folder, self.tell = task, config, folder, tell
        folder.mkdir(parents=True, exist_ok=True)
        self.hash = config_hash(task, config)
        self.checkpoints = Checkpoints(folder)
        AcceleratorState._reset_state()  # else a process that trained before keeps that run's precision
        self.accelerator = Accelerator(gradient_accumulation_steps=config.accumulate,
                                       mixed_precision="bf16" if config.bf16 else "no",
                                       cpu=not torch.cuda.is_available())
        torch.manual_seed(config.seed)
        network = task.network()
        optimiser = task.optimiser(network, config) if isinstance(task, Optimised) else adamw(network, config)
        self.network, self.optimiser = self.accelerator.prepare(network, optimiser)
        self.average = {name: value.detach().clone() for name, value in self._plain().state_dict().items()}
        self.step, self.best = 0, math.inf
        self._resume()

    def _plain(self) -> nn.Module:
        plain: nn.Module = self.accelerator.unwrap_model(self.network)
        return plain

    def _resume(self) -> None:
        standing = self.checkpoints.newest(self.hash)
        if standing is None:
            return
        self._plain().load_state_dict(standing.weights)
        self.optimiser.load_state_dict(standing.optimiser)
        self.average = {name: value.to(self.accelerator.device) for name, value in standing.average.items()}
        self.step, self.best = standing.step, standing.best_loss

    def to_the_end(self) -> nn.Module:
        losses: list[float] = []
        started, first = time.monotonic(), self.step
        while self.step < self.config.steps:
            losses.append(self._one_step())
            if self.step % self.config.validate_every == 0 or self.step == self.config.steps:
                rate = (self.step - first) / max(1e-9, time.monotonic() - started)
                self._pause(float(np.mean(losses)), rate)
                losses.clear()
        finished = self.task.network()
        finished.load_state_dict(self.checkpoints.best(self.hash).average)
        return finished.eval()

    def _one_step(self) -> float:
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate(self.config, self.step)
        self.network.train()
        if isinstance(self.task, Staged):
            self.task.reached(self.step / self.config.steps)
        total = 0.0
        try:
            for batch in self._batches():
                with self.accelerator.accumulate(self.network):
                    loss = self.task.loss(self.network, batch)
                    self.accelerator.backward(loss)
                    if self.accelerator.sync_gradients:
                        self.accelerator.clip_grad_norm_(self.network.parameters(), self.config.clip_norm)
                    self.optimiser.step()
                    self.optimiser.zero_grad()
                total += float(loss.detach()) / self.config.accumulate
        except torch.OutOfMemoryError:
            raise InputError("The memory of the device is full. Take a smaller batch and a larger "
                             "'accumulate'.") from None
        self.step += 1
        self._follow()
        return total

    def _batches(self) -> Iterator[Batch]:
        """The batches of this step on this process, drawn from seed and step: a resumed run sees the same ones."""
        for part in range(self.config.accumulate):
            key = [self.config.seed, self.step, part, self.accelerator.process_index]
            torch.manual_seed(int(np.random.SeedSequence(key).generate_state(1)[0]))
            batch = self.task.batch(np.random.default_rng(key))
            yield {name: value.to(self.accelerator.device) for name, value in batch.items()}

    @torch.no_grad()
    def _follow(self) -> None:
        """The average of the weights moves a little; early on it moves faster (as many steps as there were)."""
        keep = min(self.config.averaging, self.step / (self.step + 10))
        for name, value in self._plain().state_dict().items():
            if value.is_floating_point():
                self.average[name].lerp_(value, 1 - keep)

    def _pause(self, train_loss: float, rate: float) -> None:
        averaged = self.task.network().to(self.accelerator.device)
        averaged.load_state_dict(self.average)
        with torch.no_grad():
            figures = self.task.validate(averaged.eval())
        is_best = figures["loss"] < self.best
        self.best = min(self.best, figures["loss"])
        if self.accelerator.is_main_process:
            self._write_down(train_loss, figures, is_best)
        self.tell(TrainNews(self.step, self.config.steps, train_loss, figures, rate))

    def _write_down(self, train_loss: float, figures: Figures, is_best: bool) -> None:
        weights = {name: value.detach().cpu().contiguous() for name, value in self._plain().state_dict().items()}
        average = {name: value.cpu().contiguous() for name, value in self.average.items()}
        self.checkpoints.save(Standing(self.step, self.hash, weights, average, self.optimiser.state_dict(), self.best),
                              is_best)
        with (self.folder / LOG).open("a", encoding="utf-8") as log:
            log.write(json.dumps({"step": self.step, "train": round(train_loss, 6), **figures}) + "\n")


def adamw(network: nn.Module, config: TrainConfig) -> torch.optim.Optimizer:
    return torch.optim.AdamW(network.parameters(), config.learning_rate, (config.beta1, config.beta2),
                             weight_decay=config.weight_decay)


def learning_rate(config: TrainConfig, step: int) -> float:
    """Linear warm-up, then a half cosine down to ``least_share``."""
    warm = min(1.0, (step + 1) / max(1, config.warmup_steps))
    fall = 0.5 * (1 + math.cos(math.pi * min(1.0, step / max(1, config.steps))))
    return config.learning_rate * warm * (config.least_share + (1 - config.least_share) * fall)


def config_hash(task: Task, config: TrainConfig) -> str:
    """Of everything that decides the result."""
    text = json.dumps({"task": task.name, "facts": task.facts, "config": asdict(config)}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
